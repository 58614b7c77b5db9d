"""The calendars that experts keep elsewhere: when they are busy there, they take no sessions here.

A calendar with an address is read again every quarter of an hour, by one process of all. Whatever cannot be had or
understood changes nothing: what was known stays, and the expert sees since when and why. Reading is one step that can
be done again, and each look at the same calendar by whomever comes to the same.
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from beanie import PydanticObjectId

from expert_booking import calendar_reader, clock, closing, database, fetching, journal, letters, time_off
from expert_booking.actors import EXPERT, HOUSE, Actor
from expert_booking.busy_times import Stretch
from expert_booking.errors import (
    BookingError,
    CalendarNotFound,
    CalendarUnreadable,
    ExpertNotFound,
    FetchRefused,
    FieldProblem,
    InvalidRequest,
)
from expert_booking.fetching import PUBLIC, Fetched, Fetcher
from expert_booking.sentence import Sentence
from models import Expert, OutsideCalendar
from models.outside_calendar import NEVER

log = logging.getLogger(__name__)

MOST = 10
MOST_BYTES = fetching.MOST_BYTES
LONGEST_NAME = 80

EVERY = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(days=1)
STALE_AFTER = timedelta(hours=1)
LOOK_SECONDS = 60.0
MOST_AT_ONCE = 4

BEHIND = timedelta(days=1)
BEYOND_WINDOW = timedelta(weeks=6)
BEYOND_WINDOW_OF_FILE = timedelta(weeks=52)
"""A file is read once, so it is read for longer."""

HAVE_IT = Sentence("You have this calendar already.")
TOO_MANY = Sentence("You have as many calendars as can be kept here. Remove one first.")
FILE_TOO_LARGE = Sentence("This file is too large. A calendar can have two megabytes.")
NOT_THERE = Sentence("There is no calendar at this address (any more). Make a new address in your calendar.")
NOT_FOR_US = Sentence("The server does not give this calendar to everybody. Use its private or secret address.")
SERVER_FAILS = Sentence("The server of this calendar has trouble. It is asked again later.")

_NOT_MODIFIED = 304


async def of_expert(expert_id: PydanticObjectId) -> list[OutsideCalendar]:
    """The calendars of an expert, oldest first."""
    mine = {"expert_id": expert_id, "removed_at": None}
    return await OutsideCalendar.find(mine).sort("created_at").to_list()


async def stale_of(expert_id: PydanticObjectId) -> list[OutsideCalendar]:
    """Those of an expert's calendars that could not be read for an hour or longer, of which they should know."""
    before = clock.now() - STALE_AFTER
    return [each for each in await of_expert(expert_id) if each.problem and each.known_at < before]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What came of looking at a calendar: what is to be stored and, if it is not as it was, when somebody is busy."""

    changes: dict[str, Any]
    stretches: list[Stretch] | None = None


@closing.finished_first
async def subscribe(
    expert_id: PydanticObjectId, address: str, *, name: str = "", by: Actor, fetcher: Fetcher = PUBLIC
) -> OutsideCalendar:
    """Read the calendar at an address, from now on again and again; one that cannot be read now is not taken.

    Args:
        expert_id: whose.
        address: as typed.
        name: the expert's word for it; the name of its server when blank.
        by: who says so.
        fetcher: who asks the address.

    Raises:
        ExpertNotFound, FetchRefused, CalendarUnreadable, InvalidRequest
    """
    expert, address = await _expert(expert_id), fetching.check(address)
    await _check_room(expert_id, address)
    new = _new(expert, name or urlsplit(address).hostname or "", address=address)
    return await _keep(new, await _look(new, expert, fetcher), by)


@closing.finished_first
async def take_file(expert_id: PydanticObjectId, file: bytes, *, name: str, by: Actor) -> OutsideCalendar:
    """Read a calendar file, once; it is not kept.

    Raises:
        ExpertNotFound, CalendarUnreadable, InvalidRequest
    """
    expert = await _expert(expert_id)
    if len(file) > MOST_BYTES:
        raise CalendarUnreadable(FILE_TOO_LARGE)
    await _check_room(expert_id, None)
    new = _new(expert, name, address=None)
    return await _keep(new, await _understand(new, expert, file), by)


async def _expert(expert_id: PydanticObjectId) -> Expert:
    """Whose calendar it is; hidden experts have theirs, those who are with the house no more have none."""
    expert = await Expert.find_one({"_id": expert_id, "removed_at": None})
    if expert is None:
        raise ExpertNotFound
    return expert


async def _check_room(expert_id: PydanticObjectId, address: str | None) -> None:
    there = await of_expert(expert_id)
    if address is not None and address in {calendar.address for calendar in there}:
        raise InvalidRequest([FieldProblem(field="address", message=HAVE_IT)])
    if len(there) >= MOST:
        raise InvalidRequest([FieldProblem(field="address" if address is not None else "file", message=TOO_MANY)])


def _new(expert: Expert, name: str, *, address: str | None) -> OutsideCalendar:
    shown = " ".join(name.split())[:LONGEST_NAME]
    next_at = clock.now() if address is not None else NEVER
    return OutsideCalendar(expert_id=expert.id, name=shown, address=address, next_at=next_at, created_at=clock.now())


async def _keep(new: OutsideCalendar, look: _Look, by: Actor) -> OutsideCalendar:
    """Store it, then when somebody is busy by it: whatever is stopped in between can be seen, and removed."""
    await new.insert()
    how = "address" if new.address is not None else "file"
    await journal.write("calendar.added", by=by, key=str(new.id), expert_id=new.expert_id, became=how)
    await _take(new, look)
    kept: OutsideCalendar = new.model_copy(update=look.changes)
    return kept


@closing.finished_first
async def read_again(expert_id: PydanticObjectId, calendar_id: PydanticObjectId, *, fetcher: Fetcher = PUBLIC) -> None:
    """Read a calendar that has an address now; what stands against it is kept with it, too.

    Raises:
        CalendarNotFound, FetchRefused, CalendarUnreadable
    """
    await _read(await _get(expert_id, calendar_id), fetcher)


async def read_due(fetcher: Fetcher = PUBLIC) -> int:
    """Read again what was not read for a quarter of an hour, or is to be tried again; the number of them."""
    due = await OutsideCalendar.find({"next_at": {"$lte": clock.now()}}).to_list()
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def read(calendar: OutsideCalendar) -> None:
        async with places:
            await _read_or_finish(calendar, fetcher)

    await asyncio.gather(*map(read, due))
    return len(due)


async def _read_or_finish(calendar: OutsideCalendar, fetcher: Fetcher) -> None:
    try:
        if calendar.removed_at is not None:
            await _finish_removing(calendar)
        else:
            await _read(calendar, fetcher)
    except (FetchRefused, CalendarUnreadable) as refusal:
        log.info("calendar %s was not read: %s", calendar.id, refusal.code)
    except ExpertNotFound:
        await remove(calendar.expert_id, calendar.id, by=HOUSE)
    except Exception as error:
        if database.cannot_answer(error):
            raise
        log.error("calendar %s was not read (%s)", calendar.id, type(error).__name__)  # the text may hold its address
        await _note(calendar, CalendarUnreadable())


async def _read(calendar: OutsideCalendar, fetcher: Fetcher) -> None:
    try:
        expert = await _expert(calendar.expert_id)
        look = await _look(calendar, expert, fetcher)
    except BookingError as refusal:
        if isinstance(refusal, FetchRefused | CalendarUnreadable):
            await _note(calendar, refusal)
        raise
    await _take(calendar, look)


async def _look(calendar: OutsideCalendar, expert: Expert, fetcher: Fetcher) -> _Look:
    """What is at a calendar's address now; it is not read again where it is known, for as far ahead as is needed."""
    is_known = (
        calendar.time_zone == expert.time_zone
        and calendar.read_until is not None
        and calendar.read_until >= _horizon(calendar, expert) - BEHIND
    )
    asked = {"If-None-Match": calendar.etag, "If-Modified-Since": calendar.modified} if is_known else {}
    fetched = await fetcher.fetch(
        calendar.address or "",
        headers={name: said for name, said in asked.items() if _can_be_sent(said)},
        most_bytes=MOST_BYTES,
    )
    had = {"read_at": clock.now(), "problem": "", "failures": 0, "next_at": clock.now() + EVERY}
    if is_known and (fetched.status == _NOT_MODIFIED or _digest(fetched.body) == calendar.digest):
        return _Look(changes=had)
    _check_answer(fetched)
    look = await _understand(calendar, expert, fetched.body)
    said = {"etag": fetched.headers.get("etag", ""), "modified": fetched.headers.get("last-modified", "")}
    return _Look(changes={**look.changes, **had, **said}, stretches=look.stretches)


