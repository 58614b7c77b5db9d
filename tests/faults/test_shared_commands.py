"""How many commands it takes, and what becomes of those who shared one that failed."""

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from expert_booking import bookings, settling, slots
from expert_booking.customers import Customer
from models import TimeSlot
from tests.conftest import stored
from tests.faults.steps import Call, stepped


async def test_many_readings_of_one_slot_are_one_command(slot: TimeSlot) -> None:
    commands = 0

    async def count(call: Call) -> object:
        nonlocal commands
        commands += 1
        return await call()

    with stepped(count):
        found = await asyncio.gather(*(slots.read(slot.id) for _ in range(50)))

    assert (len(found), {each and each.id for each in found}, commands) == (50, {slot.id}, 1)


async def test_of_many_who_write_at_once_the_first_alone_asks_the_database(slot: TimeSlot) -> None:
    commands = 0

    async def count(call: Call) -> object:
        nonlocal commands
        commands += 1
        return await call()

    visitors = [f"visitor {number}" for number in range(50)]
    with stepped(count):
        written = await asyncio.gather(*(slots.write_onto(slot, {"held_by": visitor}) for visitor in visitors))

    won = [each for each in written if each is not None]
    assert (commands, [each.held_by for each in won]) == (1, ["visitor 0"])
    assert (await stored(slot)).version == slot.version + 1


async def test_whoever_waited_for_a_write_that_failed_can_write(slot: TimeSlot) -> None:
    async def fail(_: Call) -> object:
        raise ConnectionError

    with stepped(fail):
        outcomes = await asyncio.gather(
            *(slots.write_onto(slot, {"held_by": visitor}) for visitor in ("alice", "bob")), return_exceptions=True
        )
    again = await slots.write_onto(slot, {"held_by": "bob"})

    assert [type(outcome) for outcome in outcomes] == [ConnectionError, type(None)]
    assert again == await stored(slot)


async def test_marking_that_failed_is_made_up_for(slot: TimeSlot, alice: Customer) -> None:
    async def gone(_: Call) -> object:
        raise AutoReconnect("the connection broke")

    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    with stepped(gone), pytest.raises(AutoReconnect):
        await settling.mark_shown()

    await settling.mark_shown()

    assert (await bookings.get(booking.id)).settled
