"""Settling: slots are made to show what became of a booking, whatever else happens at the same time.

What a slot shows is worked out of the bookings and the holds that stand, and written only onto the version of the slot
that was read before they were. Where nobody has the slot, its version is raised all the same, so that a writer with an
older reading cannot put back what was. Interrupted anywhere, settling can be done again by anybody.

Many slots are read together, then the bookings, then the holds, and what they lack is written together. Where somebody
else has written meanwhile, and where somebody waits for what opens, one slot follows the other.

Nobody waits until an active booking is marked settled: `mark_shown` marks many by one write, several times a second.
What a crash leaves unmarked, recovery settles again, which changes nothing.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, claims, clock, database, events, full_days, slots, succession, telling
from expert_booking.slots import FREE
from models import Booking, TimeSlot

MOST_TOGETHER = 100

_shown: set[PydanticObjectId] = set()

_NOWHERE_LEFT: dict[str, Any] = {"vacated.0": {"$exists": False}}
"""Of bookings that no slot shows any more which they were moved away from."""


async def settle(booking: Booking, *, slot: TimeSlot | None = None) -> None:
    """Make its slots show the booking as it is, and have it marked settled.

    Args:
        booking: as it was last read or written.
        slot: as it was read before `booking` was made; where that is so, nothing need be read again.
    """
    if slot is not None and booking.active and await _show_new(booking, slot):
        _shown.add(booking.id)
        return
    while (reread := await Booking.find_one({"_id": booking.id})) is not None:
        await _reflect_with_neighbours([reread.slot_id, *reread.vacated])
        if await _end(reread):
            return


async def _show_new(booking: Booking, slot: TimeSlot) -> bool:
    """Show a booking that was just made on its slot; false when somebody has written to the slot meanwhile."""
    written = await _show(slot, {"booking_id": booking.id, **FREE})
    if written is not None:
        await reflect(written.crosses)
    return written is not None


async def _end(booking: Booking) -> bool:
    """Mark what is shown; false when the booking moved on meanwhile."""
    as_shown: dict[str, Any] = {"_id": booking.id, "active": booking.active, "slot_id": booking.slot_id}
    as_shown["deleted_at"] = booking.deleted_at
    if booking.deleted_at is not None:
        if not booking.is_told:  # with the record, what is not in the journal yet would go
            await telling.tell_one(booking)
        await Booking.find_one(as_shown).delete()
        return True
    shown: dict[str, Any] = {"vacated": []}
    if not booking.active:
        shown["settled"] = True
    elif not booking.vacated:
        _shown.add(booking.id)
        return True
    else:
        as_shown["vacated"] = booking.vacated
    result = await Booking.find_one(as_shown).update({"$set": shown})
    if booking.active and result.matched_count:
        _shown.add(booking.id)
    return bool(result.matched_count)


async def reflect(slot_ids: Iterable[PydanticObjectId]) -> None:
    """Make these slots show the truth: who has booked them or time that they need, or else who holds such time."""
    ids = list(dict.fromkeys(slot_ids))
    for first in range(0, len(ids), MOST_TOGETHER):
        some = ids[first : first + MOST_TOGETHER]
        for slot_id in await _reflect_together(some) if len(some) > 1 else some:
            await _reflect(slot_id)


async def _reflect_together(slot_ids: list[PydanticObjectId]) -> list[PydanticObjectId]:
    """Make slots that share time with others show the truth, by few commands; those that are left for one by one."""
    found = [slot for slot in await _read(slot_ids) if slot.crosses]
    owners = await _owners_of(found)
    crossing = await _read({other for slot in found if slot.id not in owners for other in slot.crosses})
    true = [(slot, _truth(slot, owners.get(slot.id), crossing)) for slot in found]
    opening = [slot for slot, shown in true if _opens(slot, shown)]
    waited_for = {
        expert_id for expert_id in {slot.expert_id for slot in opening} if await succession.is_waited_for(expert_id)
    }
    unsure = {slot.id for slot in opening if slot.expert_id in waited_for or slot.day_limit is not None}
    sure = [(slot, shown) for slot, shown in true if slot.id not in unsure]
    written = await asyncio.gather(*(_show(slot, _missing(slot, shown)) for slot, shown in sure))
    done = {slot.id for slot in written if slot is not None}
    return [slot_id for slot_id in slot_ids if slot_id not in done]


async def _read(slot_ids: Iterable[PydanticObjectId]) -> list[TimeSlot]:
    """Those of the slots that there are, as they are now, by one command."""
    return [slot for slot in await asyncio.gather(*map(slots.read, slot_ids)) if slot is not None]


async def _owners_of(found: list[TimeSlot]) -> dict[PydanticObjectId, Booking]:
    """The active bookings that have these slots, or time that they need, by slot; read by the day, not by the slot."""
    owners: dict[PydanticObjectId, Booking] = {}
    ordered = sorted(found, key=_expert_and_start)
    for _, day in groupby(ordered, key=lambda slot: (slot.expert_id, slot.starts_at.date())):
        near = list(day)
        bookings = await claims.near(near)
        owners |= {slot.id: owner for slot in near if (owner := claims.owner_among(bookings, slot)) is not None}
    return owners


def _expert_and_start(slot: TimeSlot) -> tuple[PydanticObjectId, datetime]:
    return slot.expert_id, slot.starts_at


async def link(one: PydanticObjectId, other: PydanticObjectId) -> None:
    """Have two slots know that they share time, which has turned out, and show the truth."""
    for mine, its in ((one, other), (other, one)):
        await TimeSlot.find_one({"_id": mine}).update({"$addToSet": {"crosses": its}, "$inc": {"version": 1}})
    await reflect([one, other])


async def _reflect_with_neighbours(slot_ids: list[PydanticObjectId]) -> None:
    neighbours: dict[PydanticObjectId, None] = {}
    for slot_id in slot_ids:
        slot = await _reflect(slot_id)
        neighbours |= dict.fromkeys(slot.crosses if slot is not None else ())
    await reflect(neighbour for neighbour in neighbours if neighbour not in slot_ids)


async def _reflect(slot_id: PydanticObjectId) -> TimeSlot | None:
    """The slot as it shows the truth now; none when there is no such slot."""
    while (slot := await slots.read(slot_id)) is not None:
        owner = await claims.owner_of(slot)
        shown = _truth(slot, owner, await _read(slot.crosses) if owner is None else ())
        if _opens(slot, shown):
            shown |= await _once_free(slot)
        written = await _show(slot, _missing(slot, shown))
        if written is None:
            continue
        if shown.get("offered_to") is not None:
            await reflect(written.crosses)
        return written
    return None


async def _once_free(slot: TimeSlot) -> dict[str, Any]:
    """A slot that is given back: whoever is next in line has it, unless its day is full all the same."""
    if slot.withdrawn_at is None and await claims.is_full(slot):
        return {"withdrawn_at": clock.now(), "day_is_full": True}
    return await succession.hold_for_next(slot)


async def _show(slot: TimeSlot, changes: dict[str, Any]) -> TimeSlot | None:
    """The slot as it was read, with the changes; none when somebody has written to it meanwhile."""
    if not changes and slot.booking_id is not None:
        return slot
    written = await slots.write_onto(slot, changes)
    if written is not None and changes:
        events.slot_changed(availability.change_of(written))
        full_days.note(written)
    return written


def _truth(slot: TimeSlot, owner: Booking | None, crossing: Iterable[TimeSlot]) -> dict[str, Any]:
    """What a slot must show, given who has it or time that it needs, and those that it shares time with."""
    if owner is not None:
        return {"booking_id": owner.id, **FREE} if slot.booking_id != owner.id else {}
    if slot.booking_id is None and (_is_held(slot) or not (slot.crosses or _shows_anothers(slot))):
        return {}  # when its hold ends is for the clock to say
    return {"booking_id": None, **_shadow_on(slot, crossing)}


def _opens(slot: TimeSlot, shown: dict[str, Any]) -> bool:
    """Whether a slot that was booked is nobody's any more."""
    return slot.booking_id is not None and shown == {"booking_id": None, **FREE}


