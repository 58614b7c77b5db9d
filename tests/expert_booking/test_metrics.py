import asyncio
import time
from collections.abc import Iterator

import pytest
import time_machine

from expert_booking import bookings, clock, database, holds, metrics
from expert_booking.customers import Customer
from expert_booking.errors import SlotUnavailable
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot

BOOKINGS = "expert_booking_booking_changes_total"
HOLDS = "expert_booking_hold_changes_total"
CONFLICTS = "expert_booking_conflicts_total"


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    before = metrics.current()
    metrics.use(metrics.Metrics())
    yield
    metrics.use(before)


def figure(name: str, **labels: str) -> float | None:
    return metrics.current().registry.get_sample_value(name, labels)


def named(name: str) -> dict[str, float]:
    """The figures of one name, by their one label."""
    families = metrics.current().registry.collect()
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {"".join(sample.labels.values()): sample.value for sample in samples}


async def test_holds_are_counted_and_those_that_stand(expert: Expert, make_slot: MakeSlot) -> None:
    first, second, third = [await make_slot(expert, hours=hours) for hours in (24, 25, 26)]
    with time_machine.travel(clock.now()) as traveller:
        given_up = await holds.hold(expert_id=expert.id, slot_id=first.id, visitor="alice")
        await holds.hold(expert_id=expert.id, slot_id=second.id, visitor="bob")
        await holds.release(slot_id=first.id, token=given_up.token)
        traveller.shift(200)
        await holds.hold(expert_id=expert.id, slot_id=third.id, visitor="charlie")
        await holds.expire()
        both = figure("expert_booking_holds")
        traveller.shift(200)
        await holds.expire()

    assert (both, figure("expert_booking_holds")) == (2, 1)
    assert named(HOLDS) == {"taken": 3, "released": 1, "expired": 1}


async def test_hold_that_is_taken_over_is_no_other_one(expert: Expert, slot: TimeSlot) -> None:
    for _ in range(2):
        await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="alice")

    assert named(HOLDS) == {"taken": 1, "released": 0, "expired": 0}


async def test_bookings_are_counted_by_what_became_of_them(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    made = []
    for hours in (24, 25):
        slot = await make_slot(expert, hours=hours)
        made.append(await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice))
    await bookings.confirm(made[0].id)
    await bookings.complete(made[0].id)
    await bookings.delete(made[0].id)
    await bookings.cancel(made[1].id)

    assert named(BOOKINGS) == {"made": 2, "confirmed": 1, "completed": 1, "cancelled": 1, "deleted": 1}


async def test_lost_races_are_counted(expert: Expert, slot: TimeSlot, alice: Customer) -> None:
    contenders = [
        bookings.book(expert_id=expert.id, slot_id=slot.id, visitor=f"visitor {number}", customer=alice)
        for number in range(5)
    ]

    outcomes = await asyncio.gather(*contenders, return_exceptions=True)

    lost = [outcome for outcome in outcomes if isinstance(outcome, SlotUnavailable)]
    assert len(lost) == 4
    assert named(BOOKINGS)["made"] == 1
    assert sum(named(CONFLICTS).values()) == 4
    assert named(CONFLICTS)["slot_in_the_past"] == 0


async def test_same_request_sent_twice_is_no_lost_race(expert: Expert, slot: TimeSlot, alice: Customer) -> None:
    async def request() -> Booking:
        return await bookings.book(
            expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice, idempotency_key="the same"
        )

    first, second = await request(), await request()

    assert first.id == second.id
    assert (named(BOOKINGS)["made"], sum(named(CONFLICTS).values())) == (1, 0)


async def test_database_commands_are_timed_by_name(slot: TimeSlot) -> None:
    await TimeSlot.find_one({"_id": slot.id})
    with pytest.raises(database.UNUSABLE_ERRORS):
        await database.collection(TimeSlot).database.command("dropUser", "nobody-of-this-name")

    assert named("expert_booking_database_seconds_count")["find"] == 1
    assert named("expert_booking_database_seconds_sum")["find"] > 0
    assert named("expert_booking_database_failures_total")["dropUser"] == 1


async def test_figures_name_nobody(expert: Expert, slot: TimeSlot, alice: Customer) -> None:
    hold = await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="the visitor's cookie")
    booking = await bookings.book(
        expert_id=expert.id, slot_id=slot.id, visitor="the visitor's cookie", customer=alice, idempotency_key="the key"
    )
    with pytest.raises(SlotUnavailable):
        await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="somebody else")

    told = metrics.exposition().decode()

    private = [expert.id, expert.name, slot.id, booking.id, booking.manage_token, hold.token, "cookie", "the key"]
    private += [alice.name, alice.email, alice.phone, alice.key]
    assert [str(word) for word in private if str(word) in told] == []


def test_fan_out_counts_changes_and_viewers() -> None:
    metrics.fan_out(0.04, viewers=1000)
    metrics.fan_out(0.2, viewers=2)

    assert figure("expert_booking_fan_out_seconds_bucket", le="0.05") == 1
    assert figure("expert_booking_fan_out_seconds_count") == 2
    assert figure("expert_booking_viewers_told_total") == 1002


def test_viewers_of_every_source_are_added_up() -> None:
    metrics.count_viewers("pages", lambda: {"/": 2, "/experts/{expert_id}": 3})
    metrics.count_viewers("streams", lambda: {"/": 1})

    assert named("expert_booking_viewers") == {"/": 3, "/experts/{expert_id}": 3}


def test_lag_is_told_where_there_can_be_one() -> None:
    alone = named("expert_booking_event_lag_seconds")
    metrics.ask_for_lag(lambda: 0.25)

    assert (alone, figure("expert_booking_event_lag_seconds")) == ({}, 0.25)


async def test_loop_that_was_blocked_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "DELAY_SAMPLE_SECONDS", 0.01)
    watching = asyncio.create_task(metrics.watch_the_loop())
    await asyncio.sleep(0)  # it looks at the clock

    time.sleep(0.1)  # noqa: ASYNC251 - what is to be noticed
    async with asyncio.timeout(10):
        while not figure("expert_booking_event_loop_delay_seconds_count"):
            await asyncio.sleep(0.01)
    watching.cancel()

    assert (figure("expert_booking_event_loop_delay_seconds_sum") or 0) >= 0.08


def test_process_tells_its_memory() -> None:
    assert (figure("process_resident_memory_bytes") or 0) > 1_000_000
