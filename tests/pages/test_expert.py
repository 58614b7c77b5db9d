from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from beanie import PydanticObjectId
from pymongo.errors import AutoReconnect

from expert_booking import availability, bookings, clock, database, events, holds, policy, recovery
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot
from models.time_slot import NOT_HELD
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.pages.person import BOOKED, FREE, HELD, MINE, Person

MONDAY = datetime(2030, 6, 3, tzinfo=UTC)
TYPED = {
    "Full name": "Alice",
    "E-mail": "alice@example.com",
    "Phone": "+44 20 7946 0958",
    "What is it about? (optional)": "Two questions",
}


def tomorrow_at(hour: int) -> datetime:
    """Times of one day, whatever the hour at which the tests run."""
    return clock.now().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=1)


async def book_elsewhere(slot: TimeSlot, customer: Customer) -> Booking:
    """Somebody books through the API, or in a browser that is not looked at here."""
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def book_in_another_process(slot: TimeSlot, customer: Customer) -> None:
    """A booking of which this process has not heard when the visitor clicks."""
    booking = Booking(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_key=customer.key,
        customer_phone=customer.phone,
        idempotency_key="another process",
        request_digest="",
        manage_token="another process",
        created_at=clock.now(),
        settled=True,
    )
    await booking.insert()
    await TimeSlot.find_one({"_id": slot.id}).update(
        {"$set": {"booking_id": booking.id, "held_until": NOT_HELD, "held_by": None, "hold_token": None}}
    )


async def test_page_shows_the_expert(visitor: Person, make_expert: MakeExpert) -> None:
    expert = await make_expert(
        name="José Álvarez",
        headline="Clouds",
        bio="Ten years.\nOf <b>clouds</b>.",
        session_minutes=45,
        experience_years=1,
    )

    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees(
        "José Álvarez", "Clouds", "Ten years.\nOf <b>clouds</b>.", "4.9", "1 year", "45 minutes", "Technology"
    )


@time_machine.travel(MONDAY, tick=False)
async def test_slots_are_grouped_by_day_and_part_of_day(visitor: Person, expert: Expert, make_slot: MakeSlot) -> None:
    slots = [await make_slot(expert, starts_at=MONDAY.replace(day=4, hour=hour)) for hour in (9, 13, 18)]
    later = await make_slot(expert, starts_at=MONDAY.replace(day=6, hour=10))

    await visitor.open(f"/experts/{expert.id}")

    assert visitor.names("day") == [
        "Monday 3 June 2030, no times",
        "Tuesday 4 June 2030, 3 free times",
        "Wednesday 5 June 2030, no times",
        "Thursday 6 June 2030, 1 free time",
        "Friday 7 June 2030, no times",
        "Saturday 8 June 2030, no times",
        "Sunday 9 June 2030, no times",
    ]
    assert "Tuesday 4 June 2030, 3 free times" in visitor.pressed()
    assert visitor.names("part") == ["Morning", "Afternoon", "Evening"]
    assert visitor.names("slot") == [
        f"Tue 4 Jun, {time}, UTC time, available" for time in ("9:00 AM", "1:00 PM", "6:00 PM")
    ]
    assert [visitor.slot(slot) for slot in [*slots, later]] == [FREE, FREE, FREE, None]