def _can_be_sent(validator: str) -> bool:
    """Whether what a server calls a version of a file can be said back to it: a server may say anything."""
    return bool(validator) and validator.isascii() and validator.isprintable()


def _check_answer(fetched: Fetched) -> None:
    if fetched.status in (401, 403):
        raise FetchRefused(NOT_FOR_US)
    if fetched.status >= 500 or fetched.status == 429:
        raise FetchRefused(SERVER_FAILS)
    if fetched.status != 200:
        raise FetchRefused(NOT_THERE)


async def _understand(calendar: OutsideCalendar, expert: Expert, file: bytes) -> _Look:
    now, before = clock.now(), _horizon(calendar, expert)
    after = now.replace(hour=0, minute=0, second=0, microsecond=0) - BEHIND
    own = f"@{letters.house().host}"
    stretches = await calendar_reader.read(file, zone=expert.time_zone, after=after, before=before, own=own)
    changes = {
        "read_at": now,
        "read_until": before,
        "time_zone": expert.time_zone,
        "stretches": len(stretches),
        "digest": _digest(file),
    }
    return _Look(changes=changes, stretches=stretches)


def _horizon(calendar: OutsideCalendar, expert: Expert) -> datetime:
    """How far ahead it is to be known, to the day, so that another look on the same day finds the same."""
    beyond = BEYOND_WINDOW if calendar.address is not None else BEYOND_WINDOW_OF_FILE
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=expert.window_days) + beyond


