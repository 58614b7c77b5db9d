"""Demo experts and their open times: the same seed makes the same people, so that filling twice changes nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from bson import ObjectId

from expert_booking import bulk, clock, database, reconciling, revisions, schedule, stand_ins
from expert_booking.bulk import Tally
from expert_booking.demo_people import ORIGINALS, Person, person
from expert_booking.demo_trades import TRADES, Trade
from expert_booking.schedule import Session
from models import Expert, TimeSlot
from models.expert import search_terms

# Fixed, because documents that are made twice must come out equal.
CREATED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

USUAL_SEED = 1
WORKDAYS = range(5)
WEEKS: tuple[tuple[tuple[Iterable[int], str, str], ...], ...] = (
    ((WORKDAYS, "08:00", "12:00"),),
    ((WORKDAYS, "13:30", "17:30"),),
    ((range(4), "17:30", "21:00"),),
    (((0, 2, 4), "09:00", "12:00"), ((0, 2, 4), "15:00", "18:00")),
    (((5, 6), "10:00", "16:00"), ((2,), "18:00", "20:00")),
    (((1, 3), "07:00", "10:00"), ((1, 3), "19:00", "22:00"), ((5,), "09:00", "13:00")),
    (((6, 0, 1, 2, 3), "10:00", "14:00"),),
    (((1, 3), "20:00", "24:00"),),
)
ONE_AFTERNOON = (((2,), "14:00", "16:00"),)
SESSION_MINUTES = (30, 45, 60, 60)
TWO_TYPES = [
    {"key": "intro", "name": "Intro", "minutes": 30},
    {"key": "deep-dive", "name": "Deep dive", "minutes": 60},
]

# Experts times days, about 20,000 slots: fewer are made sooner than a database is copied or its indexes are built.
MUCH = 8000
LONGEST_WINDOW = 365
STEP_SECONDS = int(schedule.STEP.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What filling the database came to."""

    experts: Tally
    slots: Tally


def is_much(*, experts: int, days: int) -> bool:
    """Whether so many experts with so many days are worth a load of their own (`embedded_server.on_a_copy`)."""
    return experts * days >= MUCH


