"""Materialising: an expert's time slots are made to be what their hours offer, for as many days ahead as they say.

What is written is worked out of what was read, slot by slot onto the version that was read, and then everything is read
again, until there is nothing left to write. So of several who do it at the same time, and of those who hold and book
meanwhile, nobody undoes anything, and whoever has begun with hours that were changed meanwhile ends with the new ones.

No slot is ever deleted. What is not offered any more is withdrawn: nobody can take it from then on, and who has it
keeps it. Slots that do not come from hours, because they were imported or because the expert has never set any, are
left alone.
"""

import asyncio
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import (
    availability,
    bulk,
    claims,
    clock,
    closing,
    database,
    events,
    full_days,
    journal,
    reconciling,
    schedule,
    settling,
)
from expert_booking.actors import Actor
from expert_booking.errors import ExpertNotFound, HoursChanged
from expert_booking.reconciling import REACH, Plan
from expert_booking.schedule import Session, Span
from expert_booking.slots import read as read_slot
from models import Booking, Expert, SlotState, TimeOff, TimeSlot
from models.expert import LONG_AGO

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
AT_ONCE = LONG_AGO + timedelta(days=1)
"""When the calendar of somebody rolls whose hours have changed and were not materialised yet."""

# Each round writes what the one before could not, because somebody else had written meanwhile.
MOST_ROUNDS = 50
TOLD_AT_ONCE = 100
# The embedded server takes longer for each the more there are.
IDS_AT_ONCE = 50
_LAST = datetime(9000, 1, 1, tzinfo=UTC)
_JUST_BEFORE = timedelta(milliseconds=1)  # what starts with a day belongs to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many slots were made, changed (also because a day became full, or is so no more), and withdrawn."""

    made: int = 0
    changed: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of a calendar: some dates, and the time (aware UTC) in which nothing else is offered.

    `is_last` says that with it the window is complete.
    """

    first_on: date
    days: int
    within: Span
    withdraws: bool = True
    is_last: bool = True


_Choice = Callable[[Expert, datetime], _Part]


async def materialise(expert_id: PydanticObjectId) -> Outcome:
    """Make the slots of an expert those that their hours offer from now on, as far ahead as they say.

    A slot that is held or booked stays as it is; where it is not offered any more, it is so once it is given back.
    """
    return await _make_true(expert_id, _whole)


async def materialise_day(expert_id: PydanticObjectId, on: date) -> Outcome:
    """The same for one local date: when it has as many bookings as there may be, or one less than that."""
    return await _make_true(expert_id, lambda expert, now: _one_day(expert, now, on))


async def look_at_noted_days() -> None:
    """Offer less on days that have become full, and more on those that are full no longer (see `full_days`)."""
    noted = full_days.take()
    while noted:
        try:
            await materialise_day(*noted[-1])
        except BaseException:
            full_days.put_back(noted)
            raise
        noted.pop()


async def roll(expert_id: PydanticObjectId) -> Outcome:
    """Make the slots of the days that have come into an expert's window, and withdraw nothing.

    Everything is worked out anew where hours have changed and nobody came to it, or where days may be full.
    """
    return await _make_true(expert_id, _what_is_due)


async def roll_due() -> int:
    """Roll forward the calendars into which a day has come; the number of them.

    The embedded server does one thing at a time, so between two of them it is left to others for as long.
    """
    due = {"rolls_at": {"$gt": LONG_AGO, "$lte": clock.now()}}
    rows = await database.collection(Expert).find(due, {"is_hidden": 1}).to_list(None)
    ids = [row["_id"] for row in rows if not row.get("is_hidden")]
    for expert_id in ids:
        began = time.monotonic()
        try:
            await roll(expert_id)
        except Exception as error:
            if database.cannot_answer(error):
                raise
            log.exception("the calendar of expert %s was not rolled forward", expert_id)
        await asyncio.sleep(time.monotonic() - began)
    return len(ids)


def _what_is_due(expert: Expert, now: datetime) -> _Part:
    is_all = expert.rolls_at is None or expert.rolls_at <= AT_ONCE or expert.most_per_day is not None
    return _whole(expert, now) if is_all else _new_days(expert, now)


def _whole(expert: Expert, now: datetime) -> _Part:
    today = now.astimezone(expert.zone).date()
    return _Part(first_on=today, days=expert.window_days, within=(now, _LAST))


def _one_day(expert: Expert, now: datetime, on: date) -> _Part:
    is_in_window = 0 <= (on - now.astimezone(expert.zone).date()).days < expert.window_days
    begins, ends = (schedule.begins_at(on + timedelta(days=days), expert.zone) for days in (0, 1))
    return _Part(
        first_on=on,
        days=1 if is_in_window else 0,
        within=(max(now, begins - _JUST_BEFORE), max(now, ends - _JUST_BEFORE)),
        withdraws=is_in_window,
        is_last=False,
    )


def _new_days(expert: Expert, now: datetime) -> _Part:
    """The days from the one that was to come into the window next to the last one that has come into it."""
    today = now.astimezone(expert.zone).date()
    rolls_on = (expert.rolls_at or now).astimezone(expert.zone).date()
    behind = min(max((today - rolls_on).days + 1, 0), expert.window_days)
    first_on = today + timedelta(days=expert.window_days - behind)
    begins = schedule.begins_at(first_on, expert.zone) - _JUST_BEFORE
    return _Part(first_on=first_on, days=behind, within=(max(now, begins), _LAST), withdraws=False)


@dataclass(slots=True)
class _Written:
    """What was written, and to which slots."""

    slot_ids: set[PydanticObjectId] = field(default_factory=set)
    made: int = 0
    changed: int = 0
    withdrawn: int = 0

    def add(self, plan: Plan) -> None:
        self.slot_ids |= {document["_id"] for document in plan.made} | {slot.id for slot, _ in plan.changed}
        self.slot_ids |= set(plan.withdrawn)
        self.made += len(plan.made)
        self.changed += len(plan.changed)
        self.withdrawn += len(plan.withdrawn)


async def _make_true(expert_id: PydanticObjectId, choose: _Choice) -> Outcome:
    written = _Written()
    slots: list[TimeSlot] = []
    for _ in range(MOST_ROUNDS):
        expert = await Expert.find_one({"_id": expert_id})
        if expert is None or not _is_kept(expert):
            break
        part = choose(expert, clock.now())
        slots = await _near(expert_id, part.within)
        plan = await _plan(expert, part, slots)
        if not plan:
            if part.is_last:
                await _note_roll(expert)
            break
        await _carry_out(plan)
        written.add(plan)
    else:
        log.warning("the calendar of expert %s changes faster than it can be made", expert_id)
    await _tell(written.slot_ids, slots)
    return Outcome(made=written.made, changed=written.changed, withdrawn=written.withdrawn)


def _is_kept(expert: Expert) -> bool:
    """Whether the house makes the slots of an expert."""
    if expert.is_hidden and expert.removed_at is None:
        return False
    return has_hours(expert) or expert.rolls_at is not None or expert.removed_at is not None


def has_hours(expert: Expert) -> bool:
    """Whether an expert has said when they work."""
    return bool(expert.weekly_hours or expert.extra_hours)


async def _near(expert_id: PydanticObjectId, within: Span) -> list[TimeSlot]:
    query: dict[str, Any] = {"expert_id": expert_id, "starts_at": {"$gt": within[0] - 2 * REACH}}
    if within[1] < _LAST:
        query["starts_at"]["$lt"] = within[1] + 2 * REACH
    return await TimeSlot.find(query).to_list()


async def _plan(expert: Expert, part: _Part, slots: list[TimeSlot]) -> Plan:
    offered: list[Session] = []
    if expert.removed_at is None:
        offered = await _sessions(expert, part, await time_off_of(expert.id, after=part.within[0]))
    return reconciling.compare(
        expert,
        offered,
        slots,
        within=part.within,
        now=clock.now(),
        full_days=await _full_days(expert, part),
        withdraws=part.withdraws,
    )


async def _sessions(expert: Expert, part: _Part, time_off: Iterable[TimeOff]) -> list[Session]:
    """What an expert offers in a part; many sessions take a while to work out, and nobody is to wait meanwhile."""
    return await asyncio.to_thread(schedule.sessions, expert, time_off=time_off, first_on=part.first_on, days=part.days)


async def time_off_of(expert_id: PydanticObjectId, *, after: datetime) -> list[TimeOff]:
    """When an expert is not there, as far as it may touch a session that starts after a moment."""
    return await TimeOff.find({"expert_id": expert_id, "ends_at": {"$gt": after - REACH}}).to_list()


async def _full_days(expert: Expert, part: _Part) -> set[date]:
    """The local dates of a part on which the expert has as many bookings as they take."""
    if expert.most_per_day is None:
        return set()
    begins = schedule.begins_at(part.first_on, expert.zone)
    ends = schedule.begins_at(part.first_on + timedelta(days=max(part.days, 1)), expert.zone)
    active = await claims.active_of(expert.id, after=begins - timedelta(seconds=1), before=ends)
    booked = Counter(booking.starts_at.astimezone(expert.zone).date() for booking in active)
    return {on for on, number in booked.items() if number >= expert.most_per_day}


async def _carry_out(plan: Plan) -> None:
    withdrawn = {"$set": {"withdrawn_at": clock.now(), "day_is_full": False}, "$inc": {"version": 1}}
    still = {"$or": [{"withdrawn_at": None}, {"day_is_full": True}]}
    for first in range(0, len(plan.withdrawn), IDS_AT_ONCE):
        offered = {"_id": {"$in": plan.withdrawn[first : first + IDS_AT_ONCE]}, **still}
        await database.collection(TimeSlot).update_many(offered, withdrawn)
    await bulk.update_each(
        TimeSlot,
        (
            ({"_id": slot.id, "version": slot.version}, {"$set": change, "$inc": {"version": 1}})
            for slot, change in plan.changed
        ),
    )
    await bulk.add_all(TimeSlot, plan.made)


async def _note_roll(expert: Expert) -> None:
    """Say when the next day comes, unless hours or time off have been changed since they were read."""
    tomorrow = clock.now().astimezone(expert.zone).date() + timedelta(days=1)
    next_at = schedule.begins_at(tomorrow, expert.zone) if expert.removed_at is None else None
    if next_at != expert.rolls_at:
        number = expert.hours_number or {"$in": [0, None]}  # who was stored before there were numbers has none
        as_read = {"_id": expert.id, "rolls_at": expert.rolls_at, "hours_number": number}
        await Expert.find_one(as_read).update({"$set": {"rolls_at": next_at}})


async def have_made_anew(expert_id: PydanticObjectId) -> None:
    """Have an expert's slots made anew soon, whatever becomes of this process and whoever is making them already."""
    await _mark({"_id": expert_id})


