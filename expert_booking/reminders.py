"""Reminders: both sides of a booking are reminded of it, so many hours before the session as the settings say.

A process that was down for hours reminds late, as long as the session is ahead, and only of what is nearest. Whoever
booked when a reminder's time was past does not get that one. A session that was moved is reminded of anew.

Of a request that nobody has answered yet, both are told just that.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from expert_booking import clock, experts, outbox, telling
from models import Booking, BookingStatus, Expert, Message, MessageKind

LOOK_SECONDS = 30.0
LONGEST_SESSION = timedelta(hours=8)
"""As long as `Expert.session_minutes` allows; bookings are found by their ends."""

AHEAD = (BookingStatus.PENDING, BookingStatus.CONFIRMED)


class Reminders:
    """Looks for sessions that come within reach; after the first look, only at those that came since the last.

    Args:
        hours: before the session; none for no reminders.
    """

    def __init__(self, hours: tuple[float, ...]) -> None:
        self._before = sorted((timedelta(hours=each) for each in hours), reverse=True)
        self._looked_at: datetime | None = None

    async def remind(self) -> int:
        """Put into the outbox what is due; the number of messages, those that were there already among them."""
        now = clock.now()
        # A little of the last time again: what was written meanwhile may not have been seen.
        since = None if self._looked_at is None else min(self._looked_at - timedelta(minutes=2), now)
        due: dict[str, Message] = {}
        for before, next_before in pairwise([*self._before, timedelta(0)]):
            found = await _starting(
                after=now + next_before if since is None else max(since + before, now + next_before),
                up_to=now + before,
            )
            known = await experts.by_ids({booking.expert_id for booking in found})
            for booking in found:
                if booking.created_at <= booking.starts_at - before:
                    messages = _messages(booking, known.get(booking.expert_id), before, next_before)
                    due.update({message.id: message for message in messages})
        await outbox.put_all(due.values())
        self._looked_at = now
        return len(due)


async def _starting(*, after: datetime, up_to: datetime) -> list[Booking]:
    """Bookings whose sessions start in between and are to take place."""
    found: list[Booking] = []
    for status in AHEAD:  # one after another: for a list of them the embedded server walks through all bookings
        within = {"ends_at": {"$gt": after, "$lte": up_to + LONGEST_SESSION}}
        starting = {"status": status, **within, "starts_at": {"$gt": after, "$lte": up_to}}
        found += await Booking.find(starting).to_list()
    return found


def _messages(booking: Booking, expert: Expert | None, before: timedelta, next_before: timedelta) -> list[Message]:
    key = f"{int(before.total_seconds())}:{int(booking.starts_at.timestamp())}"
    return [
        message.model_copy(update={"session_at": booking.starts_at, "useful_until": booking.starts_at - next_before})
        for message in telling.messages(booking, expert, MessageKind.REMINDER, key=key, sequence=booking.sequence)
    ]
