"""Booking a time slot, and what becomes of the booking.

Locking: there is none. Inserting the booking is the one moment at which somebody owns a slot, because unique indexes
allow one active booking per slot and per piece of an expert's time (`claims`). Everything after that is settled
forward, never undone.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import (
    actors,
    claims,
    clock,
    closing,
    database,
    events,
    experts,
    holds,
    metrics,
    policy,
    settling,
    slots,
    statuses,
    telling,
)
from expert_booking.actors import Actor
from expert_booking.customers import Customer, customer_key
from expert_booking.errors import (
    BookingNotFound,
    DayIsFull,
    IdempotencyKeyReused,
    IllegalTransition,
    SlotAlreadyBooked,
    SlotUnavailable,
    TooLateToChange,
)
from expert_booking.sentence import Sentence
from expert_booking.settling import settle
from expert_booking.together import Together
from models import ActorKind, Booking, BookingChange, BookingStatus, ChangeKind, NewsKind, TimeSlot
from models.booking import TRANSITIONS

log = logging.getLogger(__name__)


@closing.finished_first
@metrics.counting_conflicts
async def book(
    *,
    expert_id: PydanticObjectId,
    slot_id: PydanticObjectId,
    visitor: str,
    customer: Customer,
    idempotency_key: str | None = None,
    made_by: str = "",
) -> Booking:
    """Make the slot the customer's own; once this returns, nothing takes it away again.

    The visitor need not hold the slot, but nobody else may. The same idempotency key with the same request gives
    the booking that it made before, so that a request whose answer was lost can be sent again.

    Args:
        expert_id: whose slot it is.
        slot_id: which.
        visitor: who may hold it.
        customer: whose it will be.
        idempotency_key: made up by whoever asks.
        made_by: the `made_by_digest` of the browser that books; blank for a program.

    Raises:
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, SlotWithdrawn, DayIsFull,
        IdempotencyKeyReused
    """
    key = idempotency_key or secrets.token_urlsafe(24)
    digest = _digest(expert_id, slot_id, customer)
    if idempotency_key and (booking := await _made_before(key, digest)):
        return booking
    try:
        slot = await holds.prove(expert_id=expert_id, slot_id=slot_id, visitor=visitor)
        booking = _new_booking(slot, customer, key=key, digest=digest, made_by=made_by)
        booking.session_name = await session_name(slot)
        return await _insert(booking, slot)
    except SlotUnavailable:
        # The same request may have been sent twice at the same moment, and the other one have won.
        if idempotency_key and (booking := await _made_before(key, digest)):
            return booking
        raise


async def _store_each(documents: list[RawBSONDocument]) -> list[Exception | None]:
    return await database.insert_each(Booking, documents)


_store: Together[RawBSONDocument, None] = Together(_store_each)


async def _insert(booking: Booking, slot: TimeSlot) -> Booking:
    await _claim(booking, slot)
    telling.note(booking.id)
    announce(booking, booking.status)
    with left_to_recovery(booking):
        await settle(booking, slot=slot)
    return booking


async def _claim(booking: Booking, slot: TimeSlot) -> None:
    """Store a new booking; whoever loses a place of the day to somebody quicker tries the next one there is.

    As many places as the day has can be lost like that, and no more.

    Raises:
        SlotAlreadyBooked, DayIsFull
    """
    for _ in range((slot.day_limit or 0) + 1):
        booking.claims = await claims_for(slot)
        try:
            await _store(RawBSONDocument(encode(booking.model_dump(by_alias=True, exclude={"revision_id"}))))
        except database.DuplicateKeyError:
            if slot.day_limit is None or await _is_lost(booking, slot):
                break
        else:
            return
    await give_way(slot)
    raise SlotAlreadyBooked


async def _is_lost(booking: Booking, slot: TimeSlot) -> bool:
    """Whether more than a place of the day is gone: the same request has booked already, or the time is taken."""
    has_booked = await Booking.find_one({"idempotency_key": booking.idempotency_key}) is not None
    return has_booked or await claims.overlapping(slot) is not None


async def claims_for(slot: TimeSlot, *, besides: PydanticObjectId | None = None) -> list[str]:
    """What booking a slot that was proved claims (`claims.for_booking`); on a full day its hold is given back.

    Raises:
        DayIsFull
    """
    try:
        return await claims.for_booking(slot, besides=besides)
    except DayIsFull:
        if slot.hold_token is not None:
            await holds.release(slot_id=slot.id, token=slot.hold_token)
        raise


async def session_name(slot: TimeSlot) -> str:
    """What the slot's session type is called at this moment; blank for an expert's only one."""
    if not slot.session_type:
        return ""
    known = (await experts.by_ids({slot.expert_id})).get(slot.expert_id)
    types = known.session_types if known is not None else []
    return next((each.name for each in types if each.key == slot.session_type), "")


def _new_booking(slot: TimeSlot, customer: Customer, *, key: str, digest: str, made_by: str) -> Booking:
    now = clock.now()
    status = BookingStatus.CONFIRMED if slot.confirms_at_once else BookingStatus.PENDING
    return Booking(
        session_type=slot.session_type,
        status=status,
        confirmed_at=now if slot.confirms_at_once else None,
        changes=[BookingChange(kind=ChangeKind.MADE, at=now, by=ActorKind.CUSTOMER, became=status)],
        changed=1,
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_key=customer.key,
        customer_phone=customer.phone,
        notes=customer.notes,
        language=customer.language,
        time_zone=customer.time_zone,
        made_by=made_by,
        news=[NewsKind.CONFIRMED if slot.confirms_at_once else NewsKind.RECEIVED],
        is_told=False,
        idempotency_key=key,
        request_digest=digest,
        manage_token=secrets.token_urlsafe(32),
        created_at=now,
    )


def made_by_digest(visitor: str) -> str:
    """What a booking keeps of the browser that made it: enough to know it again, and nothing to act with."""
    return hashlib.sha256(b"made by\0" + visitor.encode(errors="replace")).hexdigest()


def _digest(expert_id: PydanticObjectId, slot_id: PydanticObjectId, customer: Customer) -> str:
    asked = [str(expert_id), str(slot_id), customer.name, customer.email, customer.phone, customer.notes]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


async def _made_before(key: str, digest: str) -> Booking | None:
    booking = await Booking.find_one({"idempotency_key": key})
    if booking is not None and booking.request_digest != digest:
        raise IdempotencyKeyReused
    return booking


async def give_way(slot: TimeSlot) -> None:
    """Let the slot show who won, so that it does not look open until the winner or recovery gets there."""
    seen = await slots.read(slot.id)
    if seen is None or seen.booking_id is not None:
        return
    winner = await claims.overlapping(slot)
    if winner is not None:
        with left_to_recovery(winner):
            await settle(winner)
            if winner.slot_id != slot.id:
                await settling.link(slot.id, winner.slot_id)
    if slot.hold_token is not None:
        await holds.release(slot_id=slot.id, token=slot.hold_token)


@contextmanager
def left_to_recovery(booking: Booking) -> Iterator[None]:
    """The booking is durable already: a database that goes away now must not turn a yes into a no."""
    try:
        yield
    except database.CONNECTION_ERRORS:
        log.warning("booking %s is made but not settled yet; recovery will settle it", booking.id)


async def get(booking_id: PydanticObjectId) -> Booking:
    """A booking by its id.

    Raises:
        BookingNotFound
    """
    booking = await Booking.find_one({"_id": booking_id, "deleted_at": None})
    if booking is None:
        raise BookingNotFound
    return booking


async def by_manage_token(token: str) -> Booking:
    """The one booking that a manage token opens.

    Raises:
        BookingNotFound
    """
    booking = await Booking.find_one({"manage_token": token, "deleted_at": None})
    if booking is None:
        raise BookingNotFound
    return booking


async def made_with(idempotency_key: str) -> Booking | None:
    """The booking that a request with this key made, whether or not its answer arrived."""
    return await Booking.find_one({"idempotency_key": idempotency_key, "deleted_at": None})


async def for_customer(email: str) -> list[Booking]:
    """A customer's bookings, newest first; addresses are compared without regard to case."""
    found = Booking.find({"customer_key": customer_key(email), "deleted_at": None})
    return await found.sort("-created_at", "-_id").to_list()


