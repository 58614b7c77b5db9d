"""What goes on in every process while it serves: holds end, slots close, free counts are told, loose ends are settled.

Everything here is a conditional update or a reading, so any number of processes may do it at the same time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from beanie import PydanticObjectId

from expert_booking import availability, clock, database, events, holds, policy
from models import TimeSlot

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
GATHER_SECONDS = 0.05
TICKS_TO_RESYNC = 3

_waiting: set[str] = set()


async def repeat(work: Callable[[], Awaitable[object]], *, every_seconds: float) -> None:
    """Do the work again and again; a database that is away or an unforeseen error ends one round, not the repeating."""
    while True:
        await attempt(work)
        await asyncio.sleep(every_seconds)


async def attempt(work: Callable[[], Awaitable[object]]) -> None:
    """Do the work once; what goes wrong is logged, a database that stays away once only."""
    name = getattr(work, "__qualname__", type(work).__name__)
    try:
        await work()
    except Exception as error:
        if not database.cannot_answer(error):
            log.exception("%s failed", name)
            return
        if name not in _waiting:
            log.warning("%s waits: the database is not reachable (%s)", name, type(error).__name__)
        _waiting.add(name)
    else:
        if name in _waiting:
            log.info("%s goes on: the database is reachable again", name)
        _waiting.discard(name)


class Ticker:
    """Ends holds whose time is up, and tells of slots that closed because their start came near, by either's notice.

    When the database was away, what it was asked last may have been done though nobody heard of it, also a moment after
    it is back. So everybody is told to read again a few ticks later.
    """

    def __init__(self) -> None:
        self._closed_up_to = policy.earliest_start()
        self._notice_up_to = clock.now()
        self._ticks_to_resync = 0

    async def tick(self) -> None:
        """One look at the clock."""
        try:
            await self._look()
        except database.CONNECTION_ERRORS:
            self._ticks_to_resync = TICKS_TO_RESYNC
            raise
        if self._ticks_to_resync:
            self._ticks_to_resync -= 1
            if not self._ticks_to_resync:
                events.changes_missed()

    async def _look(self) -> None:
        await holds.expire()
        self._closed_up_to = await _tell_closed(
            availability.started_between, self._closed_up_to, policy.earliest_start()
        )
        self._notice_up_to = await _tell_closed(availability.closed_between, self._notice_up_to, clock.now())


async def _tell_closed(
    between: Callable[[datetime, datetime], Awaitable[list[TimeSlot]]], told_up_to: datetime, now: datetime
) -> datetime:
    # When the clock was set back, the slots in between are open again.
    earlier, later = sorted((told_up_to, now))
    if earlier < later:
        for slot in await between(earlier, later):
            events.slot_changed(availability.change_of(slot))
    return now


class OpenTimesTeller:
    """Counts an expert's open slots once after a burst of changes and tells every list that shows the expert."""

    def __init__(self) -> None:
        self._changed: set[PydanticObjectId] = set()
        self._wake = asyncio.Event()

    def listen(self) -> None:
        """Begin to hear slot changes."""
        events.slots.subscribe(events.EVERY_EXPERT, self._note)
        events.resync.subscribe(events.EVERY_EXPERT, self._note_all)

    def stop(self) -> None:
        """Hear no more."""
        events.slots.unsubscribe(events.EVERY_EXPERT, self._note)
        events.resync.unsubscribe(events.EVERY_EXPERT, self._note_all)

    def _note(self, event: events.SlotChanged) -> None:
        if events.open_times.has_watchers(event.expert_id):
            self._changed.add(event.expert_id)
            self._wake.set()

    def _note_all(self, _: events.ChangesMissed) -> None:
        self._changed |= events.open_times.watched()
        self._wake.set()

    async def run(self) -> None:
        """Tell until cancelled; then hear no more."""
        try:
            while True:
                await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)
                await attempt(self.tell)
        finally:
            self.stop()

    async def tell(self) -> None:
        """Count and tell what has changed since the last time."""
        self._wake.clear()
        changed, self._changed = self._changed, set()
        try:
            counted = await availability.open_times(list(changed))
        except BaseException:
            self._changed |= changed  # they are told of with the next change
            raise
        for expert_id, times in counted.items():
            happened = events.OpenTimesChanged(
                expert_id=expert_id,
                open_slots=times.open_slots,
                next_open_at=times.next_open_at,
                next_open_id=times.next_open_id,
            )
            events.open_times.emit(expert_id, happened)


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
