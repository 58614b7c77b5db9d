"""Settling: the slot is made to show what became of a booking, whatever else happens at the same time.

A projection is written only onto the version of the slot that was read before the booking was read. A booking that
owns nothing any more still raises the version of its slot, so that a writer with an older reading cannot put it
back. Interrupted anywhere, settling can be done again by anybody.
"""

from expert_booking import availability, events
from expert_booking.holds import FREE
from models import Booking, TimeSlot


async def settle(booking: Booking, *, slot: TimeSlot | None = None) -> None:
    """Project a booking on its slot until the slot shows the booking as it is, then mark the booking settled.

    Args:
        booking: as it was last read or written.
        slot: as it was read before `booking`; read together with the booking when absent.
    """
    while True:
        if slot is None:
            slot = await TimeSlot.find_one({"_id": booking.slot_id})
            reread = await Booking.find_one({"_id": booking.id})
            if reread is None:
                return
            booking = reread
        if (slot is None or await _project(booking, slot)) and await _mark_settled(booking):
            return
        slot = None


async def _project(booking: Booking, slot: TimeSlot) -> bool:
    """Write the booking onto the slot if the slot is still at the version that was read; false when it is not."""
    owns, shown = booking.active, slot.booking_id == booking.id
    if owns and shown:
        return True
    changes = {"booking_id": booking.id if owns else None, **FREE} if owns or shown else {}
    update = {"$inc": {"version": 1}, **({"$set": changes} if changes else {})}
    result = await TimeSlot.find_one({"_id": slot.id, "version": slot.version}).update(update)
    if not result.modified_count:
        return False
    if changes:
        events.slot_changed(availability.change_of(slot.model_copy(update={**changes, "version": slot.version + 1})))
    return True


async def _mark_settled(booking: Booking) -> bool:
    """End the settling if the booking is still as it was projected; false when it moved on meanwhile."""
    as_projected = {"_id": booking.id, "active": booking.active, "deleted_at": booking.deleted_at}
    if booking.deleted_at is not None:
        await Booking.find_one(as_projected).delete()
        return True
    result = await Booking.find_one(as_projected).update({"$set": {"settled": True}})
    return bool(result.matched_count)


async def unsettled() -> list[Booking]:
    """Bookings whose slot may not show them as they are."""
    return await Booking.find({"settled": False}).to_list()
