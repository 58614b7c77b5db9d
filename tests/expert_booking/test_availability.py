from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import availability, bookings, clock, holds, policy
from expert_booking.availability import OpenTimes
from expert_booking.customers import Customer
from expert_booking.errors import SlotNotFound
from models import Expert, SlotState, TimeSlot
from tests.conftest import MakeExpert, MakeSlot

NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
KOLKATA = "Asia/Kolkata"  # UTC+5:30, no daylight saving


# --- slots by day ---


async def test_by_day_groups_by_the_visitors_date(expert: Expert, make_slot: MakeSlot) -> None:
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    slots = [await make_slot(expert, starts_at=late + timedelta(hours=hour)) for hour in range(3)]
    first, second, third = slots

    days = {zone: availability.by_day(slots, ZoneInfo(zone)) for zone in ("UTC", BERLIN, KOLKATA, NEW_YORK)}

    monday, tuesday = date(2026, 6, 1), date(2026, 6, 2)
    assert days == {
        "UTC": {monday: [first, second], tuesday: [third]},
        BERLIN: {tuesday: slots},
        KOLKATA: {tuesday: slots},
        NEW_YORK: {monday: slots},
    }


@pytest.mark.parametrize(("on", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
async def test_by_day_knows_days_that_are_shorter_or_longer(
    expert: Expert, make_slot: MakeSlot, on: date, hours: int
) -> None:
    before = datetime.combine(on, datetime.min.time(), UTC) - timedelta(days=1)
    slots = [
        TimeSlot(expert_id=expert.id, starts_at=before + timedelta(hours=hour), ends_at=before) for hour in range(72)
    ]

    assert len(availability.by_day(slots, ZoneInfo(BERLIN))[on]) == hours


# --- reading slots ---


async def test_slots_of_come_earliest_first_and_after_a_moment(
    expert: Expert, make_slot: MakeSlot, make_expert: MakeExpert
) -> None:
    later, sooner, soonest = [await make_slot(expert, hours=hours) for hours in (30, 20, 10)]
    await make_slot(await make_expert("Bob Miller"), hours=15)

    everything = await availability.slots_of(expert.id)
    after = await availability.slots_of(expert.id, after=soonest.starts_at)

    assert [slot.id for slot in everything] == [soonest.id, sooner.id, later.id]
    assert [slot.id for slot in after] == [sooner.id, later.id]


async def test_slot_of_another_expert_is_not_found(slot: TimeSlot, make_expert: MakeExpert) -> None:
    other = await make_expert("Bob Miller")

    assert (await availability.slot_of(slot.expert_id, slot.id)).id == slot.id
    with pytest.raises(SlotNotFound):
        await availability.slot_of(other.id, slot.id)


async def test_state_of_follows_the_minimum_notice(expert: Expert, make_slot: MakeSlot) -> None:
    slot = await make_slot(expert, hours=24)

    before = availability.state_of(slot)
    policy.use(policy.BookingPolicy(minimum_notice=timedelta(days=2)))

    assert (before, availability.state_of(slot)) == (SlotState.OPEN, SlotState.PAST)


async def every_kind_of_slot(expert: Expert, make_slot: MakeSlot, customer: Customer) -> list[TimeSlot]:
    """Past, too soon, held, held no more, booked, open, open; an hour apart, the first an hour ago."""
    hour = timedelta(hours=1)
    slots = [await make_slot(expert, starts_at=clock.now() + hour * number) for number in range(-1, 6)]
    _, _, held, _, booked, *_ = slots
    await holds.hold(expert_id=expert.id, slot_id=held.id, visitor="alice")
    await TimeSlot.find_one({"_id": slots[3].id}).update(
        {"$set": {"held_by": "bob", "hold_token": "a token", "held_until": clock.now()}}
    )
    await bookings.book(expert_id=expert.id, slot_id=booked.id, visitor="charlie", customer=customer)
    return slots


async def test_open_times_count_what_can_be_taken_right_now(
    expert: Expert, make_slot: MakeSlot, make_expert: MakeExpert, alice: Customer
) -> None:
    idle, unknown = await make_expert("Bob Miller"), PydanticObjectId()
    with time_machine.travel(clock.now(), tick=False):
        slots = await every_kind_of_slot(expert, make_slot, alice)

        times = await availability.open_times([expert.id, idle.id, unknown])

    assert times == {
        expert.id: OpenTimes(open_slots=3, next_open_at=slots[3].starts_at, next_open_id=slots[3].id),
        idle.id: OpenTimes(),
        unknown: OpenTimes(),
    }


async def test_open_times_leave_out_what_is_within_the_minimum_notice(expert: Expert, make_slot: MakeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False):
        slots = [await make_slot(expert, starts_at=clock.now() + timedelta(hours=hour)) for hour in (1, 2, 3)]
        policy.use(policy.BookingPolicy(minimum_notice=timedelta(hours=2)))

        times = await availability.open_times([expert.id])

    assert times[expert.id] == OpenTimes.told(1, (slots[2].starts_at, slots[2].id))


async def test_nearest_open_are_on_both_sides_and_in_order(expert: Expert, make_slot: MakeSlot) -> None:
    slots = [await make_slot(expert, hours=hours) for hours in (20, 30, 38, 41, 50)]

    nearest = await availability.nearest_open(expert.id, to=slots[2].starts_at + timedelta(hours=1), limit=3)

    assert [slot.id for slot in nearest] == [slots[1].id, slots[2].id, slots[3].id]


async def test_nearest_open_are_only_those_that_can_be_taken(
    expert: Expert, make_slot: MakeSlot, make_expert: MakeExpert, alice: Customer
) -> None:
    with time_machine.travel(clock.now(), tick=False):
        await make_slot(await make_expert("Bob Miller"), hours=3)
        slots = await every_kind_of_slot(expert, make_slot, alice)

        nearest = await availability.nearest_open(expert.id, to=slots[0].starts_at, limit=10)

    assert [slot.id for slot in nearest] == [slots[3].id, slots[5].id, slots[6].id]


async def test_started_between_are_the_unbooked_that_closed(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    before, first, second, booked, after = [await make_slot(expert, hours=hours) for hours in (10, 11, 12, 13, 14)]
    await bookings.book(expert_id=expert.id, slot_id=booked.id, visitor="alice", customer=alice)

    closed = await availability.started_between(before.starts_at, booked.starts_at)

    assert sorted(slot.id for slot in closed) == sorted([first.id, second.id])
    assert after.id not in {slot.id for slot in closed}
