import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pymongo.errors import AutoReconnect

from expert_booking import availability, background, bookings, clock, events, holds, policy, recovery
from expert_booking.background import OpenTimesTeller, Ticker
from expert_booking.customers import Customer
from expert_booking.errors import SlotAlreadyBooked
from expert_booking.events import EVERY_EXPERT, ChangesMissed, OpenTimesChanged, SlotChanged
from models import Booking, Expert, SlotState, TimeSlot
from tests.conftest import MakeExpert, MakeSlot, stored


@pytest.fixture
def heard() -> Iterator[list[SlotChanged]]:
    """Every slot event of the test, in order."""
    told: list[SlotChanged] = []
    events.slots.subscribe(EVERY_EXPERT, told.append)
    yield told
    events.slots.unsubscribe(EVERY_EXPERT, told.append)


async def until(told: list[Any], count: int) -> None:
    async with asyncio.timeout(5):
        while len(told) < count:
            await asyncio.sleep(0.005)


# --- ticker ---


async def test_tick_opens_again_what_closed_before_the_clock_was_set_back(
    slot: TimeSlot, heard: list[SlotChanged]
) -> None:
    with time_machine.travel(slot.starts_at - timedelta(minutes=10), tick=False) as traveller:
        ticker = Ticker()
        for hours in (1, -1):
            traveller.shift(timedelta(hours=hours))
            await ticker.tick()

    assert [event.state for event in heard] == [SlotState.PAST, SlotState.OPEN]


async def test_tick_ends_holds_that_were_taken_when_the_clock_was_ahead(
    slot: TimeSlot, make_slot: MakeSlot, expert: Expert
) -> None:
    other = await make_slot(expert, hours=30)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        traveller.shift(timedelta(hours=1))
        await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="alice")
        traveller.shift(-timedelta(hours=1))
        await holds.hold(expert_id=expert.id, slot_id=other.id, visitor="bob")

        await Ticker().tick()

    assert (await stored(slot)).held_by is None
    assert (await stored(other)).held_by == "bob"


async def test_tick_announces_holds_that_end(slot: TimeSlot, heard: list[SlotChanged]) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        ticker = Ticker()
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice")
        traveller.shift(policy.current().hold)
        heard.clear()

        await ticker.tick()

    assert [(event.slot_id, event.state) for event in heard] == [(slot.id, SlotState.OPEN)]


async def test_tick_announces_slots_that_close_once(
    expert: Expert, make_slot: MakeSlot, heard: list[SlotChanged], alice: Customer
) -> None:
    policy.use(policy.BookingPolicy(minimum_notice=timedelta(hours=1)))
    with time_machine.travel(clock.now(), tick=False) as traveller:
        starts = [clock.now() + timedelta(minutes=minutes) for minutes in (61, 62, 63, 90)]
        first, booked, second, _ = [await make_slot(expert, starts_at=start) for start in starts]
        await bookings.book(expert_id=expert.id, slot_id=booked.id, visitor="alice", customer=alice)
        ticker = Ticker()
        heard.clear()
        told = []
        for _ in range(4):
            traveller.shift(timedelta(minutes=1))
            await ticker.tick()
            await ticker.tick()
            told.append([(event.slot_id, event.state) for event in heard])
            heard.clear()

    assert told == [[(first.id, SlotState.PAST)], [], [(second.id, SlotState.PAST)], []]


