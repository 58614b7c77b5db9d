"""Limits count by address, in one process and in several, and neither close nor open the house without a database."""

import asyncio
from collections.abc import Iterator

import pytest
import time_machine

from expert_booking import clock, database, limiting, metrics
from expert_booking.errors import TooManyRequests
from expert_booking.limit_storage import InDatabase, InMemory
from expert_booking.limiting import RULES, Limit, hit, one_of
from models import Recent

HERE, THERE = "192.0.2.1", "192.0.2.2"
SECRET = "the-secret-of-these-tests-and-of-no-other"
BOOKINGS = RULES[Limit.BOOKING].a_minute.amount


@pytest.fixture(autouse=True)
def counting() -> Iterator[None]:
    limiting.use(is_on=True)
    yield
    limiting.use(is_on=False)


async def passed(limit: Limit, address: str | None, times: int) -> int:
    """How many of so many at once are let through."""
    answers = await asyncio.gather(*(hit(limit, address) for _ in range(times)), return_exceptions=True)
    assert all(answer is None or isinstance(answer, TooManyRequests) for answer in answers)
    return answers.count(None)


@pytest.mark.parametrize(
    ("limit", "a_minute"),
    [(Limit.OVERALL, 120), (Limit.BOOKING, 10), (Limit.LOOK_UPS, 20), (Limit.CODES, 5), (Limit.VERIFYING, 20)],
)
async def test_so_many_a_minute_are_let_through_and_no_more(limit: Limit, a_minute: int) -> None:
    assert await passed(limit, HERE, a_minute + 5) == a_minute


async def test_addresses_and_limits_are_counted_apart() -> None:
    await passed(Limit.BOOKING, HERE, BOOKINGS)

    await hit(Limit.BOOKING, THERE)
    await hit(Limit.LOOK_UPS, HERE)


async def test_the_window_moves_with_the_clock() -> None:
    with time_machine.travel("2037-11-22T12:00:00Z", tick=False) as clock:
        await passed(Limit.BOOKING, HERE, BOOKINGS - 1)
        clock.shift(40)
        await hit(Limit.BOOKING, HERE)
        with pytest.raises(TooManyRequests) as refused:
            await hit(Limit.BOOKING, HERE)
        assert refused.value.retry_after_seconds == 20
        clock.shift(20)
        assert await passed(Limit.BOOKING, HERE, BOOKINGS) == BOOKINGS - 1


async def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    with time_machine.travel("2037-11-22T12:00:00Z", tick=False) as clock:
        await passed(Limit.BOOKING, HERE, BOOKINGS)
        clock.shift(-3600)
        await hit(Limit.BOOKING, HERE)


async def test_the_refusal_says_what_to_do_and_is_counted() -> None:
    metrics.use(metrics.Metrics())
    await passed(Limit.CODES, HERE, RULES[Limit.CODES].a_minute.amount)

    with pytest.raises(TooManyRequests, match=r"Codes were asked for .* Please wait \d+\xa0s, then try again\."):
        await hit(Limit.CODES, HERE)

    assert b'expert_booking_refusals_total{limit="codes"} 1.0' in metrics.exposition()
    assert HERE.encode() not in metrics.exposition()


async def test_off_lets_everything_pass() -> None:
    limiting.use(is_on=False)
    assert await passed(Limit.BOOKING, HERE, 200) == 200


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("", "unknown"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_who_counts_as_one(address: str | None, counts_as: str) -> None:
    assert one_of(address) == counts_as


async def test_a_flood_of_addresses_is_remembered_within_bounds() -> None:
    storage = InMemory(most_keys=100)
    for number in range(1000):
        assert await storage.acquire_entry(f"address {number}", 5, 60)

    assert await storage.reset() == 100


async def test_two_processes_on_one_database_count_together(connected: None) -> None:
    one, other = InDatabase(SECRET), InDatabase(SECRET)

    taken = await asyncio.gather(*(storage.acquire_entry("key", 10, 60) for storage in (one, other) for _ in range(15)))

    assert taken.count(True) == 10
    assert (await one.get_moving_window("key", 10, 60))[1] == 10


async def test_the_window_in_the_database_moves_too(connected: None) -> None:
    storage = InDatabase(SECRET)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        began = clock.now().timestamp()
        assert [await storage.acquire_entry("key", 2, 60) for _ in range(3)] == [True, True, False]
        traveller.shift(59)
        assert not await storage.acquire_entry("key", 2, 60)
        assert (await storage.get_moving_window("key", 2, 60))[0] == pytest.approx(began, abs=1)
        traveller.shift(2)
        assert [await storage.acquire_entry("key", 2, 60) for _ in range(3)] == [True, True, False]
        traveller.shift(-3600)
        assert await storage.acquire_entry("key", 2, 60)


async def test_the_database_holds_no_address(connected: None) -> None:
    limiting.use(is_on=True, secret=SECRET, is_shared=True)
    await hit(Limit.BOOKING, HERE)
    await hit(Limit.OVERALL, HERE)

    stored = await Recent.find_all().to_list()
    assert len(stored) == 1  # the overall limit asks no database
    assert HERE not in stored[0].model_dump_json()


async def test_what_another_process_counted_counts_here(connected: None) -> None:
    for _ in range(2):
        limiting.use(is_on=True, secret=SECRET, is_shared=True)  # nothing in its own memory yet
        await passed(Limit.BOOKING, HERE, BOOKINGS // 2)

    limiting.use(is_on=True, secret=SECRET, is_shared=True)
    with pytest.raises(TooManyRequests):
        await hit(Limit.BOOKING, HERE)


async def test_without_a_database_each_process_counts_for_itself(database_uri: str, database_name: str) -> None:
    await database.connect(database_uri, name=database_name, timeout_seconds=10)
    await database.disconnect()
    limiting.use(is_on=True, secret=SECRET, is_shared=True)

    assert await passed(Limit.BOOKING, HERE, BOOKINGS + 5) == BOOKINGS
