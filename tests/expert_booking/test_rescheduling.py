"""A booking that is moved is never lost and never has two times."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from expert_booking import actors, bookings, clock, database, holds, journal, policy, recovery, rescheduling, telling
from expert_booking.customers import Customer
from expert_booking.errors import (
    BookingNotFound,
    IllegalTransition,
    SlotAlreadyBooked,
    SlotHeldByAnother,
    SlotInThePast,
    SlotNotFound,
    SlotUnavailable,
    SlotWithdrawn,
    TooLateToChange,
)
from models import Booking, BookingStatus, Expert, Message, MessageKind, TimeSlot
from tests.conftest import MakeExpert, MakeSlot, person, stored
from tests.settled import contradictions


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


@pytest.fixture
async def later(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    return await make_slot(expert, hours=48)


async def kept(booking: Booking) -> Booking:
    found = await Booking.find_one({"_id": booking.id})
    assert found is not None
    return found


async def test_moved_booking_has_the_new_time_and_no_other(slot: TimeSlot, later: TimeSlot, booking: Booking) -> None:
    await bookings.confirm(booking.id)

    moved = await rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER)

    assert (moved.slot_id, moved.starts_at, moved.ends_at) == (later.id, later.starts_at, later.ends_at)
    assert moved.status is BookingStatus.CONFIRMED
    assert ((await stored(slot)).booking_id, (await stored(later)).booking_id) == (None, booking.id)
    assert (await kept(booking)).vacated == []
    assert await contradictions() == []


async def test_both_sides_are_told_and_the_journal_knows(slot: TimeSlot, later: TimeSlot, booking: Booking) -> None:
    moved = await rescheduling.reschedule(booking.id, later.id, by=actors.EXPERT)
    untold = await journal.of_booking(booking.id)
    await telling.tell_left()

    [_, entry] = await journal.of_booking(booking.id)
    assert [each.id for each in untold] == [each.id for each in await journal.of_booking(booking.id)]
    assert (entry.what, entry.by) == ("booking.rescheduled", "expert")
    assert (entry.was, entry.became) == (slot.starts_at.isoformat(), later.starts_at.isoformat())
    told = await Message.find({"booking_id": booking.id, "kind": MessageKind.RESCHEDULED}).to_list()
    assert [message.sequence for message in told] == [moved.sequence]


async def test_moving_where_it_is_changes_nothing(slot: TimeSlot, booking: Booking) -> None:
    before = await kept(booking)
    assert (await rescheduling.reschedule(booking.id, slot.id, by=actors.EXPERT)).sequence == before.sequence


async def test_what_stands_in_the_way_leaves_it_where_it_is(
    make_expert: MakeExpert, make_slot: MakeSlot, expert: Expert, booking: Booking, bob: Customer
) -> None:
    taken, held = await make_slot(expert, hours=30), await make_slot(expert, hours=31)
    await bookings.book(expert_id=expert.id, slot_id=taken.id, visitor="bob", customer=bob)
    await holds.hold(expert_id=expert.id, slot_id=held.id, visitor="bob")
    withdrawn = await make_slot(expert, hours=32, withdrawn_at=clock.now())
    past = await make_slot(expert, hours=-2)
    foreign = await make_slot(await make_expert("Tom"), hours=30)
    refusals = [
        (taken, SlotAlreadyBooked),
        (held, SlotHeldByAnother),
        (withdrawn, SlotWithdrawn),
        (past, SlotInThePast),
        (foreign, SlotNotFound),
    ]

    for where, refusal in refusals:
        with pytest.raises(refusal):
            await rescheduling.reschedule(booking.id, where.id, by=actors.CUSTOMER)

    assert (await kept(booking)).slot_id == booking.slot_id
    assert await contradictions() == []


@pytest.mark.parametrize("end", [bookings.cancel, bookings.complete])
async def test_what_is_over_cannot_be_moved(booking: Booking, later: TimeSlot, end: object) -> None:
    await end(booking.id)  # type: ignore[operator]  # one of two verbs
    with pytest.raises(IllegalTransition):
        await rescheduling.reschedule(booking.id, later.id, by=actors.EXPERT)
    assert (await stored(later)).booking_id is None


async def test_customers_have_to_be_early_and_experts_have_not(booking: Booking, later: TimeSlot) -> None:
    policy.use(policy.BookingPolicy(change_notice=timedelta(hours=48)))

    with pytest.raises(TooLateToChange):
        await rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER)
    with pytest.raises(TooLateToChange):
        await bookings.cancel(booking.id, by=actors.CUSTOMER)

    assert (await rescheduling.reschedule(booking.id, later.id, by=actors.EXPERT)).slot_id == later.id


async def test_customer_whose_time_runs_out_while_it_is_moved_is_refused(
    booking: Booking, later: TimeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = holds.prove
    policy.use(policy.BookingPolicy(change_notice=timedelta(hours=2)))

    with time_machine.travel(booking.starts_at - timedelta(hours=3), tick=False) as time:

        async def take_long(**asked: Any) -> TimeSlot:
            time.shift(timedelta(hours=2))
            return await prove(**asked)

        monkeypatch.setattr(holds, "prove", take_long)
        with pytest.raises(TooLateToChange):
            await rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER)

    assert (await kept(booking)).slot_id == booking.slot_id


async def test_booking_that_is_not_there_cannot_be_moved(later: TimeSlot) -> None:
    with pytest.raises(BookingNotFound):
        await rescheduling.reschedule(later.id, later.id, by=actors.EXPERT)


async def test_choices_are_what_is_open_and_of_the_same_type(
    make_slot: MakeSlot, expert: Expert, booking: Booking, later: TimeSlot
) -> None:
    await make_slot(expert, hours=50, session_type="long")
    await make_slot(expert, hours=51, withdrawn_at=clock.now())
    await make_slot(expert, hours=52, closes_at=clock.now() - timedelta(minutes=1))
    await make_slot(expert, hours=-1)

    assert [slot.id for slot in await rescheduling.choices(booking)] == [later.id]


async def test_contenders_for_one_time_leave_one_and_lose_nobody(expert: Expert, make_slot: MakeSlot) -> None:
    """Ten bookings move to one slot while ten strangers book it."""
    wanted = await make_slot(expert, hours=100)
    moving = [
        await bookings.book(
            expert_id=expert.id,
            slot_id=(await make_slot(expert, hours=24 + number)).id,
            visitor=f"mover{number}",
            customer=person(f"mover{number}"),
        )
        for number in range(10)
    ]

    outcomes = await asyncio.gather(
        *(rescheduling.reschedule(each.id, wanted.id, by=actors.CUSTOMER) for each in moving),
        *(
            bookings.book(expert_id=expert.id, slot_id=wanted.id, visitor=f"new{n}", customer=person(f"new{n}"))
            for n in range(10)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, SlotUnavailable) for outcome in outcomes) == 19
    assert all([(await kept(each)).active for each in moving])
    assert await contradictions() == []


async def test_one_booking_pulled_in_two_directions_ends_in_one(
    expert: Expert, make_slot: MakeSlot, booking: Booking
) -> None:
    places = [await make_slot(expert, hours=60 + number) for number in range(4)]

    await asyncio.gather(
        *(rescheduling.reschedule(booking.id, place.id, by=actors.EXPERT) for place in places), return_exceptions=True
    )

    owned = [place.id for place in places if (await stored(place)).booking_id == booking.id]
    assert owned == [(await kept(booking)).slot_id]
    assert await contradictions() == []


async def test_cancelling_while_it_moves_frees_both(
    expert: Expert, slot: TimeSlot, later: TimeSlot, booking: Booking
) -> None:
    await asyncio.gather(
        rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER),
        bookings.cancel(booking.id),
        return_exceptions=True,
    )

    if not (await kept(booking)).active:
        assert ((await stored(slot)).booking_id, (await stored(later)).booking_id) == (None, None)
    assert await contradictions() == []


async def test_slot_that_was_left_meanwhile_is_free_whoever_moves_on_an_older_reading(
    make_slot: MakeSlot,
    expert: Expert,
    slot: TimeSlot,
    later: TimeSlot,
    booking: Booking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes to another slot and comes back meanwhile, and whoever brought it back dies before that is shown."""
    latest, name = await make_slot(expert, hours=72), bookings.session_name

    async def there_and_back(wanted: TimeSlot) -> str:
        monkeypatch.undo()
        await rescheduling.reschedule(booking.id, later.id, by=actors.EXPERT)
        with monkeypatch.context() as dying:
            dying.setattr(rescheduling, "settle", _die)
            with suppress(Died):
                await rescheduling.reschedule(booking.id, slot.id, by=actors.EXPERT)
        return await name(wanted)

    monkeypatch.setattr(bookings, "session_name", there_and_back)
    await rescheduling.reschedule(booking.id, latest.id, by=actors.EXPERT)

    shown = [(await stored(one)).booking_id for one in (slot, later, latest)]
    assert shown == [None, None, booking.id]
    assert await contradictions() == []


class Died(Exception):
    pass


async def _die(*_: object, **__: object) -> None:
    raise Died


async def test_crash_after_the_move_is_put_right(
    slot: TimeSlot, later: TimeSlot, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise database.CONNECTION_ERRORS[0]("gone")

    with monkeypatch.context() as broken:
        broken.setattr(rescheduling, "settle", crash)
        moved = await rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER)
    assert moved.vacated == [slot.id]

    with time_machine.travel(clock.now() + timedelta(seconds=1), tick=False):
        await recovery.recover()

    assert ((await stored(slot)).booking_id, (await stored(later)).booking_id) == (None, booking.id)
    assert await contradictions() == []