async def doubt_full_days() -> None:
    """Have the slots of all who take only so many bookings a day made anew soon.

    What a process had noted (`full_days`) and not looked at when it ended, nobody else knows of.
    """
    await _mark({"most_per_day": {"$gt": 0}})


async def _mark(experts: dict[str, Any]) -> None:
    made = {**experts, "rolls_at": {"$gt": LONG_AGO}}
    mark = {"$set": {"rolls_at": AT_ONCE}, "$inc": {"hours_number": 1}}
    await database.collection(Expert).update_many(made, mark)


async def _tell(slot_ids: set[PydanticObjectId], slots: list[TimeSlot]) -> None:
    """Have what shares time with something that somebody has show so, then tell everybody of what has changed.

    Args:
        slot_ids: of what was written.
        slots: as they were read after that, and those around them.
    """
    changed = {slot.id: slot for slot in slots if slot.id in slot_ids}
    now = clock.now()
    taken = {slot.id for slot in slots if reconciling.is_taken(slot, now)}
    unsure = [slot.id for slot in changed.values() if taken.intersection([slot.id, *slot.crosses])]
    await settling.reflect(unsure)
    reflected = await asyncio.gather(*map(read_slot, unsure))
    changed |= {slot.id: slot for slot in reflected if slot is not None}
    for number, slot in enumerate(changed.values(), start=1):
        events.slot_changed(availability.change_of(slot))
        if number % TOLD_AT_ONCE == 0:
            await asyncio.sleep(0)


