"""How the house is doing: sessions by day, category and status, how early they are booked, and how full experts are.

Counted are the sessions whose end is within so many days of now, either way. Each status is read by its index, three
fields of each booking, a batch at a time, so that visitors are served in between. What was counted is good for a
minute, or for longer where counting took long. Nothing in here says who booked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import nlargest
from itertools import islice
from typing import Any

from beanie import PydanticObjectId

from expert_booking import clock, database, experts, spreadsheets
from models import Booking, BookingStatus, Expert, TimeSlot

RANGES = (7, 30, 90)
"""Days to look back and ahead."""
BUSIEST = 20
"""So many experts have room in a chart."""
GOOD_FOR = timedelta(minutes=1)
GOOD_FOR_TIMES = 20
"""As many times as long as it took to count."""
BATCH = 250
MOST_COUNTED = 200_000
"""Of each status; what is beyond that is left out, which `Figures.is_cut` says."""

LEAD_HOURS = (1, 6, 24, 48, 7 * 24, 14 * 24, 28 * 24)
"""Upper ends of how long before a session it was booked; the last bucket has none."""

OWNING = (BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """How much of the time that an expert offers in the days ahead is booked, in minutes; buffers are not counted."""

    expert: str
    booked: int
    offered: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.booked / self.offered if self.offered else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted at `at` (aware UTC) for so many days; days are those of UTC.

    `utilisation` is everybody's whom visitors find or who has something booked ahead, the fullest first. `is_cut` says
    that there were more bookings of a status than are counted.
    """

    days: int
    at: datetime
    good_until: datetime
    by_day: Mapping[date, Mapping[BookingStatus, int]]
    by_category: Mapping[str, int]
    by_status: Mapping[BookingStatus, int]
    lead: Sequence[int]
    utilisation: Sequence[Utilisation]
    is_cut: bool = False

    @property
    def busiest(self) -> list[Utilisation]:
        """Those with the most time booked ahead, the fullest first."""
        return sorted(nlargest(BUSIEST, self.utilisation, key=lambda each: each.booked), key=_by_share)


def _by_share(each: Utilisation) -> tuple[float, str]:
    return -each.share, each.expert


@dataclass(slots=True)
class _Tally:
    """What is counted on the way."""

    by_day: dict[date, Counter[BookingStatus]] = field(default_factory=dict)
    by_status: Counter[BookingStatus] = field(default_factory=Counter)
    by_expert: Counter[PydanticObjectId] = field(default_factory=Counter)
    booked_ahead: Counter[PydanticObjectId] = field(default_factory=Counter)
    lead: list[int] = field(default_factory=lambda: [0] * (len(LEAD_HOURS) + 1))

    def count(self, booking: Mapping[str, Any], status: BookingStatus, now: datetime) -> None:
        """Add one booking."""
        starts_at, expert_id = booking["starts_at"], booking["expert_id"]
        self.by_day.setdefault(starts_at.date(), Counter())[status] += 1
        self.by_status[status] += 1
        self.by_expert[expert_id] += 1
        self.lead[_bucket(starts_at - booking["created_at"])] += 1
        if status in OWNING and starts_at > now:
            self.booked_ahead[expert_id] += _minutes(booking["ends_at"] - starts_at)


_kept: dict[int, Figures] = {}
_counting: dict[int, asyncio.Task[Figures]] = {}


async def of_days(days: int) -> Figures:
    """The figures of a range; whoever asks at the same moment gets the same."""
    kept = _kept.get(days)
    if kept is not None and kept.at <= clock.now() < kept.good_until:
        return kept
    if days not in _counting:
        task = asyncio.create_task(_count(days), name="count figures")
        _counting[days] = task
        task.add_done_callback(lambda _: _counting.pop(days, None))
    return await asyncio.shield(_counting[days])


def forget() -> None:
    """Count anew when somebody asks."""
    _kept.clear()


async def _count(days: int) -> Figures:
    now, tally = clock.now(), _Tally()
    first, last = now - timedelta(days=days), now + timedelta(days=days)
    for status in BookingStatus:
        async for booking in _bookings(status, first, last):
            tally.count(booking, status, now)
    by_category = await _by_category(tally.by_expert)
    utilisation = await _utilisation(tally.booked_ahead, now, last)
    end = clock.now()
    figures = Figures(
        days=days,
        at=now,
        good_until=end + max(GOOD_FOR, GOOD_FOR_TIMES * (end - now)),
        by_day=_every_day(tally.by_day, first.date(), last.date()),
        by_category=by_category,
        by_status={status: tally.by_status[status] for status in BookingStatus},
        lead=tuple(tally.lead),
        utilisation=utilisation,
        is_cut=any(number >= MOST_COUNTED for number in tally.by_status.values()),
    )
    _kept[days] = figures
    return figures


async def _bookings(status: BookingStatus, first: datetime, last: datetime) -> AsyncIterator[Mapping[str, Any]]:
    """Those that end in between, by the index on status and end; each batch begins where the one before ended."""
    bookings, seen = database.collection(Booking), 0
    fields = {"expert_id": 1, "starts_at": 1, "ends_at": 1, "created_at": 1}
    found = bookings.find({"status": status, "ends_at": {"$gte": first, "$lt": last}}, fields, batch_size=BATCH)
    while seen < MOST_COUNTED and (batch := await found.to_list(BATCH)):
        seen += len(batch)
        for booking in batch:
            yield booking
        await asyncio.sleep(0)


