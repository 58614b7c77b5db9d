"""Holds: the courtesy that keeps a slot for one visitor while the form is filled in.

A hold is taken by one conditional update and counts only until `held_until`; the booking decides who owns the time.
One visitor holds one slot at a time. Slots that share time with it show the hold, without a token of their own; whoever
holds may change to one of them.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from beanie import PydanticObjectId

from expert_booking import availability, clock, events, full_days, metrics, policy, settling, slots, succession
from expert_booking.errors import (
    BookingError,
    SlotAlreadyBooked,
    SlotHeldByAnother,
    SlotInThePast,
    SlotNotFound,
    SlotWithdrawn,
)
from expert_booking.slots import FREE
from expert_booking.succession import OFFERED
from models import SlotState, TimeSlot
from models.time_slot import NOT_HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Proof that a visitor holds a slot until `until` (aware UTC); `token` releases this very hold and no later one."""

    expert_id: PydanticObjectId
    slot_id: PydanticObjectId
    token: str
    until: datetime


@metrics.counting_conflicts
async def hold(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str) -> Hold:
    """Hold a slot for a visitor and let go of any other slot that the visitor holds.

    A visitor who holds the slot already gets a new token for it and the time that is left, no more. Two requests of one
    visitor at the same moment both get the hold as it is in the end.

    Raises:
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, SlotWithdrawn
    """
    while True:
        slot, is_mine = await _takeable(expert_id=expert_id, slot_id=slot_id, visitor=visitor)
        until = slot.held_until if is_mine else clock.now() + policy.current().hold
        if await _keep(slot, visitor=visitor, token=secrets.token_urlsafe(16), until=until):
            break
    if not is_mine:
        metrics.hold_changed("taken")
    await _release_others(visitor=visitor, keep=slot_id)
    await settling.reflect(slot.crosses)
    held = await _announce(slot_id)
    if held is None or held.held_by != visitor or held.hold_token is None:
        raise (held and _refusal(held, is_mine=False)) or SlotHeldByAnother()
    return Hold(expert_id=expert_id, slot_id=slot_id, token=held.hold_token, until=held.held_until)


async def prove(
    *, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, local_day: str = ""
) -> TimeSlot:
    """Make sure that the slot is the visitor's to book for a quarter of a minute or more, and return it as it then is.

    A hold that has run out is as good as none: the slot is taken again if nobody else has it. Read once, and written
    onto the version that was read; a hold that lasts long enough is not written at all.

    Args:
        expert_id: whose slot it is.
        slot_id: which.
        visitor: who is to have it.
        local_day: a date of the expert's on which the visitor has a booking already, so that it is not full for them.

    Raises:
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, SlotWithdrawn
    """
    while True:
        slot, is_mine = await _takeable(expert_id=expert_id, slot_id=slot_id, visitor=visitor, local_day=local_day)
        # Half of it is enough, or of many requests of one visitor each would lengthen what the other has just written.
        if is_mine and slot.held_until >= clock.now() + policy.PROOF / 2:
            return slot
        token = slot.hold_token if is_mine and slot.hold_token else secrets.token_urlsafe(16)
        if proved := await _keep(slot, visitor=visitor, token=token, until=clock.now() + policy.PROOF):
            return proved


async def _takeable(
    *, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, local_day: str = ""
) -> tuple[TimeSlot, bool]:
    """The slot as it was read, if it is open or held by the visitor, and whether it is held by the visitor."""
    slot = await slots.read(slot_id)
    if slot is None or slot.expert_id != expert_id:
        raise SlotNotFound
    slot = availability.to_whoever_is_there_on(local_day, slot)
    is_mine = slot.held_by == visitor and slot.held_until > clock.now()
    if refusal := _refusal(slot, is_mine=is_mine):
        raise refusal
    return slot, is_mine


async def _keep(slot: TimeSlot, *, visitor: str, token: str, until: datetime) -> TimeSlot | None:
    """The slot with the hold, if nobody has written to it since it was read; an offer that has run out is over."""
    over = {"offered_to": None} if slot.offered_to is not None and slot.held_until <= clock.now() else {}
    return await slots.write_onto(slot, {"held_by": visitor, "hold_token": token, "held_until": until, **over})


def _refusal(slot: TimeSlot, *, is_mine: bool) -> BookingError | None:
    """Why a slot that was just read cannot be taken by whoever asks; none when nothing is in the way."""
    match availability.state_of(slot):
        case SlotState.BOOKED:
            return SlotAlreadyBooked()
        case SlotState.PAST:
            return SlotInThePast()
        case SlotState.HELD if not is_mine:
            return SlotHeldByAnother()
        case SlotState.WITHDRAWN:
            return SlotWithdrawn()
    return None