def _missing(slot: TimeSlot, shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if getattr(slot, name) != value}


def _is_held(slot: TimeSlot) -> bool:
    """Whether somebody holds this very slot; one that only shares time with a held one has no token."""
    return slot.hold_token is not None and slot.held_until > clock.now()


def _shows_anothers(slot: TimeSlot) -> bool:
    """Whether a slot shows a hold of another one, be it that it does not share time with it any more."""
    return slot.held_by is not None and slot.hold_token is None


def _shadow_on(slot: TimeSlot, crossing: Iterable[TimeSlot]) -> dict[str, Any]:
    """How a slot shows that time it needs is held, or that none of it is."""
    standing = (one for one in crossing if one.id in slot.crosses and _is_held(one))
    held = max(standing, key=lambda one: one.held_until, default=None)
    return {**FREE, "held_by": held.held_by, "held_until": held.held_until} if held is not None else FREE


async def mark_shown() -> None:
    """Mark settled the active bookings that were shown since the last time, by one write.

    Those that moved on meanwhile are not as they were shown any more, and are settled anew.
    """
    if not _shown:
        return
    ids = list(_shown)
    as_shown = {"_id": {"$in": ids}, "active": True, "deleted_at": None, **_NOWHERE_LEFT}
    result = await database.collection(Booking).update_many(as_shown, {"$set": {"settled": True}})
    if result.matched_count < len(ids):
        for booking in await Booking.find({"_id": {"$in": ids}, "settled": False}).to_list():
            await settle(booking)
    _shown.difference_update(ids)


async def unsettled() -> list[Booking]:
    """Bookings whose slots may not show them as they are."""
    return await Booking.find({"settled": False}).to_list()
