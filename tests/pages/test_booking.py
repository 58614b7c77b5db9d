import pytest

from expert_booking import bookings
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from tests.conftest import stored
from tests.pages.person import Person


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    """Alice's booking of Sarah Johnson's hour."""
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


async def test_confirmation_says_all_there_is_to_know(visitor: Person, expert: Expert, booking: Booking) -> None:
    visitor.comes_from("Asia/Kolkata")

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("Session with Sarah Johnson", "Pending", "Kolkata, GMT+5:30, 60 minutes", "Alice")
    await visitor.sees(
        "alice@example.com", "+44 20 7946 0958", "Whoever has the address can see and cancel this booking."
    )


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
