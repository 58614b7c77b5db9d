"""One expert's open slots in as little memory as they need: there may be millions, and all of them are kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from struct import Struct
from typing import Self

RECORD = Struct(">q12s")
START = Struct(">q")


class OpenSlots(bytearray):
    """Starts (milliseconds since 1970) and ids of slots, earliest first; no two start at the same moment."""

    __slots__ = ()

    @classmethod
    def of(cls, slots: Iterable[tuple[int, bytes]]) -> Self:
        """These slots, in any order."""
        return cls(b"".join(RECORD.pack(*slot) for slot in sorted(slots)))

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self) // RECORD.size

    def all(self) -> dict[int, bytes]:
        """Ids by start."""
        return dict(RECORD.iter_unpack(self))

    def begun(self, moment: int) -> int:
        """How many start at a moment or before it; mostly none."""
        if not self or self._start(0) > moment:
            return 0
        return bisect_right(range(self.number), moment, key=self._start)

    def at(self, place: int) -> tuple[int, bytes]:
        """Start and id of the slot at a place, from 0."""
        start, slot_id = RECORD.unpack_from(self, place * RECORD.size)
        return start, slot_id

    def put(self, start: int, slot_id: bytes) -> None:
        """Have a slot among these, in place of any other that starts at the same moment."""
        self.remove(start)
        offset = bisect_left(range(self.number), start, key=self._start) * RECORD.size
        self[offset:offset] = RECORD.pack(start, slot_id)

    def remove(self, start: int) -> None:
        """Have no slot with this start."""
        place = bisect_left(range(self.number), start, key=self._start)
        if place < self.number and self._start(place) == start:
            del self[place * RECORD.size : (place + 1) * RECORD.size]

    def drop(self, count: int) -> None:
        """Have the first few no more."""
        del self[: count * RECORD.size]

    def _start(self, place: int) -> int:
        start: int = START.unpack_from(self, place * RECORD.size)[0]
        return start
