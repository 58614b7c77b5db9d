"""What is counted, from bookings as they are stored, and how it leaves the house."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine

from expert_booking import bookings, clock, figures
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot
from tests.conftest import MakeExpert, MakeSlot, person

PENDING, CONFIRMED, COMPLETED, CANCELLED = BookingStatus


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    figures.forget()


async def book(slot: TimeSlot, customer: Customer | None = None) -> Booking:
    who = customer or person("alice")
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=who)


async def test_sessions_are_counted_by_day_status_and_category(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    sarah, tom = await make_expert("Sarah"), await make_expert("Tom", category="Law")
    first = await book(await make_slot(sarah, hours=24))
    await bookings.confirm(first.id)
    await book(await make_slot(sarah, hours=48))
    cancelled = await book(await make_slot(tom, hours=48))
    await bookings.cancel(cancelled.id)

    found = await figures.of_days(7)

    assert found.by_status == {PENDING: 1, CONFIRMED: 1, COMPLETED: 0, CANCELLED: 1}
    assert found.by_category == {"Technology": 2, "Law": 1}
    assert found.by_day[first.starts_at.date()][CONFIRMED] == 1
    assert sum(sum(by.values()) for by in found.by_day.values()) == 3
    assert len(found.by_day) == 15
    assert sum(found.lead) == 3


async def test_what_is_further_away_than_the_range_is_not_counted(expert: Expert, make_slot: MakeSlot) -> None:
    await book(await make_slot(expert, hours=24 * 8))

    assert sum((await figures.of_days(7)).by_status.values()) == 0
    assert sum((await figures.of_days(30)).by_status.values()) == 1


async def test_how_early_sessions_are_booked(expert: Expert, make_slot: MakeSlot) -> None:
    with time_machine.travel(clock.now().replace(minute=0), tick=False):
        for hours in (2, 12, 30):
            await book(await make_slot(expert, hours=hours))
        found = await figures.of_days(30)

    assert found.lead == (0, 1, 1, 1, 0, 0, 0, 0)


async def test_slots_over_the_same_time_are_offered_once(expert: Expert, make_slot: MakeSlot) -> None:
    hour = await make_slot(expert, hours=24)
    await make_slot(expert, starts_at=hour.starts_at, session_type="intro")
    await make_slot(expert, starts_at=hour.starts_at + timedelta(minutes=30), session_type="late")
    await make_slot(expert, hours=30, withdrawn_at=clock.now())
    await make_slot(expert, hours=48)
    await book(hour)

    (full,) = (await figures.of_days(7)).utilisation

    assert (full.expert, full.booked, full.offered) == (expert.name, 60, 150)
    assert full.share == 0.4


async def test_everybody_is_among_the_full_and_the_idle(
    make_expert: MakeExpert, make_slot: MakeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "BATCH", 2)
    monkeypatch.setattr(figures, "BUSIEST", 2)
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve")
    house = {name: await make_expert(name) for name in names}
    gone = await make_expert("Gil", is_hidden=True, removed_at=clock.now())
    await make_expert("Hal", is_hidden=True)
    await make_slot(house["Eve"], hours=30)
    for name, number in (("Ann", 1), ("Bob", 2), ("Cleo", 3)):
        for hours in range(24, 24 + number):
            await book(await make_slot(house[name], hours=hours), person(f"{name}{hours}"))
    await make_slot(house["Bob"], hours=40)
    booked = await book(await make_slot(gone))

    found = await figures.of_days(7)

    shares = {each.expert: (each.booked, each.offered) for each in found.utilisation}
    assert shares == {
        "Ann": (60, 60), "Cleo": (180, 180), "Gil": (60, 60), "Bob": (120, 180), "Dan": (0, 0), "Eve": (0, 60),
    }  # fmt: skip
    assert list(shares) == ["Ann", "Cleo", "Gil", "Bob", "Dan", "Eve"]
    assert [each.expert for each in found.busiest] == ["Cleo", "Bob"]
    assert len(figures.rows(found, "utilisation")) == 7
    assert booked.expert_id == gone.id


@pytest.mark.parametrize("number", [1, 2])
async def test_figures_say_that_they_are_cut(
    expert: Expert, make_slot: MakeSlot, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 2)
    for hours in range(24, 24 + number):
        await book(await make_slot(expert, hours=hours), person(f"alice{hours}"))

    assert (await figures.of_days(7)).is_cut is (number == 2)


async def test_figures_are_kept_for_a_while(expert: Expert, make_slot: MakeSlot) -> None:
    began = clock.now()
    with time_machine.travel(began, tick=False) as time:
        before = await figures.of_days(7)
        await book(await make_slot(expert))
        assert await figures.of_days(7) is before
        time.move_to(before.good_until + timedelta(seconds=1))
        after = await figures.of_days(7)

    assert sum(after.by_status.values()) == 1


async def test_file_holds_the_same_as_the_table_and_no_formula(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    evil = await make_expert("=HYPERLINK(1)")
    await book(await make_slot(evil))

    found = await figures.of_days(7)
    read = {name: list(csv.reader(io.StringIO(figures.as_csv(found, name)))) for name in figures.TABLES}

    assert read["utilisation"][1][0] == "'=HYPERLINK(1)"
    assert read["bookings-by-status"] == [
        ["status", "bookings"], ["Pending", "1"], ["Confirmed", "0"], ["Completed", "0"], ["Cancelled", "0"],
    ]  # fmt: skip
    assert {name: len(rows) for name, rows in read.items()} == {
        name: len(figures.rows(found, name)) for name in figures.TABLES
    }
    assert "alice" not in str(read).lower()
