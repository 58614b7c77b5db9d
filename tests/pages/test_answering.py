"""The page that the links of the mail about a request open."""

import pytest
import time_machine

from expert_booking import answers, bookings
from expert_booking.customers import Customer
from models import Booking, BookingStatus, TimeSlot
from tests.pages.person import Person


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="a", customer=alice)


def link(booking: Booking, answer: str = "") -> str:
    return f"/requests/{booking.id}/{answers.token(booking.id)}{answer}"


async def status_of(booking: Booking) -> BookingStatus:
    return (await bookings.get(booking.id)).status


async def test_looking_changes_nothing_and_one_press_confirms(visitor: Person, booking: Booking) -> None:
    for answer in ("?answer=confirm", "?answer=decline", "?answer=nonsense", ""):
        assert (await visitor.get(link(booking, answer))).status_code == 200
    assert await status_of(booking) is BookingStatus.PENDING

    await visitor.open(link(booking, "?answer=confirm"))
    await visitor.sees("Alice would like a session with you", "Confirm the request")
    await visitor.send_form("request-form", answer="confirm")

    await visitor.sees("The request is confirmed", "Open your workspace")
    assert await status_of(booking) is BookingStatus.CONFIRMED


async def test_declines_with_a_message(visitor: Person, booking: Booking) -> None:
    await visitor.open(link(booking, "?answer=decline"))
    await visitor.sees("Message to the customer", "Decline the request")

    await visitor.send_form("request-form", answer="decline", message="Next week?")

    await visitor.sees("The request is declined")
    assert (await bookings.get(booking.id)).message == "Next week?"


async def test_other_answer_is_a_press_away(visitor: Person, booking: Booking) -> None:
    await visitor.open(link(booking))

    await visitor.click("Decline instead")
    await visitor.sees("Decline the request")
    await visitor.click("Confirm instead")

    await visitor.sees("Confirm the request")
    assert await status_of(booking) is BookingStatus.PENDING


async def test_message_stays_while_the_answer_is_thought_over(visitor: Person, booking: Booking) -> None:
    await visitor.open(link(booking, "?answer=decline"))
    (form,) = visitor._all("request-form")
    visitor._on(form).trigger("change", ["message", "Next week? <3"])

    await visitor.click("Confirm instead")
    await visitor.sees("Confirm the request")
    await visitor.click("Decline instead")

    await visitor.sees("Next week? <3", "Decline the request")


@pytest.mark.parametrize(
    ("become", "told"),
    [
        (bookings.confirm, "The request is confirmed"),
        (bookings.decline, "The request is declined"),
        (bookings.lapse, "The request has lapsed"),
        (bookings.cancel, "The session is cancelled"),
        (bookings.complete, "This session is over"),
    ],
)
async def test_what_has_become_of_it_is_told_and_nothing_done(
    visitor: Person, booking: Booking, become: object, told: str
) -> None:
    await visitor.open(link(booking))
    await visitor.sees("Confirm the request")

    assert callable(become)
    await become(booking.id)
    await visitor.sees(told)
    before = await status_of(booking)
    await visitor.send_form("request-form", answer="decline")

    assert "Confirm the request" not in visitor.texts
    await visitor.open(link(booking, "?answer=decline"))
    await visitor.sees(told)
    assert await status_of(booking) is before


async def test_too_late_is_told(visitor: Person, booking: Booking) -> None:
    with time_machine.travel(booking.starts_at):
        assert "too late to answer" in (await visitor.get(link(booking))).text


async def test_link_that_is_not_right_opens_nothing(visitor: Person, booking: Booking) -> None:
    for path in (f"/requests/{booking.id}/{'0' * 64}", f"/requests/nonsense/{answers.token(booking.id)}"):
        answer = await visitor.get(path)
        assert answer.status_code == 404
        assert "Alice" not in answer.text


async def test_page_is_nobodys_to_find(visitor: Person, booking: Booking) -> None:
    page = (await visitor.get(link(booking))).text

    assert '<meta name="robots" content="noindex">' in page
    assert '<meta name="referrer" content="no-referrer">' in page
    assert "alice@example.com" not in page
