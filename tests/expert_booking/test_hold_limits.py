"""Nobody takes the calendar away from the others by holding it."""

import asyncio
from collections.abc import Iterator

import pytest

from expert_booking import clock, hold_limits, holds, limiting
from expert_booking.errors import SlotAlreadyBooked, SlotHeldByAnother, TooManyHolds
from expert_booking.hold_limits import MOST_OF_ADDRESS, MOST_OF_VISITOR
from expert_booking.holds import Hold
from models import Expert, TimeSlot
from tests.conftest import MakeSlot

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def counting() -> Iterator[None]:
    limiting.use(is_on=True)
    hold_limits.forget_all()
    yield
    limiting.use(is_on=False)


@pytest.fixture
async def slots(make_slot: MakeSlot, expert: Expert) -> list[TimeSlot]:
    return [await make_slot(expert, hours=hours) for hours in range(24, 24 + MOST_OF_ADDRESS + 10)]


async def hold(slot: TimeSlot, *, visitor: str, address: str = HERE) -> Hold:
    return await hold_limits.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor, address=address)


async def standing() -> int:
    return await TimeSlot.find({"held_by": {"$ne": None}, "held_until": {"$gt": clock.now()}}).count()


async def test_twenty_at_once_never_hold_more_than_three(
    slots: list[TimeSlot], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    release_others = holds._release_others

    async def counted(**arguments: object) -> None:
        nonlocal most
        most = max(most, await standing())
        await release_others(**arguments)

    monkeypatch.setattr(holds, "_release_others", counted)
    answers = await asyncio.gather(*(hold(slot, visitor="alice") for slot in slots[:20]), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, TooManyHolds)]
    assert len(refused) == 20 - MOST_OF_VISITOR
    assert 1 <= most <= MOST_OF_VISITOR
    assert await standing() <= 1
    assert "Book one of them or give it back" in str(refused[0])


async def test_one_after_another_a_visitor_changes_as_often_as_they_like(slots: list[TimeSlot]) -> None:
    for slot in slots[:10]:
        await hold(slot, visitor="alice")

    assert await standing() == 1


async def test_from_one_address_only_so_many_are_held_by_visitors_who_are_new_each_time(slots: list[TimeSlot]) -> None:
    asked = (hold(slot, visitor=f"visitor {number}") for number, slot in enumerate(slots))
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(answer, Hold) for answer in answers) == MOST_OF_ADDRESS
    assert sum(isinstance(answer, TooManyHolds) for answer in answers) == len(slots) - MOST_OF_ADDRESS
    assert await standing() == MOST_OF_ADDRESS
    assert await hold(slots[-1], visitor="bob", address=THERE)


async def test_what_was_given_back_is_room_for_another(slots: list[TimeSlot]) -> None:
    held = [await hold(slot, visitor=f"visitor {number}") for number, slot in enumerate(slots[:MOST_OF_ADDRESS])]
    with pytest.raises(TooManyHolds):
        await hold(slots[-1], visitor="one more")

    await holds.release(slot_id=held[0].slot_id, token=held[0].token)

    assert await hold(slots[-1], visitor="one more")
    assert await hold(slots[-2], visitor="one more"), "who changes needs no more room"


async def test_a_hold_that_could_not_be_had_takes_no_room(slots: list[TimeSlot]) -> None:
    await hold(slots[0], visitor="alice", address=THERE)
    for number in range(MOST_OF_ADDRESS + 5):
        with pytest.raises((SlotHeldByAnother, SlotAlreadyBooked)):
            await hold(slots[0], visitor=f"visitor {number}")

    assert await hold(slots[1], visitor="bob")


async def test_off_limits_nothing(slots: list[TimeSlot]) -> None:
    limiting.use(is_on=False)
    answers = await asyncio.gather(*(hold(slot, visitor=str(slot.id)) for slot in slots))

    assert len(answers) == len(slots)
