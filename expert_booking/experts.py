"""Finding experts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from weakref import WeakKeyDictionary

from beanie import PydanticObjectId
from bson import ObjectId

from expert_booking import catalogue, expert_queries, policy, soonest
from expert_booking.errors import ExpertNotFound, NotFound
from models import Expert

PAGE_SIZE = 12
ASKED_AT_A_TIME = 2

_turns_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class SortOrder(StrEnum):
    """How a list of experts is ordered; ties by rating, then by id."""

    RATING = "rating"
    SOONEST = "soonest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertPage:
    """One page of a list of experts; `page` counts from 1, `pages` is at least 1."""

    experts: list[Expert]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    search: str
    category: str | None
    sort: SortOrder
    open_before: datetime | None
    skip: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Who is on one page, and how many there are on all pages together."""

    ids: list[PydanticObjectId]
    total: int


async def find(
    *,
    page: int = 1,
    limit: int = PAGE_SIZE,
    search: str = "",
    category: str | None = None,
    sort: SortOrder = SortOrder.RATING,
    open_before: datetime | None = None,
) -> ExpertPage:
    """A page of the experts whose name has a word beginning with each word of `search`, in a category.

    Which experts these are, the process knows by itself once it has read the catalogue; they are read anew every time.

    Args:
        page: from 1; a page past the end is empty.
        limit: experts on a page.
        search: compared without regard to case, accents and punctuation; blank matches everybody.
        category: exact; none for all.
        sort: best rating first, or the expert with the earliest open slot first.
        open_before: aware; only those who have a slot that can be booked and starts before it; none for all.
    """
    wanted = _Wanted(
        search=search, category=category, sort=sort, open_before=open_before, skip=(page - 1) * limit, limit=limit
    )
    listed, total = await _find(wanted)
    return ExpertPage(experts=listed, page=page, pages=max(1, -(-total // limit)), total=total)


async def some(*, search: str, category: str | None, skip: int, limit: int) -> list[Expert]:
    """Some of those whom `find` gives by rating, from a place on that need not be the beginning of a page."""
    wanted = _Wanted(search=search, category=category, sort=SortOrder.RATING, open_before=None, skip=skip, limit=limit)
    return (await _find(wanted))[0]


async def _find(wanted: _Wanted) -> tuple[list[Expert], int]:
    found = _known(wanted) or await _asked(wanted)
    known = await by_ids(set(found.ids))
    listed = [known[expert_id] for expert_id in found.ids if expert_id in known and not known[expert_id].is_hidden]
    if len(listed) < len(found.ids):
        catalogue.doubt()
    return listed, found.total


def _known(wanted: _Wanted) -> _Found | None:
    """Who this is as far as the process knows by itself."""
    if wanted.sort is SortOrder.SOONEST or wanted.open_before is not None:
        return _known_by_time(wanted)
    known = catalogue.current()
    if known is None:
        return None
    matching = known.matching(wanted.search, wanted.category)
    return _Found(ids=known.ids(matching[wanted.skip : wanted.skip + wanted.limit]), total=len(matching))


def _known_by_time(wanted: _Wanted) -> _Found | None:
    order = soonest.current()
    if order is None:
        return None
    after = policy.earliest_start()
    matching: Sequence[int] | None = order.catalogue.matching(wanted.search, wanted.category)
    if matching is not None and wanted.open_before is not None:
        matching = order.open_before(matching, wanted.open_before, after=after)
    if matching is None:
        return None
    if wanted.sort is SortOrder.SOONEST:
        ranks = order.page(matching, skip=wanted.skip, limit=wanted.limit, after=after, before=wanted.open_before)
    else:
        ranks = list(matching[wanted.skip : wanted.skip + wanted.limit])
    return None if ranks is None else _Found(ids=order.catalogue.ids(ranks), total=len(matching))


async def _asked(wanted: _Wanted) -> _Found:
    """Ask the database, a few at a time: on the embedded server this takes as long as reading the catalogue."""
    matching = expert_queries.matching(wanted.search, wanted.category)
    if matching is None:
        return _Found(ids=[], total=0)
    async with _turns():
        if found := _known(wanted):
            return found
        by_time = wanted.sort is SortOrder.SOONEST
        if wanted.open_before is not None:
            ids = await expert_queries.open_before(matching, wanted.open_before, by_time=by_time)
            return _Found(ids=ids[wanted.skip : wanted.skip + wanted.limit], total=len(ids))
        ask = expert_queries.soonest if by_time else expert_queries.by_rating
        ids = await ask(matching, skip=wanted.skip, limit=wanted.limit)
        return _Found(ids=ids, total=await expert_queries.count(matching))


def _turns() -> asyncio.Semaphore:
    return _turns_of_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(ASKED_AT_A_TIME))


async def get(expert_id: PydanticObjectId) -> Expert:
    """An expert by id, be they hidden or gone: for themselves, for the house, and for whoever has booked them.

    Raises:
        ExpertNotFound
    """
    expert = await Expert.find_one({"_id": expert_id})
    if expert is None:
        raise ExpertNotFound
    return expert


async def shown(expert_id: PydanticObjectId) -> Expert:
    """An expert whom visitors may see.

    Raises:
        ExpertNotFound: also for who is hidden or has left.
    """
    expert = await get(expert_id)
    if expert.is_hidden:
        raise ExpertNotFound
    return expert


async def by_ids(expert_ids: set[PydanticObjectId]) -> dict[PydanticObjectId, Expert]:
    """Experts by id, those that exist."""
    if not expert_ids:
        return {}
    found = await Expert.find({"_id": {"$in": list(expert_ids)}}).to_list()
    return {expert.id: expert for expert in found}


async def categories() -> dict[str, int]:
    """How many experts each category has, in alphabetical order."""
    known = catalogue.current()
    return known.categories() if known is not None else await expert_queries.categories()


def parse_id(text: str, *, missing: type[NotFound]) -> PydanticObjectId:
    """A database id from a request; what cannot be one is nothing's.

    Raises:
        NotFound: of the kind given as `missing`.
    """
    if not ObjectId.is_valid(text):
        raise missing
    return PydanticObjectId(text)