@time_machine.travel(MONDAY, tick=False)
async def test_another_day_and_another_week_are_a_click_away(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    await make_slot(expert, starts_at=MONDAY.replace(hour=9))
    on_friday = await make_slot(expert, starts_at=MONDAY.replace(day=7, hour=9))
    next_week = await make_slot(expert, starts_at=MONDAY.replace(day=10, hour=9))
    await visitor.open(f"/experts/{expert.id}")

    await visitor.click("Friday 7 June 2030, 1 free time")
    await visitor.sees_slot(on_friday, FREE)
    await visitor.click("Later week")
    await visitor.sees_slot(next_week, FREE)
    assert visitor.slot(on_friday) is None

    await visitor.click("Wednesday 12 June 2030, no times")
    await visitor.sees("Wednesday 12 June", "No times on this day.")


@time_machine.travel(MONDAY, tick=False)
async def test_slots_are_told_in_the_zone_of_the_visitor(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    expert = await make_expert(time_zone="Europe/London")
    await make_slot(expert, starts_at=MONDAY.replace(day=4, hour=20))
    visitor.comes_from("Asia/Kolkata")

    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees("Kolkata time, GMT+5:30", "Sarah is in London, 4 h 30 min behind you: it is ", "1:00 AM")
    assert visitor.names("slot") == ["Wed 5 Jun, 1:30 AM, Kolkata time, available"]


@time_machine.travel(MONDAY, tick=False)
async def test_slots_of_a_night_with_a_clock_change_stay_apart(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    # Berlin's clocks go back from 3:00 to 2:00 on 27 October 2030, at 1:00 UTC.
    for hour in (0, 1):
        await make_slot(expert, starts_at=datetime(2030, 10, 27, hour, tzinfo=UTC))
    visitor.comes_from("Europe/Berlin")

    await visitor.open(f"/experts/{expert.id}")

    assert visitor.names("slot") == [
        "Sun 27 Oct, 2:00 AM GMT+2, Berlin time, available",
        "Sun 27 Oct, 2:00 AM GMT+1, Berlin time, available",
    ]


async def test_expert_without_open_times_says_so(visitor: Person, expert: Expert) -> None:
    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees("This expert has no open time at the moment.")


async def test_picked_slot_is_held_and_everybody_sees_it(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    assert watcher.slot(slot) == FREE

    visitor.pick(slot)

    await visitor.sees_slot(slot, MINE)
    await visitor.sees("Held for you, UTC time")
    await watcher.sees_slot(slot, HELD)
    await watcher.sees("is now being booked.")
    await watcher.misses("Held for you")


async def test_picked_slot_is_not_announced_to_its_own_visitor_as_somebody_elses(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")

    visitor.pick(slot)

    await visitor.sees("Held for you")
    await watcher.sees("is now being booked.")
    await visitor.misses("is now being booked.")


async def test_countdown_begins_with_the_whole_hold(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    policy.use(policy.BookingPolicy(hold=timedelta(minutes=5)))
    with time_machine.travel(clock.now(), tick=False):
        await visitor.open(f"/experts/{expert.id}")

        visitor.pick(slot)

        await visitor.sees("Held for you", "5:00")


async def test_choosing_another_time_frees_the_slot(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await watcher.sees_slot(slot, HELD)

    await visitor.click("Choose another time")

    await watcher.sees_slot(slot, FREE)
    await visitor.sees_slot(slot, FREE)
    await visitor.sees("It is kept for you for 5 minutes while you fill in a short form.")


async def test_picking_another_slot_moves_the_hold(
    visitor: Person, watcher: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    first, second = [await make_slot(expert, starts_at=tomorrow_at(hour)) for hour in (12, 13)]
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(first)
    await visitor.sees("Book 12:00 PM")
    visitor.fill_in(notes="Two questions")
    told: list[bool] = []
    events.slots.subscribe(expert.id, lambda event: told.append("is up" in str(visitor.texts)))

    visitor.pick(second)

    await visitor.sees("Book 1:00 PM")
    assert visitor.typed() == TYPED
    assert told == [False, False], "that the first hold ended was on purpose"
    await watcher.sees_slot(first, FREE)
    await watcher.sees_slot(second, HELD)
    assert [visitor.slot(first), visitor.slot(second)] == [FREE, MINE]


async def test_closed_tab_frees_the_slot(visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await watcher.sees_slot(slot, HELD)

    visitor.leave()

    await watcher.sees_slot(slot, FREE)


async def test_tab_that_closes_right_after_the_click_frees_the_slot(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")

    visitor.pick(slot)
    visitor.leave()

    await watcher.sees("is now available.")
    assert watcher.slot(slot) == FREE


async def test_reload_keeps_the_hold(visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    before = visitor.client

    await visitor.reload()
    before.delete()

    await visitor.sees("Held for you")
    assert visitor.slot(slot) == MINE
    assert (await stored(slot)).held_until > clock.now()
    assert watcher.slot(slot) == HELD


async def test_second_tab_that_closes_leaves_the_hold_to_the_first(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    first = visitor.client
    await visitor.reload()
    second = visitor.client

    second.delete()
    await watcher.sees_slot(slot, HELD)
    assert (await stored(slot)).held_until > clock.now()
    first.delete()

    await watcher.sees_slot(slot, FREE)


async def test_hold_that_runs_out_frees_the_slot_and_says_so(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await visitor.open(f"/experts/{expert.id}")
        await watcher.open(f"/experts/{expert.id}")
        visitor.pick(slot)
        await visitor.sees("Held for you")
        visitor.fill_in(notes="Two questions")

        traveller.shift(policy.current().hold)
        await holds.expire()

        await visitor.sees("Your time to fill in the form is up", "What you typed is kept.")
        await visitor.sees_slot(slot, FREE)
        await watcher.sees_slot(slot, FREE)

        await visitor.click(next(name for name in visitor.names("cta") if name.startswith("Hold ")))
        await visitor.sees("Held for you")
        assert visitor.typed() == TYPED
        await watcher.sees_slot(slot, HELD)


async def test_booked_slot_is_booked_for_everybody(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")

    visitor.fill_in(notes="Two questions")
    visitor.submit()

    await visitor.sees("Session with Sarah Johnson", "Pending")
    await watcher.sees_slot(slot, BOOKED)
    (booking,) = await Booking.find().to_list()
    assert visitor.address == f"/bookings/{booking.manage_token}"
    assert (booking.slot_id, booking.status, booking.active) == (slot.id, BookingStatus.PENDING, True)
    assert (booking.customer_name, booking.customer_email) == ("Alice", "alice@example.com")
    assert (booking.customer_phone, booking.notes) == ("+442079460958", "Two questions")
    assert (await stored(slot)).booking_id == booking.id


async def test_booking_whose_answer_was_lost_is_found_again(
    visitor: Person, expert: Expert, slot: TimeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    visitor.fill_in(notes="Two questions")
    with monkeypatch.context() as line:
        line.setattr(database, "insert_each", answering_never(database.insert_each))
        visitor.submit()
        await visitor.sees("The database is not reachable right now.")

    await recovery.recover()

    await visitor.sees("Session with Sarah Johnson", "Pending")
    assert [booking.slot_id for booking in await Booking.find().to_list()] == [slot.id]


def answering_never(write: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """The real thing, but for its answer, which is lost on the way."""

    async def write_and_lose_the_answer(*arguments: object) -> object:
        await write(*arguments)
        raise AutoReconnect

    return write_and_lose_the_answer


async def test_nothing_of_the_customer_reaches_the_page_of_somebody_else(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    visitor.fill_in(notes="Two questions")
    visitor.submit()
    await watcher.sees_slot(slot, BOOKED)

    (booking,) = await Booking.find().to_list()
    held_by = (await stored(slot)).held_by
    drawn = (
        str(watcher.client.layout) + (await watcher.get(f"/experts/{expert.id}")).text + (await watcher.get("/")).text
    )

    secrets = ["Alice", "alice@example.com", "7946", "Two questions", booking.manage_token, str(booking.id)]
    assert held_by is None
    assert [secret for secret in secrets if secret in drawn] == []


async def test_submitting_twice_at_once_books_once(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    visitor.fill_in()

    visitor.submit()
    visitor.submit()

    await visitor.sees("Session with Sarah Johnson")
    assert await Booking.find().count() == 1


async def test_slot_lost_while_it_was_held_is_answered_with_others(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    lost, *others = [await make_slot(expert, hours=24 + hour) for hour in range(5)]
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await visitor.open(f"/experts/{expert.id}")
        visitor.pick(lost)
        await visitor.sees("Held for you")
        visitor.fill_in(notes="Two questions")
        traveller.shift(policy.current().hold)

        await book_elsewhere(lost, bob)

        await visitor.sees("Somebody else has this time now.", "What you typed is kept.", "These times are free:")
        await visitor.sees_slot(lost, BOOKED)
        offers = visitor.names("offer")
        assert len(offers) == 4
        await visitor.click(offers[0])
        await visitor.sees("Held for you")
        assert visitor.typed() == TYPED
        await visitor.sees_slot(others[0], MINE)


async def test_slot_lost_at_the_last_moment_is_answered_with_others(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    lost, other = [await make_slot(expert, hours=24 + hour) for hour in range(2)]
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(lost)
    await visitor.sees("Held for you")
    visitor.fill_in(notes="Two questions")
    await book_in_another_process(lost, bob)

    visitor.submit()

    await visitor.sees("This time has just been taken. Please choose another one.", "These times are free:")
    (offer,) = visitor.names("offer")
    await visitor.click(offer)
    await visitor.sees_slot(other, MINE)
    assert visitor.typed() == TYPED
    visitor.submit()
    await visitor.sees("Session with Sarah Johnson")
    assert {(booking.customer_name, booking.slot_id) for booking in await Booking.find().to_list()} == {
        ("Bob", lost.id),
        ("Alice", other.id),
    }


async def test_slot_of_a_page_that_is_behind_is_refused(
    visitor: Person, expert: Expert, slot: TimeSlot, bob: Customer
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await book_in_another_process(slot, bob)

    visitor.pick(slot)

    await visitor.sees("This time has just been taken.", "This expert has no other open time at the moment.")


async def test_hold_is_kept_when_another_slot_is_lost(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    first, second = [await make_slot(expert, starts_at=tomorrow_at(hour)) for hour in (12, 13)]
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(first)
    await visitor.sees("Book 12:00 PM")
    visitor.fill_in(notes="Two questions")
    await book_in_another_process(second, bob)

    visitor.pick(second)
    await visitor.sees("This time has just been taken.", "Go on with Tomorrow, 12:00 PM")
    assert (await stored(first)).held_until > clock.now()
    await visitor.click("Go on with Tomorrow, 12:00 PM")

    await visitor.sees("Book 12:00 PM")
    assert visitor.typed() == TYPED


async def test_hold_given_back_in_another_tab_is_told_as_that(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    token = (await stored(slot)).hold_token
    assert token is not None

    await holds.release(slot_id=slot.id, token=token)

    await visitor.sees("You gave this time back in another tab")
    await visitor.sees_slot(slot, FREE)


async def test_slot_that_starts_while_the_page_is_open_is_too_late(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        slot = await make_slot(expert, hours=1)
        await visitor.open(f"/experts/{expert.id}")
        traveller.shift(timedelta(hours=1))

        visitor.pick(slot)

        await visitor.sees("It is too late to book this time. Please choose a later one.")
        assert not await holds.of_visitor("anybody")
        assert (await stored(slot)).held_by is None


async def test_booking_made_while_the_page_loads_is_on_it(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot, other = [await make_slot(expert, starts_at=tomorrow_at(hour)) for hour in (12, 13)]
    read = availability.calendar_of

    async def read_and_be_overtaken(expert_id: PydanticObjectId) -> list[events.SlotChanged]:
        slots = await read(expert_id)
        await book_elsewhere(slot, bob)
        return slots

    monkeypatch.setattr(availability, "calendar_of", read_and_be_overtaken)

    await visitor.open(f"/experts/{expert.id}")

    assert [visitor.slot(slot), visitor.slot(other)] == [BOOKED, FREE]


@time_machine.travel(MONDAY, tick=False)
async def test_way_on_leads_from_a_day_without_times_to_the_next_with_one(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    await make_slot(expert, starts_at=MONDAY.replace(hour=9))
    on_friday = await make_slot(expert, starts_at=MONDAY.replace(day=7, hour=9))
    next_week = await make_slot(expert, starts_at=MONDAY.replace(day=12, hour=15))
    await visitor.open(f"/experts/{expert.id}")
    await visitor.click("Wednesday 5 June 2030, no times")
    await visitor.sees("No times on this day.")

    await visitor.click("Next: Fri 7 Jun, 9:00 AM")

    await visitor.sees_slot(on_friday, FREE)
    await visitor.click("Next: Wed 12 Jun, 3:00 PM")
    await visitor.sees_slot(next_week, FREE)
    assert "Wednesday 12 June 2030, 1 free time" in visitor.pressed()


@time_machine.travel(MONDAY, tick=False)
async def test_way_on_follows_what_is_taken(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    await make_slot(expert, starts_at=MONDAY.replace(hour=9))
    first, second = [await make_slot(expert, starts_at=MONDAY.replace(day=7, hour=hour)) for hour in (9, 10)]
    await visitor.open(f"/experts/{expert.id}")
    await visitor.sees("Next: Fri 7 Jun, 9:00 AM")

    await book_elsewhere(first, bob)

    await visitor.sees("Next: Fri 7 Jun, 10:00 AM")
    await visitor.is_told("2030-06-03 next", "Next: Fri 7 Jun, 10:00 AM")
    assert second.starts_at > first.starts_at


@time_machine.travel(MONDAY, tick=False)
async def test_week_shows_all_its_days_until_one_is_chosen(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    today = await make_slot(expert, starts_at=MONDAY.replace(hour=9))
    on_friday = await make_slot(expert, starts_at=MONDAY.replace(day=7, hour=9))
    next_week = await make_slot(expert, starts_at=MONDAY.replace(day=12, hour=15))
    await visitor.open(f"/experts/{expert.id}")
    assert [visitor.slot(slot) for slot in (today, on_friday, next_week)] == [FREE, None, None]

    await visitor.click("Week")
    await visitor.sees_slot(on_friday, FREE)
    assert [visitor.slot(slot) for slot in (today, on_friday, next_week)] == [FREE, FREE, None]
    await visitor.click("Later week")
    await visitor.sees_slot(next_week, FREE)
    visitor.pick(next_week)
    await visitor.sees_slot(next_week, MINE)

    await visitor.click("Monday 10 June 2030, no times")
    await visitor.sees("No times on this day.")
    assert visitor.slot(next_week) is None
    assert "Day" in visitor.pressed()


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?day=2030-06-07", ["Fri 7 Jun, 9:00 AM, UTC time, available"]),
        (
            "?day=2030-06-07&view=week",
            ["Mon 3 Jun, 9:00 AM, UTC time, available", "Fri 7 Jun, 9:00 AM, UTC time, available"],
        ),
        ("?day=2030-06-02", ["Mon 3 Jun, 9:00 AM, UTC time, available"]),
        ("?day=2031-06-07", ["Mon 3 Jun, 9:00 AM, UTC time, available"]),
        ("?day=never&view=century", ["Mon 3 Jun, 9:00 AM, UTC time, available"]),
    ],
)
async def test_address_names_what_is_shown(
    visitor: Person, expert: Expert, make_slot: MakeSlot, query: str, shown: list[str]
) -> None:
    await make_slot(expert, starts_at=MONDAY.replace(hour=9))
    await make_slot(expert, starts_at=MONDAY.replace(day=7, hour=9))

    await visitor.open(f"/experts/{expert.id}{query}")

    assert visitor.names("slot") == shown


@time_machine.travel(datetime(2026, 10, 20, 12, tzinfo=UTC), tick=False)
async def test_day_between_two_changes_of_clocks_says_how_far_apart_they_are_then(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    expert = await make_expert(time_zone="Europe/London")
    for day in (22, 26):
        await make_slot(expert, starts_at=datetime(2026, 10, day, 15, tzinfo=UTC))
    visitor.comes_from("America/New_York")
    await visitor.open(f"/experts/{expert.id}")
    await visitor.sees("Sarah is in London, 5 hours ahead of you: it is ")

    await visitor.click("Monday 26 October 2026, 1 free time")

    await visitor.sees("Monday 26 October", "11:00 AM")
    await visitor.is_told("difference", "On Mon 26 Oct, London is 4 hours ahead of you.")


@time_machine.travel(MONDAY, tick=False)
async def test_calendar_is_told_by_the_clock_and_in_the_language_that_were_chosen(
    visitor: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    await make_slot(expert, starts_at=MONDAY.replace(day=4, hour=15))
    visitor.has_cookie("language", "de")
    visitor.has_cookie("clock", "24")

    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees("Di", "15:00", "Juni 2030")