# --- setting hours ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What other hours would come to.

    Attributes:
        offered: the sessions that would be offered, by local date.
        withdrawn: how many slots that are open now would not be any more, by local date.
        outside: bookings of sessions that lie outside the hours, or in time off; they stay, earliest first.
    """

    offered: dict[date, list[Session]]
    withdrawn: dict[date, int]
    outside: list[Booking]

    def says_all_of(self, other: "Preview") -> bool:
        """Whether whoever has seen this one knows of all that goes, or stays outside, by another one."""
        known = {booking.id for booking in self.outside}
        goes = all(number <= self.withdrawn.get(on, 0) for on, number in other.withdrawn.items())
        return goes and all(booking.id in known for booking in other.outside)


NOTHING = Preview(offered={}, withdrawn={}, outside=[])


async def preview(expert: Expert, *, time_off: Iterable[TimeOff] | None = None) -> Preview:
    """What it would come to if an expert were as given; nothing is written.

    Args:
        expert: as they would be (`schedule.edited`).
        time_off: as it would be; as it is stored when absent.
    """
    now = clock.now()
    part = _whole(expert, now)
    away = list(time_off) if time_off is not None else await time_off_of(expert.id, after=now)
    sessions = await _sessions(expert, part, away)
    offered: dict[date, list[Session]] = {}
    for session in sessions:
        if session.starts_at > now:
            offered.setdefault(session.local_day, []).append(session)
    if not has_hours(expert) and expert.rolls_at is None:
        return Preview(offered=offered, withdrawn={}, outside=[])
    active = await claims.active_of(expert.id, after=now - REACH, before=_LAST)
    ahead = (booking for booking in active if booking.starts_at > now)
    return Preview(
        offered=offered,
        withdrawn=await _withdrawn(expert, part, sessions, owned={booking.slot_id for booking in active}),
        outside=[one for one in ahead if not schedule.is_within(expert, one.starts_at, one.ends_at, time_off=away)],
    )


async def _withdrawn(
    expert: Expert, part: _Part, sessions: list[Session], *, owned: set[PydanticObjectId]
) -> dict[date, int]:
    """How many slots would not be open any more, by local date; `owned` are those that bookings have."""
    now = part.within[0]
    slots, full_days = await _near(expert.id, part.within), await _full_days(expert, part)
    plan = await asyncio.to_thread(
        reconciling.compare, expert, sessions, slots, within=part.within, now=now, full_days=full_days
    )
    held = {slot.id for slot in slots if slot.hold_token is not None and slot.held_until > now}
    lost = await asyncio.to_thread(_lost, plan, slots, owned | held)
    by_day = Counter(slot.starts_at.astimezone(expert.zone).date() for slot in lost)
    return dict(sorted(by_day.items()))


def _lost(plan: Plan, slots: Iterable[TimeSlot], owned: set[PydanticObjectId]) -> list[TimeSlot]:
    """The slots that are open now and would not be any more: withdrawn, too late, or in the way of what somebody has.

    Args:
        plan: what would be written.
        slots: as they are.
        owned: those that somebody has booked or holds.
    """
    changes = {slot.id: change for slot, change in plan.changed}
    changes |= {slot_id: {"withdrawn_at": clock.now()} for slot_id in plan.withdrawn}
    lost: list[TimeSlot] = []
    for slot in filter(_is_open, slots):
        becomes = slot.model_copy(update=changes.get(slot.id, {}))
        if not _is_open(becomes) or not owned.isdisjoint(becomes.crosses):
            lost.append(slot)
    return lost


def _is_open(slot: TimeSlot) -> bool:
    return availability.state_of(slot) is SlotState.OPEN


def mark_of(expert: Expert) -> str:
    """What is another one as soon as something of what says when the expert can be booked is changed."""
    told = expert.model_dump(mode="json", include=set(schedule.SETTABLE))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@closing.finished_first
async def set_hours(
    expert_id: PydanticObjectId, changes: dict[str, Any], *, by: Actor, as_read: str | None = None
) -> Outcome:
    """Change when an expert can be booked and for what, and make their slots so; what is held or booked stays.

    Args:
        expert_id: whose.
        changes: of the fields in `schedule.SETTABLE`.
        by: who does it.
        as_read: `mark_of` the expert when their hours were read; nothing is changed if they are others by now.

    Raises:
        ExpertNotFound: there is none, or they are with the house no more.
        HoursChanged
        InvalidRequest
    """
    stored = await database.collection(Expert).find_one({"_id": expert_id, "removed_at": None})
    if stored is None:
        raise ExpertNotFound
    expert = Expert.model_validate(stored)
    if as_read is not None and mark_of(expert) != as_read:
        raise HoursChanged
    edited = schedule.edited(expert, changes)
    before, after = (one.model_dump(mode="json", include=set(schedule.SETTABLE)) for one in (expert, edited))
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return Outcome()
    fields = dict(changed)
    if has_hours(edited) or expert.rolls_at is not None:
        fields["rolls_at"] = AT_ONCE  # by the same write: whoever finds it so makes the slots, should this one not
    still = {name: stored.get(name) for name in schedule.SETTABLE} if as_read is not None else {}
    as_found = Expert.find_one({"_id": expert_id, "removed_at": None, **still})
    result = await as_found.update({"$set": fields, "$inc": {"hours_number": 1}})
    if not result.matched_count:
        raise HoursChanged if as_read is not None else ExpertNotFound
    was, became = ({name: one[name] for name in changed} for one in (before, after))
    await journal.write("expert.hours", by=by, expert_id=expert_id, was=json.dumps(was), became=json.dumps(became))
    return await materialise(expert_id)
