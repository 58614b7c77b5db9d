"""All bookings, however many there are: a page of them at a time, from where the one before ended.

What is ordered by time is read in spans of time that grow while there is little in them, what is searched for by name
is read day by day, the latest first, and of each booking first only what decides whether it is shown. Where conditions
leave so little that this takes too long, it stops, says how far it has looked, and goes on from there when asked
again.

A booking that was made a moment ago has no keys yet: those few are read first and looked at one by one.

The forms of the queries are those that both servers answer by an index: on the embedded one, a list of statuses
together with a span of time would be a scan (measured: 6 s among 100,000 bookings, against 10 ms one after another).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from beanie import PydanticObjectId
from bson import ObjectId

from expert_booking import clock, customers, database
from expert_booking.reminders import LONGEST_SESSION
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, finding
from models.expert import search_words

PAGE_SIZE = 25
MOST_FOUND = 300
"""By a search; who finds more is asked to say more."""
MOST_NAMED = 100
"""About as many, by a name: of these each is looked at."""

PATIENCE_SECONDS = 0.8
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
"""No booking of this house is older."""

FARTHEST = timedelta(days=400)
FIRST_SPAN = timedelta(hours=2)
MOST_DAYS_AT_ONCE = 1024
FEW, MANY = 50, 400
_DAY, _QUARTER = timedelta(days=1), timedelta(hours=6)
_QUARTERS_FIRST = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
LONGEST_MOMENT, LAST_QUARTER = 15, 18
MOST_SPANS_AT_ONCE = 8 * 365
_HEXADECIMAL = frozenset("0123456789abcdef")
_BEHIND_ALL_LETTERS = chr(0xFFFF)

TOO_SHORT = Sentence("Please type at least {number} letters of a name.", number=finding.LETTERS)


class Order(StrEnum):
    """By what bookings are ordered."""

    NEWEST = "newest"
    SOONEST = "soonest"
    LATEST = "latest"


class MadeBy(StrEnum):
    """Through what a booking was made."""

    PAGE = "page"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bookings.

    Attributes:
        text: a booking code, an e-mail address or its beginning, a phone number, a whole name, or beginnings of words
            of one where nobody is called just that.
        starts_from, starts_before: aware.
        order: the last made first; by start from now on or from `starts_from` on; by start back from now or
            from `starts_before`.
    """

    text: str = ""
    status: BookingStatus | None = None
    expert_id: PydanticObjectId | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    made_by: MadeBy | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page; `after` leads to the next one and is blank at the end.

    `looked_to` (aware UTC) says how far was looked when that took too long; `is_cut` that a search found too much.
    """

    bookings: list[Booking]
    after: str = ""
    looked_to: datetime | None = None
    is_cut: bool = False


class SearchTooShort(ValueError):
    """There is not enough to look for; `args[0]` is the sentence that says so."""


Place = tuple[datetime, str]
"""Where a booking stands in the order: by a moment, then by its id."""

Row = dict[str, Any]
"""What is read of a booking to decide whether it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is in a span, and where the span ends, with no end for all that there is; `is_cut` if not all was read."""

    rows: list[Row]
    edge: datetime | None = None
    is_cut: bool = False


_DECIDING = (
    "status",
    "made_by",
    "starts_at",
    "created_at",
    "deleted_at",
    "expert_id",
    "customer_name",
    "customer_email",
)
_FIELDS = dict.fromkeys(_DECIDING, 1)


async def find(wanted: Wanted, *, after: str = "", limit: int = PAGE_SIZE) -> Found:
    """A page of the bookings that are wanted, from where an earlier one ended.

    Raises:
        SearchTooShort
    """
    begin = _place_at(after)
    began, rows, is_cut = time.monotonic(), list[Row](), False
    async for batch in _batches(wanted, begin, await _Keyed.read()):
        is_cut = is_cut or batch.is_cut
        matching = [row for row in batch.rows if _fits(row, wanted) and _follows(row, begin, wanted.order)]
        rows += sorted(matching, key=lambda row: _place(row, wanted.order), reverse=_is_backwards(wanted.order))
        if len(rows) > limit:
            last = _place(rows[limit - 1], wanted.order)
            return Found(bookings=await _read(rows[:limit]), after=_address(last), is_cut=is_cut)
        patience = PATIENCE_SECONDS if rows else 2 * PATIENCE_SECONDS  # nothing at all is no help to anybody
        if batch.edge is not None and time.monotonic() - began > patience:
            return Found(bookings=await _read(rows), after=_address((batch.edge, "")), looked_to=batch.edge)
    return Found(bookings=await _read(rows), is_cut=is_cut)


def is_wanted(booking: Booking, wanted: Wanted) -> bool:
    """Whether a booking is among those that `find` gives, without asking the database."""
    row, text = _row_of(booking), wanted.text.strip()
    if not _fits(row, wanted):
        return False
    if text:
        return _is_searched_for(booking, text)
    if wanted.expert_id is not None or wanted.order is Order.NEWEST:
        return True
    begins = _beginning(wanted, None)
    return booking.starts_at < begins if wanted.order is Order.LATEST else booking.starts_at >= begins


def _is_searched_for(booking: Booking, text: str) -> bool:
    if "@" in text:
        return booking.customer_key.startswith(customers.customer_key(text))
    words = search_words(text)
    return not set(finding.keys_of(booking)).isdisjoint(_keys_of(text)) or (
        any(len(word) >= finding.LETTERS for word in words) and _is_named(_row_of(booking), words)
    )


async def _read(rows: list[Row]) -> list[Booking]:
    """The bookings in the order of the rows, those that are still there."""
    ids = [row["_id"] for row in rows]
    found = await Booking.find({"_id": {"$in": ids}, "deleted_at": None}).to_list() if ids else []
    known = {booking.id: booking for booking in found}
    return [known[one] for one in ids if one in known]


def _is_backwards(order: Order) -> bool:
    return order is not Order.SOONEST


def _place(row: Row, order: Order) -> Place:
    return row["created_at" if order is Order.NEWEST else "starts_at"], str(row["_id"])


def _follows(row: Row, begin: Place | None, order: Order) -> bool:
    if begin is None:
        return True
    place = _place(row, order)
    return place < begin if _is_backwards(order) else place > begin


def _address(place: Place) -> str:
    return f"{(place[0] - _EPOCH) // _MILLISECOND}.{place[1]}"


def _place_at(address: str) -> Place | None:
    """Where a page ended; none for what is no such address."""
    moment, _, booking_id = address.partition(".")
    is_moment = moment.isascii() and moment.isdigit() and len(moment) < LONGEST_MOMENT
    if not is_moment or (booking_id and not ObjectId.is_valid(booking_id)):
        return None
    return _EPOCH + int(moment) * _MILLISECOND, booking_id


def _fits(row: Row, wanted: Wanted) -> bool:
    """Whether a booking is wanted, however it was found."""
    return (
        row["deleted_at"] is None
        and wanted.status in (None, row["status"])
        and wanted.expert_id in (None, row["expert_id"])
        and (wanted.starts_from is None or row["starts_at"] >= wanted.starts_from)
        and (wanted.starts_before is None or row["starts_at"] < wanted.starts_before)
        and (wanted.made_by is None or (wanted.made_by is MadeBy.PAGE) is bool(row.get("made_by")))
    )


@dataclass(frozen=True, slots=True)
class _Keyed:
    """Bookings by their keys, those of a moment ago too, which are read before all others: none falls between."""

    newest: list[tuple[frozenset[str], Row]]

    @classmethod
    async def read(cls) -> Self:
        """From now on."""
        found = await Booking.find({"is_told": False, "found_by": None}).to_list()
        return cls([(frozenset(finding.keys_of(each)), _row_of(each)) for each in found])

    async def rows(self, keys: Sequence[str], *, most: int | None = None) -> list[Row]:
        """Those that have one of the keys."""
        found = {row["_id"]: row for known, row in self.newest if not known.isdisjoint(keys)}
        by = {"found_by": {"$in": list(keys)}} if len(keys) > 1 else {"found_by": keys[0]}
        found |= {row["_id"]: row for row in await _rows(by, most=most)}
        return list(found.values())


def _row_of(booking: Booking) -> Row:
    return {"_id": booking.id, **booking.model_dump(include=set(_DECIDING))}


def _batches(wanted: Wanted, begin: Place | None, keyed: _Keyed) -> AsyncIterator[Batch]:
    if wanted.text.strip():
        return _searched(wanted, keyed)
    if wanted.expert_id is not None:
        return _of_expert(wanted, wanted.expert_id)
    if wanted.order is Order.NEWEST:
        return _newest(begin, keyed)
    return _by_start(wanted, begin)


async def _rows(query: dict[str, Any], *, most: int | None = None) -> list[Row]:
    found = database.collection(Booking).find(query, _FIELDS)
    rows: list[Row] = await (found.limit(most) if most is not None else found).to_list(None)
    return rows


# --- by what is searched for ---


async def _searched(wanted: Wanted, keyed: _Keyed) -> AsyncIterator[Batch]:
    text = wanted.text.strip()
    if "@" in text:
        yield _all_or_cut(await _by_address(text))
        return
    keys = list(_keys_of(text))
    found = await keyed.rows(keys, most=MOST_FOUND) if keys else []
    words = search_words(text)
    if found or not any(character.isalpha() for character in text):
        yield _all_or_cut(found)
        return
    if all(len(word) < finding.LETTERS for word in words):
        raise SearchTooShort(TOO_SHORT)
    yield await _by_name(wanted, words, keyed)


def _all_or_cut(rows: list[Row]) -> Batch:
    return Batch(rows=rows, is_cut=len(rows) >= MOST_FOUND)


def _keys_of(text: str) -> Iterator[str]:
    code = text.replace("-", "").replace(" ", "").lower()
    if len(code) == finding.CODE_LENGTH and set(code) <= _HEXADECIMAL:
        yield finding.of_code(code)
    yield from filter(None, (finding.of_phone(text), finding.of_whole_name(text)))


async def _by_address(text: str) -> list[Row]:
    """Those of exactly this address or, if there is none, of those that begin like it."""
    key = customers.customer_key(text)
    if exact := await _rows({"customer_key": key}, most=MOST_FOUND):
        return exact
    return await _rows({"customer_key": {"$gte": key, "$lt": key + _BEHIND_ALL_LETTERS}}, most=MOST_FOUND)


async def _by_name(wanted: Wanted, words: list[str], keyed: _Keyed) -> Batch:
    """The latest made of those whose name, or address before its @, has a word beginning with each of these."""
    longest, began = max(words, key=len), time.monotonic()
    at, days, found = clock.now() + _DAY, 1, list[Row]()  # another machine's clock may be a little ahead
    while at > BEGAN:
        if len(found) >= MOST_NAMED or time.monotonic() - began > PATIENCE_SECONDS:
            return Batch(rows=found, is_cut=True)
        rows = await keyed.rows([finding.of_name(longest, at - day * _DAY) for day in range(days)])
        found += (row for row in rows if _is_named(row, words) and _fits(row, wanted))
        at -= days * _DAY
        days = _next_size(days, len(rows), most=MOST_DAYS_AT_ONCE)
    return Batch(rows=found)


def _is_named(row: Row, words: list[str]) -> bool:
    known = [*search_words(row["customer_name"]), *search_words(row["customer_email"].partition("@")[0])]
    return all(any(one.startswith(word) for one in known) for word in words)


# --- in spans of time ---


async def _of_expert(wanted: Wanted, expert_id: PydanticObjectId) -> AsyncIterator[Batch]:
    """An expert has not more than can be read at once."""
    span = {"$gte": wanted.starts_from or BEGAN, "$lt": wanted.starts_before or clock.now() + FARTHEST}
    yield Batch(rows=await _rows({"expert_id": expert_id, "starts_at": span}))


async def _newest(begin: Place | None, keyed: _Keyed) -> AsyncIterator[Batch]:
    """Quarters of days at first, as there may be many on one, then days."""
    at = begin[0] if begin is not None else clock.now() + _QUARTER
    if begin is not None and not begin[1]:
        at -= _MILLISECOND  # the edge of what was looked at already
    at = at.replace(hour=at.hour // 6 * 6, minute=0, second=0, microsecond=0)
    looked, size = 0, 1
    while at > BEGAN:
        is_by_day = looked >= _QUARTERS_FIRST and at.hour == LAST_QUARTER
        step, key = (_DAY, finding.of_day) if is_by_day else (_QUARTER, finding.of_quarter)
        if not is_by_day:
            size = min(size, at.hour // 6 + 1)  # not past the beginning of the day
        rows = await keyed.rows([key(at - number * step) for number in range(size)])
        at -= size * step
        looked += size
        yield Batch(rows=rows, edge=at + _QUARTER)
        size = _next_size(size, len(rows), most=MOST_DAYS_AT_ONCE)


async def _by_start(wanted: Wanted, begin: Place | None) -> AsyncIterator[Batch]:
    is_backwards = wanted.order is Order.LATEST
    farthest = (clock.now() + FARTHEST).replace(minute=0, second=0, microsecond=0)  # an end that stays where it is
    first, last = wanted.starts_from or BEGAN, wanted.starts_before or farthest
    at = _beginning(wanted, begin)
    size = 1
    while first < at if is_backwards else at < last:
        span = size * FIRST_SPAN
        begins, ends = (max(first, at - span), at) if is_backwards else (at, min(last, at + span))
        rows = await _starting(begins, ends, wanted.status)
        at = begins if is_backwards else ends
        yield Batch(rows=rows, edge=at)
        size = _next_size(size, len(rows), most=MOST_SPANS_AT_ONCE)


def _beginning(wanted: Wanted, begin: Place | None) -> datetime:
    """Where to begin to look: where the page before ended, else at the end that was given, else now."""
    if wanted.order is Order.LATEST:
        if begin is None:
            return wanted.starts_before or clock.now()
        return begin[0] + _MILLISECOND if begin[1] else begin[0]  # what starts with the last one shown, or nothing
    return begin[0] if begin is not None else wanted.starts_from or clock.now()


async def _starting(begins: datetime, ends: datetime, status: BookingStatus | None) -> list[Row]:
    """Statuses one by one, each in a span of ends that surely holds all sessions that start in the span."""
    ending = {"$gt": begins, "$lte": ends + LONGEST_SESSION}
    starting = {"$match": {"starts_at": {"$gte": begins, "$lt": ends}}}  # not to choose an index by
    statuses = [status] if status is not None else list(BookingStatus)
    asked = (
        Booking.aggregate([{"$match": {"status": one, "ends_at": ending}}, starting, {"$project": _FIELDS}]).to_list()
        for one in statuses
    )
    return [row for found in await asyncio.gather(*asked) for row in found]


def _next_size(size: int, rows: int, *, most: int) -> int:
    """How much to look at next, going by how much there was in the last span, fitting or not."""
    if rows > MANY:
        return max(size // 2, 1)
    return min(size * (4 if rows == 0 else 2 if rows < FEW else 1), most)
