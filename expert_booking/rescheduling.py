"""Rescheduling: a booking is moved to another time of its expert, or stays where it is.

One write moves the booking: from then on it claims the new time and no more the old one, and the unique indexes refuse
it when somebody else has that time. So it is never lost, and never has two. Which slots show it is settled afterwards,
like everything else.
"""

from typing import Any

from beanie import PydanticObjectId

from expert_booking import (
    availability,
    bookings,
    claims,
    clock,
    closing,
    database,
    events,
    holds,
    metrics,
    slots,
    telling,
)
from expert_booking.actors import Actor
from expert_booking.errors import IllegalTransition, SlotAlreadyBooked, SlotNotFound
from expert_booking.settling import settle
from models import ActorKind, Booking, BookingStatus, ChangeKind, Expert, NewsKind, SlotState, TimeSlot

MOVABLE = (BookingStatus.PENDING, BookingStatus.CONFIRMED)


async def choices(booking: Booking) -> list[TimeSlot]:
    """The times that a booking can be moved to: its expert's, of the same session type, earliest first.

    They are open, or on the booking's own date and withdrawn only because that day is full.
    """
    query = {"expert_id": booking.expert_id, "session_type": booking.session_type, **availability.open_filter()}
    if not booking.session_type:
        query["session_type"] = {"$in": ["", None]}  # slots that were made before there were types say nothing
    found = await TimeSlot.find(query).to_list()
    if local_day := await _limited_day(booking):
        del query["withdrawn_at"]
        found += await TimeSlot.find({**query, "day_is_full": True, "local_day": local_day}).to_list()
    return sorted(found, key=lambda slot: slot.starts_at)


async def _limited_day(booking: Booking) -> str:
    """The date of a booking in its expert's zone, as slots have it; blank where a day has no limit."""
    expert = await Expert.find_one({"_id": booking.expert_id})
    if expert is None or expert.most_per_day is None:
        return ""
    return claims.day_of(booking.starts_at, expert.zone)


@closing.finished_first
@metrics.counting_conflicts
async def reschedule(
    booking_id: PydanticObjectId, slot_id: PydanticObjectId, *, by: Actor, visitor: str = ""
) -> Booking:
    """Move a Pending or Confirmed booking to another slot of its expert; its status stays.

    Args:
        booking_id: which.
        slot_id: where to; open, held by the visitor, or sharing time with nothing but the booking itself.
        by: who does it; a customer only while the session is not nearer than the policy allows.
        visitor: who may hold the slot.

    Raises:
        BookingNotFound, IllegalTransition, TooLateToChange, SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother,
        SlotInThePast, SlotWithdrawn, DayIsFull
    """
    while True:
        booking = await bookings.get(booking_id)
        _refuse_unless_movable(booking, by)
        if slot_id == booking.slot_id:
            return booking
        slot = await _prove(booking, slot_id, visitor=visitor or f"moves {booking.id}")
        if await _move(booking, slot, by=by):
            break
    moved = await bookings.get(booking_id)
    telling.note(moved.id)
    changed = events.BookingChanged(booking_id=moved.id, status=moved.status, sequence=moved.sequence)
    events.booking_changed(moved.customer_key, changed, expert_id=moved.expert_id)
    with bookings.left_to_recovery(moved):
        await settle(moved)
    return moved


def _refuse_unless_movable(booking: Booking, by: Actor) -> None:
    if booking.status not in MOVABLE or booking.starts_at <= clock.now():
        raise IllegalTransition
    if by.kind is ActorKind.CUSTOMER:
        bookings.refuse_if_late(booking)


async def _prove(booking: Booking, slot_id: PydanticObjectId, *, visitor: str) -> TimeSlot:
    """The slot that the booking can be moved to, held for a moment unless it shows the booking's own time."""
    slot = await slots.read(slot_id)
    if slot is None or slot.expert_id != booking.expert_id:
        raise SlotNotFound
    local_day = await _limited_day(booking) if slot.day_is_full else ""
    if slot.booking_id != booking.id:
        return await holds.prove(expert_id=booking.expert_id, slot_id=slot_id, visitor=visitor, local_day=local_day)
    freed = availability.to_whoever_is_there_on(local_day, slot.model_copy(update={"booking_id": None}))
    if availability.state_of(freed) is not SlotState.OPEN:
        raise SlotAlreadyBooked
    return slot


async def _move(booking: Booking, slot: TimeSlot, *, by: Actor) -> bool:
    """Write the booking's new time; false when the booking has changed since it was read.

    Raises:
        SlotAlreadyBooked, DayIsFull
    """
    was, became = booking.starts_at.isoformat(), slot.starts_at.isoformat()
    change = bookings.change_of(ChangeKind.RESCHEDULED, by=by, was=was, became=became)
    moved = {
        "slot_id": slot.id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "session_type": slot.session_type,
        "session_name": await bookings.session_name(slot),
        "claims": await bookings.claims_for(slot, besides=booking.id),
        "vacated": [*booking.vacated, booking.slot_id],
        "settled": False,
    }
    as_read: dict[str, Any] = {"_id": booking.id, "slot_id": booking.slot_id, "status": booking.status}
    as_read["deleted_at"] = None
    # One that has been elsewhere and is back has left a slot meanwhile, of which this reading knows nothing.
    as_read["changed"] = {"$in": telling.counted(booking)}
    try:
        result = await Booking.find_one({**as_read, **bookings.in_time_for(by)}).update(
            bookings.with_change(moved, change, NewsKind.RESCHEDULED)
        )
    except database.DuplicateKeyError:
        if slot.day_limit is not None and await claims.overlapping(slot, besides=booking.id) is None:
            return False
        await bookings.give_way(slot)
        raise SlotAlreadyBooked from None
    return bool(result.modified_count)
