from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as some

from expert_booking import availability, bookings, events
from expert_booking.customers import Customer
from expert_booking.events import SlotChanged
from models import Expert, SlotState, TimeSlot
from pages.components.slot_grid import SlotGrid

NOON = datetime(2030, 6, 3, 12, tzinfo=UTC)
SLOT_ID, EXPERT_ID = PydanticObjectId(), PydanticObjectId()
HISTORY = [SlotState.OPEN, SlotState.HELD, SlotState.OPEN, SlotState.HELD, SlotState.BOOKED, SlotState.OPEN]


def change(version: int) -> SlotChanged:
    return SlotChanged(
        expert_id=EXPERT_ID,
        slot_id=SLOT_ID,
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        state=HISTORY[version],
        held_until=None,
        version=version,
    )


async def ignore(slot_id: PydanticObjectId) -> None:
    """Nobody picks anything here."""


def new_grid() -> SlotGrid:
    return SlotGrid(zone=ZoneInfo("UTC"), on_pick=ignore)


@given(some.lists(some.sampled_from(range(len(HISTORY))), min_size=1))
def test_grid_knows_the_latest_whatever_the_order(versions: list[int]) -> None:
    grid = new_grid()

    for version in versions:
        grid.apply(change(version))

    assert grid.known(SLOT_ID) == change(max(versions))


def test_grid_takes_a_change_without_a_step_such_as_time_running_out() -> None:
    grid = new_grid()
    too_late = SlotChanged(
        expert_id=EXPERT_ID,
        slot_id=SLOT_ID,
        starts_at=NOON,
        ends_at=NOON,
        state=SlotState.PAST,
        held_until=None,
        version=2,
    )
    grid.apply(change(2))

    grid.apply(too_late)

    assert grid.known(SLOT_ID) == too_late


def test_grid_knows_nothing_of_a_slot_it_was_not_told_of() -> None:
    assert new_grid().known(SLOT_ID) is None


async def test_booking_between_reading_and_showing_is_not_overwritten(
    expert: Expert, slot: TimeSlot, bob: Customer
) -> None:
    grid = new_grid()
    events.slots.subscribe(expert.id, grid.apply)
    read = await availability.slots_of(expert.id)
    await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="bob", customer=bob)

    for old in read:
        grid.apply(availability.change_of(old))

    events.slots.unsubscribe(expert.id, grid.apply)
    known = grid.known(slot.id)
    assert known is not None
    assert known.state is SlotState.BOOKED
