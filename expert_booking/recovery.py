"""Puts right what a crash left half done, and moves on what time has moved on; safe in any number of processes."""

import logging

from expert_booking import bookings, clock, settling
from expert_booking.errors import BookingError
from models import Booking, BookingStatus

log = logging.getLogger(__name__)


async def recover() -> int:
    """Settle every unsettled booking; the number of them."""
    left = await settling.unsettled()
    for booking in left:
        await settling.settle(booking)
        log.info("settled booking %s", booking.id)
    await settling.mark_shown()
    return len(left)


async def complete_past_sessions() -> int:
    """Pending and Confirmed bookings whose session has ended become Completed; the number of them."""
    unfinished = {"$in": [BookingStatus.PENDING, BookingStatus.CONFIRMED]}
    ended = await Booking.find({"status": unfinished, "ends_at": {"$lte": clock.now()}}).to_list()
    completed = 0
    for booking in ended:
        try:
            await bookings.complete(booking.id)
        except BookingError as error:
            log.info("booking %s moved on by itself: %s", booking.id, error.code)
        else:
            completed += 1
    return completed
