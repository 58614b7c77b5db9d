"""What another process writes is told here, once, in order, and without a gap that nobody notices."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from beanie import PydanticObjectId

from expert_booking import availability, background, bookings, change_streams, clock, database, events, holds
from expert_booking.change_streams import BOOKING_FIELDS, PIPELINE, SLOT_FIELDS, Follower
from expert_booking.customers import Customer, customer_key
from expert_booking.embedded_process import LISTENING, ServerProcess
from expert_booking.events import EVERY_EXPERT, BookingChanged, ChangesMissed, SlotChanged
from models import Booking, BookingStatus, Expert, SlotState, TimeSlot, Wish
from tests.conftest import MakeSlot, stored
from tests.elsewhere import another_process


@dataclass
class Ear:
    """Everything that is told in this process of slots, of Alice's bookings, and of gaps."""

    slots: list[SlotChanged] = field(default_factory=list)
    bookings: list[BookingChanged] = field(default_factory=list)
    gaps: list[ChangesMissed] = field(default_factory=list)

    @property
    def states(self) -> list[SlotState]:
        return [event.state for event in self.slots]

    @property
    def statuses(self) -> list[BookingStatus | None]:
        return [event.status for event in self.bookings]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a change that does not come."""
    monkeypatch.setattr(database, "CHANGES_WAIT_SECONDS", 0.1)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear, alice = Ear(), customer_key("alice@example.com")
    watched = (
        (events.slots, EVERY_EXPERT, ear.slots.append),
        (events.bookings, alice, ear.bookings.append),
        (events.resync, EVERY_EXPERT, ear.gaps.append),
    )
    for topics, key, handler in watched:
        topics.subscribe(key, handler)
    yield ear
    for topics, key, handler in watched:
        topics.unsubscribe(key, handler)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def following(follower: Follower) -> AsyncIterator[None]:
    """What others write is told within the block."""
    task = asyncio.create_task(follower.run())
    try:
        await until(lambda: follower.is_live or task.done())
        yield
    finally:
        await background.stop([task])


@pytest.fixture
async def follower(connected: None) -> AsyncIterator[Follower]:
    """Follows from before the test to its end."""
    follower = Follower()
    async with following(follower):
        yield follower


# --- what others write ---


async def test_what_happens_elsewhere_is_told_here(
    follower: Follower, database_uri: str, database_name: str, ear: Ear, slot: TimeSlot
) -> None:
    async with another_process(database_uri, database_name) as elsewhere:
        await elsewhere.do("hold", str(slot.id))
        await until(lambda: SlotState.HELD in ear.states)
        booking_id = await elsewhere.do("book", str(slot.id))
        await until(lambda: ear.states[-1] is SlotState.BOOKED)
        assert ear.slots[-1] == availability.change_of(await stored(slot))
        await elsewhere.do("move", "confirm", booking_id)
        await elsewhere.do("move", "complete", booking_id)
        await elsewhere.do("move", "delete", booking_id)
        await until(lambda: ear.states[-1] is SlotState.OPEN)

    assert {event.booking_id for event in ear.bookings} == {PydanticObjectId(booking_id)}
    assert ear.statuses == [BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED, None]
    versions = [event.version for event in ear.slots]
    assert versions == sorted(set(versions))


async def test_own_writes_are_told_once(
    follower: Follower, slot: TimeSlot, make_slot: MakeSlot, expert: Expert, alice: Customer, ear: Ear
) -> None:
    await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="alice")
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
    await bookings.cancel(booking.id)
    last = await make_slot(expert, hours=30)
    await until(lambda: ear.slots[-1].slot_id == last.id)

    told = [(event.version, event.state) for event in ear.slots if event.slot_id == slot.id]
    assert told == sorted(set(told))
    assert ear.statuses == [BookingStatus.PENDING, BookingStatus.CANCELLED]


async def test_new_slots_are_told(follower: Follower, ear: Ear, slot: TimeSlot) -> None:
    await until(lambda: ear.slots)

    assert ear.slots == [availability.change_of(slot)]


async def test_removed_slots_make_everybody_read_again_once(
    follower: Follower, expert: Expert, make_slot: MakeSlot, ear: Ear
) -> None:
    slots = [await make_slot(expert, hours=24 + hour) for hour in range(4)]
    await until(lambda: len(ear.slots) == len(slots))

    await database.collection(TimeSlot).delete_many({"expert_id": expert.id})
    last = await make_slot(expert, hours=48)
    await until(lambda: ear.gaps and ear.slots[-1].slot_id == last.id)
    await until(lambda: follower._missed_since is None)

    assert ear.gaps == [ChangesMissed()]


async def test_removed_booking_is_told_to_whoever_may_show_it(
    follower: Follower, slot: TimeSlot, alice: Customer, ear: Ear
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await database.collection(Booking).delete_one({"_id": booking.id})
    await until(lambda: None in ear.statuses)

    assert ear.bookings[-1] == BookingChanged(booking_id=booking.id, status=None)


async def test_whoever_joins_a_line_elsewhere_is_told_of_and_forgotten_in_silence(
    follower: Follower, ear: Ear, slot: TimeSlot
) -> None:
    heard: list[events.LineChanged] = []
    events.lines.subscribe(slot.expert_id, heard.append)
    now = clock.now()
    wish = Wish(
        expert_id=slot.expert_id,
        customer_name="Alice",
        customer_email="alice@example.com",
        customer_key="alice@example.com",
        begins_at=now,
        ends_at=now + timedelta(days=1),
        created_at=now,
        forgotten_at=now + timedelta(days=30),
    )

    await wish.insert()
    await until(lambda: heard)
    await wish.delete()
    await TimeSlot.find_one({"_id": slot.id}).update({"$inc": {"version": 1}})

    await until(lambda: ear.slots)
    assert (heard, ear.gaps) == ([events.LineChanged(expert_id=slot.expert_id)], [])


async def test_names_notes_and_tokens_do_not_travel(slot: TimeSlot, alice: Customer) -> None:
    async with database.changes(PIPELINE) as changes:
        await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
        seen = [change async for change in _all(changes)]

    told = {name for change in seen for name in change.get("fullDocument", {})}
    assert {change["ns"]["coll"] for change in seen} == {"time_slots", "bookings"}
    assert told == set(SLOT_FIELDS + BOOKING_FIELDS)
    assert not {"customer_name", "customer_email", "customer_phone", "notes", "manage_token", "hold_token"} & told
    assert not any("updateDescription" in change for change in seen)


async def _all(changes: database.Changes) -> AsyncIterator[dict[str, Any]]:
    while (change := await changes.next()) is not None:
        yield change


# --- gaps ---


@asynccontextmanager
async def server(folder: Path, **options: Any) -> AsyncIterator[ServerProcess]:
    """A database server of the test's own."""
    process = await ServerProcess.launch(folder, **options)
    try:
        yield process
    finally:
        await process.end()