async def for_expert(expert_id: PydanticObjectId, *, after: datetime, before: datetime) -> list[Booking]:
    """An expert's bookings that start after a moment and before another, earliest first; the cancelled ones too."""
    found = Booking.find({"expert_id": expert_id, "starts_at": {"$gt": after, "$lt": before}, "deleted_at": None})
    return await found.sort("starts_at", "_id").to_list()


async def requests_of(expert_id: PydanticObjectId) -> list[Booking]:
    """The Pending bookings of an expert that are still ahead, those that wait longest first."""
    ahead = {"expert_id": expert_id, "starts_at": {"$gt": clock.now()}, "deleted_at": None}
    found = await Booking.find({**ahead, "status": BookingStatus.PENDING}).to_list()
    return sorted(found, key=lambda booking: (booking.created_at, booking.id))


async def with_customer(expert_id: PydanticObjectId, key: str) -> list[Booking]:
    """All that a customer has booked with an expert, newest first."""
    found = Booking.find({"customer_key": key, "expert_id": expert_id, "deleted_at": None})
    return await found.sort("-created_at", "-_id").to_list()


@closing.finished_first
async def confirm(booking_id: PydanticObjectId, *, by: Actor = actors.HOUSE) -> Booking:
    """Pending becomes Confirmed.

    Raises:
        BookingNotFound, IllegalTransition
    """
    return await _move_on(
        booking_id, BookingStatus.CONFIRMED, "confirmed_at", ChangeKind.CONFIRMED, by=by, news=NewsKind.CONFIRMED
    )


