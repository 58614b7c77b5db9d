"""What has to be changed in a database that an earlier version has filled; doing it again changes nothing."""

import logging

from expert_booking import bulk, claims, clock, database
from models import Booking, BookingStatus, Expert, JournalEntry, TimeSlot, WebhookDelivery, finding

log = logging.getLogger(__name__)

OUTGROWN = "one_slot_per_expert_and_start"
"""The index that allowed an expert one slot at a time, whatever its session type."""
NO_MORE_ASKED = "deliveries_by_webhook_and_state"
"""The index by which deliveries were claimed; of those that are due there are few, whosever they are."""

LENIENT = "experts_by_email"
"""The index that let several experts sign in with one address."""

AT_ONCE = 500
ALIVE = [BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED]


async def connect(uri: str, *, name: str, timeout_seconds: float) -> None:
    """Connect as `database.connect` does, to a database as well that has what an index of today refuses."""
    try:
        await database.connect(uri, name=name, timeout_seconds=timeout_seconds)
    except database.DuplicateKeyError:
        await database.connect(uri, name=name, timeout_seconds=timeout_seconds, makes_indexes=False)
        with database.patiently():
            await leave_addresses_to_one()
        await database.connect(uri, name=name, timeout_seconds=timeout_seconds)


async def leave_addresses_to_one() -> None:
    """Of experts who sign in with the same address, whoever was there first keeps it.

    The others get their mail as before, and cannot sign in until an administrator has given them an address.
    """
    taken: set[str] = set()
    there = await Expert.find({"email_key": {"$gt": ""}}).to_list()
    for expert in sorted(there, key=lambda expert: (expert.created_at, expert.id)):
        key = expert.email_key or ""
        if key in taken:
            await Expert.find_one({"_id": expert.id, "email_key": key}).update({"$set": {"email_key": None}})
            log.warning("expert %s signed in with another one's address: please change it under /admin", expert.id)
        taken.add(key)


async def bring_up_to_date() -> None:
    """Call it once after connecting, before anything is booked."""
    await database.drop_index(TimeSlot, OUTGROWN)
    await database.drop_index(Expert, LENIENT)
    await database.drop_index(WebhookDelivery, NO_MORE_ASKED)
    await _claim_for_bookings_without_claims()
    await _give_keys_to_bookings_without_keys()
    await _give_codes_to_entries_without_codes()


async def _give_keys_to_bookings_without_keys() -> None:
    """Bookings from before they could be searched for get what they are found by."""
    while bookings := await Booking.find({"found_by": None}).limit(AT_ONCE).to_list():
        await bulk.update_each(
            Booking,
            (
                ({"_id": booking.id, "found_by": None}, {"$set": {"found_by": finding.keys_of(booking)}})
                for booking in bookings
            ),
        )


async def _give_codes_to_entries_without_codes() -> None:
    """Entries from before a deleted booking could be looked up get its code; what they say stays as it is."""
    while entries := await JournalEntry.find({"booking_code": None}).limit(AT_ONCE).to_list():
        await bulk.update_each(
            JournalEntry,
            (
                ({"_id": entry.id, "booking_code": None}, {"$set": {"booking_code": entry.booking_code}})
                for entry in entries
            ),
        )


async def _claim_for_bookings_without_claims() -> None:
    """Bookings from before there were claims get them, those that are still ahead.

    Where two of them overlap, as what was imported may, the later made one stays without: both were promised.
    """
    without: list[Booking] = []
    for status in ALIVE:  # a list of them would be a scan (see reminders)
        ahead = {"status": status, "ends_at": {"$gt": clock.now()}, "active": True, "claims": {"$exists": False}}
        without += await Booking.find(ahead).to_list()
    for booking in sorted(without, key=lambda booking: booking.created_at):
        slot = await TimeSlot.find_one({"_id": booking.slot_id})
        claimed = claims.of_slot(slot) if slot is not None else booking.claims
        try:
            await Booking.find_one({"_id": booking.id, "active": True}).update({"$set": {"claims": claimed}})
        except database.DuplicateKeyError:
            log.warning("booking %s overlaps another one of its expert's", booking.id)