async def release(*, slot_id: PydanticObjectId, token: str) -> bool:
    """Give up a hold; false when it was not there any more (expired, taken over, or booked)."""
    standing = {"_id": slot_id, "hold_token": token, "booking_id": None, "held_until": {"$gt": clock.now()}}
    standing |= {"offered_to": None}
    result = await TimeSlot.find_one(standing).update({"$set": FREE, "$inc": {"version": 1}})
    if result.modified_count:
        metrics.hold_changed("released")
        released = await _announce_end(slot_id)
        await settling.reflect(released.crosses if released is not None else ())
        return True
    return await _give_back(slot_id, token)


async def _give_back(slot_id: PydanticObjectId, token: str) -> bool:
    """Whether this was the hold of an offered slot, which stays with whoever waited for it until the offer runs out."""
    slot = await slots.read(slot_id)
    if slot is None or slot.offered_to is None or slot.hold_token != token or slot.held_until <= clock.now():
        return False
    kept = f"{OFFERED}{slot.offered_to}"
    if await _keep(slot, visitor=kept, token=secrets.token_urlsafe(16), until=slot.held_until) is None:
        return False
    await settling.reflect(slot.crosses)
    await _announce(slot_id)
    return True


async def hand_over(*, slot_id: PydanticObjectId, offered_to: PydanticObjectId, visitor: str) -> TimeSlot | None:
    """Let a visitor hold a slot that is offered to this wish, wherever it was held for it so far; none if it is not.

    It lasts as long as before.
    """
    kept = {"_id": slot_id, "offered_to": offered_to, "booking_id": None, "held_until": {"$gt": clock.now()}}
    taken = {"held_by": visitor, "hold_token": secrets.token_urlsafe(16)}
    result = await TimeSlot.find_one(kept).update({"$set": taken, "$inc": {"version": 1}})
    if not result.modified_count:
        return None
    await _release_others(visitor=visitor, keep=slot_id)
    slot = await _announce(slot_id)
    await settling.reflect(slot.crosses if slot is not None else ())
    return slot


async def _release_others(*, visitor: str, keep: PydanticObjectId) -> None:
    held = await TimeSlot.find({"held_by": visitor, "held_until": {"$gt": clock.now()}}).to_list()
    for slot in held:
        if slot.id != keep and slot.hold_token is not None:
            await release(slot_id=slot.id, token=slot.hold_token)


async def of_visitor(visitor: str) -> TimeSlot | None:
    """The slot that a visitor holds right now."""
    held = {"held_by": visitor, "hold_token": {"$ne": None}, "booking_id": None, "held_until": {"$gt": clock.now()}}
    return await TimeSlot.find_one(held)


async def expire() -> int:
    """Announce the holds whose time is up and clear their marks; the number of slots that opened.

    A hold that ends later than any hold that could be taken now was taken when the clock was ahead, and is over too.
    """
    # A day later than NOT_HELD: asked for what is greater, the embedded server walks through all that is equal.
    held = await TimeSlot.find({"held_until": {"$gt": NOT_HELD + timedelta(days=1)}}).to_list()
    now, latest, opened = clock.now(), policy.latest_end_of_hold(), 0
    metrics.holds_standing(sum(now < slot.held_until <= latest and slot.hold_token is not None for slot in held))
    for slot in held:
        if slot.offered_to is not None:
            await succession.run_out(slot)
    for slot in (slot for slot in held if not now < slot.held_until <= latest):
        result = await TimeSlot.find_one({"_id": slot.id, "held_until": slot.held_until}).update(
            {"$set": FREE, "$inc": {"version": 1}}
        )
        if result.modified_count:
            if slot.hold_token is not None:
                metrics.hold_changed("expired")
            await _announce_end(slot.id)
            await settling.reflect([slot.id, *slot.crosses] if slot.crosses else ())
            opened += 1
    return opened


async def _announce_end(slot_id: PydanticObjectId) -> TimeSlot | None:
    """Tell that a hold has ended, and have it looked at whether the day became full while the slot was held."""
    slot = await _announce(slot_id)
    if slot is not None:
        full_days.note(slot)
    return slot


async def _announce(slot_id: PydanticObjectId) -> TimeSlot | None:
    slot = await TimeSlot.find_one({"_id": slot_id})
    if slot is not None:
        events.slot_changed(availability.change_of(slot))
    return slot