def demo_experts(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Experts as they are stored; the first of a longer list are those of a shorter one."""
    return (_expert(index, seed) for index in range(count))


def _expert(index: int, seed: int) -> dict[str, Any]:
    chance = Random(f"{seed}/{index}")  # nosec B311 # the same people each time
    who = ORIGINALS[index] if index < len(ORIGINALS) else person(chance, sorted(TRADES))
    trade = TRADES[who.category]
    email = stand_ins.address(who.name, _tag(index, seed))
    return {
        "_id": _expert_id(index, seed),
        "name": who.name,
        "category": who.category,
        "headline": trade.headlines[index % len(trade.headlines)],
        "bio": _bio(who, trade, chance),
        "experience_years": who.years,
        "rating": who.rating,
        "email": email,
        "email_key": email,
        "avatar": None,
        "time_zone": who.time_zone,
        "weekly_hours": _weekly_hours(index, chance),
        "session_minutes": chance.choice(SESSION_MINUTES),
        "search_terms": search_terms(who.name),
        "created_at": CREATED_AT,
        **_own_ways(index),
    }


def _tag(index: int, seed: int) -> str:
    """What tells namesakes apart, of other seeds too; the usual originals are told apart by their names."""
    if seed != USUAL_SEED:
        return f"{seed}.{index}"
    return "" if index < len(ORIGINALS) else str(index)


def _own_ways(index: int) -> dict[str, Any]:
    """What a few of them want: two types of sessions, time after each, to know in good time."""
    match index % 24:
        case 5 | 11 | 17 | 23:
            return {"session_types": TWO_TYPES}
        case 8:
            return {"buffer_after": 15}
        case 14:
            return {"minimum_notice": 120}
    return {}


def _expert_id(index: int, seed: int) -> ObjectId:
    """A second, who counts, and the count, as in every ObjectId; here the seed is who counts."""
    counts = sha256(str(seed).encode()).digest()[:5]
    return ObjectId(int(CREATED_AT.timestamp()).to_bytes(4, "big") + counts + index.to_bytes(3, "big"))


def _bio(who: Person, trade: Trade, chance: Random) -> str:
    years = "year" if who.years == 1 else f"{who.years} years"
    opening = chance.choice(trade.openings).format(years=years)
    return " ".join([opening, *chance.sample(trade.practices, chance.randint(1, 3))])


def _weekly_hours(index: int, chance: Random) -> list[dict[str, Any]]:
    week = chance.choice(WEEKS)
    # Every list shows somebody with next to no time, and somebody with none at all.
    if index % 11 == 7:
        week = ONE_AFTERNOON
    if index % 11 == 10:
        return []
    return [{"weekday": day, "opens": opens, "closes": closes} for days, opens, closes in week for day in days]


def _open_slots(
    experts: Iterable[dict[str, Any]], *, days: int, progress: Callable[[], object]
) -> Iterator[dict[str, Any]]:
    now = clock.now()
    for document in experts:
        expert = Expert.model_validate(document)
        today = now.astimezone(expert.zone).date()
        sessions = schedule.sessions(expert, time_off=(), first_on=today, days=days)
        who = expert.id.binary[9:] + expert.id.binary[4:8]
        places = {kind.key: bytes([place]) for place, kind in enumerate(expert.offered_types)}
        ids = {_slot_id(who, one, places): one for one in sessions if one.starts_at > now}
        yield from reconciling.documents(expert, ids)
        progress()


def _slot_id(who: bytes, session: Session, places: dict[str, bytes]) -> PydanticObjectId:
    """Who, when, and which type: a slot that is made again has the same id, by which others name it."""
    piece = int(session.starts_at.timestamp()) // STEP_SECONDS
    return PydanticObjectId(who + piece.to_bytes(4, "big") + places[session.session_type])


def _with_window(experts: Iterable[dict[str, Any]], days: int) -> Iterator[dict[str, Any]]:
    """Experts who offer so many days, as their slots are made for, and one more when their tomorrow begins."""
    now, window = clock.now(), {"window_days": min(days, LONGEST_WINDOW)}
    for expert in experts:
        if not expert["weekly_hours"]:
            yield expert | window
            continue
        zone = ZoneInfo(expert["time_zone"])
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        yield expert | window | {"rolls_at": schedule.begins_at(tomorrow, zone)}


async def fill(
    *,
    experts: int,
    days: int,
    seed: int = USUAL_SEED,
    progress: Callable[[], object] = lambda: None,
    is_on_a_copy: bool = False,
) -> Filled:
    """Store demo experts and their open times from now on; what is there already, and what became of it, stays.

    Args:
        experts: how many.
        days: how many local dates get time slots, today included.
        seed: another seed makes other people.
        progress: called once per expert, when the expert's slots have been made.
        is_on_a_copy: whether the database is one of `embedded_server.on_a_copy`, in which slots are loaded faster.
    """
    filled = await _fill(experts=experts, days=days, seed=seed, progress=progress, is_on_a_copy=is_on_a_copy)
    await revisions.catalogue_changed()
    return filled


async def _fill(*, experts: int, days: int, seed: int, progress: Callable[[], object], is_on_a_copy: bool) -> Filled:
    def slots_of(some: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        return _open_slots(some, days=days, progress=progress)

    known = await _with_slots() if is_on_a_copy else set()
    new = sum(1 for expert in demo_experts(experts, seed) if expert["weekly_hours"] and expert["_id"] not in known)
    # Building the indexes anew goes through the slots of the known as well.
    if not is_on_a_copy or new < len(known) or not is_much(experts=new, days=days):
        made = await bulk.add_all(Expert, _with_window(demo_experts(experts, seed), days))
        return Filled(experts=made, slots=await bulk.add_all(TimeSlot, slots_of(demo_experts(experts, seed))))
    seen = (expert for expert in demo_experts(experts, seed) if expert["_id"] in known)
    unseen = (expert for expert in demo_experts(experts, seed) if expert["_id"] not in known)
    slots = await bulk.add_all(TimeSlot, slots_of(seen))
    # None of these is there yet, and each is made once: the unique index, missing for a while, would refuse nothing.
    async with bulk.without_indexes(TimeSlot):
        slots += await bulk.add_all(TimeSlot, slots_of(unseen))
    async with bulk.without_indexes(Expert):  # their ids refuse a second one
        made = await bulk.add_all(Expert, _with_window(demo_experts(experts, seed), days))
    return Filled(experts=made, slots=slots)


async def _with_slots() -> set[ObjectId]:
    """The ids of all experts that have a time slot, be it past."""
    return {found["_id"] for found in await TimeSlot.aggregate([{"$group": {"_id": "$expert_id"}}]).to_list()}


async def fill_if_empty(*, experts: int, days: int) -> Filled | None:
    """Fill a database that has no expert at all; none when it has one."""
    if experts == 0:
        return None
    with database.patiently():  # the embedded server counts, and would read them all to give one
        if await database.collection(Expert).estimated_document_count():
            return None
    return await fill(experts=experts, days=days)
