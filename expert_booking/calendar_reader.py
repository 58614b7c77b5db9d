"""Has calendar files read by a process of their own, so that a file which keeps its reader busy stops nobody else."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from expert_booking import apart, busy_times
from expert_booking.busy_times import Unreadable
from expert_booking.errors import CalendarUnreadable
from expert_booking.sentence import Sentence

MOST_SECONDS = 60.0
MOST_PROCESSOR_SECONDS = 20
MOST_MEMORY_BYTES = 1 << 30
MOST_AT_ONCE = 2

WHY = {
    Unreadable.NO_CALENDAR: Sentence("This is not a calendar. Its file begins with BEGIN:VCALENDAR and ends in .ics."),
    Unreadable.BROKEN: Sentence("This calendar is broken and cannot be read. What was known of it before stays."),
    Unreadable.TOO_MUCH: Sentence("There is too much in this calendar. Use one with less in it."),
}

_READER = Path(busy_times.__file__)
_reading = asyncio.Semaphore(MOST_AT_ONCE)


async def read(file: bytes, *, zone: str, after: datetime, before: datetime, own: str) -> list[busy_times.Stretch]:
    """When somebody is busy between two moments, by a calendar file; see `busy_times.busy_times`.

    Raises:
        CalendarUnreadable: says why, for whoever's calendar it is.
    """
    asked = [zone, str(after.timestamp()), str(before.timestamp()), own]
    limits = apart.Limits(
        seconds=MOST_SECONDS, processor_seconds=MOST_PROCESSOR_SECONDS, memory_bytes=MOST_MEMORY_BYTES
    )
    async with _reading:
        answer = await apart.ask(_READER, *asked, file=file, limits=limits)
    if "busy" not in answer:
        raise CalendarUnreadable(WHY[Unreadable(answer.get("why", Unreadable.TOO_MUCH))])
    return [(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)) for start, end in answer["busy"]]
