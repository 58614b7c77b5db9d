"""The pages of those who run the house: who may, what they see, what they do, and what is written down of it."""

import csv
import io
import sys
from datetime import timedelta
from typing import Any

import pytest
from beanie import PydanticObjectId

from expert_booking import actors, bookings, categories, events, experts, journal, sign_in, telling
from expert_booking.administration import all_bookings, roster, staff
from expert_booking.administration.all_bookings import Found, Wanted
from expert_booking.administration.roster import Standing
from expert_booking.customers import Customer
from expert_booking.errors import DatabaseUnavailable
from models import ActorKind, Booking, BookingStatus, Expert, Message, MessageKind, TimeSlot
from pages.components import ticket
from tests.conftest import MakeExpert, MakeSlot
from tests.pages.conftest import Come
from tests.pages.markup import nodes
from tests.pages.person import Person

HOUSE = "house@example.com"
PAGES = ("/admin", "/admin/bookings", "/admin/categories", "/admin/journal")


@pytest.fixture
def administered(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_EMAILS", HOUSE)
    environment.setattr(all_bookings, "PATIENCE_SECONDS", 60)  # a busy machine looks as far as any other


@pytest.fixture
async def house(administered: None, come: Come) -> Person:
    """Somebody who runs the house, signed in."""
    person = come()
    await person.sign_in(HOUSE)
    return person


async def book(slot: TimeSlot, customer: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def test_doors_are_the_administrators(
    administered: None, come: Come, make_expert: MakeExpert, slot: TimeSlot, alice: Customer
) -> None:
    await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    booking = await book(slot, alice)
    stranger, customer, tom, house = come(), come(), come(), come()
    await customer.sign_in("alice@example.com")
    await tom.sign_in("tom@example.com")
    await house.sign_in(HOUSE)

    for page in (*PAGES, f"/admin/bookings/{booking.id}"):
        statuses = [(await one.get(page)).status_code for one in (stranger, customer, tom, house)]
        assert statuses == [401, 403, 403, 200], page
    export = [(await one.get("/admin/bookings.csv")).status_code for one in (stranger, customer, tom, house)]
    assert export == [303, 403, 403, 200]
    assert "alice@example.com" not in (await customer.get("/admin/bookings")).text


async def test_whoever_signed_out_elsewhere_does_nothing_any_more(house: Person, expert: Expert) -> None:
    await house.open("/admin")
    await sign_in.sign_out_everywhere(HOUSE)

    await house.click("Sarah Johnson")
    await house.sees("Please sign in first")

    assert not any("Hide" in text for text in house.texts)


async def test_expert_is_added_invited_and_shown(house: Person) -> None:
    await house.open("/admin")
    await house.click("Add an expert")
    await house.sees("We send an invitation there.")
    form = {"name": "Nina Novak", "category": "Law", "email": "nina@example.org", "time_zone": "Europe/Berlin"}

    send(house, {**form, "email": "nina"})
    await house.sees("It needs an @")
    send(house, form)

    await house.sees("Nina Novak", "Invited", "An invitation is on its way to nina@example.org.")
    assert await Message.find({"kind": MessageKind.INVITATION, "to": "nina@example.org"}).count() == 1
    await house.click("Show")
    await house.sees("Nina Novak is shown.")
    assert [one.name for one in (await experts.find()).experts] == ["Nina Novak"]


def send(person: Person, answer: dict[str, str]) -> None:
    """Submit the form that stands on the page, as the script does."""
    forms = [one for one in person.client.layout.descendants() if one.tag == "form"]
    person._on(forms[0]).trigger("submit", {"answer": "save", **answer})


async def reply(person: Person, answer: dict[str, str], *, before: int = 0) -> None:
    """Fill in the question that is open, and say yes; without a browser, those answered `before` stay on the page."""
    await person._wait(lambda: len(asking(person)) > before, "a question")
    person._on(asking(person)[-1]).trigger("submit", {"answer": "yes", **answer})


def asking(person: Person) -> list:
    return [one for one in person.client.layout.descendants() if one.tag == "form" and "asking" in one._classes]


async def is_sent_anew(person: Person) -> None:
    """Wait until the list on the page was sent what has changed."""
    await person.until(lambda: any(call.startswith("arranged(") for call in person.asked), "the list to be sent")


async def test_expert_leaves_and_the_customers_are_told_why(
    house: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await house.open("/admin")
    await house.click("Sarah Johnson")
    await house.click("Remove")
    await reply(house, {"plan": "cancel", "reason": "Sarah has left us."})

    await house.sees("Sarah Johnson is removed.")

    cancelled = await bookings.get(booking.id)
    assert (cancelled.status, cancelled.message) == (BookingStatus.CANCELLED, "Sarah has left us.")
    assert (await roster.row_of(expert.id)).standing is Standing.REMOVED
    assert (await house.get(f"/experts/{expert.id}")).status_code == 404
    assert (await house.get(f"/api/experts/{expert.id}")).status_code == 404


async def test_what_is_left_of_an_expert_is_cancelled_for_a_reason(
    house: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await house.open("/admin")
    await house.click("Sarah Johnson")
    await house.click("Remove")
    await reply(house, {"plan": "cancel", "reason": " "})
    await house.sees("Please say why")
    assert (await roster.row_of(expert.id)).standing is Standing.SHOWN
    await reply(house, {"plan": "keep", "reason": ""})
    await house.sees("Sarah Johnson is removed.", "Removed")
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING

    await house.click("Cancel what is left")
    await house.sees("Cancel what is left of Sarah Johnson?")
    await reply(house, {"reason": ""}, before=1)
    await house.sees_many("Please say why: the journal keeps the reason.", 1)
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING
    await reply(house, {"reason": "Sarah is ill."}, before=1)

    await house.sees("All bookings of Sarah Johnson are cancelled.", "Nothing ahead")
    cancelled = await bookings.get(booking.id)
    assert (cancelled.status, cancelled.message) == (BookingStatus.CANCELLED, "Sarah is ill.")
    await house.click("Take back")
    await house.sees("Sarah Johnson is back, and hidden until you show them.")


async def test_experts_follow_what_happens_and_keep_what_is_open_and_typed(
    house: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    await house.open("/admin")
    await house.click("Sarah Johnson")
    await house.sees("Nothing ahead", "Hide")
    await house.click("Add an expert")
    await house.sees("We send an invitation there.")
    house.type("Full name", "Nina")

    await book(slot, alice)
    await house.sees("1 booking ahead", "No open times")
    await staff.hide(expert.id, by=actors.HOUSE)
    await house.until(lambda: "Hidden" in house.names("state"), "what another administrator did to be shown")

    await house.sees("Show", "See the bookings")
    assert house.typed()["Full name"] == "Nina"
    await is_sent_anew(house)


async def test_address_is_changed_and_said(house: Person, expert: Expert) -> None:
    await house.open("/admin")
    await house.click("Sarah Johnson")
    await house.click("Change e-mail")
    await reply(house, {"email": "sarah@example.org"})

    await house.sees("Mail for Sarah Johnson goes to sarah@example.org from now on.")


async def test_expert_stays_as_long_as_the_message_cannot_be_sent(
    house: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await house.open("/admin")
    await house.click("Sarah Johnson")
    await house.click("Remove")

    await reply(house, {"plan": "cancel", "reason": "Sarah\u202ehas left us."})

    await house.sees("Your text contains an invisible character (U+202E). Please type it again.")
    assert (await roster.row_of(expert.id)).standing is Standing.SHOWN
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING


async def test_what_was_moved_meanwhile_is_said_in_the_question(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    booking, wanted = await book(await make_slot(expert, hours=30), alice), await make_slot(expert, hours=50)
    await house.open(f"/admin/bookings/{booking.id}")
    await house.click("Move")
    await house.sees("Move to another time")
    await book(wanted, bob)

    await reply(house, {"slot": str(wanted.id), "reason": "She is ill."})

    await house.sees("This time has just been taken.")
    assert (await bookings.get(booking.id)).slot_id == booking.slot_id


async def test_bookings_are_found_by_what_the_address_asks(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    first = await book(await make_slot(expert, hours=30), alice)
    await book(await make_slot(expert, hours=31), bob)

    await house.open("/admin/bookings")
    await house.sees("Alice", "Bob", "2 bookings")
    await house.open("/admin/bookings?q=alice@example.com")
    await house.sees("1 booking")
    assert "Bob" not in " ".join(house.texts)

    await house.open("/admin/bookings?status=Pending&q=nobody+at+all")
    await house.sees("Nothing fits what you are looking for.")
    await house.open("/admin/bookings?q=al")
    await house.sees("Please type at least 3 letters of a name.")
    await house.open("/admin/bookings?status=nonsense&expert=x&from=soon&after=y&order=z&made=w")
    await house.sees("2 bookings")
    assert first.status is BookingStatus.PENDING


async def test_bookings_are_found_and_change_in_place(
    house: Person, expert: Expert, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    first = await book(await make_slot(expert, hours=30), alice)
    await house.open("/admin/bookings?status=Pending")
    await house.sees("Alice")

    await bookings.confirm(first.id)
    await house.until(lambda: house.names("status") == ["Confirmed"], "the row that fits no more to say so")
    await is_sent_anew(house)

    tom = await make_expert("Tom")  # nobody of his is on the page
    made = [await book(await make_slot(tom, hours=hours), bob) for hours in (40, 41)]
    await house.sees("2 new bookings")
    assert "Bob" not in " ".join(house.texts)
    await bookings.cancel(made[0].id)
    await house.sees("1 new booking")

    await house.click("Load the list anew")
    await house.sees("Bob", "1 booking")
    await house.misses("new booking")
    assert "Alice" not in " ".join(house.texts)


async def test_new_booking_is_counted_where_it_fits_and_after_a_gap(
    house: Person, come: Come, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    other = come()
    await other.sign_in(HOUSE)
    await house.open("/admin/bookings?q=bob@example.com")
    await other.open("/admin/bookings?order=latest")

    alices = await book(await make_slot(expert, hours=30), alice)
    await book(await make_slot(expert, hours=31), bob)
    await house.sees("1 new booking")
    untold = alices.model_copy(
        update={
            "id": PydanticObjectId(), "slot_id": PydanticObjectId(), "claims": ["another"], "settled": True,
            "idempotency_key": "another", "manage_token": "another", "customer_key": "bob@example.com",
        }
    )  # fmt: skip
    await untold.insert()
    events.changes_missed()

    await house.sees("2 new bookings")
    assert "new booking" not in " ".join(other.texts)


async def test_whoever_signed_out_elsewhere_hears_of_no_booking(
    house: Person, come: Come, expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    other = come()
    await house.open("/admin/bookings")
    await sign_in.sign_out_everywhere(HOUSE)
    await other.sign_in(HOUSE)
    await other.open("/admin/bookings")

    await book(await make_slot(expert, hours=30), alice)
    await house.sees("Please sign in first")
    await book(await make_slot(expert, hours=31), bob)
    await other.sees("2 new bookings")

    assert sum("Please sign in first" in text for text in house.texts) == 1
    assert "new booking" not in " ".join(house.texts)


@pytest.mark.parametrize(
    ("button", "status", "what"),
    [
        ("Decline", BookingStatus.CANCELLED, "booking.declined"),
        ("Confirm", BookingStatus.CONFIRMED, "booking.confirmed"),
        ("Complete", BookingStatus.COMPLETED, "booking.completed"),
    ],
)
async def test_every_step_of_a_booking_is_written_down(
    house: Person, slot: TimeSlot, alice: Customer, button: str, status: BookingStatus, what: str
) -> None:
    booking = await book(slot, alice)
    await house.open(f"/admin/bookings/{booking.id}")
    await house.sees("Alice", "Pending", "Booked")

    await house.click(button)
    if button == "Decline":
        await reply(house, {"reason": " "})
        await house.sees("Please say why")
        assert (await bookings.get(booking.id)).status is BookingStatus.PENDING
    await reply(house, {"reason": "Not\u202ethis week."})
    await house.sees("Your text contains an invisible character (U+202E). Please type it again.")
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING
    await reply(house, {"reason": "Not this week."})  # the question has stayed
    await house.sees(status.value, "Not this week.")

    entry = (await journal.of_booking(booking.id))[-1]
    assert (entry.what, entry.by, entry.who) == (what, ActorKind.ADMINISTRATOR, HOUSE)
    assert entry.reason == "Not this week."
    assert (await bookings.get(booking.id)).status is status
    await telling.tell_left()
    await house.open(f"/admin/journal?q={str(booking.id)[-8:]}")
    await house.sees("Booked")


async def test_booking_is_moved_and_deleted(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    old, new = await make_slot(expert, hours=30), await make_slot(expert, hours=50)
    booking = await book(old, alice)
    await house.open(f"/admin/bookings/{booking.id}")

    await house.click("Move")
    await reply(house, {"slot": str(new.id), "reason": "She is ill."})
    await house.sees("Moved", "She is ill.")
    assert (await bookings.get(booking.id)).starts_at == new.starts_at

    await bookings.complete(booking.id)
    await house.click("Delete")
    await reply(house, {"reason": "Asked for by phone."}, before=1)
    await house.sees("This booking is deleted. The journal stays.", "Asked for by phone.")


async def test_journal_leads_to_a_booking_that_is_deleted(
    house: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    booking = await book(slot, alice)
    await bookings.complete(booking.id)
    await bookings.delete(booking.id, by=actors.administrator(HOUSE, reason="Asked for by phone."))
    await telling.tell_left()

    await house.open(f"/admin/journal?q={ticket.code(booking)}")
    await house.sees("Deleted", "Asked for by phone.", f"booking {ticket.code(booking)}")
    await house.open(f"/admin/bookings/{booking.id}")

    await house.sees("This booking is deleted. The journal stays.", "Asked for by phone.", ticket.code(booking))
    await house.sees("Sarah Johnson", "Booked")
    assert "Alice" not in " ".join(house.texts)
    assert (await house.get("/admin/bookings/6998151da2703c790995027d")).status_code == 404


async def test_program_with_a_digit_in_its_name_is_found_in_the_journal(house: Person, expert: Expert) -> None:
    await journal.write("expert.hidden", by=actors.program("crm2"), expert_id=expert.id)
    await journal.write("expert.shown", by=actors.program("other"), expert_id=expert.id)

    await house.open("/admin/journal?q=crm2")

    await house.sees("Expert hidden", "crm2", "1 entry")


async def test_booking_is_moved_to_any_day_however_many_times_are_open(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pages.administration.booking"], "MOST_CHOICES", 2)
    booking = await book(await make_slot(expert, hours=30), alice)
    noon = booking.starts_at.replace(hour=12)
    days = [noon + timedelta(days=number) for number in (1, 2, 3)]
    slots = [await make_slot(expert, starts_at=at + timedelta(hours=hour)) for at in days for hour in (0, 1)]
    await house.open(f"/admin/bookings/{booking.id}")

    await house.click("Move")
    await reply(house, {"day": days[2].date().isoformat()})
    await house.sees("The old time is free again at once")
    parts = (part for node in nodes(asking(house)[-1]) for part in (node, *node.descendants()))
    (field,) = (part for part in parts if part.props.get("name") == "slot")
    assert [option.props["value"] for option in field.descendants() if option.tag == "option"] == [
        str(slot.id) for slot in slots[4:]
    ]
    await reply(house, {"slot": str(slots[5].id), "reason": "She is ill."}, before=1)

    await house.sees("Moved", "She is ill.")
    assert (await bookings.get(booking.id)).slot_id == slots[5].id


async def test_category_is_renamed_and_a_new_one_offered(house: Person, expert: Expert) -> None:
    await house.open("/admin/categories")
    send(house, {"name": "Gardening"})
    await house.sees("Gardening", "Nobody yet")

    await house.click("Rename: Technology")
    await reply(house, {"name": "Computers"})
    await house.sees("Computers", "“Technology” is “Computers” now.")

    assert await experts.categories() == {"Computers": 1}
    await house.open("/admin/journal?what=category")
    await house.sees("Category renamed", "Technology", HOUSE)


async def test_categories_follow_what_another_administrator_does(
    house: Person, expert: Expert, make_expert: MakeExpert
) -> None:
    await make_expert("Tom", category="Law")
    await house.open("/admin/categories")
    house.type("A new category", "Garden")

    await categories.rename("Technology", "Computers", by=actors.HOUSE)
    await house.sees("Computers")
    assert house.typed()["A new category"] == "Garden"

    await house.click("Merge: Computers")
    await reply(house, {"into": "Law"})
    await house.sees("“Computers” is part of “Law” now.", "2 experts")


async def test_export_is_what_is_asked_for_and_no_formula(house: Person, expert: Expert, make_slot: MakeSlot) -> None:
    mean = Customer(name="=HYPERLINK(1)", email="mean@example.com", phone="+442079460958", notes="@SUM(A1)")
    await book(await make_slot(expert, hours=30), mean)
    confirmed = await book(await make_slot(expert, hours=31), mean)
    await bookings.confirm(confirmed.id)

    answer = await house.get("/admin/bookings.csv?status=Confirmed")

    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (row["status"], row["customer_name"], row["customer_phone"], row["notes"]) == (
        "Confirmed",
        "'=HYPERLINK(1)",
        "'+442079460958",
        "'@SUM(A1)",
    )


async def test_export_goes_on_to_the_end(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = sys.modules["pages.administration.bookings"]
    monkeypatch.setattr(page, "EXPORTED_AT_ONCE", 2)
    made = [await book(await make_slot(expert, hours=30 + number), alice) for number in range(5)]

    rows = await exported(house)

    assert [row["code"] for row in rows] == [ticket.code(one) for one in reversed(made)]


async def test_export_has_no_most(
    house: Person, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await book(slot, alice)

    async def find(_: Wanted, *, after: str = "", limit: int) -> Found:
        left = int(after or 25) - 1
        return Found(bookings=[booking] * limit, after=str(left) if left else "")

    monkeypatch.setattr(all_bookings, "find", find)

    assert len(await exported(house)) == 25 * 500


async def exported(person: Person, query: str = "") -> list[dict[str, str]]:
    answer = await person.get(f"/admin/bookings.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_export_says_in_its_last_line_what_it_leaves_out(
    house: Person, expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_bookings, "MOST_FOUND", 2)
    for number in range(3):
        await book(await make_slot(expert, hours=30 + number), alice)

    found, too_short = await exported(house, "?q=alice@example.com"), await exported(house, "?q=al")

    assert [row["code"] for row in found[2:]] == ["There may be more. Say more to find fewer."]
    assert [row["code"] for row in too_short] == ["Please type at least 3 letters of a name."]


@pytest.mark.parametrize("error", [DatabaseUnavailable(), RuntimeError()])
async def test_export_that_breaks_off_does_not_look_whole(
    house: Person,
    expert: Expert,
    make_slot: MakeSlot,
    alice: Customer,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys.modules["pages.administration.bookings"], "EXPORTED_AT_ONCE", 2)
    for number in range(3):
        await book(await make_slot(expert, hours=30 + number), alice)
    find = all_bookings.find

    async def find_once(wanted: Wanted, *, after: str = "", **options: Any) -> Found:
        if after:
            raise error
        return await find(wanted, after=after, **options)

    monkeypatch.setattr(all_bookings, "find", find_once)

    rows = await exported(house)

    assert len(rows) == 3
    assert rows[-1]["code"].startswith("The file breaks off here")
    errors = [record for record in caplog.get_records("call") if record.levelname == "ERROR"]
    assert bool(errors) is isinstance(error, RuntimeError)
    caplog.clear()
