"""The order of those who are free soonest, kept in the process."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import nsmallest
from itertools import compress

from expert_booking.catalogue import Catalogue
from expert_booking.openings import Openings, milliseconds

# A place in the order is one number: the start in milliseconds since 1970, then the expert's rank.
RANK_BITS = 22
RANK_MASK = (1 << RANK_BITS) - 1
NEVER = (1 << (64 - RANK_BITS)) - 1
FEW = 64


class Soonest:
    """Experts of a catalogue by their first open slot, those who have none last; ties by rank.

    Openings are read from the earliest on: `known_until` (milliseconds since 1970) says how far they are known.
    """

    def __init__(self, catalogue: Catalogue, openings: Openings) -> None:
        self.catalogue = catalogue
        self.openings = openings
        self.known_until = 0
        self._places = array("Q", (NEVER << RANK_BITS | rank for rank in range(len(catalogue))))
        self._order = array("Q", self._places)

    def page(
        self, matching: Sequence[int], *, skip: int, limit: int, after: datetime, before: datetime | None = None
    ) -> list[int] | None:
        """Ranks of one page of those given, by their first slot after a moment; none when not enough is known yet.

        Args:
            matching: ranks in order; those whom `open_before` gave when `before` is given.
            skip: how many of them are on earlier pages.
            limit: on a page.
            after: aware; what starts later counts.
            before: aware, as it was given to `open_before`.
        """
        self._advance(milliseconds(after))
        last = min(skip + limit, len(matching))
        places = self._ordered(matching, skip + limit, before)[skip:last]
        if places and places[-1] >> RANK_BITS > self.known_until and not self.openings.is_complete:
            return None
        return [place & RANK_MASK for place in places]

    def open_before(self, matching: Sequence[int], moment: datetime, *, after: datetime) -> Sequence[int] | None:
        """Those of the ranks given who have a slot open after one moment and before the other; none as for a page."""
        self._advance(milliseconds(after))
        end = _beginning_of(moment)
        if end >> RANK_BITS > self.known_until and not self.openings.is_complete:
            return None
        places = self._places if len(matching) == len(self.catalogue) else map(self._places.__getitem__, matching)
        return array("I", compress(matching, map(end.__gt__, places)))

    def _ordered(self, matching: Sequence[int], enough: int, before: datetime | None) -> Sequence[int]:
        everybody = len(self.catalogue) if before is None else bisect_left(self._order, _beginning_of(before))
        if len(matching) == everybody:
            return self._order
        places = map(self._places.__getitem__, matching)
        return nsmallest(enough, places) if enough * FEW < len(matching) else sorted(places)

    def _advance(self, now: int) -> None:
        """Move on those whose first slot has passed."""
        passed = bisect_right(self._order, now << RANK_BITS | RANK_MASK)
        if passed:
            self._place([place & RANK_MASK for place in self._order[:passed]], now)

    def update(self, keys: Iterable[bytes], *, after: datetime) -> None:
        """Put experts where they belong, because their open slots have changed."""
        ranks = [self.catalogue.ranks[key] for key in keys if key in self.catalogue.ranks]
        self._place(ranks, milliseconds(after))

    def _place(self, ranks: list[int], now: int) -> None:
        new = {rank: self._place_of(rank, now) for rank in ranks}
        moved = {rank: place for rank, place in new.items() if place != self._places[rank]}
        if len(moved) <= FEW:
            for rank in moved:
                del self._order[bisect_left(self._order, self._places[rank])]
                insort(self._order, moved[rank])
        else:
            left = [place for place in self._order if (place & RANK_MASK) not in moved]
            self._order = array("Q", sorted([*left, *sorted(moved.values())]))
        for rank, place in moved.items():
            self._places[rank] = place

    def _place_of(self, rank: int, now: int) -> int:
        first = self.openings.first(self.catalogue.keys[rank], after=now)
        return min(NEVER if first is None else first, NEVER) << RANK_BITS | rank


def _beginning_of(moment: datetime) -> int:
    """The first place in the order that a slot at a moment could have."""
    return max(0, min(milliseconds(moment), NEVER)) << RANK_BITS


_current: Soonest | None = None


def current() -> Soonest | None:
    """The order that this process keeps; none while it does not know who is free."""
    return _current


def use(order: Soonest | None) -> None:
    """Keep another order from now on, or none."""
    global _current
    _current = order
