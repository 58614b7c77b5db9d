"""The journal, looked through by those who run the house: from the latest entry back, in spans of time that grow."""

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId
from bson import ObjectId

from expert_booking import clock, journal
from expert_booking.administration.all_bookings import BEGAN, PATIENCE_SECONDS
from models import JournalEntry, finding

PAGE_SIZE = 50
_CODE = re.compile(rf"[0-9a-f]{{4}}[- ]?[0-9a-f]{{{finding.CODE_LENGTH - 4}}}", re.IGNORECASE)
SHORTEST_SPAN, FIRST_SPAN, LONGEST_SPAN = timedelta(minutes=1), timedelta(hours=6), timedelta(days=730)
FEW, MANY = 50, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries.

    Attributes:
        code: of the booking that they are about, or its whole id.
        expert_id: whom they are about, or whose booking.
        what: what was done, such as "booking.confirmed", or what it was done to, such as "booking".
        who: a part of the address of whoever did it, or of the program's name.
        since, before: aware.
    """

    code: str = ""
    expert_id: PydanticObjectId | None = None
    what: str = ""
    who: str = ""
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page, the latest entry first; `after` leads on and is none at the end, `looked_to` as for bookings."""

    entries: list[JournalEntry]
    after: datetime | None = None
    looked_to: datetime | None = None


def is_code(text: str) -> bool:
    """Whether a text looks like a booking's code, with a dash in it or without, or like its whole id."""
    return _CODE.fullmatch(text) is not None or ObjectId.is_valid(text)


async def find(wanted: Wanted, *, after: datetime | None = None, limit: int = PAGE_SIZE) -> Found:
    """Entries of before a moment at which an earlier page ended; those of one moment stay together."""
    last = min(filter(None, (after, wanted.before, clock.now() + timedelta(minutes=5))))
    first = wanted.since or BEGAN
    if wanted.code.strip():
        return Found(entries=_latest(await _of_booking(wanted.code), wanted, first, last))
    began, span, found = time.monotonic(), FIRST_SPAN, list[JournalEntry]()
    at = last
    while at > first:
        begins = max(first, at - span)
        query: dict[str, Any] = {"at": {"$gte": begins, "$lt": at}}
        by: dict[str, Any] = {}
        if wanted.expert_id is not None:
            query["expert_id"], by["hint"] = wanted.expert_id, "journal_by_expert"
        rows = await JournalEntry.find(query, **by).to_list()
        found += _latest(rows, wanted, begins, at)
        at = begins
        if len(found) > limit:
            return _cut(found, limit)
        if time.monotonic() - began > PATIENCE_SECONDS:
            return Found(entries=found, after=at, looked_to=at)
        growth = 0.5 if len(rows) > MANY else 4 if not rows else 2 if len(rows) < FEW else 1
        span = min(max(span * growth, SHORTEST_SPAN), LONGEST_SPAN)
    return Found(entries=found)


def _cut(found: list[JournalEntry], limit: int) -> Found:
    edge = found[limit - 1].at
    page = [entry for entry in found if entry.at >= edge]
    return Found(entries=page, after=edge)


async def _of_booking(code: str) -> list[JournalEntry]:
    plain = code.replace("-", "").replace(" ", "").lower()
    if ObjectId.is_valid(plain):
        return await journal.of_booking(PydanticObjectId(plain))
    return await JournalEntry.find({"booking_code": plain}).to_list()


def _latest(entries: list[JournalEntry], wanted: Wanted, first: datetime, last: datetime) -> list[JournalEntry]:
    fitting = (entry for entry in entries if first <= entry.at < last and _fits(entry, wanted))
    return sorted(fitting, key=lambda entry: (entry.at, entry.id), reverse=True)


def _fits(entry: JournalEntry, wanted: Wanted) -> bool:
    return (
        wanted.expert_id in (None, entry.expert_id)
        and (not wanted.what or entry.what == wanted.what or entry.what.startswith(f"{wanted.what}."))
        and wanted.who.casefold() in entry.who.casefold()
    )