@asynccontextmanager
async def connection(process: ServerProcess) -> AsyncIterator[None]:
    """The documents bound to a database on that server."""
    uri = f"mongodb://127.0.0.1:{process.port}/?directConnection=true&retryWrites=false&maxPoolSize=10"
    await database.connect(uri, name="gaps", timeout_seconds=1)
    try:
        yield
    finally:
        await database.disconnect()


def new_slot() -> TimeSlot:
    start = availability.clock.now().replace(year=2100, microsecond=0)
    return TimeSlot(expert_id=PydanticObjectId(), starts_at=start, ends_at=start)


async def test_stream_goes_on_where_it_ended_when_the_database_comes_back(tmp_path: Path, ear: Ear) -> None:
    follower = Follower()
    async with server(tmp_path) as first, connection(first), following(follower):
        before = await new_slot().insert()
        await until(lambda: ear.slots)
        follower._hear = _deaf  # type: ignore[method-assign]  # as if the line broke before the next one came
        missed = await new_slot().insert()
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
        del follower._hear
        await until(lambda: not follower.is_live)
        async with server(tmp_path, port=first.port):
            later = await new_slot().insert()
            await until(lambda: len(ear.slots) == 3)

    assert [event.slot_id for event in ear.slots] == [before.id, missed.id, later.id]
    assert len(ear.gaps) == 1  # the one with which it began


