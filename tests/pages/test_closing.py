from collections.abc import Iterator

import pytest

from expert_booking import closing
from models import Expert, TimeSlot
from tests.pages.person import FREE, HELD, MINE, Person


@pytest.fixture
def house_closes() -> Iterator[None]:
    yield
    closing.call_off()


async def test_hold_outlives_a_page_that_ends_because_the_house_closes(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot, house_closes: None
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")

    closing.begin()
    visitor.leave()
    closing.call_off()

    await visitor.reload()
    await visitor.sees("Held for you")
    assert (visitor.slot(slot), watcher.slot(slot)) == (MINE, HELD)
    visitor.leave()
    await watcher.sees_slot(slot, FREE)
