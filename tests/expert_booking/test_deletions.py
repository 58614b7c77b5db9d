import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId
from pymongo.errors import AutoReconnect

from expert_booking import bookings, clock, deletions, events, lifecycle, recovery
from expert_booking.customers import Customer
from expert_booking.deletions import UNDOABLE_FOR
from expert_booking.errors import BookingNotFound, IllegalTransition
from expert_booking.settings import Settings
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot, stored
from tests.settled import contradictions

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def traveller() -> Iterator[Any]:
    """Time stands still until the test moves it."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    """A completed booking of Alice's, of tomorrow's hour."""
    return await completed(slot, alice)


async def completed(slot: TimeSlot, customer: Customer) -> Booking:
    made = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=customer)
    return await bookings.complete(made.id)


@pytest.fixture(autouse=True)
async def nothing_pending(connected: None) -> Any:
    yield
    await deletions.carry_out_all()


@pytest.fixture
def heard(alice: Customer) -> Iterator[list[Any]]:
    """What pages that show Alice's bookings hear."""
    told: list[Any] = []
    for topics in (events.bookings, events.deletions):
        topics.subscribe(alice.key, told.append)
    yield told
    for topics in (events.bookings, events.deletions):
        topics.unsubscribe(alice.key, told.append)


async def is_there(booking: Booking) -> bool:
    return await Booking.find_one({"_id": booking.id}) is not None


# --- waiting ---


async def test_deletion_takes_effect_after_its_time_and_not_before(
    booking: Booking, slot: TimeSlot, traveller: Any, heard: list[Any]
) -> None:
    takes_effect_at = await deletions.begin(booking.id)
    assert takes_effect_at == clock.now() + UNDOABLE_FOR

    traveller.shift(UNDOABLE_FOR - MOMENT)
    await deletions.carry_out_due()
    assert (await is_there(booking), deletions.pending([booking.id])) == (True, {booking.id: takes_effect_at})

    traveller.shift(MOMENT)
    await deletions.carry_out_due()
    assert (await is_there(booking), deletions.pending([booking.id])) == (False, {})
    assert (await stored(slot)).booking_id is None
    assert heard == [
        events.DeletionChanged(booking_id=booking.id, takes_effect_at=takes_effect_at),
        events.BookingChanged(booking_id=booking.id, status=None),
    ]
    assert await contradictions() == []


async def test_undone_deletion_leaves_everything_as_it_was(
    booking: Booking, slot: TimeSlot, traveller: Any, heard: list[Any]
) -> None:
    takes_effect_at = await deletions.begin(booking.id)
    traveller.shift(UNDOABLE_FOR - MOMENT)

    assert await deletions.undo(booking.id)

    traveller.shift(UNDOABLE_FOR)
    await deletions.carry_out_due()
    assert await is_there(booking)
    assert (await stored(slot)).booking_id == booking.id
    assert [event.takes_effect_at for event in heard] == [takes_effect_at, None]


async def test_booking_is_as_it_was_while_its_deletion_can_be_undone(booking: Booking, alice: Customer) -> None:
    await deletions.begin(booking.id)

    assert [found.id for found in await bookings.for_customer(alice.email)] == [booking.id]


async def test_deletion_can_begin_again_after_it_was_undone(booking: Booking, traveller: Any) -> None:
    await deletions.begin(booking.id)
    traveller.shift(UNDOABLE_FOR / 2)
    await deletions.undo(booking.id)

    assert await deletions.begin(booking.id) == clock.now() + UNDOABLE_FOR


async def test_clock_that_is_set_back_keeps_nothing_waiting(booking: Booking, traveller: Any) -> None:
    await deletions.begin(booking.id)
    traveller.shift(-timedelta(hours=1))

    await deletions.carry_out_due()

    assert not await is_there(booking)


