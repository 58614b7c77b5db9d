"""Puts right what a crash left half done, and moves on what time has moved on; safe in any number of processes."""

import logging
from collections.abc import Awaitable, Callable

from beanie import PydanticObjectId

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
    """Pending bookings that nobody has answered for as long as the policy allows lapse; the number of them."""
    now = clock.now()
    unanswered = await Booking.find(
        {
            "status": BookingStatus.PENDING,
            "ends_at": {"$gt": now},
            "starts_at": {"$gt": now},
            "created_at": {"$lte": now - policy.current().request_lapses},
        }
    ).to_list()
    return await _move_on(unanswered, bookings.lapse)


async def complete_past_sessions() -> int:
    """Pending and Confirmed bookings whose session has ended become Completed; the number of them."""
    ended: list[Booking] = []
    for status in (BookingStatus.PENDING, BookingStatus.CONFIRMED):  # a list of them would be a scan (see reminders)
        ended += await Booking.find({"status": status, "ends_at": {"$lte": clock.now()}}).to_list()
    return await _move_on(ended, bookings.complete)


async def _move_on(found: list[Booking], step: Callable[[PydanticObjectId], Awaitable[Booking]]) -> int:
    """Take each of some bookings a step further; the number of those that had not moved on by themselves."""
    moved = 0
    for booking in found:
        try:
            await step(booking.id)
        except BookingError as error:
            log.info("booking %s moved on by itself: %s", booking.id, error.code)
        else:
            moved += 1
    return moved