@closing.finished_first
async def complete(booking_id: PydanticObjectId, *, by: Actor = actors.HOUSE) -> Booking:
    """Pending or Confirmed becomes Completed; the slot stays the customer's.

    By the clock, only Confirmed does (`recovery`); whoever says it of a Pending one was there.

    Raises:
        BookingNotFound, IllegalTransition
    """
    return await _move_on(booking_id, BookingStatus.COMPLETED, "completed_at", ChangeKind.COMPLETED, by=by)


@closing.finished_first
async def mark_no_show(booking_id: PydanticObjectId, *, by: Actor = actors.HOUSE) -> Booking:
    """The customer did not come: the booking is Completed, and `no_show_at` says so. Nobody is told by mail.

    Raises:
        BookingNotFound
        IllegalTransition: the session has not begun, the booking is Cancelled, or it is said already.
    """
    now = clock.now()
    has_begun = {"starts_at": {"$lte": now}, "no_show_at": None}
    for earlier in (BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED):
        changed: dict[str, Any] = {"status": BookingStatus.COMPLETED, "no_show_at": now}
        if earlier is not BookingStatus.COMPLETED:
            changed["completed_at"] = now
        if await _take_step(booking_id, earlier, changed, ChangeKind.NO_SHOW, by=by, only=has_begun):
            return await _moved(booking_id)
    await get(booking_id)
    raise IllegalTransition


