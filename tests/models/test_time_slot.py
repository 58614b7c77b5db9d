from datetime import UTC, datetime, timedelta

import pytest
from beanie import PydanticObjectId

from models import SlotState, TimeSlot
from models.time_slot import NOT_HELD

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def bound(connected: None) -> None:
    """Documents can be made only once they are bound to a database."""


def a_slot(**details: object) -> TimeSlot:
    described = {"expert_id": PydanticObjectId(), "starts_at": NOON, "ends_at": NOON + timedelta(hours=1)}
    return TimeSlot(**{**described, **details})


def test_new_slot_is_not_held() -> None:
    slot = a_slot()

    assert (slot.booking_id, slot.held_by, slot.hold_token, slot.held_until) == (None, None, None, NOT_HELD)


def test_slot_ahead_is_open_up_to_its_start() -> None:
    assert a_slot().state_at(NOON - MOMENT) is SlotState.OPEN
    assert a_slot().state_at(NOON) is SlotState.PAST


def test_slot_is_past_once_it_starts_within_the_notice() -> None:
    slot = a_slot()
    early = NOON - timedelta(hours=5)

    assert slot.state_at(early, earliest_start=NOON - MOMENT) is SlotState.OPEN
    assert slot.state_at(early, earliest_start=NOON) is SlotState.PAST


def test_slot_is_held_until_the_hold_ends() -> None:
    ends = NOON - timedelta(hours=1)
    slot = a_slot(held_by="alice", hold_token="a token", held_until=ends)

    assert slot.state_at(ends - MOMENT) is SlotState.HELD
    assert slot.state_at(ends) is SlotState.OPEN


def test_slot_that_has_begun_is_past_even_when_held() -> None:
    slot = a_slot(held_by="alice", hold_token="a token", held_until=NOON + timedelta(minutes=5))

    assert slot.state_at(NOON) is SlotState.PAST


def test_booked_slot_is_booked_before_and_after_its_start() -> None:
    slot = a_slot(booking_id=PydanticObjectId(), held_until=NOON + timedelta(days=1))

    assert slot.state_at(NOON - MOMENT) is SlotState.BOOKED
    assert slot.state_at(NOON + timedelta(days=2)) is SlotState.BOOKED
