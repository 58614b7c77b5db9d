"""Settling: the slot is made to show what became of a booking, whatever else happens at the same time.

A projection is written only onto the version of the slot that was read before the booking was read. A booking that
owns nothing any more still raises the version of its slot, so that a writer with an older reading cannot put it
back. Interrupted anywhere, settling can be done again by anybody.

Nobody waits until an active booking is marked settled: `mark_shown` marks many by one write, several times a second.
What a crash leaves unmarked, recovery settles again, which changes nothing.
"""

from beanie import PydanticObjectId

from expert_booking import availability, database, events, slots
from expert_booking.holds import FREE
from models import Booking, TimeSlot

_shown: set[PydanticObjectId] = set()


async def settle(booking: Booking, *, slot: TimeSlot | None = None) -> None:
    """Project a booking on its slot until the slot shows the booking as it is, and have the booking marked settled.

    Args:
        booking: as it was last read or written.
        slot: as it was read before `booking`; read together with the booking when absent.
    """
    while projected := await _project_until_shown(booking, slot):
        if projected.active:
            _shown.add(projected.id)
            return
        if await _mark_settled(projected):
            return
        slot = None


async def _project_until_shown(booking: Booking, slot: TimeSlot | None) -> Booking | None:
    """The booking as its slot shows it now; none when there is no such booking any more."""
    while True:
        if slot is None:
            slot = await slots.read(booking.slot_id)
            reread = await Booking.find_one({"_id": booking.id})
            if reread is None:
                return None
            booking = reread
        if slot is None or await _project(booking, slot):
            return booking
        slot = None


async def _project(booking: Booking, slot: TimeSlot) -> bool:
    """Write the booking onto the slot if the slot is still at the version that was read; false when it is not."""
    owns, shown = booking.active, slot.booking_id == booking.id
    if owns and shown:
        return True
    changes = {"booking_id": booking.id if owns else None, **FREE} if owns or shown else {}
    written = await slots.write_onto(slot, changes)
    if written is not None and changes:
        events.slot_changed(availability.change_of(written))
    return written is not None


async def _mark_settled(booking: Booking) -> bool:
    """End the settling if the booking is still as it was projected; false when it moved on meanwhile."""
    as_projected = {"_id": booking.id, "active": False, "deleted_at": booking.deleted_at}
    if booking.deleted_at is not None:
        await Booking.find_one(as_projected).delete()
        return True
    result = await Booking.find_one(as_projected).update({"$set": {"settled": True}})
    return bool(result.matched_count)


async def mark_shown() -> None:
    """Mark settled the active bookings that were shown since the last time, by one write.

    Those that moved on meanwhile are not as they were shown any more, and are settled anew.
    """
    if not _shown:
        return
    ids = list(_shown)
    as_projected = {"_id": {"$in": ids}, "active": True, "deleted_at": None}
    result = await database.collection(Booking).update_many(as_projected, {"$set": {"settled": True}})
    if result.matched_count < len(ids):
        for booking in await Booking.find({"_id": {"$in": ids}, "settled": False}).to_list():
            await settle(booking)
    _shown.difference_update(ids)


async def unsettled() -> list[Booking]:
    """Bookings whose slot may not show them as they are."""
    return await Booking.find({"settled": False}).to_list()