@closing.finished_first
async def lapse(booking_id: PydanticObjectId, *, starts_at: datetime | None = None) -> Booking:
    """A Pending booking that nobody has answered becomes Cancelled, and the slot is free again.

    Args:
        booking_id: which.
        starts_at: when its session starts as far as whoever has it lapse knows; one that was moved meanwhile stays.

    Raises:
        BookingNotFound, IllegalTransition
    """
    return await _move_on(
        booking_id,
        BookingStatus.CANCELLED,
        "cancelled_at",
        ChangeKind.LAPSED,
        by=actors.HOUSE,
        news=NewsKind.LAPSED,
        before=[BookingStatus.PENDING],
        only={"starts_at": starts_at} if starts_at is not None else {},
        active=False,
        settled=False,
    )


@closing.finished_first
async def cancel(
    booking_id: PydanticObjectId, *, is_refusal: bool = False, by: Actor = actors.CUSTOMER, message: str = ""
) -> Booking:
    """Pending or Confirmed becomes Cancelled, and the slot is free again.

    Args:
        booking_id: which.
        is_refusal: whether the house or the expert does it: a Pending booking is then told of as declined.
        by: who does it; a customer only before the session begins, and as long before as the policy says.
        message: what they want to say to the other side.

    Raises:
        BookingNotFound, IllegalTransition, TooLateToChange
    """
    if is_refusal:
        with suppress(IllegalTransition):
            return await decline(booking_id, by=by, message=message)
    return await _call_off(
        booking_id, ChangeKind.CANCELLED, by=by, news=NewsKind.CANCELLED, before=None, message=message
    )


@closing.finished_first
async def decline(booking_id: PydanticObjectId, *, by: Actor = actors.HOUSE, message: str = "") -> Booking:
    """Pending becomes Cancelled, and the slot is free again; what was confirmed meanwhile stays.

    Raises:
        BookingNotFound, IllegalTransition
    """
    pending = [BookingStatus.PENDING]
    return await _call_off(
        booking_id, ChangeKind.DECLINED, by=by, news=NewsKind.DECLINED, before=pending, message=message
    )


async def _call_off(
    booking_id: PydanticObjectId,
    kind: ChangeKind,
    *,
    by: Actor,
    news: NewsKind,
    before: list[BookingStatus] | None,
    message: str,
) -> Booking:
    return await _move_on(
        booking_id,
        BookingStatus.CANCELLED,
        "cancelled_at",
        kind,
        by=by,
        news=news,
        before=before,
        only=in_time_for(by),
        active=False,
        settled=False,
        message=message,
    )


def refuse_if_late(booking: Booking) -> None:
    """A customer may change a booking until its session begins, and as long before as the policy says.

    Raises:
        TooLateToChange
    """
    now = clock.now()
    if booking.starts_at <= now or booking.starts_at < now + policy.current().change_notice:
        raise TooLateToChange


def in_time_for(by: Actor) -> dict[str, Any]:
    """What a booking has to be at the moment of a write so that `refuse_if_late` would not refuse it; of customers."""
    now = clock.now()
    if by.kind is not ActorKind.CUSTOMER:
        return {}
    return {"starts_at": {"$gt": now, "$gte": now + policy.current().change_notice}}


async def _move_on(
    booking_id: PydanticObjectId,
    status: BookingStatus,
    at: str,
    kind: ChangeKind,
    *,
    by: Actor,
    news: NewsKind | None = None,
    before: list[BookingStatus] | None = None,
    only: dict[str, Any] | None = None,
    **changes: bool | str,
) -> Booking:
    """Change the status, and by the same write keep what is to be told of it: a crash cannot come between."""
    before = before or [earlier for earlier, later in TRANSITIONS.items() if status in later]
    # What is written to a customer is theirs, and goes when they are forgotten; the house has to give reasons.
    said = str(changes.get("message", "")) if by.kind in (ActorKind.ADMINISTRATOR, ActorKind.PROGRAM) else ""
    by = replace(by, reason=by.reason or said)
    for earlier in before:
        changed = {"status": status, at: clock.now(), **changes}
        if await _take_step(booking_id, earlier, changed, kind, by=by, news=news, only=only):
            return await _moved(booking_id)
    booking = await get(booking_id)
    if by.kind is ActorKind.CUSTOMER and booking.status in before:
        refuse_if_late(booking)
    raise cannot_become(booking, status)