async def test_pending_names_only_those_asked_for(
    booking: Booking, expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    other = await completed(await make_slot(expert, hours=30), alice)
    for each in (booking, other):
        await deletions.begin(each.id)

    assert set(deletions.pending([other.id, PydanticObjectId()])) == {other.id}


# --- what may not begin ---


@pytest.mark.parametrize("steps", [[], ["confirm"], ["cancel"]])
async def test_only_what_can_be_deleted_may_begin(slot: TimeSlot, alice: Customer, steps: list[str]) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    for step in steps:
        await getattr(bookings, step)(booking.id)

    with pytest.raises(IllegalTransition, match="only a Completed one can be deleted"):
        await deletions.begin(booking.id)

    assert deletions.pending([booking.id]) == {}


async def test_what_is_not_there_may_not_begin(connected: None) -> None:
    with pytest.raises(BookingNotFound):
        await deletions.begin(PydanticObjectId())


async def test_undo_of_what_never_began_is_told(booking: Booking) -> None:
    assert not await deletions.undo(booking.id)


# --- races ---


async def test_deletion_that_begins_twice_goes_on_as_it_is(booking: Booking, traveller: Any, heard: list[Any]) -> None:
    first = await asyncio.gather(*(deletions.begin(booking.id) for _ in range(5)))
    traveller.shift(UNDOABLE_FOR / 2)
    again = await deletions.begin(booking.id)

    assert {*first, again} == {first[0]}
    assert len(heard) == 1


async def test_of_undo_and_deletion_at_the_last_moment_one_wins(
    expert: Expert, make_slot: MakeSlot, alice: Customer, traveller: Any
) -> None:
    outcomes = []
    for undo_first in (True, False) * 3:
        booking = await completed(await make_slot(expert, hours=24 + len(outcomes)), alice)
        await deletions.begin(booking.id)
        traveller.shift(UNDOABLE_FOR)
        both = [deletions.undo(booking.id), deletions.carry_out_due()]
        done = await asyncio.gather(*(both if undo_first else reversed(both)))
        outcomes.append((any(done), await is_there(booking)))

    assert outcomes == [(True, True), (False, False)] * 3
    assert await contradictions() == []


async def test_undo_during_another_ones_deletion_counts(
    expert: Expert, make_slot: MakeSlot, alice: Customer, traveller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [await completed(await make_slot(expert, hours=hours), alice) for hours in (24, 25)]
    for booking in (first, second):
        await deletions.begin(booking.id)
    delete = bookings.delete

    async def delete_slowly(booking_id: PydanticObjectId) -> None:
        assert await deletions.undo(second.id)
        await delete(booking_id)

    monkeypatch.setattr(bookings, "delete", delete_slowly)
    traveller.shift(UNDOABLE_FOR)
    await deletions.carry_out_due()

    assert (await is_there(first), await is_there(second)) == (False, True)


async def test_booking_deleted_elsewhere_meanwhile_is_no_error(booking: Booking, traveller: Any) -> None:
    await deletions.begin(booking.id)
    await bookings.delete(booking.id)
    traveller.shift(UNDOABLE_FOR)

    await deletions.carry_out_due()

    assert deletions.pending([booking.id]) == {}


async def test_booking_deleted_elsewhere_cannot_be_brought_back(booking: Booking) -> None:
    await deletions.begin(booking.id)
    await bookings.delete(booking.id)

    with pytest.raises(BookingNotFound):
        await deletions.undo(booking.id)


# --- when something goes wrong ---


async def test_deletion_waits_for_a_database_that_is_away(
    booking: Booking, traveller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt may have succeeded unheard, so that it is too late to undo it."""

    async def fail(_: PydanticObjectId) -> None:
        raise AutoReconnect

    await deletions.begin(booking.id)
    traveller.shift(UNDOABLE_FOR)
    with monkeypatch.context() as patched:
        patched.setattr(bookings, "delete", fail)
        with pytest.raises(AutoReconnect):
            await deletions.carry_out_due()
    undone = await deletions.undo(booking.id)
    await deletions.carry_out_due()

    assert (undone, await is_there(booking)) == (False, False)


async def test_deletion_is_carried_out_when_the_house_closes(
    database_uri: str, database_name: str, booking: Booking
) -> None:
    settings = Settings(mongo_uri=database_uri, database_name=database_name)

    async def begin() -> None:
        await deletions.begin(booking.id)

    async with lifecycle.open_house(settings, when_connected=begin):
        assert await is_there(booking)

    await lifecycle.database.connect(database_uri, name=database_name, timeout_seconds=10)
    assert (await is_there(booking), deletions.pending([booking.id])) == (False, {})


async def test_deletion_is_carried_out_while_the_house_is_open(
    database_uri: str, database_name: str, booking: Booking, monkeypatch: pytest.MonkeyPatch, heard: list[Any]
) -> None:
    monkeypatch.setattr(deletions, "UNDOABLE_FOR", timedelta(seconds=0.2))
    settings = Settings(mongo_uri=database_uri, database_name=database_name)

    async def begin() -> None:
        await deletions.begin(booking.id)

    async with lifecycle.open_house(settings, when_connected=begin), asyncio.timeout(10):
        while deletions.pending([booking.id]):
            await asyncio.sleep(0.01)
        assert not await is_there(booking)

    await lifecycle.database.connect(database_uri, name=database_name, timeout_seconds=10)


async def test_crash_forgets_a_deletion_and_keeps_the_booking(booking: Booking, slot: TimeSlot, traveller: Any) -> None:
    await deletions.begin(booking.id)
    deletions._pending.clear()  # as a process that was killed

    traveller.shift(UNDOABLE_FOR)
    await deletions.carry_out_due()
    await recovery.recover()

    assert await is_there(booking)
    assert (await stored(slot)).booking_id == booking.id
