"""What every expert has open, kept in the process and kept right by the bus.

Counting the open slots of twelve experts takes the embedded server 30 ms, and it does one thing at a time. So an
expert's open slots are read once, and every `SlotChanged` is applied to what was read. It is as true as the bus is
quick, like every page that is open already; a process that does not hear of all changes must not keep this.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from beanie import PydanticObjectId

from expert_booking.events import SlotChanged
from expert_booking.open_slots import OpenSlots
from models import SlotState

PASSED_KEPT = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Slot = tuple[datetime, PydanticObjectId]
"""The start of a slot, and its id."""

Read = Callable[[list[PydanticObjectId]], Awaitable[Mapping[PydanticObjectId, Iterable[Slot]]]]


def milliseconds(moment: datetime) -> int:
    """An aware moment as whole milliseconds since 1970."""
    return (moment - EPOCH) // MILLISECOND


class Openings:
    """The open slots by expert: those that were asked for, or everybody's once `is_complete`."""

    def __init__(self) -> None:
        self.is_complete = False
        self._slots: dict[bytes, OpenSlots] = {}
        self._whole: set[bytes] = set()
        self._under_way: dict[bytes, asyncio.Task[None]] = {}
        self._reading = 0
        self._meanwhile: list[SlotChanged] = []

    def knows(self, expert_id: PydanticObjectId) -> bool:
        """Whether all open slots of an expert are known."""
        return self.is_complete or expert_id.binary in self._whole

    def of(self, expert_id: PydanticObjectId, *, after: datetime) -> tuple[int, Slot | None]:
        """How many slots an expert has open that start after a moment, and the first of them."""
        slots = self._slots.get(expert_id.binary)
        passed = slots.begun(milliseconds(after)) if slots else 0
        if not slots or passed == slots.number:
            return 0, None
        start, slot_id = slots.at(passed)
        count = slots.number - passed
        if passed > PASSED_KEPT:
            slots.drop(passed)
        return count, (EPOCH + start * MILLISECOND, PydanticObjectId(slot_id))

    def first(self, key: bytes, *, after: int) -> int | None:
        """The start of an expert's first known open slot after a moment, both in milliseconds since 1970."""
        slots = self._slots.get(key)
        passed = slots.begun(after) if slots else 0
        return slots.at(passed)[0] if slots and passed < slots.number else None

    def apply(self, event: SlotChanged) -> None:
        """Take note of what happened to a slot; `events` sees to it that nothing older is told after it."""
        if self._reading:
            self._meanwhile.append(event)
        self._note(event)

    def _note(self, event: SlotChanged) -> None:
        slots = self._slots.setdefault(event.expert_id.binary, OpenSlots())
        if event.state is SlotState.OPEN:
            slots.put(milliseconds(event.starts_at), event.slot_id.binary)
        else:
            slots.discard(milliseconds(event.starts_at), event.slot_id.binary)

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
                    self._slots[expert_id.binary] = OpenSlots.of(map(_packed, found.get(expert_id, ())))
                    self._whole.add(expert_id.binary)
        finally:
            for expert_id in expert_ids:
                del self._under_way[expert_id.binary]

    def add(self, found: Mapping[PydanticObjectId, Iterable[Slot]]) -> None:
        """Take note of some open slots, read within `reading`, of experts who may have others."""
        for expert_id, slots in found.items():
            known = self._slots.get(expert_id.binary, OpenSlots())
            self._slots[expert_id.binary] = OpenSlots.of(known.all().union(map(_packed, slots)))

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


def _packed(slot: Slot) -> tuple[int, bytes]:
    start, slot_id = slot
    return milliseconds(start), slot_id.binary


_current: Openings | None = None


def current() -> Openings | None:
    """What this process keeps; none while it does not hear of every change."""
    return _current


def use(openings: Openings | None) -> None:
    """Keep these from now on, or none."""
    global _current
    _current = openings