async def test_tick_announces_slots_that_close_by_their_experts_notice_once(
    expert: Expert, make_slot: MakeSlot, heard: list[SlotChanged], alice: Customer
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        closings = [clock.now() + timedelta(minutes=minutes) for minutes in (1, 2, 3, 30)]
        first, booked, second, _ = [
            await make_slot(expert, hours=hours, closes_at=at) for hours, at in enumerate(closings, start=24)
        ]
        await bookings.book(expert_id=expert.id, slot_id=booked.id, visitor="alice", customer=alice)
        ticker = Ticker()
        heard.clear()
        told = []
        for _ in range(4):
            traveller.shift(timedelta(minutes=1))
            await ticker.tick()
            await ticker.tick()
            told.append([(event.slot_id, event.state) for event in heard])
            heard.clear()

    assert told == [[(first.id, SlotState.PAST)], [], [(second.id, SlotState.PAST)], []]


async def test_tick_makes_up_for_what_failed(
    expert: Expert, make_slot: MakeSlot, heard: list[SlotChanged], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> list[TimeSlot]:
        raise AutoReconnect("the connection broke")

    with time_machine.travel(clock.now(), tick=False) as traveller:
        slot = await make_slot(expert, starts_at=clock.now() + timedelta(minutes=1))
        ticker = Ticker()
        traveller.shift(timedelta(minutes=1))
        with monkeypatch.context() as patched, suppress(AutoReconnect):
            patched.setattr(availability, "started_between", gone)
            await ticker.tick()
        traveller.shift(timedelta(minutes=1))

        await ticker.tick()

    assert [(event.slot_id, event.state) for event in heard] == [(slot.id, SlotState.PAST)]


async def test_everybody_reads_again_a_little_after_an_outage(connected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[ChangesMissed] = []
    events.resync.subscribe(EVERY_EXPERT, told.append)
    ticker = Ticker()

    async def away() -> int:
        raise AutoReconnect

    with monkeypatch.context() as patched:
        patched.setattr(holds, "expire", away)
        with pytest.raises(AutoReconnect):
            await ticker.tick()
    heard = []
    for _ in range(5):
        await ticker.tick()
        heard.append(len(told))
    events.resync.unsubscribe(EVERY_EXPERT, told.append)

    assert heard == [0, 0, 1, 1, 1]


async def test_what_recovery_settles_is_told_even_if_the_slot_shows_it_already(
    slot: TimeSlot, alice: Customer, heard: list[SlotChanged], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update was made, its answer was lost, and so was the event."""
    with monkeypatch.context() as patched:
        patched.setattr(events, "slot_changed", lambda _: None)
        booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await Booking.find_one({"_id": booking.id}).update({"$set": {"settled": False}})
    assert heard == []

    await recovery.recover()

    assert [event.state for event in heard] == [SlotState.BOOKED]


# --- open times ---


@pytest.fixture
async def told() -> AsyncIterator[list[OpenTimesChanged]]:
    """What a running teller tells of the experts that are watched."""
    teller = OpenTimesTeller()
    teller.listen()
    task = asyncio.create_task(teller.run())
    yield []
    await background.stop([task])


@contextmanager
def watching(told: list[OpenTimesChanged], *slots: TimeSlot) -> Iterator[None]:
    """A list shows the experts of these slots."""
    expert_ids = {slot.expert_id for slot in slots}
    for expert_id in expert_ids:
        events.open_times.subscribe(expert_id, told.append)
    yield
    for expert_id in expert_ids:
        events.open_times.unsubscribe(expert_id, told.append)


async def test_teller_tells_once_after_a_burst(
    expert: Expert, make_slot: MakeSlot, told: list[OpenTimesChanged], monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [await make_slot(expert, hours=24 + hour) for hour in range(6)]
    asked: list[list[Any]] = []
    count = availability.open_times

    async def counting(expert_ids: list[Any]) -> dict[Any, availability.OpenTimes]:
        asked.append(expert_ids)
        return await count(expert_ids)

    monkeypatch.setattr(availability, "open_times", counting)

    with watching(told, *slots):
        for slot in slots:
            events.slot_changed(availability.change_of(slot))
        await until(told, 1)
        events.slot_changed(replace(availability.change_of(slots[0]), version=1))
        await until(told, 2)

    first = slots[0]
    expected = OpenTimesChanged(expert_id=expert.id, open_slots=6, next_open_at=first.starts_at, next_open_id=first.id)
    assert told == [expected, expected]
    assert asked == [[expert.id], [expert.id]]


async def test_teller_tells_of_every_expert_that_changed(
    make_expert: MakeExpert, make_slot: MakeSlot, told: list[OpenTimesChanged]
) -> None:
    slots = [await make_slot(await make_expert(name)) for name in ("Ann", "Bob")]

    with watching(told, *slots):
        for slot in slots:
            await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=f"visitor of {slot.id}")
        await until(told, 2)

    latest = {event.expert_id: (event.open_slots, event.next_open_at, event.next_open_id) for event in told}
    assert latest == {slot.expert_id: (0, None, None) for slot in slots}


async def test_teller_tells_of_all_that_is_watched_after_a_gap(slot: TimeSlot, told: list[OpenTimesChanged]) -> None:
    with watching(told, slot):
        events.changes_missed()
        await until(told, 1)

    assert told == [
        OpenTimesChanged(expert_id=slot.expert_id, open_slots=1, next_open_at=slot.starts_at, next_open_id=slot.id)
    ]


async def test_teller_counts_nothing_while_nobody_watches(slot: TimeSlot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(availability, "open_times", asked.append)
    teller = OpenTimesTeller()
    teller.listen()
    task = asyncio.create_task(teller.run())

    await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice")
    await asyncio.sleep(2 * background.GATHER_SECONDS)  # long enough for it to have asked

    await background.stop([task])
    assert asked == []


async def test_teller_makes_up_for_what_failed(
    make_expert: MakeExpert, make_slot: MakeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed, later = [await make_slot(await make_expert(name)) for name in ("Ann", "Bob")]
    heard: list[OpenTimesChanged] = []
    teller = OpenTimesTeller()
    teller.listen()

    async def gone(*_: object) -> None:
        raise AutoReconnect("the connection broke")

    with watching(heard, missed, later):
        events.slot_changed(availability.change_of(missed))
        with monkeypatch.context() as patched, suppress(AutoReconnect):
            patched.setattr(availability, "open_times", gone)
            await teller.tell()
        events.slot_changed(availability.change_of(later))

        await teller.tell()

    teller.stop()
    assert {event.expert_id for event in heard} == {missed.expert_id, later.expert_id}


async def test_teller_that_is_ended_hears_no_more(connected: None) -> None:
    before = events.slots.has_watchers(EVERY_EXPERT)
    teller = OpenTimesTeller()
    teller.listen()
    task = asyncio.create_task(teller.run())
    await asyncio.sleep(0)  # until it runs
    listening = events.slots.has_watchers(EVERY_EXPERT)

    await background.stop([task])

    assert (before, listening, events.slots.has_watchers(EVERY_EXPERT)) == (False, True, False)


# --- again and again ---


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (AutoReconnect("the connection broke"), logging.WARNING),
        (RuntimeError("unforeseen"), logging.ERROR),
        (SlotAlreadyBooked(), logging.ERROR),
    ],
)
async def test_attempt_survives_and_logs_what_goes_wrong(
    error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        raise error

    await background.attempt(work)

    assert [record.levelno for record in caplog.records] == [level]


async def test_attempt_does_not_swallow_cancellation() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await background.attempt(work)


async def test_repeat_goes_on_after_an_error() -> None:
    rounds: list[int] = []

    async def work() -> None:
        rounds.append(len(rounds))
        raise RuntimeError("every round fails")

    task = asyncio.create_task(background.repeat(work, every_seconds=0.001))
    await until(rounds, 3)

    await background.stop([task])

    assert task.cancelled()
    assert rounds[:3] == [0, 1, 2]
