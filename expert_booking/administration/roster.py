"""The roster: everybody who is or was an expert here, as those who run the house look through them.

Those whom visitors find are known to the process (`experts.find`). The others are few, have an index of their own and
are looked through here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beanie import PydanticObjectId

from expert_booking import availability, clock, customers, experts
from models import Booking, BookingStatus, Expert
from models.expert import folded, search_words

PAGE_SIZE = 25
AHEAD = (BookingStatus.PENDING, BookingStatus.CONFIRMED)


class Standing(StrEnum):
    """How somebody stands with the house."""

    SHOWN = "shown"
    INVITED = "invited"
    HIDDEN = "hidden"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An expert with what is ahead of them; `next_open_at` is aware UTC, and none when nothing is open."""

    expert: Expert
    standing: Standing
    next_open_at: datetime | None
    open_slots: int
    bookings_ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPage:
    """One page; `page` counts from 1, `pages` is at least 1."""

    rows: list[Row]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The bookings of an expert that are ahead: how many, and the starts of the first and the last (aware UTC)."""

    number: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def standing_of(expert: Expert) -> Standing:
    """How an expert stands; who was invited and has set no hours yet has not arrived."""
    if expert.removed_at is not None:
        return Standing.REMOVED
    if not expert.is_hidden:
        return Standing.SHOWN
    has_arrived = bool(expert.weekly_hours or expert.extra_hours)
    return Standing.INVITED if expert.invited_at is not None and not has_arrived else Standing.HIDDEN


async def find(
    *, search: str = "", category: str | None = None, standing: Standing | None = None, page: int = 1
) -> RosterPage:
    """A page of the roster: those whom visitors do not find first, then the others as visitors find them.

    Args:
        search: beginnings of words of the name, or a whole e-mail address.
        category: exact; none for all.
        standing: none for all.
        page: from 1; what is past the end is the last one.
    """
    if "@" in search:
        found = await _by_address(search, category, standing)
        return await _page(found, page=1, total=len(found))
    others = [] if standing is Standing.SHOWN else await _unlisted(search, category, standing)
    if standing not in (None, Standing.SHOWN):
        page = min(page, max(1, -(-len(others) // PAGE_SIZE)))
        return await _page(others[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], page=page, total=len(others))
    known = await experts.find(search=search, category=category, limit=1)
    total = len(others) + known.total
    page = min(page, max(1, -(-total // PAGE_SIZE)))
    first = (page - 1) * PAGE_SIZE
    shown = others[first : first + PAGE_SIZE]
    if len(shown) < PAGE_SIZE:
        skip = max(0, first - len(others))
        shown += await experts.some(search=search, category=category, skip=skip, limit=PAGE_SIZE - len(shown))
    return await _page(shown, page=page, total=total)


async def _by_address(search: str, category: str | None, standing: Standing | None) -> list[Expert]:
    found = await Expert.find({"email_key": customers.customer_key(search)}).to_list()
    return [
        expert for expert in found if category in (None, expert.category) and standing in (None, standing_of(expert))
    ]


async def _unlisted(search: str, category: str | None, standing: Standing | None) -> list[Expert]:
    words = search_words(search)
    if search.strip() and not words:
        return []
    found = await Expert.find({"is_hidden": True}).to_list()
    matching = [
        expert
        for expert in found
        if category in (None, expert.category)
        and standing in (None, standing_of(expert))
        and set(words) <= set(expert.search_terms)
    ]
    return sorted(matching, key=lambda expert: (list(Standing).index(standing_of(expert)), folded(expert.name)))


async def _page(found: list[Expert], *, page: int, total: int) -> RosterPage:
    ids = [expert.id for expert in found]
    open_times = await availability.open_times(ids)
    booked = await _bookings_ahead(ids)
    rows = [
        Row(
            expert=expert,
            standing=standing_of(expert),
            next_open_at=open_times[expert.id].next_open_at,
            open_slots=open_times[expert.id].open_slots,
            bookings_ahead=booked.get(expert.id, 0),
        )
        for expert in found
    ]
    return RosterPage(rows=rows, page=page, pages=max(1, -(-total // PAGE_SIZE)), total=total)


async def row_of(expert_id: PydanticObjectId) -> Row:
    """One expert as the roster shows them.

    Raises:
        ExpertNotFound
    """
    return (await _page([await experts.get(expert_id)], page=1, total=1)).rows[0]


async def _bookings_ahead(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, int]:
    if not expert_ids:
        return {}
    rows = await Booking.aggregate(
        [
            {"$match": {"expert_id": {"$in": expert_ids}, "starts_at": {"$gt": clock.now()}}},
            {"$match": {"status": {"$in": list(AHEAD)}}},
            {"$group": {"_id": "$expert_id", "number": {"$sum": 1}}},
        ]
    ).to_list()
    return {row["_id"]: row["number"] for row in rows}


async def ahead_of(expert_id: PydanticObjectId) -> Ahead:
    """What is ahead of an expert: the Pending and Confirmed bookings that have not begun."""
    starts = sorted(booking.starts_at for booking in await bookings_ahead(expert_id))
    return Ahead(number=len(starts), first_at=starts[0], last_at=starts[-1]) if starts else Ahead()


async def bookings_ahead(expert_id: PydanticObjectId) -> list[Booking]:
    """The Pending and Confirmed bookings of an expert that have not begun, earliest first."""
    found = await Booking.find({"expert_id": expert_id, "starts_at": {"$gt": clock.now()}}).to_list()
    ahead = (booking for booking in found if booking.status in AHEAD and booking.deleted_at is None)
    return sorted(ahead, key=lambda booking: booking.starts_at)
