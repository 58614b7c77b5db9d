from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from beanie import PydanticObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from expert_booking import availability, bookings, clock, holds, policy
from expert_booking.availability import OpenTimes, session_times
from expert_booking.customers import Customer
from expert_booking.errors import SlotNotFound
from models import Expert, SlotState, TimeSlot, WeeklyHours
from tests.conftest import MakeExpert, MakeSlot

EVERY_DAY = range(7)
NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
KOLKATA = "Asia/Kolkata"  # UTC+5:30, no daylight saving
ADELAIDE = "Australia/Adelaide"  # UTC+9:30, clocks go forward in October
LORD_HOWE = "Australia/Lord_Howe"  # clocks change by half an hour
HAVANA = "America/Havana"  # clocks go forward at midnight
APIA = "Pacific/Apia"  # had no 30 December 2011


def local_starts(zone: str, on: str, *hours: str, minutes: int = 60) -> list[str]:
    """The sessions of one date as local "start-end", the offset from UTC behind where it helps."""
    first_on = date.fromisoformat(on)
    weekly = [
        WeeklyHours(weekday=first_on.weekday(), opens=opens, closes=closes)
        for opens, closes in (text.split("-") for text in hours)
    ]
    return [
        f"{starts_at.astimezone(ZoneInfo(zone)):%H:%M}-{ends_at.astimezone(ZoneInfo(zone)):%H:%M}"
        for starts_at, ends_at in session_times(
            weekly, session_minutes=minutes, zone=ZoneInfo(zone), first_on=first_on, days=1
        )
    ]


