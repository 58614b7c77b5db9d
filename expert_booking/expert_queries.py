"""Pages of the list asked of the database, while a process does not know yet who there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, database, policy
from models import Expert
from models.expert import search_words

LOOK_AHEAD_DAYS = 256
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
BY_RATING = {"rating": -1, "_id": 1}

Stage = dict[str, Any]

SHOWN: Stage = {"$match": {"is_hidden": {"$ne": True}}}
"""A stage of its own: the first one is answered by an index, and this is not among what it may choose from."""

EVERYBODY: list[Stage] = [{"$match": {}}, SHOWN]


def matching(search: str, category: str | None) -> list[Stage] | None:
    """The stages that leave those who match, or none when nobody can (the search has signs but no letter or digit)."""
    query: dict[str, Any] = {"category": category} if category else {}
    words = sorted(set(search_words(search)), key=len)
    if words:
        query["search_terms"] = words.pop()  # looked up in the index, and the longest leaves the fewest
    elif search.strip():
        return None
    return [{"$match": query}, SHOWN, *({"$match": {"search_terms": word}} for word in words)]


async def count(matching: list[Stage]) -> int:
    """How many experts match; all of them are counted by what the database knows of the collection."""
    if matching == EVERYBODY:
        everybody = int(await database.collection(Expert).estimated_document_count())
        return everybody - await Expert.find({"is_hidden": True}).count()
    rows = await Expert.aggregate([*matching, {"$count": "experts"}]).to_list()
    return rows[0]["experts"] if rows else 0


async def by_rating(matching: list[Stage], *, skip: int, limit: int) -> list[PydanticObjectId]:
    """The ids of one page of those who match, best rating first."""
    return await _ids(matching, [{"$skip": skip}, {"$limit": limit}])


async def soonest(matching: list[Stage], *, skip: int, limit: int) -> list[PydanticObjectId]:
    """The ids of one page of those who match, by their next open slot; those without one come last, by rating."""
    ids = await _ids(matching, [])
    opens = await _next_opens(set(ids), enough=skip + limit)
    with_time = sorted((expert_id for expert_id in ids if expert_id in opens), key=lambda one: opens[one])
    without = [expert_id for expert_id in ids if expert_id not in opens]
    return (with_time + without)[skip : skip + limit]


async def open_before(matching: list[Stage], moment: datetime, *, by_time: bool) -> list[PydanticObjectId]:
    """The ids of all who match and have a slot open before a moment, best rating or earliest slot first."""
    after = policy.earliest_start()
    if moment <= after:
        return []
    last = min(moment, LATEST) - timedelta(milliseconds=1)  # the database tells no smaller parts of a second
    opens = await availability.first_opens_between(after, last)
    ids = [expert_id for expert_id in await _ids(matching, []) if expert_id in opens]
    return sorted(ids, key=lambda one: opens[one]) if by_time else ids


async def _ids(matching: list[Stage], page: list[Stage]) -> list[PydanticObjectId]:
    # Without a condition, nothing else would keep the embedded server from a scan.
    hint: dict[str, Any] = {"hint": "experts_by_rating"} if matching == EVERYBODY else {}
    pipeline = [*matching, {"$sort": BY_RATING}, *page, {"$project": {"_id": 1}}]
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
    pipeline = [SHOWN, {"$group": {"_id": "$category", "experts": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    rows = await Expert.aggregate(pipeline, hint="experts_by_category").to_list()
    return {row["_id"]: row["experts"] for row in rows}
