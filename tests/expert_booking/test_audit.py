"""Each contradiction is made for real, in the database, and must be found; nothing else may be."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from beanie import PydanticObjectId

from expert_booking import audit, bookings, clock, database, holds
from expert_booking.audit import Kind, search
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot
from models.booking import NO_TWO_AT_ONCE, ONE_ACTIVE_BOOKING_PER_SLOT
from models.time_slot import NOT_HELD
from tests.conftest import MakeSlot

INTERVAL = timedelta(minutes=1)
LONG_AGO = timedelta(hours=1)


async def look() -> list[tuple[Kind, set[str]]]:
    """What an audit finds, and about what."""
    report = await audit.look(
        now=clock.now(), recovery_interval=INTERVAL, again_after_seconds=0, compares_indexes=False
    )
    return [(finding.kind, set(finding.about)) for finding in report.findings]


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    made = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await damage(made, settled=True)  # whenever the application gets there
    return made


async def damage(document: Any, **fields: Any) -> None:
    """Write into the database as nothing of ours would."""
    await database.collection(type(document)).update_one({"_id": document.id}, {"$set": fields})


async def copy_of(document: Any, **fields: Any) -> PydanticObjectId:
    """A second one, with other ids and keys."""
    collection = database.collection(type(document))
    record = await collection.find_one({"_id": document.id})
    unlike = {"idempotency_key": "other", "manage_token": "other"} if isinstance(document, Booking) else {}
    made: PydanticObjectId = PydanticObjectId()
    await collection.insert_one({**record, "_id": made, **unlike, **fields})
    return made


async def test_sound_database_is_clean(
    booking: Booking, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    held, freed, completed = [await make_slot(expert, hours=48 + hour) for hour in range(3)]
    await holds.hold(expert_id=expert.id, slot_id=held.id, visitor="bob")
    cancelled = await bookings.book(expert_id=expert.id, slot_id=freed.id, visitor="alice", customer=alice)
    await bookings.cancel(cancelled.id)
    done = await bookings.book(expert_id=expert.id, slot_id=completed.id, visitor="bob", customer=bob)
    await bookings.complete(done.id)

    report = await audit.look(now=clock.now(), recovery_interval=INTERVAL, again_after_seconds=0, compares_indexes=True)

    assert report == audit.Report(slots=4, bookings=3, findings=[])


Break = Callable[[Booking, TimeSlot], Awaitable[set[Any]]]
breaks: dict[Kind, Break] = {}


def breaking(kind: Kind) -> Callable[[Break], Break]:
    """Register a way to bring about what is found as this kind; it gives the ids that are told."""

    def register(way: Break) -> Break:
        breaks[kind] = way
        return way

    return register


@breaking(Kind.TWO_OWNERS)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await database.collection(Booking).drop_index(ONE_ACTIVE_BOOKING_PER_SLOT)
    await database.collection(Booking).drop_index(NO_TWO_AT_ONCE)
    return {slot.id, booking.id, await copy_of(booking)}


@breaking(Kind.BOOKING_WITHOUT_SLOT)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await TimeSlot.find_one({"_id": slot.id}).delete()
    return {booking.id, slot.id}


@breaking(Kind.BOOKING_NOT_SHOWN)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(slot, booking_id=None)
    return {booking.id, slot.id}


@breaking(Kind.BOOKING_OF_OTHER_TIMES)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(booking, ends_at=slot.ends_at + timedelta(minutes=1))
    return {booking.id, slot.id}


@breaking(Kind.BOOKING_UNSETTLED)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(booking, settled=False, created_at=clock.now() - LONG_AGO)
    return {booking.id, slot.id}


@breaking(Kind.BOOKING_NOT_REMOVED)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    moments = {name: clock.now() - LONG_AGO for name in ("created_at", "completed_at", "deleted_at")}
    await damage(booking, status=BookingStatus.COMPLETED, active=False, **moments)
    await damage(slot, booking_id=None)
    return {booking.id, slot.id}


@breaking(Kind.BOOKING_WITHOUT_KEY)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await database.collection(Booking).update_one({"_id": booking.id}, {"$unset": {"idempotency_key": ""}})
    return {booking.id, slot.id}


@breaking(Kind.STATUS_CONTRADICTS)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(booking, status=BookingStatus.CONFIRMED)
    return {booking.id, slot.id}


@breaking(Kind.OWNED_BY_NOBODY)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await Booking.find_one({"_id": booking.id}).delete()
    return {slot.id, booking.id}


@breaking(Kind.OWNED_BY_ANOTHER_SLOTS_BOOKING)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    later = {"starts_at": slot.ends_at, "ends_at": slot.ends_at + timedelta(hours=1)}
    return {booking.id, await copy_of(slot, **later)}


@breaking(Kind.HOLD_OVERDUE)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    later = {"starts_at": slot.ends_at, "ends_at": slot.ends_at + timedelta(hours=1), "booking_id": None}
    held = {"held_by": "bob", "hold_token": "token", "held_until": clock.now() - INTERVAL}
    return {await copy_of(slot, **later, **held)}


@breaking(Kind.HALF_HELD)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(slot, held_by="bob")
    return {slot.id}


@breaking(Kind.HELD_AND_BOOKED)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await damage(slot, held_by="bob", hold_token="token", held_until=clock.now() + INTERVAL)
    return {slot.id}


@breaking(Kind.DUPLICATE_START)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await database.collection(TimeSlot).drop_index("one_slot_per_expert_start_and_type")
    return {slot.id, await copy_of(slot, booking_id=None)}


@breaking(Kind.OVERLAP)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    half = timedelta(minutes=30)
    return {slot.id, await copy_of(slot, starts_at=slot.starts_at + half, ends_at=slot.ends_at + half, booking_id=None)}


@breaking(Kind.OVERLAPPING_BOOKINGS)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await database.collection(Booking).drop_index(NO_TWO_AT_ONCE)
    shifted = {name: getattr(slot, name) + timedelta(minutes=30) for name in ("starts_at", "ends_at")}
    other = await copy_of(slot, **shifted, booking_id=None)
    owner = await copy_of(booking, **shifted, slot_id=other)
    await database.collection(TimeSlot).update_one({"_id": other}, {"$set": {"booking_id": owner}})
    return {booking.id, owner}


@breaking(Kind.INDEX_MISSING)
async def _(booking: Booking, slot: TimeSlot) -> set[Any]:
    await database.collection(Booking).drop_index("bookings_by_customer")
    return {"bookings", "bookings_by_customer"}


# What cannot be brought about without bringing about something else as well.
COMPANIONS = {
    Kind.TWO_OWNERS: {Kind.BOOKING_NOT_SHOWN, Kind.OVERLAPPING_BOOKINGS, Kind.INDEX_MISSING},
    Kind.DUPLICATE_START: {Kind.INDEX_MISSING},
    Kind.OVERLAPPING_BOOKINGS: {Kind.INDEX_MISSING, Kind.OVERLAP},
}


@pytest.mark.parametrize("kind", breaks, ids=str)
async def test_contradiction_is_found(kind: Kind, booking: Booking, slot: TimeSlot) -> None:
    assert await look() == []

    about = {str(each) for each in await breaks[kind](booking, slot)}

    found = await look()
    assert (kind, about) in found
    assert {each for each, _ in found} == {kind} | COMPANIONS.get(kind, set())


def test_every_kind_is_tried_and_explained() -> None:
    assert set(breaks) | {Kind.INDEX_INCOMPLETE} == set(Kind)  # that one takes a server that is killed
    assert set(audit.MEANINGS) == set(Kind)


@pytest.mark.parametrize("field", ["created_at", "cancelled_at", "deleted_at"])
async def test_booking_that_moved_on_just_now_may_be_unsettled(booking: Booking, slot: TimeSlot, field: str) -> None:
    await damage(booking, settled=False, created_at=clock.now() - LONG_AGO)
    assert [kind for kind, _ in await look()] == [Kind.BOOKING_UNSETTLED]

    await damage(booking, **{field: clock.now()})

    assert Kind.BOOKING_UNSETTLED not in {kind for kind, _ in await look()}


async def test_hold_that_stands_or_ended_a_moment_ago_is_none(slot: TimeSlot) -> None:
    marks = {"held_by": "bob", "hold_token": "token"}
    for until in (clock.now() + INTERVAL, clock.now() - timedelta(seconds=1)):
        await damage(slot, **marks, held_until=until)

        assert await look() == []


async def test_what_passes_before_the_second_look_is_none(booking: Booking, slot: TimeSlot) -> None:
    leniency = audit.checks.Leniency()
    await damage(slot, booking_id=None, held_by=None, hold_token=None, held_until=NOT_HELD)
    seen = await search.walk(leniency)
    assert [finding.kind for finding in seen.suspects] == [Kind.BOOKING_NOT_SHOWN]

    await damage(slot, booking_id=booking.id)

    assert await search.confirmed(seen, after_seconds=0) == []


# --- the command ---


def run(folder: Path, *options: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """The command as an operator gives it; in a folder of its own, where no .env has a say."""
    return subprocess.run(
        [sys.executable, "-m", "expert_booking.audit", *options],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "", **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_command_says_what_it_found_and_nobodys_name(
    booking: Booking, slot: TimeSlot, database_uri: str, database_name: str, tmp_path: Path
) -> None:
    where = {"MONGO_URI": database_uri, "DATABASE_NAME": database_name}
    clean = run(tmp_path, **where)
    await damage(slot, booking_id=None)

    told, for_programs = run(tmp_path, **where), run(tmp_path, "--json", **where)

    assert (clean.returncode, clean.stderr) == (0, "")
    assert clean.stdout == "1 slots and 1 bookings were read.\nThey tell the same story: nothing is wrong.\n"
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout == (
        "1 slots and 1 bookings were read.\n"
        "1 active bookings that their slot does not show:\n"
        f"  {booking.id} {slot.id}\n"
    )
    assert (for_programs.returncode, for_programs.stderr) == (1, "")
    assert json.loads(for_programs.stdout) == {
        "slots": 1,
        "bookings": 1,
        "findings": {"booking_not_shown": {"count": 1, "about": [[str(booking.id), str(slot.id)]]}},
    }


async def test_command_makes_no_index(booking: Booking, database_uri: str, database_name: str, tmp_path: Path) -> None:
    await database.collection(Booking).drop_index("bookings_by_customer")

    run(tmp_path, MONGO_URI=database_uri, DATABASE_NAME=database_name)

    assert "bookings_by_customer" not in await database.collection(Booking).index_information()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "There is no database in data: set DATA_DIR or MONGO_URI.\n"),
        ({"MONGO_URI": "somewhere"}, "The settings are not right:\n  MONGO_URI must begin with"),
        ({"MONGO_URI": "mongodb://127.0.0.1:9", "DATABASE_TIMEOUT_SECONDS": "0.3"}, "The database cannot be read ("),
    ],
)
def test_command_that_cannot_look_says_why(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    ended = run(tmp_path, **settings)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(says)
