"""What every expert has open, kept in the process and kept right by the bus.

Counting the open slots of twelve experts takes the embedded server 30 ms, and it does one thing at a time. So an
expert's open slots are read once, and every `SlotChanged` is applied to what was read. It is as true as the bus is
quick, like every page that is open already; a process that does not hear of all changes must not keep this.
"""

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from beanie import PydanticObjectId

from expert_booking.events import SlotChanged
from models import SlotState

PASSED_KEPT = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Read = Callable[[list[PydanticObjectId]], Awaitable[Mapping[PydanticObjectId, Iterable[datetime]]]]


def milliseconds(moment: datetime) -> int:
    """An aware moment as whole milliseconds since 1970."""
    return (moment - EPOCH) // MILLISECOND


class Openings:
    """The starts of open slots by expert: those that were asked for, or everybody's once `is_complete`."""

    def __init__(self) -> None:
        self.is_complete = False
        self._starts: dict[bytes, array[int]] = {}
        self._whole: set[bytes] = set()
        self._under_way: dict[bytes, asyncio.Task[None]] = {}
        self._reading = 0
        self._meanwhile: list[SlotChanged] = []

    def knows(self, expert_id: PydanticObjectId) -> bool:
        """Whether all open slots of an expert are known."""
        return self.is_complete or expert_id.binary in self._whole

    def of(self, expert_id: PydanticObjectId, *, after: datetime) -> tuple[int, datetime | None]:
        """How many slots an expert has open that start after a moment, and the start of the first of them."""
        starts = self._starts.get(expert_id.binary)
        passed = bisect_right(starts, milliseconds(after)) if starts else 0
        if not starts or passed == len(starts):
            return 0, None
        first = EPOCH + starts[passed] * MILLISECOND
        count = len(starts) - passed
        if passed > PASSED_KEPT:
            del starts[:passed]
        return count, first

    def first(self, key: bytes, *, after: int) -> int | None:
        """The start of an expert's first known open slot after a moment, both in milliseconds since 1970."""
        starts = self._starts.get(key)
        passed = bisect_right(starts, after) if starts else 0
        return starts[passed] if starts and passed < len(starts) else None

    def apply(self, event: SlotChanged) -> None:
        """Take note of what happened to a slot; `events` sees to it that nothing older is told after it."""
        if self._reading:
            self._meanwhile.append(event)
        self._note(event)

    def _note(self, event: SlotChanged) -> None:
        starts = self._starts.setdefault(event.expert_id.binary, array("q"))
        start = milliseconds(event.starts_at)
        place = bisect_left(starts, start)
        is_there = place < len(starts) and starts[place] == start
        if event.state is SlotState.OPEN and not is_there:
            starts.insert(place, start)
        elif event.state is not SlotState.OPEN and is_there:
            del starts[place]

    async def learn(self, expert_ids: Iterable[PydanticObjectId], read: Read) -> None:
        """Make sure that all open slots of these experts are known; who is being read already is not read twice.

        Raises:
            whatever `read` raises
        """
        unknown = [expert_id for expert_id in expert_ids if not self.knows(expert_id)]
        new = [expert_id for expert_id in unknown if expert_id.binary not in self._under_way]
        if new:
            task = asyncio.create_task(self._learn(new, read))
            self._under_way |= {expert_id.binary: task for expert_id in new}
        for task in {self._under_way[one.binary] for one in unknown}:
            await asyncio.shield(task)  # whoever goes away does not take it from those who wait as well

    async def _learn(self, expert_ids: list[PydanticObjectId], read: Read) -> None:
        try:
            with self.reading():
                found = await read(expert_ids)
                for expert_id in expert_ids:
                    starts = sorted(milliseconds(start) for start in found.get(expert_id, ()))
                    self._starts[expert_id.binary] = array("q", starts)
                    self._whole.add(expert_id.binary)
        finally:
            for expert_id in expert_ids:
                del self._under_way[expert_id.binary]

    def add(self, found: Mapping[PydanticObjectId, Iterable[datetime]]) -> None:
        """Take note of some open slots, read within `reading`, of experts who may have others."""
        for expert_id, starts_at in found.items():
            starts = self._starts.get(expert_id.binary, array("q"))
            merged = {*starts, *(milliseconds(start) for start in starts_at)}
            self._starts[expert_id.binary] = array("q", sorted(merged))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A reading of the database: what is told meanwhile counts for more than what is read."""
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1
            for event in self._meanwhile:
                self._note(event)
            if not self._reading:
                self._meanwhile.clear()

    def complete(self) -> None:
        """From now on, whoever is not known has nothing open."""
        self.is_complete = True
        self._whole.clear()


_current: Openings | None = None


def current() -> Openings | None:
    """What this process keeps; none while it does not hear of every change."""
    return _current


def use(openings: Openings | None) -> None:
    """Keep these from now on, or none."""
    global _current
    _current = openings
