from datetime import timedelta
from itertools import count, product

import pytest
from beanie import PydanticObjectId
from pymongo.errors import DuplicateKeyError

from expert_booking import clock
from models import Booking, BookingStatus
from models.booking import TRANSITIONS

numbers = count()


def a_booking(**details: object) -> Booking:
    """A booking that differs from every other one, save for what is given."""
    number = next(numbers)
    described = {
        "expert_id": PydanticObjectId(),
        "slot_id": PydanticObjectId(),
        "starts_at": clock.now() + timedelta(days=1),
        "ends_at": clock.now() + timedelta(days=1, hours=1),
        "customer_name": "Alice",
        "customer_email": "alice@example.com",
        "customer_key": "alice@example.com",
        "customer_phone": "+442079460958",
        "idempotency_key": f"key {number}",
        "request_digest": "",
        "manage_token": f"token {number}",
        "created_at": clock.now(),
    }
    return Booking(**{**described, **details})


async def test_second_active_booking_of_a_slot_is_refused_by_the_index(connected: None) -> None:
    slot_id = PydanticObjectId()
    await a_booking(slot_id=slot_id).insert()

    with pytest.raises(DuplicateKeyError, match="one_active_booking_per_slot"):
        await a_booking(slot_id=slot_id).insert()  # of another expert, whose time is free

    assert await Booking.find({"slot_id": slot_id}).count() == 1


async def test_inactive_bookings_of_a_slot_may_be_many(connected: None) -> None:
    slot_id = PydanticObjectId()

    for active in (False, False, True):
        await a_booking(slot_id=slot_id, active=active).insert()

    assert await Booking.find({"slot_id": slot_id}).count() == 3


async def test_inactive_booking_cannot_be_made_active_beside_an_active_one(connected: None) -> None:
    slot_id = PydanticObjectId()
    cancelled = await a_booking(slot_id=slot_id, active=False).insert()
    await a_booking(slot_id=slot_id).insert()

    with pytest.raises(DuplicateKeyError, match="one_active_booking_per_slot"):
        await Booking.find_one({"_id": cancelled.id}).update({"$set": {"active": True}})


@pytest.mark.parametrize(
    ("field", "index"),
    [("idempotency_key", "one_booking_per_idempotency_key"), ("manage_token", "one_booking_per_manage_token")],
)
async def test_key_and_token_are_refused_a_second_time(connected: None, field: str, index: str) -> None:
    await a_booking(**{field: "the same", "active": False}).insert()

    with pytest.raises(DuplicateKeyError, match=index):
        await a_booking(**{field: "the same", "active": False}).insert()


def test_transitions_are_these_and_no_others() -> None:
    pending, confirmed, completed, cancelled = BookingStatus

    allowed = {(earlier, later) for earlier, later in product(BookingStatus, repeat=2) if later in TRANSITIONS[earlier]}

    assert allowed == {
        (pending, confirmed),
        (pending, completed),
        (pending, cancelled),
        (confirmed, completed),
        (confirmed, cancelled),
    }


def test_status_words_are_those_of_the_original() -> None:
    assert [status.value for status in BookingStatus] == ["Pending", "Confirmed", "Completed", "Cancelled"]
