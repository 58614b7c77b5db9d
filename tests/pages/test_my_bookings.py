import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from expert_booking import bookings, clock, deletions, events, letters, recovery, sign_in
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from pages import managed, times
from pages import visitor as page_visitor
from pages.components.timeline import MORE_AT_ONCE, PAST_AT_ONCE
from pages.reader import Reader
from tests.conftest import MakeSlot, stored
from tests.pages.person import Person


async def book(slot: TimeSlot, customer: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def look_up(visitor: Person, email: str) -> None:
    """Sign in, and look at what is booked with the address."""
    await visitor.sign_in(email)
    await visitor.open("/my-bookings")


@pytest.mark.parametrize("typed", ["alice@example.com", "  ALICE@Example.COM "])
async def test_whoever_proves_an_address_sees_its_bookings_at_once(
    visitor: Person, slot: TimeSlot, alice: Customer, typed: str
) -> None:
    await book(slot, alice)

    await look_up(visitor, typed)

    await visitor.sees("Session with Sarah Johnson", "Pending", "Booked for")


async def test_bookings_of_others_are_not_shown(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    await book(await make_slot(expert, hours=24), alice)
    await book(await make_slot(expert, hours=25), bob)

    await look_up(visitor, "bob@example.com")

    await visitor.sees("Bob")
    assert len(visitor.names("booking")) == 1
    assert "Alice" not in visitor.texts


async def test_what_is_ahead_comes_soonest_first_under_its_day(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    slots = [await make_slot(expert, hours=hours) for hours in (24 * 9, 24 * 2, 24 * 5)]
    for slot in slots:
        await book(slot, alice)

    await look_up(visitor, alice.email)

    await visitor.sees("Next up", "Upcoming")
    next_up, second, third = slots[1], slots[2], slots[0]
    utc = Reader(zone=ZoneInfo("UTC"))
    await visitor.sees(times.span(next_up.starts_at, next_up.ends_at, utc))
    days = [times.day(slot.starts_at.date(), utc) for slot in (second, third)]
    assert [text for text in visitor.texts if text in days] == days


async def test_what_is_past_comes_last_and_a_few_at_once(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booked = [await book(await make_slot(expert, hours=24 + hours), alice) for hours in range(PAST_AT_ONCE + 2)]
    for each in booked:
        await bookings.complete(each.id)
    await look_up(visitor, alice.email)
    await visitor.sees("Past", f"{len(booked)} bookings. All times in UTC.", "Show 2 more")
    assert len(visitor.names("booking")) == PAST_AT_ONCE

    await visitor.click("Show 2 more")

    await visitor.misses("Show 2 more")
    assert len(visitor.names("booking")) == len(booked)
    assert MORE_AT_ONCE > 2


async def test_session_that_was_cancelled_does_not_come_next(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    sooner, later = [await book(await make_slot(expert, hours=hours), alice) for hours in (24, 48)]
    await look_up(visitor, alice.email)
    await visitor.sees("Next up")
    assert _next_up(visitor) == str(sooner.id)

    await bookings.cancel(sooner.id)

    await visitor.sees("Cancelled", "Session with Sarah Johnson: Cancelled")
    assert _next_up(visitor) == str(later.id)


def _next_up(visitor: Person) -> str:
    (card,) = visitor._all("next-up")
    return str(card.props["data-key"])


async def test_times_are_the_readers_and_their_zone_is_named(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    visitor.comes_from("Asia/Kolkata")
    await book(slot, alice)

    await look_up(visitor, alice.email)

    await visitor.sees("1 booking. All times in Kolkata time, GMT+5:30.", "Signed in as alice@example.com")
    (card,) = visitor._all("next-up")
    (countdown,) = (part for part in card.descendants() if part.tag == "time")
    assert (countdown.props["data-until"], countdown.props["data-zone"]) == (slot.starts_at.isoformat(), "Asia/Kolkata")


async def test_manage_token_and_phone_number_are_not_on_the_list(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)

    await look_up(visitor, alice.email)

    await visitor.sees("Session with Sarah Johnson")
    (listed,) = visitor._all("bookings")
    assert str(booking.id) in listed.markup
    for secret in (booking.manage_token, alice.phone):
        assert secret not in listed.markup


async def test_status_follows_what_happens_elsewhere(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)
    await visitor.sees("Pending")

    await bookings.confirm(booking.id)
    await visitor.sees("Confirmed")
    await bookings.complete(booking.id)
    await visitor.sees("Completed", "Delete")
    await bookings.delete(booking.id)

    await visitor.sees("No bookings")
    assert visitor.names("booking") == []


async def test_new_booking_appears_by_itself(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    await look_up(visitor, alice.email)
    await visitor.sees("No bookings")

    await book(await make_slot(expert, hours=24), alice)
    await visitor.sees("Session with Sarah Johnson", "Pending")
    await visitor.misses("No bookings")
    await book(await make_slot(expert, hours=48), alice)

    await visitor.sees_many("Pending", 2)


async def test_cancelling_frees_the_slot_for_everybody(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)
    await watcher.open(f"/experts/{slot.expert_id}")

    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")

    await visitor.sees("Cancelled", "Cancelled. The time is free again.")
    await visitor.misses("Cancel booking")
    await watcher.sees("1 free")
    assert (await bookings.get(booking.id)).status == "Cancelled"


async def completed(slot: TimeSlot, customer: Customer) -> Booking:
    return await bookings.complete((await book(slot, customer)).id)


async def test_deleted_booking_can_be_brought_back_in_any_tab(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await completed(slot, alice)
    await look_up(visitor, alice.email)
    await look_up(watcher, alice.email)

    await visitor.click("Delete")
    for person in (visitor, watcher):
        await person.sees("Deleted: Session with Sarah Johnson", "It goes for good in 10 seconds")
    assert (await bookings.get(booking.id)).status == "Completed"
    await watcher.click("Undo")

    for person in (visitor, watcher):
        await person.sees("Session with Sarah Johnson: Completed", "Delete")
        await person.misses("Undo")
    assert (await stored(slot)).booking_id == booking.id


async def test_deleted_booking_goes_when_its_time_is_up_and_frees_the_slot(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    await completed(slot, alice)
    await look_up(visitor, alice.email)
    await watcher.open(f"/experts/{slot.expert_id}")
    await visitor.click("Delete")
    await visitor.sees("Undo")

    await deletions.carry_out_all()

    await visitor.sees("No bookings")
    await watcher.sees("1 free")
    assert (await stored(slot)).booking_id is None
    assert await Booking.find().count() == 0


async def test_deletion_that_began_elsewhere_can_be_undone_after_a_reload(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await completed(slot, alice)
    await deletions.begin(booking.id)

    await look_up(visitor, alice.email)

    await visitor.sees("Deleted: Session with Sarah Johnson")
    await visitor.click("Undo")
    await visitor.sees("Delete")


async def test_undo_that_comes_too_late_says_so(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await completed(slot, alice)
    await look_up(visitor, alice.email)
    await visitor.click("Delete")
    await visitor.sees("Undo")
    await deletions.undo(booking.id)
    # As when the deletion is carried out at this very moment, of which this page has not heard.
    told = events.DeletionChanged(booking_id=booking.id, takes_effect_at=clock.now())
    events.deletions.emit(alice.key, told)

    await visitor.click("Undo")

    await visitor.sees("It was too late: this booking is deleted.")


async def test_nothing_is_done_to_a_booking_that_is_not_listed(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    bobs = await completed(await make_slot(expert, hours=24), bob)
    await completed(await make_slot(expert, hours=25), alice)
    await look_up(visitor, alice.email)
    await visitor.sees("Delete")

    (listed,) = visitor._all("bookings")
    visitor._on(listed).trigger("click", f"delete:{bobs.id}")
    await visitor.click("Delete")

    await visitor.sees("Undo")
    assert deletions.pending([bobs.id]) == {}


async def test_calendar_gets_the_session_and_no_secret(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    given = visitor._user.download.http_responses
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)

    await visitor.click("Add to calendar")

    await visitor._wait(lambda: bool(given), "a file")
    file = given[0].content
    assert f"UID:{booking.id}@{letters.house().host}".encode() in file
    assert re.search(rb"SUMMARY:Session with Sarah Johnson\r\n", file)
    assert booking.manage_token.encode() not in file.replace(b"\r\n ", b"")


async def test_cancelling_what_was_completed_meanwhile_is_explained(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)
    await visitor.sees("Pending")
    # Another process completed it, of which this page has not heard.
    await Booking.find_one({"_id": booking.id}).update({"$set": {"status": "Completed"}})

    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")

    await visitor.sees("This booking is Completed; it cannot become Cancelled.")
    assert (await stored(slot)).booking_id == booking.id


async def test_session_that_has_ended_shows_as_completed(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    booking = await book(await make_slot(expert, hours=24), alice)
    await look_up(visitor, alice.email)
    await visitor.sees("Pending")

    await bookings.confirm(booking.id)
    await Booking.find_one({"_id": booking.id}).update({"$set": {"ends_at": booking.created_at - timedelta(minutes=1)}})
    await recovery.complete_past_sessions()

    await visitor.sees("Completed")


async def test_address_without_bookings_says_so(visitor: Person, expert: Expert) -> None:
    await look_up(visitor, "nobody@example.com")

    await visitor.sees(
        "No bookings", "Nothing is booked with your address yet. Find an expert, and it shows here at once."
    )


async def test_whoever_has_proved_nothing_is_asked_to_sign_in(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await book(slot, alice)

    await visitor.open("/my-bookings")

    await visitor.sees("Sign in", "Send me a code")
    assert visitor.names("booking") == []


async def test_change_while_the_bookings_are_read_is_not_overwritten(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await book(await make_slot(expert, hours=24), alice)
    await look_up(visitor, alice.email)
    read = bookings.for_customer

    async def read_and_be_overtaken(email: str) -> list[Booking]:
        found = await read(email)
        monkeypatch.undo()
        await bookings.confirm(booking.id)
        return found

    monkeypatch.setattr(bookings, "for_customer", read_and_be_overtaken)
    await book(await make_slot(expert, hours=48), alice)

    await visitor.sees("Confirmed", "Pending")


async def test_sign_in_that_ends_elsewhere_ends_here_with_the_next_click(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)
    await sign_in.sign_out_everywhere(alice.key)

    await visitor.click("Cancel booking")

    await visitor.sees("This sign-in has ended, here or elsewhere. Sign in again to see your bookings.")
    assert visitor.names("booking") == []
    assert (await bookings.get(booking.id)).status == "Pending"


async def test_sign_in_that_ends_while_a_question_is_open_decides(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await look_up(visitor, alice.email)
    await visitor.click("Cancel booking")
    await visitor.sees("Cancel this booking?")
    await sign_in.sign_out_everywhere(alice.key)

    await visitor.answer("Cancel booking")

    await visitor.sees("This sign-in has ended, here or elsewhere. Sign in again to see your bookings.")
    assert (await bookings.get(booking.id)).status == "Pending"


async def test_sign_in_that_has_ended_hears_of_nothing_new(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    await look_up(visitor, alice.email)
    await sign_in.sign_out_everywhere(alice.key)

    await book(await make_slot(expert, hours=24), alice)

    await visitor.sees("This sign-in has ended, here or elsewhere. Sign in again to see your bookings.")
    assert "Booked for Alice" not in visitor.texts


async def booked_in(visitor: Person, slot: TimeSlot, customer: Customer) -> Booking:
    """As the form of an expert's page books, in the browser of this visitor, who then sees the confirmation."""
    await visitor.open(f"/experts/{slot.expert_id}")
    with visitor.client:
        made_by = bookings.made_by_digest(page_visitor.visitor_id())
    booking = await bookings.book(
        expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer, made_by=made_by
    )
    await visitor.open(f"/bookings/{booking.manage_token}")
    return booking


async def test_what_was_booked_in_this_browser_is_there_without_signing_in(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    await booked_in(visitor, await make_slot(expert, hours=24), alice)
    other = await book(await make_slot(expert, hours=48), alice)

    await visitor.open("/my-bookings")

    await visitor.sees("Session with Sarah Johnson", "Booked with another device?")
    assert len(visitor.names("booking")) == 1
    (listed,) = visitor._all("bookings")
    assert str(other.id) not in listed.markup


async def test_other_bookings_of_the_address_are_not_told_to_a_browser_that_made_one(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    made = await booked_in(visitor, await make_slot(expert, hours=24), alice)
    await visitor.open("/my-bookings")

    other = await book(await make_slot(expert, hours=48), alice)
    await bookings.confirm(other.id)
    await bookings.cancel(made.id)

    await visitor.sees("Session with Sarah Johnson: Cancelled")
    assert len(visitor.names("booking")) == 1
    assert "Confirmed" not in visitor.texts


async def test_link_of_a_booking_opens_it_and_nothing_else_in_another_browser(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await booked_in(visitor, slot, alice)

    await watcher.open(f"/bookings/{booking.manage_token}")
    await watcher.sees("Session with Sarah Johnson")
    await watcher.open("/my-bookings")

    await watcher.sees("Send me a code")
    assert watcher.names("booking") == []


async def test_browser_that_made_a_booking_may_cancel_it(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await booked_in(visitor, slot, alice)
    await visitor.open("/my-bookings")

    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")

    await visitor.sees("Cancelled. The time is free again.")
    assert (await bookings.get(booking.id)).status == "Cancelled"


async def test_booking_that_is_gone_is_forgotten_by_the_browser(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await booked_in(visitor, slot, alice)
    await Booking.find_one({"_id": booking.id}).delete()

    await visitor.open("/my-bookings")

    await visitor.sees("Send me a code")
    assert managed.tokens(visitor.client.request) == ()


async def test_browser_keeps_the_newest_bookings_in_a_small_cookie(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    made = [
        await booked_in(visitor, await make_slot(expert, hours=24 + hours), alice) for hours in range(managed.MOST + 1)
    ]

    kept = managed.tokens(visitor.client.request)

    assert kept == tuple(booking.manage_token for booking in made[1:])
    assert len(visitor._user.http_client.cookies["session"]) < 2048


async def test_who_signs_in_does_not_see_what_others_booked_in_the_same_browser(
    visitor: Person, slot: TimeSlot, alice: Customer, bob: Customer
) -> None:
    await booked_in(visitor, slot, alice)

    await look_up(visitor, bob.email)

    await visitor.sees("No bookings")


async def test_signing_out_leaves_nothing_behind(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await booked_in(visitor, slot, alice)
    await visitor.sign_in(alice.email)

    await visitor.post("/sign-out", {})
    await visitor.open("/my-bookings?told=signed-out")

    await visitor.sees("You are signed out.", "Send me a code")
    assert visitor.names("booking") == []


async def type_address(visitor: Person, email: str) -> None:
    await visitor.open("/my-bookings")
    visitor.type("E-mail", email)
    visitor.submit()


async def test_open_house_shows_bookings_to_whoever_types_their_address_and_says_so(
    open_house: None, visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)

    await type_address(visitor, "  ALICE@Example.com ")

    await visitor.sees("This is a demo on this machine", "Session with Sarah Johnson", "Pending")
    await visitor.click("Cancel booking")
    await visitor.answer("Cancel booking")
    await visitor.sees("Cancelled. The time is free again.")
    assert (await bookings.get(booking.id)).status == "Cancelled"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Your e-mail address is missing."),
        ("alice", "This is not an e-mail address yet. It needs an @, as in name@example.com."),
    ],
)
async def test_what_is_no_address_is_named_beside_the_field(
    open_house: None, visitor: Person, slot: TimeSlot, alice: Customer, typed: str, problem: str
) -> None:
    await book(slot, alice)
    await type_address(visitor, typed)
    await visitor.is_told("problem-email", problem)
    await visitor.shows_errors({"E-mail": problem})

    visitor.type("E-mail", alice.email)
    visitor.submit()

    await visitor.sees("Session with Sarah Johnson")
    assert visitor.errors() == {}


async def test_address_looked_up_before_is_not_followed_any_more(
    open_house: None, visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    await type_address(visitor, alice.email)
    await visitor.sees("No bookings")
    visitor.type("E-mail", bob.email)
    visitor.submit()
    await book(await make_slot(expert, hours=24), alice)

    await book(await make_slot(expert, hours=48), bob)

    await visitor.sees("Booked for Bob")
    assert "Booked for Alice" not in visitor.texts
