"""An expert's day and week: requests, sessions, the week, one booking, and nobody else's."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import bookings, client_notes, clock, events, journal, sign_in, waiting
from expert_booking.actors import HOUSE
from expert_booking.administration import staff
from expert_booking.customers import Customer
from models import ActorKind, Booking, BookingStatus, Expert, OutsideCalendar, TimeOff, TimeSlot
from pages.reader import Reader
from pages.workspace.week import Week, first_day
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.pages.conftest import Come
from tests.pages.person import Person

SARAH = "sarah@example.com"


@pytest.fixture
async def expert(make_expert: MakeExpert) -> Expert:
    return await make_expert("Sarah Johnson", email=SARAH, email_key=SARAH)


async def book(slot: TimeSlot, customer: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def at_work(visitor: Person) -> Person:
    """Sarah, signed in, on her page."""
    await visitor.sign_in(SARAH)
    await visitor.open("/workspace")
    return visitor


async def status_of(booking: Booking) -> BookingStatus:
    return (await bookings.get(booking.id)).status


async def test_door_is_the_experts(visitor: Person, expert: Expert) -> None:
    assert "Six digits" in (stranger := await visitor.get("/workspace")).text
    assert stranger.status_code == 401
    await visitor.sign_in("alice@example.com")
    customer = await visitor.get("/workspace")
    assert customer.status_code == 403
    assert "not that of an expert here" in customer.text


async def test_ways_to_work_are_there_for_who_works(visitor: Person, watcher: Person, expert: Expert) -> None:
    await visitor.sign_in(SARAH)
    await watcher.sign_in("alice@example.com")

    assert 'href="/workspace"' in (await visitor.get("/my-bookings")).text
    assert 'href="/workspace"' not in (await watcher.get("/my-bookings")).text


async def test_expert_sees_how_many_wait_and_not_who(visitor: Person, expert: Expert) -> None:
    await at_work(visitor)
    await visitor.sees("No request is waiting for your answer.")
    today = clock.now().date()

    wish = await waiting.join(
        expert_id=expert.id,
        waiter=waiting.Waiter(name="Alice", email="alice@example.com"),
        first_on=today,
        last_on=today + timedelta(days=7),
    )

    await visitor.sees("1 place in your waiting list is taken.")
    assert not any("Alice" in text or "alice" in text for text in visitor.texts)
    await waiting.leave(wish.id)
    await visitor.misses("in your waiting list")


async def test_request_comes_by_itself_and_is_confirmed(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await at_work(visitor)
    await visitor.sees("No request is waiting for your answer.")

    booking = await book(slot, alice)

    await visitor.sees("1 request is waiting", "Alice", "New request: Alice")
    await visitor.click("Confirm")
    await visitor.sees("Confirmed. The customer gets a mail.", "No request is waiting for your answer.")
    assert await status_of(booking) is BookingStatus.CONFIRMED
    assert [(entry.what, entry.by) for entry in await journal.of_booking(booking.id)][-1] == (
        "booking.confirmed",
        ActorKind.EXPERT,
    )


async def test_request_is_declined_with_a_message(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)
    await at_work(visitor)

    await visitor.click("Decline")
    await visitor.send_form("asking", message="I am away.", answer="yes")

    await visitor.sees("Declined. The time is free again.", "No request is waiting for your answer.")
    assert (await bookings.get(booking.id)).message == "I am away."
    assert (await stored(slot)).booking_id is None


async def test_who_thinks_better_of_it_declines_nothing(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)
    await at_work(visitor)

    await visitor.click("Decline")
    await visitor.send_form("asking", message="I am away.", answer="no")

    await visitor.click("Confirm")
    await visitor.sees("No request is waiting for your answer.")
    assert await status_of(booking) is BookingStatus.CONFIRMED


async def test_nothing_is_done_once_the_sign_in_has_ended(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)
    await at_work(visitor)
    await visitor.sees("1 request is waiting")
    await sign_in.sign_out_everywhere(SARAH)

    await visitor.click("Confirm")

    await visitor.sees("This needs the booking's manage token")
    assert await status_of(booking) is BookingStatus.PENDING


async def sign_out_elsewhere(_: Expert) -> None:
    await sign_in.sign_out_everywhere(SARAH)


async def remove(expert: Expert) -> None:
    await staff.remove(expert.id, cancels=False, message="", by=HOUSE)


async def change_address(expert: Expert) -> None:
    await staff.change_email(expert.id, "sarah@example.net", by=HOUSE)


@pytest.mark.parametrize("happens", ["a booking", "another week", "time"])
@pytest.mark.parametrize("end", [sign_out_elsewhere, remove, change_address])
async def test_open_page_shows_nothing_more_once_the_right_has_ended(
    visitor: Person,
    expert: Expert,
    make_slot: MakeSlot,
    alice: Customer,
    bob: Customer,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[Expert], Awaitable[None]],
    happens: str,
) -> None:
    monkeypatch.setattr(sys.modules["pages.workspace.today"], "LOOK_SECONDS", 0.05 if happens == "time" else 3600)
    await book(await make_slot(expert, hours=24), alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.sees("alice@example.com", "Your notes about Alice")

    await end(expert)
    if happens == "a booking":
        await book(await make_slot(expert, hours=26), bob)
    elif happens == "another week":
        await visitor.click("Later week")

    await visitor.sees("Please sign in again")
    await visitor.misses("Alice")
    assert visitor._dialogs() == []
    await book(await make_slot(expert, hours=28), bob)
    assert [text for text in visitor.texts if "Bob" in text] == []
    assert not events.bookings.has_watchers(expert.id)


async def test_pane_goes_when_its_booking_changes_after_the_right_has_ended(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.sees("alice@example.com")
    await visitor.click("Decline")
    await visitor.sees("Decline the request of Alice?")
    await sign_in.sign_out_everywhere(SARAH)

    await bookings.confirm(booking.id)

    await visitor.sees("Please sign in again")
    await visitor.misses("Alice")
    assert visitor._dialogs() == []


async def test_bookings_of_other_experts_are_neither_shown_nor_touched(
    visitor: Person, expert: Expert, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    others = await book(await make_slot(await make_expert("Tom"), hours=3), alice)
    await at_work(visitor)
    await visitor.sees("No request is waiting for your answer.")
    (requests,) = visitor._all("desk-requests")

    for verb in ("confirm", "decline", "open"):
        visitor._on(requests).trigger("click", f"{verb}:{others.id}")

    await visitor.click("Later week")
    await visitor.misses("Alice")
    assert visitor._dialogs() == []
    assert await status_of(others) is BookingStatus.PENDING


async def test_pane_shows_who_comes_and_keeps_notes(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booking = await book(await make_slot(expert, hours=24), alice)
    await book(await make_slot(expert, hours=26), alice)
    await at_work(visitor)

    await visitor.click("Alice")
    await visitor.sees(
        "alice@example.com", "+44 20 7946 0958", "1 other session with you", "What has been done", "Booked"
    )
    await visitor.send_form("pane-note", note="Likes trains.")

    await visitor.sees("Your notes are kept.")
    assert await client_notes.of(expert.id, alice.key) == "Likes trains."
    await bookings.confirm(booking.id)
    await visitor.sees("Cancel session", "The house")


async def test_session_is_moved_in_one_step(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    old, new = [await make_slot(expert, hours=hours) for hours in (24, 48)]
    booking = await book(old, alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.click("Move to another time")
    await visitor.sees("The customer is told at once. The old time is free again.")

    visitor._on(visitor._all("offer")[0].home).trigger("click", f"move:{new.id}")
    await visitor.sees("Alice gets a mail with the new time.")
    await visitor.click("Move it")

    await visitor.sees("Moved. The customer gets a mail.")
    assert (await bookings.get(booking.id)).slot_id == new.id
    assert (await stored(old)).booking_id is None


async def test_who_did_not_come_is_marked_once_it_has_begun(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booking = await book(await make_slot(expert, hours=1), alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.sees("Your notes about Alice")
    assert "Did not come" not in visitor.texts
    (actions,) = visitor._all("pane-actions")
    visitor._on(actions).trigger("click", "no-show")
    await visitor.sees("The booking's status does not allow this.")

    with time_machine.travel(booking.starts_at + timedelta(minutes=10), tick=True):
        await bookings.confirm(booking.id)
        await visitor.click("Did not come")
        await visitor.answer("Did not come")
        await visitor.sees("No-show")

    assert (await bookings.get(booking.id)).no_show_at is not None


async def under_way(visitor: Person, booking: Booking) -> None:
    """The pane of a session that has begun, on Sarah's page."""
    await bookings.confirm(booking.id)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.sees("Mark as completed")