def _deaf(change: object) -> None:
    raise database.CONNECTION_ERRORS[0]("the line broke")


@contextmanager
def forgetful_server(folder: Path) -> Iterator[str]:
    """The address of a server that remembers next to no changes."""
    command = [sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", "0", "--oplog-max-entries", "20"]
    command += ["--storage-path", str(folder / "files"), "--log-level", "INFO"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = next(found[1] for line in process.stderr if (found := LISTENING.search(line)))
        yield f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


async def test_token_that_is_too_old_makes_everybody_read_again(tmp_path: Path, ear: Ear) -> None:
    follower = Follower()
    with forgetful_server(tmp_path) as uri:
        await database.connect(uri, name="gaps", timeout_seconds=5)
        try:
            async with following(follower):
                await new_slot().insert()
                await until(lambda: ear.slots)
            ear.gaps.clear()
            await database.collection(TimeSlot).database["others"].insert_many([{} for _ in range(2000)])
            with pytest.raises(database.OperationFailure) as too_old:
                async with database.changes(PIPELINE, after=follower._token) as changes:
                    await changes.next()
            async with following(follower):
                later = await new_slot().insert()
                await until(lambda: len(ear.slots) == 2)
        finally:
            await database.disconnect()

    assert too_old.value.code == 286
    assert ear.gaps == [ChangesMissed()]
    assert ear.slots[-1].slot_id == later.id


@pytest.mark.parametrize("token", [{"_data": "00"}, {"_data": "no token"}])
async def test_unusable_token_makes_everybody_read_again(
    connected: None, slot: TimeSlot, make_slot: MakeSlot, expert: Expert, ear: Ear, token: Any
) -> None:
    follower = Follower()
    follower._token = token
    async with following(follower):
        assert ear.gaps == [ChangesMissed()]
        added = await make_slot(expert, hours=30)
        await until(lambda: ear.slots)

    assert [event.slot_id for event in ear.slots] == [added.id]


async def test_dropped_database_makes_everybody_read_again(
    follower: Follower, make_slot: MakeSlot, expert: Expert, ear: Ear
) -> None:
    await make_slot(expert)
    await until(lambda: ear.slots)

    await database.collection(TimeSlot).database.client.drop_database(database.collection(TimeSlot).database.name)
    await until(lambda: ear.gaps)
    await until(lambda: follower.is_live)
    added = await make_slot(expert, hours=30)
    await until(lambda: ear.slots[-1].slot_id == added.id)


async def test_document_that_makes_no_sense_does_not_end_it(
    follower: Follower, make_slot: MakeSlot, expert: Expert, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    await database.collection(TimeSlot).insert_one({"expert_id": "nobody's", "starts_at": "canary"})
    await until(lambda: ear.gaps)

    await make_slot(expert)
    await until(lambda: ear.slots)

    assert "begins anew" in caplog.text
    assert "canary" not in caplog.text


# --- whether it follows ---


async def test_standalone_database_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with server(tmp_path, is_journaled=False) as standalone, connection(standalone):
        await change_streams.follow()

    assert [record.getMessage() for record in caplog.records if record.name == change_streams.__name__] == [
        "the database is a standalone one: live updates reach the browsers of this process only"
    ]


async def test_lag_is_known_while_following(connected: None, slot: TimeSlot, make_slot: MakeSlot, ear: Ear) -> None:
    assert (change_streams.is_live(), change_streams.lag_seconds()) == (False, None)
    task = asyncio.create_task(change_streams.follow())
    await until(change_streams.is_live)
    await database.collection(TimeSlot).update_one({"_id": slot.id}, {"$inc": {"version": 1}})
    await until(lambda: ear.slots)

    lag = change_streams.lag_seconds()
    await background.stop([task])

    assert lag is not None
    assert lag >= 0
    assert (change_streams.is_live(), change_streams.lag_seconds()) == (False, None)
