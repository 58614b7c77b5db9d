"""What has to be changed in a database that an earlier version has filled; doing it again changes nothing."""

import logging

from expert_booking import claims, clock, database
from models import Booking, BookingStatus, TimeSlot

log = logging.getLogger(__name__)

OUTGROWN = "one_slot_per_expert_and_start"
"""The index that allowed an expert one slot at a time, whatever its session type."""

ALIVE = [BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED]


async def bring_up_to_date() -> None:
    """Call it once after connecting, before anything is booked."""
    await database.drop_index(TimeSlot, OUTGROWN)
    await _claim_for_bookings_without_claims()


async def _claim_for_bookings_without_claims() -> None:
    """Bookings from before there were claims get them, those that are still ahead.

    Where two of them overlap, as what was imported may, the later made one stays without: both were promised.
    """
    ahead = {"status": {"$in": ALIVE}, "ends_at": {"$gt": clock.now()}, "active": True, "claims": {"$exists": False}}
    for booking in await Booking.find(ahead).sort("created_at").to_list():
        slot = await TimeSlot.find_one({"_id": booking.slot_id})
        claimed = claims.of_slot(slot) if slot is not None else booking.claims
        try:
            await Booking.find_one({"_id": booking.id, "active": True}).update({"$set": {"claims": claimed}})
        except database.DuplicateKeyError:
            log.warning("booking %s overlaps another one of its expert's", booking.id)
