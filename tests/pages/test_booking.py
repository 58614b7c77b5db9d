from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from expert_booking import bookings
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.pages.person import Person


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    """Alice's booking of Sarah Johnson's hour."""
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


async def test_confirmation_says_all_there_is_to_know(visitor: Person, expert: Expert, booking: Booking) -> None:
    visitor.comes_from("Asia/Kolkata")

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("Session with Sarah Johnson", "Pending", "Kolkata, GMT+5:30, 60 minutes", "Alice")
    await visitor.sees("alice@example.com", "+44 20 7946 0958", "Whoever has the address can see, move and cancel it.")


async def test_confirmation_is_not_for_search_engines(visitor: Person, booking: Booking) -> None:
    page = await visitor.get(f"/bookings/{booking.manage_token}")

    assert '<meta name="robots" content="noindex">' in page.text
    assert '<meta name="referrer" content="no-referrer">' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_id_of_a_booking_does_not_open_it(visitor: Person, booking: Booking) -> None:
    page = await visitor.get(f"/bookings/{booking.id}")

    assert page.status_code == 404
    assert "alice@example.com" not in page.text


async def test_status_follows_what_happens_elsewhere(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")

    await bookings.confirm(booking.id)
    await visitor.sees("Confirmed", "The expert has confirmed. See you there.")
    await bookings.complete(booking.id)

    await visitor.sees("Completed", "This session is over.")
    await visitor.misses("Cancel booking")


async def test_cancelling_asks_first(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.click("Cancel booking")
    await visitor.sees("Cancel this booking?")
    await visitor.click("Keep it")
    await visitor.misses("Cancel this booking?")

    assert (await bookings.get(booking.id)).status == "Pending"


async def test_cancelled_booking_frees_the_slot(
    visitor: Person, watcher: Person, slot: TimeSlot, booking: Booking
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await watcher.open(f"/experts/{slot.expert_id}")

    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")

    await visitor.sees("Cancelled", "Cancelled. The time is free again.")
    assert ((await stored(slot)).booking_id, (await bookings.get(booking.id)).active) == (None, False)
    await watcher.sees("1 free")


async def test_question_that_is_overtaken_goes_away(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Cancel booking")
    await visitor.sees("Cancel this booking?")

    await bookings.cancel(booking.id)

    await visitor.misses("Cancel this booking?")
    await visitor.sees("This booking was cancelled; the time is free for others.")


async def test_completed_booking_can_be_deleted_and_frees_the_slot(
    visitor: Person, watcher: Person, slot: TimeSlot, booking: Booking
) -> None:
    await bookings.complete(booking.id)
    await visitor.open(f"/bookings/{booking.manage_token}")
    await watcher.open(f"/experts/{slot.expert_id}")

    await visitor.click("Delete")
    await visitor.answer("Delete")

    await visitor.sees("This booking is deleted", "Deleted.")
    await watcher.sees("1 free")
    assert await Booking.find().count() == 0
    assert (await visitor.get(f"/bookings/{booking.manage_token}")).status_code == 404


async def test_booking_deleted_elsewhere_leaves_the_page(visitor: Person, booking: Booking) -> None:
    await bookings.complete(booking.id)
    await visitor.open(f"/bookings/{booking.manage_token}")

    await bookings.delete(booking.id)

    await visitor.sees("This booking is deleted", "Browse the experts")
    await visitor.misses("alice@example.com")


async def test_change_of_another_booking_of_the_customer_changes_nothing(
    visitor: Person, booking: Booking, slot: TimeSlot, alice: Customer
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await bookings.cancel(booking.id)
    await visitor.sees("Cancelled")
    again = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await bookings.confirm(again.id)

    assert "Confirmed" not in visitor.texts
    assert "Cancelled" in visitor.texts


async def test_booking_of_an_expert_who_left_is_still_shown(visitor: Person, expert: Expert, booking: Booking) -> None:
    await expert.delete()

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("Session with an expert who has left", "Pending")


async def test_file_for_the_calendar_is_the_customers_alone(visitor: Person, booking: Booking) -> None:
    answer = await visitor.get(f"/bookings/{booking.manage_token}/calendar.ics")

    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert str(event["summary"]) == "Session with Sarah Johnson"
    assert event.decoded("dtstart") == booking.starts_at
    assert event["url"].endswith(f"/bookings/{booking.manage_token}")


async def test_file_of_nobodys_booking_is_not_there(visitor: Person, booking: Booking) -> None:
    for token in (str(booking.id), "nobody"):
        assert (await visitor.get(f"/bookings/{token}/calendar.ics")).status_code == 404


async def test_confirmation_tells_the_hours_where_the_expert_is(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    expert = await make_expert(time_zone="Asia/Tokyo")
    slot = await make_slot(expert, starts_at=datetime(2030, 6, 3, 20, tzinfo=UTC))
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
    visitor.comes_from("Europe/London")

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("Monday 3 June 2030", "9:00 PM to 10:00 PM", "London, GMT+1, 60 minutes")
    await visitor.sees("For Sarah in Tokyo: Tue 4 Jun 2030, 5:00 AM to 6:00 AM")


async def test_nothing_to_add_to_a_calendar_when_it_is_cancelled(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.sees("Add it to your calendar", "What happens next")

    await bookings.cancel(booking.id)

    await visitor.misses("Add it to your calendar")
    await visitor.sees("This booking was cancelled")
