"""Answering a request by the link of its mail: once, while it waits, and for this one request only."""

import asyncio

import pytest
import time_machine

from expert_booking import answers, bookings, clock, journal
from expert_booking.customers import Customer
from expert_booking.errors import BookingError, BookingNotFound, IllegalTransition, InvalidRequest
from models import ActorKind, Booking, BookingStatus, Expert, TimeSlot
from tests.conftest import MakeSlot, stored


@pytest.fixture(autouse=True)
def secret() -> None:
    answers.use("the-secret-of-these-tests-and-of-no-other")


@pytest.fixture
async def request_of_alice(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="a", customer=alice)


async def test_confirms_as_the_expert(request_of_alice: Booking) -> None:
    token = answers.token(request_of_alice.id)

    booking = await answers.answer(request_of_alice.id, token, confirms=True)

    assert booking.status is BookingStatus.CONFIRMED
    assert [entry.by for entry in await journal.of_booking(booking.id)][-1] is ActorKind.EXPERT


async def test_declines_with_a_message_and_frees_the_time(request_of_alice: Booking, slot: TimeSlot) -> None:
    token = answers.token(request_of_alice.id)

    booking = await answers.answer(request_of_alice.id, token, confirms=False, message=" I am away. ")

    assert (booking.status, booking.message) == (BookingStatus.CANCELLED, "I am away.")
    assert (await stored(slot)).booking_id is None


async def test_of_many_answers_at_once_one_counts(request_of_alice: Booking) -> None:
    token = answers.token(request_of_alice.id)
    answered = await asyncio.gather(
        *(answers.answer(request_of_alice.id, token, confirms=number % 2 == 0) for number in range(6)),
        return_exceptions=True,
    )

    given = [each for each in answered if isinstance(each, Booking)]
    assert len(given) == 1
    assert [type(each) for each in answered if isinstance(each, BookingError)] == [IllegalTransition] * 5
    assert (await bookings.get(request_of_alice.id)).status is given[0].status


async def test_what_was_confirmed_elsewhere_cannot_be_declined_here(request_of_alice: Booking) -> None:
    await bookings.confirm(request_of_alice.id)

    with pytest.raises(IllegalTransition):
        await answers.answer(request_of_alice.id, answers.token(request_of_alice.id), confirms=False)

    assert (await bookings.get(request_of_alice.id)).status is BookingStatus.CONFIRMED


async def test_too_late_once_the_session_has_begun(request_of_alice: Booking) -> None:
    with time_machine.travel(request_of_alice.starts_at):
        assert not answers.can_be_answered(await bookings.get(request_of_alice.id))
        with pytest.raises(IllegalTransition, match="too late to answer"):
            await answers.answer(request_of_alice.id, answers.token(request_of_alice.id), confirms=True)


async def test_link_is_good_for_its_own_request_only(
    request_of_alice: Booking, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    slot = await make_slot(expert, hours=30)
    other = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="b", customer=bob)
    right = answers.token(other.id)

    for wrong in (right, "", "0" * 64, "é", f"{answers.token(request_of_alice.id)} "):
        with pytest.raises(BookingNotFound):
            await answers.answer(request_of_alice.id, wrong, confirms=True)
    answers.use("another-secret-that-another-house-may-have")
    with pytest.raises(BookingNotFound):
        await answers.find(other.id, right)


async def test_message_that_cannot_be_kept_declines_nothing(request_of_alice: Booking) -> None:
    with pytest.raises(InvalidRequest):
        await answers.answer(
            request_of_alice.id, answers.token(request_of_alice.id), confirms=False, message="x" * 1001
        )

    assert (await bookings.get(request_of_alice.id)).status is BookingStatus.PENDING
    assert clock.now() < request_of_alice.starts_at
