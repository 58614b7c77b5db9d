"""Has calendar files read by a process of their own, so that a file which keeps its reader busy stops nobody else."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expert_booking import busy_times
from expert_booking.busy_times import Unreadable
from expert_booking.errors import CalendarUnreadable
from expert_booking.sentence import Sentence

MOST_SECONDS = 60.0
MOST_AT_ONCE = 2

WHY = {
    Unreadable.NO_CALENDAR: Sentence("This is not a calendar. Its file begins with BEGIN:VCALENDAR and ends in .ics."),
    Unreadable.BROKEN: Sentence("This calendar is broken and cannot be read. What was known of it before stays."),
    Unreadable.TOO_MUCH: Sentence("There is too much in this calendar. Use one with less in it."),
}

_READER = Path(busy_times.__file__)
_WHAT_SYSTEMS_NEED = ("SYSTEMROOT",)
_reading = asyncio.Semaphore(MOST_AT_ONCE)


async def read(file: bytes, *, zone: str, after: datetime, before: datetime, own: str) -> list[busy_times.Stretch]:
    """When somebody is busy between two moments, by a calendar file; see `busy_times.busy_times`.

    Raises:
        CalendarUnreadable: says why, for whoever's calendar it is.
    """
    asked = [zone, str(after.timestamp()), str(before.timestamp()), own]
    async with _reading:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_READER), *asked, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
        )
        answer = await _answer(process, file)
    if "busy" not in answer:
        raise CalendarUnreadable(WHY[Unreadable(answer.get("why", Unreadable.TOO_MUCH))])
    return [(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)) for start, end in answer["busy"]]


def _environment() -> dict[str, str]:
    """Nothing that the house knows."""
    return {name: os.environ[name] for name in _WHAT_SYSTEMS_NEED if name in os.environ}


async def _answer(process: Process, file: bytes) -> dict[str, Any]:
    """What the process says; nothing if it had to be ended, or ended without a word."""
    try:
        async with asyncio.timeout(MOST_SECONDS):
            said, _ = await process.communicate(file)
    except TimeoutError:
        return {}
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    answer: dict[str, Any] = json.loads(said) if said else {}
    return answer
