"""Who there is, kept in the process: which experts a page of the list shows is worked out here, without a query.

A catalogue knows ids, categories and the words of names, in the order of the list; everything else about an expert is
read with the page. It is a snapshot: `catalogue_upkeep` puts a new one in its place when experts have changed.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beanie import PydanticObjectId

from models.expert import search_words

SEARCHES_KEPT = 64
_BEHIND_ALL_LETTERS = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the catalogue wants to know about an expert; `key` is the expert's id as bytes."""

    key: bytes
    name: str
    category: str
    rating: float


def place(expert: Listed) -> tuple[float, bytes]:
    """What the list is ordered by."""
    return -expert.rating, expert.key


class Catalogue:
    """Experts by rank: best rating first, then by id; rank 0 is listed first."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.ranks: dict[bytes, int] = {}
        self._of_category: dict[str, array[int]] = {}
        self._with_word: dict[str, array[int]] = {}
        self._words: list[str] = []
        self._searches: OrderedDict[tuple[str, ...], Sequence[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, experts: Iterable[Listed]) -> None:
        """List experts, who are given by their `place`, after all that are listed already."""
        for expert in experts:
            if expert.key in self.ranks:  # read twice, because the rating changed in between
                continue
            rank = self.ranks[expert.key] = len(self.keys)
            self.keys.append(expert.key)
            self._of_category.setdefault(expert.category, array("I")).append(rank)
            for word in set(search_words(expert.name)):
                self._with_word.setdefault(word, array("I")).append(rank)

    def close(self) -> None:
        """Make it ready to be searched; nothing is added afterwards."""
        self._words = sorted(self._with_word)

    def categories(self) -> dict[str, int]:
        """How many experts each category has, in alphabetical order."""
        return {category: len(self._of_category[category]) for category in sorted(self._of_category)}

    def matching(self, search: str = "", category: str | None = None) -> Sequence[int]:
        """The ranks, in order, of those whose name has a word beginning with each word of `search`, in a category."""
        words = sorted(set(search_words(search)))
        if not words:
            return range(0) if search.strip() else self._in(category)
        asked = (category or "", *words)
        if asked in self._searches:
            self._searches.move_to_end(asked)
            return self._searches[asked]
        found = set.intersection(*(self._beginning_with(word) for word in words))
        if category:
            found.intersection_update(self._in(category))
        return self._keep(asked, array("I", sorted(found)))

    def ids(self, ranks: Iterable[int]) -> list[PydanticObjectId]:
        """The ids of experts by rank."""
        return [PydanticObjectId(self.keys[rank]) for rank in ranks]

    def _in(self, category: str | None) -> Sequence[int]:
        return self._of_category.get(category, array("I")) if category else range(len(self))

    def _beginning_with(self, prefix: str) -> set[int]:
        first = bisect_left(self._words, prefix)
        last = bisect_left(self._words, prefix + _BEHIND_ALL_LETTERS)
        return set().union(*(self._with_word[word] for word in self._words[first:last]))

    def _keep(self, asked: tuple[str, ...], found: Sequence[int]) -> Sequence[int]:
        """People type the same first letters again and again."""
        self._searches[asked] = found
        if len(self._searches) > SEARCHES_KEPT:
            self._searches.popitem(last=False)
        return found


_current: Catalogue | None = None
_is_doubted = False


def current() -> Catalogue | None:
    """The catalogue of this process; none while it is not known who there is."""
    return _current


def use(catalogue: Catalogue | None) -> None:
    """Put another catalogue in place, or none."""
    global _current, _is_doubted
    _current, _is_doubted = catalogue, False


def doubt() -> None:
    """An expert of the catalogue is not there any more: it wants loading anew."""
    global _is_doubted
    _is_doubted = True


def is_doubted() -> bool:
    """Whether somebody has found the catalogue to be wrong since it was put in place."""
    return _is_doubted
