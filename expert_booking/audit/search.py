"""The search for contradictions in the whole database: one walk through it, and a second look at what seemed wrong.

An application that runs is always in the middle of something: a booking is inserted and not shown yet, and slots and
bookings are not read at the same moment. Such things pass; what is still so when it is looked at again is a finding.

The bookings are held in memory, a kilobyte and a half each; of the slots only their times are.
"""

import asyncio
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from beanie import PydanticObjectId

from expert_booking.audit import checks, records
from expert_booking.audit.checks import Leniency
from expert_booking.audit.findings import Finding
from expert_booking.audit.records import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES = 12

Again = Callable[[], Awaitable[Iterable[Finding]]]


@dataclass(slots=True, kw_only=True)
class Seen:
    """How much there was, and what seemed wrong, each with the way to look at it again."""

    slots: int = 0
    bookings: int = 0
    suspects: dict[Finding, Again] = field(default_factory=dict)

    def suspect(self, found: Iterable[Finding], again: Again) -> None:
        """Keep what was found for the second look."""
        self.suspects.update(dict.fromkeys(found, again))


class Calendar:
    """The times and ids of one expert's slots in 28 bytes each."""

    def __init__(self) -> None:
        self._times = array("q")
        self._ids = bytearray()

    def add(self, slot: Record) -> None:
        """Take in one slot."""
        self._times.extend(_milliseconds(slot[name]) for name in ("starts_at", "ends_at"))
        self._ids += slot["_id"].binary

    def slots(self) -> Iterator[Record]:
        """The slots again, with their times and ids alone."""
        for number, (start, end) in enumerate(zip(self._times[::2], self._times[1::2], strict=True)):
            slot_id = PydanticObjectId(bytes(self._ids[number * ID_BYTES : (number + 1) * ID_BYTES]))
            yield {"_id": slot_id, "starts_at": _moment(start), "ends_at": _moment(end)}


async def walk(leniency: Leniency) -> Seen:
    """Read everything once."""
    seen = Seen()
    bookings = {booking["_id"]: booking async for booking in records.bookings()}
    seen.bookings = len(bookings)
    await _look_at_slots(bookings, seen, leniency)
    _look_at_owners(bookings, seen)
    return seen


async def _look_at_slots(bookings: dict[Any, Record], seen: Seen, leniency: Leniency) -> None:
    waiting: dict[Any, list[Record]] = defaultdict(list)
    for booking in bookings.values():
        waiting[booking["slot_id"]].append(booking)
    calendars: dict[Any, Calendar] = defaultdict(Calendar)
    async for slot in records.slots():
        seen.slots += 1
        if slot["withdrawn_at"] is None:
            calendars[slot["expert_id"], slot["session_type"] or ""].add(slot)
        found = checks.of_slot(slot, bookings.get(slot["booking_id"]), leniency)
        seen.suspect(found, partial(_slot_again, slot["_id"], leniency))
        for booking in waiting.pop(slot["_id"], ()):
            _look_at_booking(booking, slot, seen, leniency)
    for booking in (booking for left in waiting.values() for booking in left):
        _look_at_booking(booking, None, seen, leniency)
    for (expert_id, _), calendar in calendars.items():
        for finding in checks.of_calendar(expert_id, calendar.slots()):
            seen.suspect([finding], partial(_calendar_again, expert_id, finding))


def _look_at_booking(booking: Record, slot: Record | None, seen: Seen, leniency: Leniency) -> None:
    seen.suspect(checks.of_booking(booking, slot, leniency), partial(_booking_again, booking["_id"], leniency))


def _look_at_owners(bookings: dict[Any, Record], seen: Seen) -> None:
    of_slots, of_experts = defaultdict(list), defaultdict(list)
    for booking in (booking for booking in bookings.values() if booking["active"]):
        of_slots[booking["slot_id"]].append(booking["_id"])
        of_experts[booking["expert_id"]].append(booking)
    for slot_id, owners in of_slots.items():
        seen.suspect(checks.of_owners(slot_id, owners), partial(_owners_again, slot_id, owners))
    for expert_id, active in of_experts.items():
        for finding in checks.of_calendar(expert_id, (), bookings=active):
            seen.suspect([finding], partial(_bookings_again, expert_id, finding))


async def confirmed(seen: Seen, *, after_seconds: float) -> list[Finding]:
    """Look again at what seemed wrong, after a pause in which passing things pass; what is still so."""
    if not seen.suspects:
        return []
    await asyncio.sleep(after_seconds)
    return [finding for finding, again in seen.suspects.items() if finding in set(await again())]


async def _slot_again(slot_id: PydanticObjectId, leniency: Leniency) -> Iterable[Finding]:
    slot = await records.slot(slot_id)
    if slot is None:
        return ()
    owner = await records.booking(slot["booking_id"]) if slot["booking_id"] is not None else None
    return checks.of_slot(slot, owner, leniency)


async def _booking_again(booking_id: PydanticObjectId, leniency: Leniency) -> Iterable[Finding]:
    booking = await records.booking(booking_id)
    return () if booking is None else checks.of_booking(booking, await records.slot(booking["slot_id"]), leniency)


async def _owners_again(slot_id: PydanticObjectId, owners: list[PydanticObjectId]) -> Iterable[Finding]:
    now = [booking async for booking in _still_there(owners, records.booking)]
    return checks.of_owners(slot_id, [booking["_id"] for booking in now if booking["active"]])


async def _calendar_again(expert_id: PydanticObjectId, finding: Finding) -> Iterable[Finding]:
    now = [slot async for slot in _still_there(_ids(finding), records.slot)]
    return checks.of_calendar(expert_id, [slot for slot in now if slot["withdrawn_at"] is None])


async def _bookings_again(expert_id: PydanticObjectId, finding: Finding) -> Iterable[Finding]:
    now = [booking async for booking in _still_there(_ids(finding), records.booking)]
    return checks.of_calendar(expert_id, (), bookings=[booking for booking in now if booking["active"]])


async def _still_there(
    ids: Iterable[PydanticObjectId], read: Callable[[PydanticObjectId], Awaitable[Record | None]]
) -> AsyncIterator[Record]:
    for of_id in ids:
        if (record := await read(of_id)) is not None:
            yield record


def _ids(finding: Finding) -> list[PydanticObjectId]:
    return [PydanticObjectId(each) for each in finding.about]


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)
