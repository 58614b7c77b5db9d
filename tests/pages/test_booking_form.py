import pytest

from expert_booking import bookings, customers
from expert_booking.customers import Customer
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot, stored
from tests.pages.person import FREE, HELD, MINE, Person


@pytest.fixture
async def at_the_form(visitor: Person, expert: Expert, slot: TimeSlot) -> Person:
    """Somebody who holds a slot and sees the form for it."""
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    return visitor


async def test_empty_form_names_what_is_missing_beside_each_field(at_the_form: Person) -> None:
    at_the_form.submit()

    await at_the_form.shows_errors(
        {
            "Full name": "Your name is missing.",
            "E-mail": "Your e-mail address is missing.",
            "Phone": "Your phone number is missing.",
        }
    )
    assert await Booking.find().count() == 0


async def test_wrong_fields_are_named_and_keep_what_was_typed(at_the_form: Person) -> None:
    wrong = {"name": "Al\u202eice", "email": "alice@", "phone": "+44 20", "notes": "x" * (customers.LONGEST_NOTES + 1)}
    at_the_form.fill_in(**wrong)

    at_the_form.submit()

    await at_the_form.shows_errors(
        {
            "Full name": "Your name contains an invisible character (U+202E). Please type it again.",
            "E-mail": "This is not an e-mail address yet. Something is missing after the @.",
            "Phone": "This number is too short for United Kingdom.",
            "What is it about? (optional)": "Your note is too long: 2,001 characters, 2,000 at most.",
        }
    )
    assert list(at_the_form.typed().values()) == list(wrong.values())
    assert await Booking.find().count() == 0


async def test_one_wrong_field_is_the_only_one_named(at_the_form: Person) -> None:
    at_the_form.fill_in(email="alice at example")

    at_the_form.submit()

    await at_the_form.shows_errors(
        {"E-mail": "This is not an e-mail address yet. Type one address alone, without spaces, commas or brackets."}
    )


async def test_problem_goes_as_soon_as_it_is_mended(at_the_form: Person) -> None:
    at_the_form.fill_in(email="alice@")
    at_the_form.submit()
    await at_the_form.shows_errors({"E-mail": "This is not an e-mail address yet. Something is missing after the @."})

    at_the_form.type("E-mail", "alice@example.com")

    assert at_the_form.errors() == {}


async def test_field_is_not_found_fault_with_before_it_is_left(at_the_form: Person) -> None:
    at_the_form.type("E-mail", "al")
    assert at_the_form.errors() == {}

    at_the_form.leave_field("E-mail")

    assert at_the_form.errors() == {
        "E-mail": "This is not an e-mail address yet. It needs an @, as in name@example.com."
    }


async def test_empty_field_can_be_passed_by(at_the_form: Person) -> None:
    at_the_form.leave_field("Full name")

    assert at_the_form.errors() == {}


async def test_mended_form_books(at_the_form: Person) -> None:
    at_the_form.fill_in(phone="12")
    at_the_form.submit()
    await at_the_form.sees("Held for you")
    at_the_form.type("Phone", "+44 20 7946 0958")

    at_the_form.submit()

    await at_the_form.sees("Session with Sarah Johnson")
    assert [booking.customer_phone for booking in await Booking.find().to_list()] == ["+442079460958"]


async def test_national_number_is_read_in_the_country_of_the_device(
    visitor: Person, expert: Expert, slot: TimeSlot
) -> None:
    visitor.comes_from("Europe/Berlin")
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    assert visitor.hint("Phone") == "Numbers without + are read as Germany, +49."
    visitor.fill_in(phone="030 901820")

    visitor.submit()

    await visitor.sees("Session with Sarah Johnson", "+49 30 901820")


async def test_national_number_of_an_unknown_device_is_read_in_the_country_of_the_house(
    visitor: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    assert visitor.hint("Phone") == "Numbers without + are read as United States, +1."
    visitor.fill_in(phone="(415) 555-2671")

    visitor.submit()

    await visitor.sees("Session with Sarah Johnson", "+1 415-555-2671")


async def test_number_is_read_back_with_its_country(at_the_form: Person) -> None:
    at_the_form.type("Phone", "+44 20 79460958")

    at_the_form.leave_field("Phone")

    assert at_the_form.hint("Phone") == "Read as a number in United Kingdom."
    assert at_the_form.errors() == {}


async def test_slip_in_an_address_is_asked_about_and_not_refused(at_the_form: Person) -> None:
    at_the_form.type("E-mail", "alice@gmial.com")

    at_the_form.leave_field("E-mail")

    await at_the_form.sees("Did you mean alice@gmail.com?")
    assert at_the_form.errors() == {}
    at_the_form.fill_in(email="alice@gmial.com")
    at_the_form.submit()
    await at_the_form.sees("Session with Sarah Johnson", "alice@gmial.com")


async def test_time_in_the_address_is_held_once_the_line_stands(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await watcher.open(f"/experts/{expert.id}")
    page = await visitor.get(f"/experts/{expert.id}?time={slot.id}")
    assert (page.status_code, (await stored(slot)).held_by) == (200, None)

    await visitor.open(f"/experts/{expert.id}?time={slot.id}")

    await visitor.sees("Held for you")
    await visitor.sees_slot(slot, MINE)
    await watcher.sees_slot(slot, HELD)


async def test_time_in_the_address_that_is_taken_is_answered_with_others(
    visitor: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    taken, other = [await make_slot(expert, hours=24 + hour) for hour in range(2)]
    await bookings.book(expert_id=expert.id, slot_id=taken.id, visitor="bob", customer=bob)

    await visitor.open(f"/experts/{expert.id}?time={taken.id}")

    await visitor.sees("This time has just been taken. Please choose another one.")
    (offer,) = visitor.names("offer")
    await visitor.click(offer)
    await visitor.sees_slot(other, MINE)


async def test_time_that_does_not_exist_is_answered_with_others(
    visitor: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}?time={expert.id}")

    await visitor.sees("This time does not exist (any more). Please choose another one.")
    assert len(visitor.names("offer")) == 1


@pytest.mark.parametrize("time", ["nobody", "%00", "a" * 500])
async def test_address_that_names_no_time_changes_nothing(
    visitor: Person, expert: Expert, slot: TimeSlot, time: str
) -> None:
    await visitor.open(f"/experts/{expert.id}?time={time}")

    await visitor.sees_slot(slot, FREE)
    await visitor.sees("Choose a time")


@pytest.mark.parametrize("brought", [None, [], "x", {"time": 5}, {"attempts": [1]}, {"attempts": {"x": 1}, "time": {}}])
async def test_whatever_a_browser_brings_along_is_taken_calmly(
    visitor: Person, expert: Expert, slot: TimeSlot, brought: object
) -> None:
    await visitor.open(f"/experts/{expert.id}")

    visitor.bring(brought)

    await visitor.sees_slot(slot, FREE)


async def test_attempt_whose_answer_was_lost_leads_to_its_booking(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    visitor.fill_in()
    visitor.submit()
    await visitor.sees("Session with Sarah Johnson")
    attempts = visitor.attempts

    await watcher.open(f"/experts/{expert.id}")
    watcher.bring({"time": None, "attempts": attempts})
    await visitor.open(f"/experts/{expert.id}")
    visitor.bring({"time": None, "attempts": attempts})

    await visitor.sees("You are booked", "alice@example.com")
    assert watcher.address == f"/experts/{expert.id}", "an attempt opens nothing in another browser"