async def _take_step(
    booking_id: PydanticObjectId,
    earlier: BookingStatus,
    changed: dict[str, Any],
    kind: ChangeKind,
    *,
    by: Actor,
    news: NewsKind | None = None,
    only: dict[str, Any] | None = None,
) -> bool:
    """Write a change if the booking has this status: one at a time, so that the journal knows which one it was."""
    change = change_of(kind, by=by, was=earlier, became=changed["status"])
    waited_for = {"_id": booking_id, "status": earlier, "deleted_at": None, **(only or {})}
    result = await Booking.find_one(waited_for).update(with_change(changed, change, news))
    return bool(result.modified_count)


async def _moved(booking_id: PydanticObjectId) -> Booking:
    """Tell of a booking that has changed, as it is by now, and have its slot show it."""
    booking = await get(booking_id)
    if not booking.is_told:
        telling.note(booking.id)
    # Its status as it was read, which may have moved on again: the last event must not be an older one.
    announce(booking, booking.status)
    if not booking.active:
        with left_to_recovery(booking):
            await settle(booking)
    return booking


def change_of(kind: ChangeKind, *, by: Actor, was: str, became: str) -> BookingChange:
    """What somebody does at this moment, as the booking keeps it until it is in the journal."""
    now = clock.now()
    return BookingChange(kind=kind, at=now, by=by.kind, who=by.name, was=was, became=became, reason=by.reason)


def with_change(changed: dict[str, Any], change: BookingChange, news: NewsKind | None = None) -> dict[str, Any]:
    """The update that changes fields and keeps what is to be told and journaled of it.

    A change that calendars are told of has a number of its own.
    """
    pushed: dict[str, Any] = {"changes": change.model_dump()}
    counted = {"changed": 1}
    if news is not None:
        pushed["news"], counted["sequence"] = news, 1
    return {"$set": {**changed, "is_told": False}, "$push": pushed, "$inc": counted}


async def deletable(booking_id: PydanticObjectId) -> Booking:
    """A booking that may be deleted.

    Raises:
        BookingNotFound, IllegalTransition
    """
    booking = await get(booking_id)
    if booking.status is not BookingStatus.COMPLETED:
        status = statuses.NAMES[booking.status]
        raise IllegalTransition(
            Sentence("This booking is {status}; only a Completed one can be deleted.", status=status)
        )
    return booking


@closing.finished_first
async def delete(booking_id: PydanticObjectId, *, by: Actor = actors.CUSTOMER) -> None:
    """Remove a Completed booking; its slot opens again if it is still ahead.

    Raises:
        BookingNotFound, IllegalTransition
    """
    completed = {"_id": booking_id, "status": BookingStatus.COMPLETED, "deleted_at": None}
    booking = await deletable(booking_id)
    change = change_of(ChangeKind.DELETED, by=by, was=booking.status, became="")
    result = await Booking.find_one(completed).update(
        with_change({"deleted_at": clock.now(), "active": False, "settled": False}, change)
    )
    if not result.modified_count:  # another one was quicker
        raise BookingNotFound
    announce(booking, None)
    with left_to_recovery(booking):
        await settle(booking)


def cannot_become(booking: Booking, wanted: BookingStatus) -> IllegalTransition:
    names = {"status": statuses.NAMES[booking.status], "wanted": statuses.NAMES[wanted]}
    return IllegalTransition(Sentence("This booking is {status}; it cannot become {wanted}.", **names))


def announce(booking: Booking, status: BookingStatus | None) -> None:
    """Tell this process that a booking is made, has changed, or is deleted (none)."""
    metrics.booking_changed(status)
    changed = events.BookingChanged(booking_id=booking.id, status=status, sequence=booking.sequence)
    events.booking_changed(booking.customer_key, changed, expert_id=booking.expert_id)
