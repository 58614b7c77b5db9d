"""Settling: slots are made to show what became of a booking, whatever else happens at the same time.

What a slot shows is worked out of the bookings and the holds that stand, and written only onto the version of the slot
that was read before they were. Where nobody has the slot, its version is raised all the same, so that a writer with an
older reading cannot put back what was. Interrupted anywhere, settling can be done again by anybody.

Nobody waits until an active booking is marked settled: `mark_shown` marks many by one write, several times a second.
What a crash leaves unmarked, recovery settles again, which changes nothing.
"""

from collections.abc import Iterable
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, claims, clock, database, events, full_days, slots, succession, telling
from expert_booking.slots import FREE
from models import Booking, TimeSlot

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
    changes = {"booking_id": booking.id, **FREE}
    written = await slots.write_onto(slot, changes)
    if written is None:
        return False
    events.slot_changed(availability.change_of(written))
    full_days.note(written)
    await reflect(written.crosses)
    return True


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
    for slot_id in slot_ids:
        await _reflect(slot_id)


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
    while True:
        slot = await slots.read(slot_id)
        if slot is None:
            return None
        changes = await _missing(slot)
        if not changes and slot.booking_id is not None:
            return slot
        written = await slots.write_onto(slot, changes)
        if written is None:
            continue
        if changes:
            events.slot_changed(availability.change_of(written))
            full_days.note(written)
        if changes.get("offered_to") is not None:
            await reflect(written.crosses)
        return written


async def _missing(slot: TimeSlot) -> dict[str, Any]:
    """What a slot lacks to show the truth."""
    owner = await claims.owner_of(slot)
    if owner is not None:
        return {"booking_id": owner.id, **FREE} if slot.booking_id != owner.id else {}
    shown: dict[str, Any] = {name: getattr(slot, name) for name in ("booking_id", *FREE)}
    if slot.booking_id is None and _is_held(slot):
        return {}
    true = {"booking_id": None, **(await _shadow_on(slot) if slot.crosses else FREE)}
    if slot.booking_id is None and not slot.crosses:
        return {}  # when its hold ends is for the clock to say
    if slot.booking_id is not None and true["held_by"] is None:
        true |= await succession.hold_for_next(slot)
    return {name: value for name, value in true.items() if shown[name] != value}


def _is_held(slot: TimeSlot) -> bool:
    """Whether somebody holds this very slot; one that only shares time with a held one has no token."""
    return slot.hold_token is not None and slot.held_until > clock.now()


async def _shadow_on(slot: TimeSlot) -> dict[str, Any]:
    """How a slot shows that time it needs is held, or that none of it is."""
    crossing = await TimeSlot.find({"_id": {"$in": slot.crosses}}).to_list()
    held = max(filter(_is_held, crossing), key=lambda one: one.held_until, default=None)
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
