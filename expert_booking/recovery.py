"""Puts right what a crash left half done, and moves on what time has moved on; safe in any number of processes."""

import logging
from collections.abc import Awaitable, Callable

from expert_booking import availability, bookings, clock, events, policy, settling
from expert_booking.errors import BookingError
from models import Booking, BookingStatus, TimeSlot

log = logging.getLogger(__name__)


async def recover() -> int:
    """Settle every unsettled booking; the number of them."""
    left = await settling.unsettled()
    for booking in left:
        await settling.settle(booking)
        await _announce(booking)
        log.info("settled booking %s", booking.id)
    await settling.mark_shown()
    return len(left)


async def _announce(booking: Booking) -> None:
    """Whoever shows the slot may not have heard: it may be shown since a moment at which nobody could tell of it."""
    slot = await TimeSlot.find_one({"_id": booking.slot_id})
    if slot is not None:
        events.slot_changed(availability.change_of(slot))


async def lapse_unanswered() -> int:
    """Pending bookings that nobody has answered in time (`answers.answer_by`) lapse; the number of them."""
    now = clock.now()
    waited_long = {"created_at": {"$lte": now - policy.current().request_lapses}}
    unanswered = {"status": BookingStatus.PENDING, "$or": [waited_long, {"starts_at": {"$lte": now}}]}
    found = await Booking.find(unanswered).to_list()
    return await _move_on(found, lambda booking: bookings.lapse(booking.id, starts_at=booking.starts_at))


async def complete_past_sessions() -> int:
    """Confirmed bookings whose session has ended become Completed; the number of them."""
    ended = await Booking.find({"status": BookingStatus.CONFIRMED, "ends_at": {"$lte": clock.now()}}).to_list()
    return await _move_on(ended, lambda booking: bookings.complete(booking.id))


async def _move_on(found: list[Booking], step: Callable[[Booking], Awaitable[Booking]]) -> int:
    """Take each of some bookings a step further; the number of those that had not moved on by themselves."""
    moved = 0
    for booking in found:
        try:
            await step(booking)
        except BookingError as error:
            log.info("booking %s moved on by itself: %s", booking.id, error.code)
        else:
            moved += 1
    return moved
