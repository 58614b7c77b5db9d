"""Finding experts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from beanie import PydanticObjectId
from bson import ObjectId

from expert_booking import availability, policy
from expert_booking.errors import ExpertNotFound, NotFound
from models import Expert, TimeSlot
from models.expert import search_words

PAGE_SIZE = 12
LOOK_AHEAD_DAYS = 256


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


async def find(
    *,
    page: int = 1,
    limit: int = PAGE_SIZE,
    search: str = "",
    category: str | None = None,
    sort: SortOrder = SortOrder.RATING,
) -> ExpertPage:
    """A page of the experts whose name has a word beginning with each word of `search`, in a category.

    Args:
        page: from 1; a page past the end is empty.
        limit: experts on a page.
        search: compared without regard to case, accents and punctuation; blank matches everybody.
        category: exact; none for all.
        sort: best rating first, or the expert with the earliest open slot first.
    """
    query = _query(search, category)
    if query is None:
        return ExpertPage(experts=[], page=page, pages=1, total=0)
    total = await Expert.find(query).count()
    skip = (page - 1) * limit
    if sort is SortOrder.SOONEST:
        experts = await _soonest(query, skip=skip, limit=limit)
    else:
        experts = await Expert.find(query).sort("-rating", "+_id").skip(skip).limit(limit).to_list()
    return ExpertPage(experts=experts, page=page, pages=max(1, -(-total // limit)), total=total)


def _query(search: str, category: str | None) -> dict[str, Any] | None:
    """The flat filter for a search, or none when nothing can match it (it has signs but no letter or digit)."""
    query: dict[str, Any] = {}
    if search.strip():
        words = search_words(search)
        if not words:
            return None
        query["search_terms"] = {"$all": words}
    if category:
        query["category"] = category
    return query


async def _soonest(query: dict[str, Any], *, skip: int, limit: int) -> list[Expert]:
    """Experts by their next open slot; those without one come last, by rating."""
    rows = await _ids_by_rating(query)
    opens = await _next_opens({row["_id"] for row in rows}, enough=skip + limit)
    with_time = sorted((row["_id"] for row in rows if row["_id"] in opens), key=lambda expert_id: opens[expert_id])
    without = [row["_id"] for row in rows if row["_id"] not in opens]
    wanted = (with_time + without)[skip : skip + limit]
    found = {expert.id: expert for expert in await Expert.find({"_id": {"$in": wanted}}).to_list()}
    return [found[expert_id] for expert_id in wanted if expert_id in found]


async def _ids_by_rating(query: dict[str, Any]) -> list[dict[str, Any]]:
    pipeline = [{"$match": query}, {"$sort": {"rating": -1, "_id": 1}}, {"$project": {"_id": 1}}]
    return await Expert.aggregate(pipeline).to_list()


async def _next_opens(expert_ids: set[Any], *, enough: int) -> dict[Any, datetime]:
    """The next open start of at least the `enough` experts who are open soonest, looking ahead in growing windows."""
    begins, days, found = policy.earliest_start(), 1, dict[Any, datetime]()
    while days <= LOOK_AHEAD_DAYS and len(found) < min(enough, len(expert_ids)):
        until = begins + timedelta(days=days)
        for row in await TimeSlot.aggregate(_first_opens(begins, until)).to_list():
            if row["_id"] in expert_ids:
                found.setdefault(row["_id"], row["next_open_at"])
        begins, days = until, days * 2
    return found


def _first_opens(after: datetime, until: datetime) -> list[dict[str, Any]]:
    # Two matches, not one: given all at once, the embedded server takes the index on holds, which leaves out nothing.
    return [
        {"$match": {"starts_at": {"$gt": after, "$lte": until}}},
        {"$match": {name: wanted for name, wanted in availability.open_filter().items() if name != "starts_at"}},
        {"$group": {"_id": "$expert_id", "next_open_at": {"$min": "$starts_at"}}},
    ]


async def get(expert_id: PydanticObjectId) -> Expert:
    """An expert by id.

    Raises:
        ExpertNotFound
    """
    expert = await Expert.find_one({"_id": expert_id})
    if expert is None:
        raise ExpertNotFound
    return expert


async def by_ids(expert_ids: set[PydanticObjectId]) -> dict[PydanticObjectId, Expert]:
    """Experts by id, those that exist."""
    found = await Expert.find({"_id": {"$in": list(expert_ids)}}).to_list()
    return {expert.id: expert for expert in found}


async def categories() -> dict[str, int]:
    """How many experts each category has, in alphabetical order."""
    pipeline = [{"$group": {"_id": "$category", "experts": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    return {row["_id"]: row["experts"] for row in await Expert.aggregate(pipeline).to_list()}


def parse_id(text: str, *, missing: type[NotFound]) -> PydanticObjectId:
    """A database id from a request; what cannot be one is nothing's.

    Raises:
        NotFound: of the kind given as `missing`.
    """
    if not ObjectId.is_valid(text):
        raise missing
    return PydanticObjectId(text)
