import pytest

from expert_booking import customers
from models import Booking, Expert, TimeSlot
from tests.pages.person import Person


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
