"""Deleting with a while in which one may think better of it.

A deletion that has begun is kept in the process, and nothing is written before its time: after a crash the booking is
still there. When the house closes, what was asked for is done at once, because the page that offers to undo it goes
with the process. Of several processes, only the one in which it began knows of it; a visitor's browser keeps to one.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from beanie import PydanticObjectId

from expert_booking import bookings, clock, events
from expert_booking.errors import BookingError

log = logging.getLogger(__name__)

UNDOABLE_FOR = timedelta(seconds=10)
LOOK_SECONDS = 0.5


@dataclass(slots=True, kw_only=True)
class _Deletion:
    customer_key: str
    takes_effect_at: datetime
    is_under_way: bool = False

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come; one that is further ahead than any can be began before the clock was set back."""
        return not now < self.takes_effect_at <= now + UNDOABLE_FOR


_pending: dict[PydanticObjectId, _Deletion] = {}


async def begin(booking_id: PydanticObjectId) -> datetime:
    """Have a Completed booking deleted in ten seconds; the moment (aware UTC) from which on it cannot be undone.

    One that has begun already goes on as it is.

    Raises:
        BookingNotFound, IllegalTransition
    """
    booking = await bookings.deletable(booking_id)
    deletion = _pending.get(booking_id)
    if deletion is None:
        deletion = _Deletion(customer_key=booking.customer_key, takes_effect_at=clock.now() + UNDOABLE_FOR)
        _pending[booking_id] = deletion
        _announce(booking_id, deletion, deletion.takes_effect_at)
    return deletion.takes_effect_at


async def undo(booking_id: PydanticObjectId) -> bool:
    """Let a booking stay; false when it is too late, or no deletion has begun here.

    Raises:
        BookingNotFound: somebody else has deleted it meanwhile.
    """
    deletion = _pending.get(booking_id)
    if deletion is None or deletion.is_under_way:
        return False
    del _pending[booking_id]
    _announce(booking_id, deletion, None)
    await bookings.get(booking_id)
    return True


def pending(booking_ids: Iterable[PydanticObjectId]) -> dict[PydanticObjectId, datetime]:
    """Those of some bookings that are about to be deleted, and when (aware UTC)."""
    return {one: _pending[one].takes_effect_at for one in booking_ids if one in _pending}


async def carry_out_due() -> None:
    """Delete what is due; what the database does not answer to is tried again the next time.

    Raises:
        what the driver raises when the database does not answer
    """
    now = clock.now()
    for booking_id in [one for one, deletion in _pending.items() if deletion.is_due(now)]:
        await _carry_out(booking_id)


async def carry_out_now(booking_ids: Iterable[PydanticObjectId]) -> None:
    """Delete those of some bookings whose deletion has begun, due or not.

    Raises:
        what the driver raises when the database does not answer
    """
    for booking_id in booking_ids:
        await _carry_out(booking_id)


async def carry_out_all() -> None:
    """Delete what has begun, due or not, and wait for nothing any more: the house closes.

    Raises:
        what the driver raises when the database does not answer; then the bookings are still there
    """
    try:
        for booking_id in list(_pending):
            await _carry_out(booking_id)
    finally:
        _pending.clear()


async def _carry_out(booking_id: PydanticObjectId) -> None:
    deletion = _pending.get(booking_id)
    if deletion is None:  # undone while another one was carried out
        return
    # Whatever becomes of the attempt, it may have succeeded.
    deletion.is_under_way = True
    try:
        await bookings.delete(booking_id)
    except BookingError as error:
        log.info("booking %s was not there to be deleted any more (%s)", booking_id, error.code)
    _pending.pop(booking_id, None)


def _announce(booking_id: PydanticObjectId, deletion: _Deletion, takes_effect_at: datetime | None) -> None:
    event = events.DeletionChanged(booking_id=booking_id, takes_effect_at=takes_effect_at)
    events.deletions.emit(deletion.customer_key, event)