def _digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


async def _take(calendar: OutsideCalendar, look: _Look) -> None:
    if look.stretches is not None:
        await time_off.replace(calendar.expert_id, str(calendar.id), look.stretches)
    there = {"_id": calendar.id, "removed_at": None}
    if not (await OutsideCalendar.find_one(there).update({"$set": look.changes})).matched_count:
        await time_off.replace(calendar.expert_id, str(calendar.id), [])  # it was removed meanwhile


async def _note(calendar: OutsideCalendar, refusal: BookingError) -> None:
    """Have the expert see why, and ask again later; the later, the more often it failed."""
    failures = calendar.failures + 1
    pause = min(EVERY * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    noted = {"problem": str(refusal), "failures": failures, "next_at": clock.now() + pause}
    await OutsideCalendar.find_one({"_id": calendar.id, "removed_at": None}).update({"$set": noted})


@closing.finished_first
async def remove(expert_id: PydanticObjectId, calendar_id: PydanticObjectId, *, by: Actor) -> None:
    """Forget a calendar and the time off that comes from it; one that is gone already stays so.

    First it is marked: should this process not come to the rest, `read_due` does.
    """
    mine = {"_id": calendar_id, "expert_id": expert_id, "removed_at": None}
    marked = {"$set": {"removed_at": clock.now(), "next_at": clock.now(), "address": None}}
    if not (await OutsideCalendar.find_one(mine).update(marked)).modified_count:
        return
    await journal.write("calendar.removed", by=by, key=str(calendar_id), expert_id=expert_id)
    removed = await OutsideCalendar.find_one({"_id": calendar_id})
    if removed is not None:
        await _finish_removing(removed)


async def forget(expert_id: PydanticObjectId) -> None:
    """Remove all calendars of an expert who wants it so."""
    for calendar in await of_expert(expert_id):
        await remove(expert_id, calendar.id, by=EXPERT)


async def _finish_removing(calendar: OutsideCalendar) -> None:
    await time_off.replace(calendar.expert_id, str(calendar.id), [])
    await OutsideCalendar.find_one({"_id": calendar.id}).delete()


async def _get(expert_id: PydanticObjectId, calendar_id: PydanticObjectId) -> OutsideCalendar:
    mine = {"_id": calendar_id, "expert_id": expert_id, "removed_at": None, "address": {"$ne": None}}
    found = await OutsideCalendar.find_one(mine)
    if found is None:
        raise CalendarNotFound
    return found
