import asyncio

from beanie import PydanticObjectId

from expert_booking import slots
from models import TimeSlot
from tests.conftest import stored
from tests.faults.steps import Call, stepped


async def test_read_finds_the_slot_as_it_is(slot: TimeSlot) -> None:
    assert await slots.read(slot.id) == slot


async def test_read_finds_none_that_does_not_exist(slot: TimeSlot) -> None:
    assert await slots.read(PydanticObjectId()) is None


async def test_many_readings_of_one_slot_are_one_command(slot: TimeSlot) -> None:
    commands = 0

    async def count(call: Call) -> object:
        nonlocal commands
        commands += 1
        return await call()

    with stepped(count):
        found = await asyncio.gather(*(slots.read(slot.id) for _ in range(50)))

    assert (len(found), {each and each.id for each in found}, commands) == (50, {slot.id}, 1)


async def test_write_onto_the_version_that_was_read_makes_the_next_one(slot: TimeSlot) -> None:
    written = await slots.write_onto(slot, {"held_by": "alice"})

    assert written == await stored(slot)
    assert (written and written.held_by, written and written.version) == ("alice", slot.version + 1)


async def test_write_without_changes_raises_the_version_alone(slot: TimeSlot) -> None:
    await slots.write_onto(slot, {})

    assert await stored(slot) == slot.model_copy(update={"version": slot.version + 1})


async def test_write_onto_an_older_version_changes_nothing(slot: TimeSlot) -> None:
    await slots.write_onto(slot, {"held_by": "alice"})

    assert await slots.write_onto(slot, {"held_by": "bob"}) is None

    assert (await stored(slot)).held_by == "alice"


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