# --- weekly hours become sessions ---


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        (NEW_YORK, datetime(2026, 6, 1, 13, tzinfo=UTC)),
        (BERLIN, datetime(2026, 6, 1, 7, tzinfo=UTC)),
        (KOLKATA, datetime(2026, 6, 1, 3, 30, tzinfo=UTC)),
        (ADELAIDE, datetime(2026, 5, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_session_times_open_by_the_experts_wall_clock(zone: str, first: datetime) -> None:
    monday = [WeeklyHours(weekday=0, opens="09:00", closes="11:00")]

    times = list(session_times(monday, session_minutes=60, zone=ZoneInfo(zone), first_on=date(2026, 6, 1), days=7))

    hour = timedelta(hours=1)
    assert times == [(first, first + hour), (first + hour, first + 2 * hour)]


def test_session_times_leave_out_what_does_not_fit() -> None:
    assert local_starts(BERLIN, "2026-06-01", "09:00-10:40", minutes=45) == ["09:00-09:45", "09:45-10:30"]


def test_session_times_may_end_at_midnight() -> None:
    assert local_starts(BERLIN, "2026-06-01", "22:30-24:00", minutes=45) == ["22:30-23:15", "23:15-00:00"]


def test_session_times_repeat_every_week() -> None:
    friday = [WeeklyHours(weekday=4, opens="09:00", closes="10:00")]

    times = session_times(friday, session_minutes=60, zone=ZoneInfo("UTC"), first_on=date(2026, 6, 1), days=21)

    assert [starts_at.date() for starts_at, _ in times] == [date(2026, 6, 5), date(2026, 6, 12), date(2026, 6, 19)]


@pytest.mark.parametrize(
    ("zone", "on", "hours", "sessions"),
    [
        # A working day keeps its local hours on both sides of either change.
        (BERLIN, "2026-03-29", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        (BERLIN, "2026-10-25", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        (ADELAIDE, "2026-10-04", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        # Forward: the hour after 02:00 does not exist. North in March, south in October.
        (BERLIN, "2026-03-29", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (NEW_YORK, "2026-03-08", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (ADELAIDE, "2026-10-04", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        # Hours that open or close within the missing hour do so at the change.
        (BERLIN, "2026-03-29", "02:30-05:00", ["03:00-04:00", "04:00-05:00"]),
        (BERLIN, "2026-03-29", "00:00-02:30", ["00:00-01:00", "01:00-03:00"]),
        (BERLIN, "2026-03-29", "02:00-03:00", []),
        (HAVANA, "2026-03-08", "00:00-02:00", ["01:00-02:00"]),
        (HAVANA, "2026-03-07", "22:00-24:00", ["22:00-23:00", "23:00-01:00"]),
        (LORD_HOWE, "2026-10-04", "01:00-04:00", ["01:00-02:30", "02:30-03:30"]),
        (APIA, "2011-12-30", "09:00-17:00", []),
        # Backward: the hour before 03:00 (02:00 in New York) comes twice. South in April.
        (BERLIN, "2026-10-25", "01:00-04:00", ["01:00-02:00", "02:00-02:00", "02:00-03:00", "03:00-04:00"]),
        (NEW_YORK, "2026-11-01", "00:00-02:00", ["00:00-01:00", "01:00-01:00", "01:00-02:00"]),
        (ADELAIDE, "2026-04-05", "01:00-04:00", ["01:00-02:00", "02:00-02:00", "02:00-03:00", "03:00-04:00"]),
        # Hours that open or close within the doubled hour do so the first time.
        (BERLIN, "2026-10-25", "01:30-02:30", ["01:30-02:30"]),
        (BERLIN, "2026-10-25", "02:30-04:00", ["02:30-02:30", "02:30-03:30"]),
        # No change at all.
        (KOLKATA, "2026-03-29", "01:00-03:00", ["01:00-02:00", "02:00-03:00"]),
    ],
)
def test_session_times_on_days_when_the_clocks_change(zone: str, on: str, hours: str, sessions: list[str]) -> None:
    assert local_starts(zone, on, hours) == sessions


@pytest.mark.parametrize("on", ["2026-03-28", "2026-03-29", "2026-10-25"])
def test_session_times_last_an_hour_in_real_time_whatever_the_clocks_do(on: str) -> None:
    all_day = [WeeklyHours(weekday=weekday, opens="00:00", closes="24:00") for weekday in EVERY_DAY]

    times = list(
        session_times(all_day, session_minutes=60, zone=ZoneInfo(BERLIN), first_on=date.fromisoformat(on), days=1)
    )

    assert {ends_at - starts_at for starts_at, ends_at in times} == {timedelta(hours=1)}
    assert len(times) == {"2026-03-28": 24, "2026-03-29": 23, "2026-10-25": 25}[on]


def clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def weekly_hours(draw: st.DrawFn) -> list[WeeklyHours]:
    """Hours of a week that an expert may have: any minute, several ranges a day, none overlapping another."""
    hours = []
    edge = st.integers(0, 10).map(lambda half_hours: 30 * half_hours) | st.integers(0, 24 * 60)
    for weekday in draw(st.sets(st.integers(0, 6)) | st.just({6})):  # the clocks change on Sundays, before five
        edges = sorted(draw(st.sets(edge, min_size=2, max_size=8)))
        for opens, closes in draw(
            st.sampled_from([list(pairwise(edges)), list(zip(edges[::2], edges[1::2], strict=False))])
        ):
            hours.append(WeeklyHours(weekday=weekday, opens=clock_text(opens), closes=clock_text(closes)))
    return draw(st.permutations(hours))


DAYS_OF_CHANGE = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25)]


@settings(deadline=None)
@given(
    hours=weekly_hours(),
    minutes=st.sampled_from([15, 30, 60]) | st.integers(5, 480),
    zone=st.sampled_from([NEW_YORK, BERLIN, KOLKATA, ADELAIDE, LORD_HOWE, HAVANA, "UTC"]).map(ZoneInfo),
    first_on=st.sampled_from(DAYS_OF_CHANGE) | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_sessions_never_overlap_and_lie_within_the_hours(
    hours: list[WeeklyHours], minutes: int, zone: ZoneInfo, first_on: date
) -> None:
    times = sorted(session_times(hours, session_minutes=minutes, zone=zone, first_on=first_on, days=8))

    assert [(earlier, later) for earlier, later in pairwise(times) if later[0] < earlier[1]] == []
    assert {ends_at - starts_at for starts_at, ends_at in times} <= {timedelta(minutes=minutes)}
    edges = [edge for starts_at, ends_at in times for edge in (starts_at, ends_at - timedelta(minutes=1))]
    assert [edge for edge in edges if not _is_within(hours, edge.astimezone(zone))] == []


def _is_within(weekly_hours: list[WeeklyHours], local: datetime) -> bool:
    """Whether a wall clock shows working hours; a minute that comes twice is within them if its day has any."""
    of_the_day = [hours for hours in weekly_hours if hours.weekday == local.weekday()]
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        return bool(of_the_day)
    return any(hours.opens <= f"{local:%H:%M}" < hours.closes for hours in of_the_day)


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