def _every_day(
    found: Mapping[date, Counter[BookingStatus]], first: date, last: date
) -> dict[date, Mapping[BookingStatus, int]]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day: {status: found.get(day, Counter())[status] for status in BookingStatus} for day in days}


async def _by_category(by_expert: Counter[PydanticObjectId]) -> dict[str, int]:
    """The largest first; bookings of experts who have left are under no name."""
    categories: Counter[str] = Counter()
    for some in _batches(by_expert):
        found = database.collection(Expert).find({"_id": {"$in": some}}, {"category": 1})
        known = {expert["_id"]: expert["category"] for expert in await found.to_list(None)}
        for expert_id in some:
            categories[known.get(expert_id, "")] += by_expert[expert_id]
    return dict(sorted(categories.items(), key=lambda each: (-each[1], each[0])))


def _batches(ids: Iterable[PydanticObjectId]) -> Iterator[list[PydanticObjectId]]:
    remaining = iter(ids)
    while some := list(islice(remaining, BATCH)):
        yield some


async def _utilisation(booked: Counter[PydanticObjectId], now: datetime, last: datetime) -> list[Utilisation]:
    found = [
        Utilisation(expert=expert.name, booked=booked[expert.id], offered=await _offered(expert.id, now, last))
        async for expert in _experts(booked)
    ]
    return sorted(found, key=_by_share)


async def _experts(booked: Iterable[PydanticObjectId]) -> AsyncIterator[Expert]:
    """Everybody whom visitors find, and others of whom something is booked ahead, a batch at a time."""
    seen, page, pages = set[PydanticObjectId](), 1, 1
    while page <= pages:
        found = await experts.find(page=page, limit=BATCH)
        for expert in found.experts:
            if expert.id not in seen:
                yield expert
        seen |= {expert.id for expert in found.experts}
        page, pages = page + 1, found.pages
    for some in _batches(set(booked) - seen):
        for expert in (await experts.by_ids(set(some))).values():
            yield expert


async def _offered(expert_id: PydanticObjectId, now: datetime, last: datetime) -> int:
    """Minutes that an expert offers or has booked; slots of several session types over the same time count once."""
    offered = {"expert_id": expert_id, "starts_at": {"$gt": now, "$lt": last}}
    fields = {"starts_at": 1, "ends_at": 1, "withdrawn_at": 1, "booking_id": 1}
    slots = await database.collection(TimeSlot).find(offered, fields).sort("starts_at", 1).to_list(None)
    standing = [slot for slot in slots if slot.get("withdrawn_at") is None or slot.get("booking_id") is not None]
    return _covered((slot["starts_at"], slot["ends_at"]) for slot in standing)


def _covered(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """Minutes covered by spans that come in the order of their starts."""
    covered, until = timedelta(0), datetime.min.replace(tzinfo=UTC)
    for start, end in spans:
        if end > until:
            covered += end - max(start, until)
            until = end
    return _minutes(covered)


def _minutes(length: timedelta) -> int:
    return round(length.total_seconds() / 60)


def _bucket(lead: timedelta) -> int:
    hours = lead.total_seconds() / 3600
    return next((number for number, end in enumerate(LEAD_HOURS) if hours < end), len(LEAD_HOURS))


# --- as tables ---

Row = tuple[str | int | float, ...]


def _day_rows(figures: Figures) -> Iterable[Row]:
    return ((day.isoformat(), *(by[status] for status in BookingStatus)) for day, by in figures.by_day.items())


def _lead_rows(figures: Figures) -> Iterable[Row]:
    ends: tuple[int | str, ...] = (*LEAD_HOURS, "")
    return zip((0, *LEAD_HOURS), ends, figures.lead, strict=True)


def _utilisation_rows(figures: Figures) -> Iterable[Row]:
    return ((each.expert, each.booked, each.offered, round(each.share, 4)) for each in figures.utilisation)


TABLES: Mapping[str, tuple[Row, Any]] = {
    "bookings-by-day": (("day_utc", *(status.value.lower() for status in BookingStatus)), _day_rows),
    "bookings-by-category": (("category", "bookings"), lambda figures: figures.by_category.items()),
    "bookings-by-status": (("status", "bookings"), lambda figures: figures.by_status.items()),
    "lead-time": (("hours_from", "hours_to", "bookings"), _lead_rows),
    "utilisation": (("expert", "booked_minutes", "offered_minutes", "share"), _utilisation_rows),
}
"""What can be had as a table, by its name: the heads of its columns, for programs, and its rows."""


def rows(figures: Figures, name: str) -> list[Row]:
    """A table's rows, its head among them."""
    head, body = TABLES[name]
    return [head, *(tuple(row) for row in body(figures))]


def as_csv(figures: Figures, name: str) -> str:
    """A table for a spreadsheet, which takes no word in it for a formula."""
    return "".join(map(spreadsheets.line, rows(figures, name)))