async def test_session_is_completed_after_a_question_and_said_to_be(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booking = await book(await make_slot(expert, hours=1), alice)
    with time_machine.travel(booking.starts_at + timedelta(minutes=10), tick=True):
        await under_way(visitor, booking)

        await visitor.click("Mark as completed")
        await visitor.answer("Leave it")
        assert await status_of(booking) is BookingStatus.CONFIRMED
        await visitor.click("Mark as completed")
        await visitor.sees_many("Mark the session with Alice as completed?", 1)
        await visitor.answer("Mark as completed")

        await visitor.sees("Marked as completed.", "Completed")
    assert await status_of(booking) is BookingStatus.COMPLETED


async def test_nothing_is_completed_once_the_sign_in_has_ended(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booking = await book(await make_slot(expert, hours=1), alice)
    with time_machine.travel(booking.starts_at + timedelta(minutes=10), tick=True):
        await under_way(visitor, booking)
        await visitor.click("Mark as completed")
        await visitor.sees("Mark the session with Alice as completed?")
        await sign_in.sign_out_everywhere(SARAH)

        await visitor.answer("Mark as completed")

        await visitor.sees("This needs the booking's manage token")
    assert await status_of(booking) is BookingStatus.CONFIRMED


async def test_times_to_move_to_are_those_that_are_open(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    old, other, third = [await make_slot(expert, hours=hours) for hours in (24, 48, 72)]
    await book(old, alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.click("Move to another time")
    await visitor.until(lambda: offered(visitor) == [other.id, third.id], "both times")

    taken = await book(other, bob)
    await visitor.until(lambda: offered(visitor) == [third.id], "the one that is left")
    await bookings.cancel(taken.id)
    await visitor.until(lambda: offered(visitor) == [other.id, third.id], "both times again")


def offered(visitor: Person) -> list[PydanticObjectId]:
    return [PydanticObjectId(each.props["data-pick"].removeprefix("move:")) for each in visitor._all("offer")]


async def test_time_that_is_lost_at_the_last_moment_is_offered_no_more(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    old, other, third = [await make_slot(expert, hours=hours) for hours in (24, 48, 72)]
    await book(old, alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.click("Move to another time")
    await visitor.until(lambda: offered(visitor) == [other.id, third.id], "both times")
    await TimeSlot.find_one({"_id": other.id}).update({"$set": {"withdrawn_at": clock.now()}})  # and nobody tells of it

    visitor._on(visitor._all("offer")[0].home).trigger("click", f"move:{other.id}")
    await visitor.answer("Move it")

    await visitor.until(lambda: offered(visitor) == [third.id], "the one that is left")


async def test_notes_that_were_typed_are_kept_when_the_pane_is_put_away(
    visitor: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    await book(slot, alice)
    await at_work(visitor)
    await visitor.click("Alice")
    await visitor.sees("Your notes about Alice")
    (form,) = visitor._all("pane-note")

    visitor._on(form).trigger("change", ["note", "Likes trains."])
    (dialog,) = visitor._dialogs()
    visitor._on(dialog).trigger("hide")

    await visitor.sees("Your notes are kept.")
    assert await client_notes.of(expert.id, alice.key) == "Likes trains."


async def test_calendar_that_cannot_be_read_for_long_is_told(visitor: Person, expert: Expert) -> None:
    for name, ago in (("Work", timedelta(hours=2)), ("Home", timedelta(minutes=20))):
        at = clock.now() - ago
        await OutsideCalendar(
            expert_id=expert.id, name=name, problem="It does not answer.", failures=2, read_at=at, created_at=at
        ).insert()

    await at_work(visitor)

    await visitor.sees("Work could not be read since", "Look at your calendars")
    assert not [text for text in visitor.texts if "Home" in text]


async def test_page_that_is_left_open_past_midnight_shows_the_new_day(
    visitor: Person, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pages.workspace.today"], "LOOK_SECONDS", 0.05)
    await book(slot, alice)
    await at_work(visitor)
    await visitor.sees("Nothing is booked today. Next: Alice")

    with time_machine.travel(slot.starts_at - timedelta(minutes=5), tick=True):
        await visitor.sees("Next up")


async def test_week_shows_what_is_open_and_booked_and_off_and_turns(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    start = datetime.combine(clock.now().date() + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    slot, _ = [await make_slot(expert, starts_at=start + timedelta(hours=hours)) for hours in (9, 11)]
    await TimeOff(expert_id=expert.id, starts_at=start, ends_at=start + timedelta(hours=9), note="Dentist").insert()
    await book(slot, alice)
    monday = clock.now().date() - timedelta(days=clock.now().weekday())

    await at_work(visitor)
    if start.date() - monday >= timedelta(days=7):
        await visitor.click("Later week")
    await visitor.sees("Dentist")
    (block,) = visitor._all("session-block")
    assert block.props["aria-label"] == "Alice, 9:00 AM – 10:00 AM, 60 minutes, Pending"
    assert block.props["data-for"] == "12"
    openings = [each for each in visitor._all("opening") if "data-at" in each.props]
    assert [each.props["data-state"] for each in openings] == ["open"]
    await visitor.click("Later week")
    await visitor.misses("Dentist")
    await visitor.click("Earlier week")
    await visitor.sees("Dentist")


async def test_time_off_that_is_added_elsewhere_comes_by_itself(
    visitor: Person, expert: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pages.workspace.today"], "LOOK_SECONDS", 0.05)
    await at_work(visitor)
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    await TimeOff(
        expert_id=expert.id, starts_at=today, ends_at=today + timedelta(days=2), note="Dentist", created_at=clock.now()
    ).insert()

    await visitor.sees("Dentist")


# --- the grid by itself ---


def week(zone: str, first: date, *, language: str = "en") -> Week:
    return Week(reader=Reader(zone=ZoneInfo(zone), language=language), first=first, chosen=first)


def off(starts_at: datetime, hours: float) -> TimeOff:
    return TimeOff(expert_id=PydanticObjectId(), starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("zone", "on", "starts_at", "hours", "place"),
    [
        ("UTC", date(2026, 11, 24), datetime(2026, 11, 24, 9, 30, tzinfo=UTC), 1, (114, 12)),
        ("Asia/Kolkata", date(2026, 11, 24), datetime(2026, 11, 24, 4, 0, tzinfo=UTC), 0.75, (114, 9)),
        # over midnight: to the end of one day, and from the beginning of the next
        ("UTC", date(2026, 11, 24), datetime(2026, 11, 24, 23, 0, tzinfo=UTC), 2, (276, 12)),
        ("UTC", date(2026, 11, 25), datetime(2026, 11, 24, 23, 0, tzinfo=UTC), 2, (0, 12)),
        # clocks go back at 3:00, on at 2:00: by the clock on the wall, and for as long as it takes
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 1, 0, tzinfo=UTC), 1, (24, 12)),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), 1, (36, 12)),
    ],
)
def test_place_is_by_the_clock_of_the_reader(
    connected: None, zone: str, on: date, starts_at: datetime, hours: float, place: tuple[int, int]
) -> None:
    assert week(zone, on)._place(off(starts_at, hours), on) == place


def test_week_begins_as_the_language_counts() -> None:
    reader = Reader(zone=ZoneInfo("UTC"), language="de")

    assert first_day(date(2026, 11, 29), reader) == date(2026, 11, 23)
    assert first_day(date(2026, 11, 29), Reader(zone=ZoneInfo("UTC"), language="ar")).weekday() in (5, 6, 0)


async def test_two_people_at_two_desks_hear_of_their_own(
    come: Come, expert: Expert, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    tom = await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    sarahs, toms = come(), come()
    await at_work(sarahs)
    await toms.sign_in("tom@example.com")
    await toms.open("/workspace")

    await book(await make_slot(tom), alice)

    await toms.sees("New request: Alice")
    assert "Alice" not in sarahs.texts
