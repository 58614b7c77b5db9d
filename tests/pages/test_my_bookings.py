from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from expert_booking import access, bookings, recovery
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from pages import times
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


async def test_bookings_are_listed_newest_first(
    visitor: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    slots = [await make_slot(expert, hours=hours) for hours in (24 * 9, 24 * 2, 24 * 5)]
    for slot in slots:
        await book(slot, alice)

    await look_up(visitor, alice.email)

    await visitor.sees("Session with Sarah Johnson")
    days = [times.long_day(slot.starts_at.date(), Reader(zone=ZoneInfo("UTC"))) for slot in reversed(slots)]
    assert [text.partition(",")[0] for text in visitor.texts if "M to " in text] == days


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
    await visitor.misses("Session with Sarah Johnson")


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


async def test_deleting_a_completed_booking_frees_the_slot_when_it_is_ahead(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await bookings.complete(booking.id)
    await look_up(visitor, alice.email)
    await watcher.open(f"/experts/{slot.expert_id}")

    await visitor.click("Delete")
    await visitor.sees("It disappears from your list for good.")
    await visitor.answer("Delete")

    await visitor.sees("No bookings", "Deleted.")
    await watcher.sees("1 free")
    assert (await stored(slot)).booking_id is None
    assert await Booking.find().count() == 0


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
