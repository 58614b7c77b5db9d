import asyncio
from datetime import timedelta

from beanie import PydanticObjectId

from expert_booking import clock, slots
from models import Expert, TimeSlot
from tests.conftest import MakeSlot, stored


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


async def test_of_many_that_write_at_once_each_learns_its_own_fate(expert: Expert, make_slot: MakeSlot) -> None:
    """They go to the database together; one of them has read what is not so any more."""
    found = [await make_slot(expert, hours=24 + number) for number in range(6)]
    stale = await slots.write_onto(found[3], {"held_by": "bob"})
    assert stale is not None

    until = clock.now() + timedelta(minutes=5)
    wanted = [{"held_by": "alice", "hold_token": f"token {number}", "held_until": until} for number in range(6)]
    written = await asyncio.gather(*map(slots.write_onto, found, wanted))

    assert [one is not None for one in written] == [True, True, True, False, True, True]
    assert [(await stored(slot)).held_by for slot in found] == ["alice"] * 3 + ["bob"] + ["alice"] * 2


async def test_another_change_to_the_next_version_is_not_taken_for_ones_own(
    slot: TimeSlot, expert: Expert, make_slot: MakeSlot
) -> None:
    """Whoever was quicker has made the same version of it, with something else in it."""
    other = await make_slot(expert, hours=30)
    await TimeSlot.find_one({"_id": slot.id}).update({"$set": {"held_by": "bob"}, "$inc": {"version": 1}})

    written = await asyncio.gather(*(slots.write_onto(one, {"held_by": "alice"}) for one in (other, slot)))

    assert [one is not None for one in written] == [True, False]
