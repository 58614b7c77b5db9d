"""One expert's open slots in as little memory as they need: there may be millions, and all of them are kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from struct import Struct
from typing import Self

RECORD = Struct(">q12s")
START = Struct(">q")


class OpenSlots(bytearray):
    """Starts (milliseconds since 1970) and ids of slots, earliest first; several may start at the same moment."""

    __slots__ = ()

    @classmethod
    def of(cls, slots: Iterable[tuple[int, bytes]]) -> Self:
        """These slots, in any order."""
        return cls(b"".join(RECORD.pack(*slot) for slot in sorted(slots)))

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self) // RECORD.size

    def all(self) -> set[tuple[int, bytes]]:
        """Their starts and ids."""
        return set(RECORD.iter_unpack(self))

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
        """Have a slot among these."""
        place, is_there = self._place(start, slot_id)
        if not is_there:
            offset = place * RECORD.size
            self[offset:offset] = RECORD.pack(start, slot_id)

    def discard(self, start: int, slot_id: bytes) -> None:
        """Have a slot among these no more."""
        place, is_there = self._place(start, slot_id)
        if is_there:
            del self[place * RECORD.size : (place + 1) * RECORD.size]

    def _place(self, start: int, slot_id: bytes) -> tuple[int, bool]:
        """Where a slot is, or would be, and whether it is there."""
        place = bisect_left(range(self.number), (start, slot_id), key=self.at)
        return place, place < self.number and self.at(place) == (start, slot_id)

    def drop(self, count: int) -> None:
        """Have the first few no more."""
        del self[: count * RECORD.size]

    def _start(self, place: int) -> int:
        start: int = START.unpack_from(self, place * RECORD.size)[0]
        return start
