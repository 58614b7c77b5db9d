"""Holds: the courtesy that keeps a slot for one visitor while the form is filled in.

A hold is taken by one conditional update and counts only until `held_until`; the booking decides who owns the time.
One visitor holds one slot at a time.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, clock, events, metrics, policy
from expert_booking.errors import BookingError, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, SlotNotFound
from models import SlotState, TimeSlot
from models.time_slot import NOT_HELD

FREE = {"held_by": None, "hold_token": None, "held_until": NOT_HELD}


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
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast
    """
    token = secrets.token_urlsafe(16)
    until = clock.now() + policy.current().hold
    if await _take(expert_id=expert_id, slot_id=slot_id, visitor=visitor, token=token, until=until):
        metrics.hold_changed("taken")
    elif not await _take_over(expert_id=expert_id, slot_id=slot_id, visitor=visitor, token=token):
        raise await why_not(expert_id=expert_id, slot_id=slot_id)
    await _release_others(visitor=visitor, keep=slot_id)
    slot = await _announce(slot_id)
    if slot is None or slot.held_by != visitor or slot.hold_token is None:
        raise await why_not(expert_id=expert_id, slot_id=slot_id)
    return Hold(expert_id=expert_id, slot_id=slot_id, token=slot.hold_token, until=slot.held_until)


async def _take(
    *, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, token: str, until: datetime
) -> bool:
    result = await TimeSlot.find_one({"_id": slot_id, "expert_id": expert_id, **availability.open_filter()}).update(
        {"$set": {"held_by": visitor, "hold_token": token, "held_until": until}, "$inc": {"version": 1}}
    )
    return bool(result.modified_count)


async def _take_over(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, token: str) -> bool:
    result = await TimeSlot.find_one(_mine(expert_id=expert_id, slot_id=slot_id, visitor=visitor)).update(
        {"$set": {"hold_token": token}, "$inc": {"version": 1}}
    )
    return bool(result.modified_count)


def _mine(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str) -> dict[str, Any]:
    """The flat filter that says "this visitor holds it right now, and it is not too late"."""
    return {
        "_id": slot_id,
        "expert_id": expert_id,
        "booking_id": None,
        "held_by": visitor,
        "held_until": {"$gt": clock.now()},
        "starts_at": {"$gt": policy.earliest_start()},
    }


async def prove(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str) -> TimeSlot:
    """Make sure that the slot is the visitor's to book for the next half minute, and return it as it then is.

    A hold that has run out is as good as none: the slot is taken again if nobody else has it.

    Raises:
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast
    """
    wanted: dict[str, Any] = {"expert_id": expert_id, "slot_id": slot_id, "visitor": visitor}
    until, token = clock.now() + policy.PROOF, secrets.token_urlsafe(16)
    # Once more at the end, because another request of the same visitor may have taken it in between.
    if not (
        await _keep(**wanted, until=until)
        or await _take(**wanted, until=until, token=token)
        or await _keep(**wanted, until=until)
    ):
        raise await why_not(expert_id=expert_id, slot_id=slot_id)
    slot = await TimeSlot.find_one({"_id": slot_id})
    if slot is None or slot.held_by != visitor:
        raise await why_not(expert_id=expert_id, slot_id=slot_id)
    return slot


async def _keep(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId, visitor: str, until: datetime) -> bool:
    result = await TimeSlot.find_one(_mine(expert_id=expert_id, slot_id=slot_id, visitor=visitor)).update(
        {"$max": {"held_until": until}, "$inc": {"version": 1}}
    )
    return bool(result.modified_count)


async def release(*, slot_id: PydanticObjectId, token: str) -> bool:
    """Give up a hold; false when it was not there any more (expired, taken over, or booked)."""
    result = await TimeSlot.find_one({"_id": slot_id, "hold_token": token, "booking_id": None}).update(
        {"$set": FREE, "$inc": {"version": 1}}
    )
    if result.modified_count:
        metrics.hold_changed("released")
        await _announce(slot_id)
    return bool(result.modified_count)


async def _release_others(*, visitor: str, keep: PydanticObjectId) -> None:
    held = await TimeSlot.find({"held_by": visitor, "held_until": {"$gt": clock.now()}}).to_list()
    for slot in held:
        if slot.id != keep and slot.hold_token is not None:
            await release(slot_id=slot.id, token=slot.hold_token)


async def of_visitor(visitor: str) -> TimeSlot | None:
    """The slot that a visitor holds right now."""
    return await TimeSlot.find_one({"held_by": visitor, "booking_id": None, "held_until": {"$gt": clock.now()}})


async def expire() -> int:
    """Announce the holds whose time is up and clear their marks; the number of slots that opened."""
    # A day later than NOT_HELD: asked for what is greater, the embedded server walks through all that is equal.
    held = await TimeSlot.find({"held_until": {"$gt": NOT_HELD + timedelta(days=1)}}).to_list()
    now, opened = clock.now(), 0
    metrics.holds_standing(sum(slot.held_until > now for slot in held))
    for slot in (slot for slot in held if slot.held_until <= now):
        result = await TimeSlot.find_one({"_id": slot.id, "held_until": slot.held_until}).update(
            {"$set": FREE, "$inc": {"version": 1}}
        )
        if result.modified_count:
            metrics.hold_changed("expired")
            await _announce(slot.id)
            opened += 1
    return opened


async def why_not(*, expert_id: PydanticObjectId, slot_id: PydanticObjectId) -> BookingError:
    """The error that says why a slot could not be taken; only for the words, the decision is made."""
    slot = await TimeSlot.find_one({"_id": slot_id, "expert_id": expert_id})
    if slot is None:
        return SlotNotFound()
    match availability.state_of(slot):
        case SlotState.BOOKED:
            return SlotAlreadyBooked()
        case SlotState.PAST:
            return SlotInThePast()
    return SlotHeldByAnother()


async def _announce(slot_id: PydanticObjectId) -> TimeSlot | None:
    slot = await TimeSlot.find_one({"_id": slot_id})
    if slot is not None:
        events.slot_changed(availability.change_of(slot))
    return slot
