"""Who is reminded of which session, and when; time travels."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from expert_booking import bookings, clock, letters
from expert_booking.customers import Customer
from expert_booking.reminders import Reminders
from models import Booking, Expert, Message, MessageKind, Recipient
from tests.conftest import MakeExpert, MakeSlot

NOON = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STARTS_AT = NOON + 72 * HOUR


@pytest.fixture
def traveller() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def booking(traveller: Any, make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer) -> Booking:
    """Made three days before the session, with an expert who gets mail."""
    expert = await make_expert(email="sarah@example.org", email_key="sarah@example.org")
    return await book(make_slot, expert, alice, STARTS_AT)


async def book(make_slot: MakeSlot, expert: Expert, customer: Customer, starts_at: datetime) -> Booking:
    slot = await make_slot(expert, starts_at=starts_at)
    return await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def reminded() -> list[tuple[timedelta, Recipient]]:
    """How long before the session what is in the outbox becomes useless, and to whom it goes."""
    found = await Message.find({"kind": MessageKind.REMINDER}).sort("created_at", "recipient").to_list()
    assert all(message.session_at and message.useful_until for message in found)
    return [(message.session_at - message.useful_until, message.recipient) for message in found]  # type: ignore[operator]


DAY_BEFORE = [(HOUR, Recipient.CUSTOMER), (HOUR, Recipient.EXPERT)]
HOUR_BEFORE = [(timedelta(0), Recipient.CUSTOMER), (timedelta(0), Recipient.EXPERT)]


async def test_both_are_reminded_a_day_and_an_hour_before(booking: Booking, traveller: Any) -> None:
    reminders = Reminders((24, 1))
    expected: list[tuple[timedelta, Recipient]] = []
    for moment, more in (
        (STARTS_AT - 24 * HOUR - MINUTE, []),
        (STARTS_AT - 24 * HOUR, DAY_BEFORE),
        (STARTS_AT - 12 * HOUR, []),
        (STARTS_AT - HOUR - MINUTE, []),
        (STARTS_AT - HOUR, HOUR_BEFORE),
        (STARTS_AT - MINUTE, []),
        (STARTS_AT + MINUTE, []),
    ):
        traveller.move_to(moment)
        await reminders.remind()
        expected += more
        assert await reminded() == expected


async def test_any_number_of_processes_remind_once(booking: Booking, traveller: Any) -> None:
    traveller.move_to(STARTS_AT - 24 * HOUR)

    for reminders in (Reminders((24, 1)), Reminders((24, 1))):
        await reminders.remind()
        await reminders.remind()

    assert await reminded() == DAY_BEFORE


@pytest.mark.parametrize(
    ("comes_back", "expected"),
    [
        (STARTS_AT - 20 * HOUR, DAY_BEFORE),
        (STARTS_AT - 30 * MINUTE, HOUR_BEFORE),
        (STARTS_AT, []),
        (STARTS_AT + HOUR, []),
    ],
)
@pytest.mark.parametrize("is_restarted", [True, False])
async def test_after_hours_away_the_nearest_is_made_up_for(
    booking: Booking, traveller: Any, comes_back: datetime, expected: list[object], is_restarted: bool
) -> None:
    reminders = Reminders((24, 1))
    await reminders.remind()

    traveller.move_to(comes_back)
    await (Reminders((24, 1)) if is_restarted else reminders).remind()

    assert await reminded() == expected


async def test_who_books_late_is_reminded_of_what_is_ahead_only(
    booking: Booking, traveller: Any, make_slot: MakeSlot, bob: Customer, make_expert: MakeExpert
) -> None:
    await bookings.cancel(booking.id)
    late = await book(make_slot, await make_expert("Tom"), bob, NOON + 6 * HOUR)
    reminders = Reminders((24, 1))

    await reminders.remind()
    assert await reminded() == []

    traveller.move_to(late.starts_at - HOUR)
    await reminders.remind()
    assert await reminded() == [(timedelta(0), Recipient.CUSTOMER)]


@pytest.mark.parametrize("verb", ["cancel", "complete"])
async def test_what_does_not_take_place_is_not_reminded_of(booking: Booking, traveller: Any, verb: str) -> None:
    await getattr(bookings, verb)(booking.id)
    traveller.move_to(STARTS_AT - 24 * HOUR)

    await Reminders((24, 1)).remind()

    assert await reminded() == []


async def test_session_that_was_moved_is_reminded_of_anew(booking: Booking, traveller: Any) -> None:
    traveller.move_to(STARTS_AT - 24 * HOUR)
    reminders = Reminders((24,))
    await reminders.remind()
    later = STARTS_AT + 48 * HOUR
    await Booking.find_one({"_id": booking.id}).update({"$set": {"starts_at": later, "ends_at": later + HOUR}})

    traveller.move_to(later - 24 * HOUR)
    await reminders.remind()

    sessions = [message.session_at for message in await Message.find({"kind": MessageKind.REMINDER}).to_list()]
    assert sorted(filter(None, sessions)) == [STARTS_AT, STARTS_AT, later, later]


async def test_reminder_is_overtaken_by_the_next_by_a_move_and_by_the_session(booking: Booking, traveller: Any) -> None:
    traveller.move_to(STARTS_AT - 24 * HOUR)
    await Reminders((24, 1)).remind()
    found = await Message.find_one({"recipient": Recipient.CUSTOMER})
    assert found is not None
    moved = booking.model_copy(update={"starts_at": STARTS_AT + HOUR})
    cancelled = await bookings.cancel(booking.id)

    assert not letters.is_overtaken(found, booking, now=clock.now())
    assert letters.is_overtaken(found, booking, now=STARTS_AT - HOUR)
    assert letters.is_overtaken(found, moved, now=clock.now())
    assert letters.is_overtaken(found, cancelled, now=clock.now())


async def test_no_hours_no_reminders(booking: Booking, traveller: Any) -> None:
    traveller.move_to(STARTS_AT - MINUTE)

    assert await Reminders(()).remind() == 0
