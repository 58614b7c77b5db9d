from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from expert_booking import actors, bookings, clock, materialising, policy, rescheduling
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot, WeeklyHours
from pages import times
from pages.reader import Reader
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.pages.person import BOOKED, FREE, Person

HOUR = timedelta(hours=1)
UTC = Reader(zone=ZoneInfo("UTC"))


def told(slot: TimeSlot | Booking) -> str:
    """Its time as the pages tell it."""
    return f"{times.day(slot.starts_at.date(), UTC)}, {times.clock_time(slot.starts_at, UTC)}"


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


@pytest.fixture
async def other(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    """Another open hour of Sarah Johnson's."""
    return await make_slot(expert, hours=50)


async def test_customer_moves_a_booking_in_one_step_and_everybody_sees_it(
    visitor: Person, watcher: Person, booking: Booking, slot: TimeSlot, other: TimeSlot
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await watcher.open(f"/experts/{slot.expert_id}?day={other.starts_at:%Y-%m-%d}")

    await visitor.click("Move to another time")
    await visitor.click(told(other))
    await visitor.sees(f"Move from {told(slot)} to {told(other)}?")
    assert (await bookings.get(booking.id)).starts_at == slot.starts_at, "nothing is done before it is answered"
    await visitor.click("Move the booking")

    await visitor.sees(f"This booking has a new time: {told(other)}.", f"You meet: {told(other)}.")
    await watcher.sees_slot(other, BOOKED)
    await watcher.click(f"{times.long_day(slot.starts_at.date(), UTC)}, 1 free time")
    await watcher.sees_slot(slot, FREE)


async def test_lost_race_is_told_and_the_booking_stays_as_it_was(
    visitor: Person,
    booking: Booking,
    slot: TimeSlot,
    other: TimeSlot,
    expert: Expert,
    make_slot: MakeSlot,
    bob: Customer,
) -> None:
    nearest = await make_slot(expert, hours=52)
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Move to another time")
    await visitor.click(told(other))
    await bookings.book(expert_id=other.expert_id, slot_id=other.id, visitor="bob", customer=bob)

    await visitor.click("Move the booking")

    await visitor.sees("This time has just been taken.", "Your booking stays as it was.", "These times are free:")
    assert (await stored(slot)).booking_id == booking.id
    await visitor.click(told(nearest))
    await visitor.click("Move the booking")
    await visitor.sees(f"This booking has a new time: {told(nearest)}.")
    await visitor.misses("Move the booking")
    assert ((await stored(slot)).booking_id, (await stored(nearest)).booking_id) == (None, booking.id)


async def test_time_that_is_taken_meanwhile_is_marked_where_it_stands(
    visitor: Person, booking: Booking, other: TimeSlot, bob: Customer
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Move to another time")
    await visitor.sees_slot(other, FREE._replace(word=told(other).rpartition(", ")[2]))

    await bookings.book(expert_id=other.expert_id, slot_id=other.id, visitor="bob", customer=bob)

    await visitor.sees_slot(other, BOOKED._replace(word="just taken"))


async def test_times_of_a_day_that_fills_up_can_still_be_chosen_by_whoever_is_in_it(
    visitor: Person, make_expert: MakeExpert, alice: Customer, bob: Customer
) -> None:
    hours = [WeeklyHours(weekday=weekday, opens="09:00", closes="12:00") for weekday in range(7)]
    expert = await make_expert("Ann Lee", weekly_hours=hours, window_days=7, most_per_day=2)
    await materialising.materialise(expert.id)
    on = f"{clock.now() + timedelta(days=3):%Y-%m-%d}"
    mine, theirs, free = await TimeSlot.find({"expert_id": expert.id, "local_day": on}).sort("starts_at").to_list()
    booking = await bookings.book(expert_id=expert.id, slot_id=mine.id, visitor="alice", customer=alice)
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Move to another time")
    shown_free = FREE._replace(word=told(free).rpartition(", ")[2])
    await visitor.sees_slot(free, shown_free)

    await bookings.book(expert_id=expert.id, slot_id=theirs.id, visitor="bob", customer=bob)

    await visitor.sees_slot(theirs, BOOKED._replace(word="just taken"))
    await materialising.materialise_day(expert.id, mine.starts_at.date())
    assert (await stored(free)).day_is_full
    await visitor.sees_slot(free, shown_free)
    await visitor.click(told(free))
    await visitor.click("Move the booking")
    await visitor.sees(f"This booking has a new time: {told(free)}.")


async def test_booking_moved_elsewhere_shows_its_new_time(
    visitor: Person, watcher: Person, booking: Booking, other: TimeSlot, alice: Customer
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Move to another time")
    await watcher.sign_in(alice.email)
    await watcher.open("/my-bookings")

    await rescheduling.reschedule(booking.id, other.id, by=actors.EXPERT)

    await visitor.sees(f"This booking has a new time: {told(other)}.", f"You meet: {told(other)}.")
    await visitor.misses("Keep the time")
    await watcher.sees(f"Session with Sarah Johnson is on {told(other)} now.")
    await watcher.sees(times.span(other.starts_at, other.ends_at, UTC))


async def test_bookings_are_moved_in_my_bookings_too(
    visitor: Person, booking: Booking, other: TimeSlot, alice: Customer
) -> None:
    await visitor.sign_in(alice.email)
    await visitor.open("/my-bookings")

    await visitor.click("Move to another time")
    await visitor.click(told(other))
    await visitor.click("Move the booking")

    await visitor.sees("Moved. The new time is ", times.span(other.starts_at, other.ends_at, UTC))
    assert (await bookings.get(booking.id)).slot_id == other.id


async def test_moved_then_cancelled_is_both_on_the_list(
    visitor: Person, booking: Booking, other: TimeSlot, alice: Customer
) -> None:
    await visitor.sign_in(alice.email)
    await visitor.open("/my-bookings")

    await rescheduling.reschedule(booking.id, other.id, by=actors.EXPERT)
    await bookings.cancel(booking.id, by=actors.EXPERT, message="I am ill.\nPlease choose another week.")

    await visitor.sees("Cancelled", "I am ill.\nPlease choose another week.", times.clock_time(other.starts_at, UTC))


async def test_message_of_the_expert_stands_on_the_cancelled_bookings_page(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")

    await bookings.cancel(booking.id, is_refusal=True, by=actors.EXPERT, message="I am away. <b>Sorry.</b>")

    await visitor.sees("This booking was cancelled", "The message that came with it:", "I am away. <b>Sorry.</b>")


@pytest.mark.parametrize("path", ["/bookings/{token}", "/my-bookings"])
async def test_too_late_to_change_is_said_instead_of_buttons(
    visitor: Person, booking: Booking, alice: Customer, path: str
) -> None:
    policy.use(policy.BookingPolicy(change_notice=timedelta(hours=36)))
    await visitor.sign_in(alice.email)

    await visitor.open(path.format(token=booking.manage_token))

    await visitor.sees("until 36 hours before it begins. To change it now, please write to the expert.")
    assert {"Cancel booking", "Move to another time"}.isdisjoint(visitor.texts)


async def begin(booking: Booking) -> None:
    """Its session began a minute ago."""
    begun = clock.now() - timedelta(minutes=1)
    await Booking.find_one({"_id": booking.id}).update({"$set": {"starts_at": begun, "ends_at": begun + HOUR}})


@pytest.mark.parametrize("path", ["/bookings/{token}", "/my-bookings"])
async def test_session_that_has_begun_has_no_button_to_cancel_it(
    visitor: Person, booking: Booking, alice: Customer, path: str
) -> None:
    await begin(booking)
    await visitor.sign_in(alice.email)

    await visitor.open(path.format(token=booking.manage_token))

    await visitor.sees("The time of this session has come: it can no longer be moved or cancelled.")
    assert {"Cancel booking", "Move to another time"}.isdisjoint(visitor.texts)


async def test_page_on_which_the_session_begins_says_so_when_it_cancels(visitor: Person, booking: Booking) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await begin(booking)

    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")

    await visitor.sees("It is too late to change this booking here.")
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING


async def test_page_that_is_behind_the_notice_is_told_when_it_moves(
    visitor: Person, booking: Booking, slot: TimeSlot, other: TimeSlot
) -> None:
    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.click("Move to another time")
    await visitor.click(told(other))
    policy.use(policy.BookingPolicy(change_notice=timedelta(hours=36)))

    await visitor.click("Move the booking")

    await visitor.sees("It is too late to change this booking here.")
    assert (await stored(slot)).booking_id == booking.id


async def test_booking_that_was_confirmed_at_once_is_told_as_that(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    slot = await make_slot(await make_expert(confirms_at_once=True), confirms_at_once=True)
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("You are booked", "Confirmed", "It is confirmed already, and the time is yours.")
    await visitor.sees("It is confirmed: Sarah expects you.")
    assert booking.confirmed_at is not None
    assert booking.confirmed_at <= clock.now()


async def test_who_did_not_come_is_told_nothing_of_it(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    slot = await make_slot(expert, hours=1)
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
    await Booking.find_one({"_id": booking.id}).update({"$set": {"starts_at": clock.now() - timedelta(minutes=30)}})
    await bookings.mark_no_show(booking.id, by=actors.EXPERT)

    await visitor.open(f"/bookings/{booking.manage_token}")

    await visitor.sees("Completed", "This session is over.")
    assert "no-show" not in " ".join(visitor.texts).lower()
