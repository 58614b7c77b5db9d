"""Pages of the list asked of the database, while a process does not know yet who there is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, database, policy
from models import Expert
from models.expert import search_words

LOOK_AHEAD_DAYS = 256
BY_RATING = {"rating": -1, "_id": 1}


def matching(search: str, category: str | None) -> dict[str, Any] | None:
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


async def count(query: Mapping[str, Any]) -> int:
    """How many experts match; all of them are counted by what the database knows of the collection."""
    if not query:
        return int(await database.collection(Expert).estimated_document_count())
    return await Expert.find(query).count()


async def by_rating(query: Mapping[str, Any], *, skip: int, limit: int) -> list[PydanticObjectId]:
    """The ids of one page of those who match, best rating first."""
    return await _ids(query, [{"$skip": skip}, {"$limit": limit}])


async def soonest(query: Mapping[str, Any], *, skip: int, limit: int) -> list[PydanticObjectId]:
    """The ids of one page of those who match, by their next open slot; those without one come last, by rating."""
    matching = await _ids(query, [])
    opens = await _next_opens(set(matching), enough=skip + limit)
    with_time = sorted((expert_id for expert_id in matching if expert_id in opens), key=lambda one: opens[one])
    without = [expert_id for expert_id in matching if expert_id not in opens]
    return (with_time + without)[skip : skip + limit]


async def _ids(query: Mapping[str, Any], page: list[dict[str, Any]]) -> list[PydanticObjectId]:
    # An index with the order to begin with: without a filter, nothing else keeps the embedded server from a scan.
    hint: dict[str, Any] = {} if query else {"hint": "experts_by_rating"}
    pipeline = [{"$match": query}, {"$sort": BY_RATING}, *page, {"$project": {"_id": 1}}]
    return [row["_id"] for row in await Expert.aggregate(pipeline, **hint).to_list()]


async def _next_opens(expert_ids: set[Any], *, enough: int) -> dict[Any, datetime]:
    """The next open start of at least the `enough` experts who are open soonest, looking ahead in growing windows."""
    begins, days, found = policy.earliest_start(), 1, dict[Any, datetime]()
    while days <= LOOK_AHEAD_DAYS and len(found) < min(enough, len(expert_ids)):
        until = begins + timedelta(days=days)
        for expert_id, first in (await availability.first_opens_between(begins, until)).items():
            if expert_id in expert_ids:
                found.setdefault(expert_id, first)
        begins, days = until, days * 2
    return found


async def categories() -> dict[str, int]:
    """How many experts each category has, in alphabetical order."""
    pipeline = [{"$group": {"_id": "$category", "experts": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    rows = await Expert.aggregate(pipeline, hint="experts_by_category").to_list()
    return {row["_id"]: row["experts"] for row in rows}
