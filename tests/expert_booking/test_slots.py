from beanie import PydanticObjectId

from expert_booking import slots
from models import TimeSlot
from tests.conftest import stored


async def test_read_finds_the_slot_as_it_is(slot: TimeSlot) -> None:
    assert await slots.read(slot.id) == slot


async def test_read_finds_none_that_does_not_exist(slot: TimeSlot) -> None:
    assert await slots.read(PydanticObjectId()) is None


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
