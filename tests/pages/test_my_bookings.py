import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from expert_booking import access, bookings, clock, deletions, events, recovery
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from pages import times
from pages.components.timeline import MORE_AT_ONCE, PAST_AT_ONCE
from pages.my_bookings import BookingList
from pages.reader import Reader
from tests.conftest import MakeSlot, stored
from tests.pages.person import Person


async def book(slot: TimeSlot, customer: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def look_up(visitor: Person, email: str) -> None:
    await visitor.open("/my-bookings")
    visitor.type("E-mail", email)
    visitor.submit()


@pytest.mark.parametrize("typed", ["alice@example.com", "  ALICE@Example.COM "])
async def test_bookings_are_found_by_address_in_any_case(
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

    await visitor.sees("1 booking. All times in Kolkata time, GMT+5:30.")
    (card,) = visitor._all("next-up")
    (countdown,) = (part for part in card.descendants() if part.tag == "time")
    assert (countdown.props["data-until"], countdown.props["data-zone"]) == (slot.starts_at.isoformat(), "Asia/Kolkata")


async def test_manage_token_is_not_on_a_page_that_an_address_alone_opens(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)

    await look_up(visitor, alice.email)

    await visitor.sees("Session with Sarah Johnson")
    (listed,) = visitor._all("bookings")
    assert str(booking.id) in listed.markup
    for secret in (booking.manage_token, alice.phone):
        assert secret not in listed.markup


async def test_address_without_bookings_says_so(visitor: Person, expert: Expert) -> None:
    await look_up(visitor, "nobody@example.com")

    await visitor.sees("No bookings", "Nothing is booked with this address. Check its spelling, or find an expert.")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Your e-mail address is missing."),
        ("alice", "This is not an e-mail address yet. It needs an @, as in name@example.com."),
    ],
)
async def test_what_is_no_address_is_named_beside_the_field(visitor: Person, typed: str, problem: str) -> None:
    await look_up(visitor, typed)

    await visitor.shows_errors({"E-mail": problem})
    assert visitor.typed() == {"E-mail": typed}


async def test_mended_address_is_looked_up(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await book(slot, alice)
    await look_up(visitor, "alice")
    await visitor.shows_errors({"E-mail": "This is not an e-mail address yet. It needs an @, as in name@example.com."})

    visitor.type("E-mail", alice.email)
    visitor.submit()

    await visitor.sees("Session with Sarah Johnson")
    assert visitor.errors() == {}


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


async def test_new_booking_is_read_in_the_name_of_whoever_looks_not_of_whoever_booked(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = access.bookings_of, []

    async def read_and_note(email: str, *, visitor: str) -> list[Booking]:
        asked.append(visitor)
        return await read(email, visitor=visitor)

    monkeypatch.setattr(access, "bookings_of", read_and_note)
    await look_up(watcher, alice.email)
    await watcher.sees("No bookings")
    details = {"userName": "Alice", "userEmail": alice.email, "userPhone": alice.phone, "notes": ""}

    await visitor.post(f"/api/experts/{slot.expert_id}/book", {"slotId": str(slot.id), **details})

    await watcher.sees("Session with Sarah Johnson")
    first, second = asked
    assert first == second


async def test_change_while_the_bookings_are_read_is_not_overwritten(
    visitor: Person, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await book(slot, alice)
    await visitor.open("/")
    with visitor.client:
        listed = BookingList(visitor="alice", reader=Reader(zone=ZoneInfo("UTC")))
        visitor.type("E-mail", alice.email)
        await listed.look_up(alice.email)
    read = access.bookings_of

    async def read_and_be_overtaken(email: str, *, visitor: str) -> list[Booking]:
        found = await read(email, visitor=visitor)
        await bookings.confirm(booking.id)
        return found

    monkeypatch.setattr(access, "bookings_of", read_and_be_overtaken)

    with visitor.client:
        await listed.look_up(alice.email)

    assert "Confirmed" in visitor.texts


async def test_address_looked_up_before_is_not_followed_any_more(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    await look_up(visitor, alice.email)
    await visitor.sees("No bookings")
    visitor.type("E-mail", bob.email)
    visitor.submit()
    await book(await make_slot(expert, hours=24), alice)

    await book(await make_slot(expert, hours=48), bob)

    await visitor.sees("Bob")
    assert "Alice" not in visitor.texts


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
    assert f"UID:{booking.id}@booking.test".encode() in file
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

    await Booking.find_one({"_id": booking.id}).update({"$set": {"ends_at": booking.created_at - timedelta(minutes=1)}})
    await recovery.complete_past_sessions()

    await visitor.sees("Completed")
