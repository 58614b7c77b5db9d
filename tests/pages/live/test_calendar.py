import asyncio
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as some

from expert_booking import availability, bookings, events
from expert_booking.customers import Customer
from expert_booking.events import SlotChanged
from models import Expert, SlotState, TimeSlot
from pages.live.calendar import CalendarBoard
from pages.reader import Reader
from tests.conftest import MakeSlot

PART = re.compile('class="part">([^<]*)<')
NOON = datetime(2030, 6, 3, 12, tzinfo=UTC)
SLOT_ID, EXPERT_ID = PydanticObjectId(), PydanticObjectId()
HISTORY = [
    SlotState.OPEN, SlotState.HELD, SlotState.OPEN, SlotState.WITHDRAWN, SlotState.HELD, SlotState.BOOKED,
    SlotState.OPEN, SlotState.WITHDRAWN, SlotState.OPEN,
]  # fmt: skip


def change(version: int, state: SlotState | None = None) -> SlotChanged:
    return SlotChanged(
        expert_id=EXPERT_ID,
        slot_id=SLOT_ID,
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        state=state or HISTORY[version],
        held_until=None,
        version=version,
    )


def new_calendar(zone: str = "UTC") -> CalendarBoard:
    return CalendarBoard(EXPERT_ID, Reader(zone=ZoneInfo(zone)))


@given(some.lists(some.sampled_from(range(len(HISTORY))), min_size=1))
def test_calendar_knows_the_latest_whatever_the_order(versions: list[int]) -> None:
    calendar = new_calendar()

    for version in versions:
        calendar.apply(change(version))

    assert calendar.known(SLOT_ID) == change(max(versions))


@given(some.lists(some.sampled_from(range(len(HISTORY))), min_size=1))
def test_what_was_drawn_before_is_drawn_anew_after_a_change(versions: list[int]) -> None:
    calendar = new_calendar()

    for version in versions:
        calendar.apply(change(version))
        drawn = calendar.draw_slots(NOON.date(), mine=None)

        known = calendar.known(SLOT_ID)
        assert known is not None
        assert (f'data-state="{known.state}"' in drawn) is (known.state is not SlotState.WITHDRAWN)
        assert calendar.free_on(NOON.date()) == (known.state is SlotState.OPEN)


def test_calendar_takes_a_change_without_a_step_such_as_time_running_out() -> None:
    calendar = new_calendar()
    calendar.apply(change(2))

    calendar.apply(change(2, SlotState.PAST))

    assert calendar.known(SLOT_ID) == change(2, SlotState.PAST)


def test_calendar_knows_nothing_of_a_slot_it_was_not_told_of() -> None:
    assert new_calendar().known(SLOT_ID) is None


def test_slot_is_on_the_date_of_the_zone() -> None:
    calendar = new_calendar("Pacific/Kiritimati")

    calendar.apply(change(0))

    assert calendar.first_open_day == calendar.last_day == NOON.date() + timedelta(days=1)


def open_at(*moments: str) -> list[SlotChanged]:
    """Open slots at these times in UTC."""
    return [
        replace(change(0), slot_id=PydanticObjectId(), starts_at=datetime.fromisoformat(f"{moment}+00:00"))
        for moment in moments
    ]


@given(
    some.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"]),
    some.sets(some.integers(0, 4 * 24 * 4), max_size=40),
    some.sampled_from(["2026-03-07", "2026-04-04", "2026-10-03", "2026-10-31", "2011-12-29"]),
)
def test_every_slot_is_drawn_once_on_its_date_by_the_wall_clock(zone: str, quarters: set[int], first: str) -> None:
    calendar = new_calendar(zone)
    begins = datetime.fromisoformat(f"{first}+00:00")
    slots = open_at(*(f"{begins + timedelta(minutes=15 * quarter):%Y-%m-%dT%H:%M}" for quarter in quarters))
    calendar.take(slots)

    dates = {slot.starts_at.astimezone(ZoneInfo(zone)).date() for slot in slots}
    drawn = {on: calendar.draw_slots(on, mine=None) for on in dates}

    assert sum(calendar.free_on(on) for on in dates) == len(slots)
    for slot in slots:
        assert [on for on, markup in drawn.items() if f'data-slot="{slot.slot_id}"' in markup] == [
            slot.starts_at.astimezone(ZoneInfo(zone)).date()
        ]
    assert all(max(Counter(PART.findall(markup)).values()) == 1 for markup in drawn.values())


def test_date_that_a_zone_has_skipped_has_no_times() -> None:
    calendar = new_calendar("Pacific/Apia")  # which went from 29 to 31 December 2011, over the line of dates

    calendar.take(open_at("2011-12-30T09:00", "2011-12-30T10:00"))

    assert [calendar.free_on(date(2011, 12, on)) for on in (29, 30, 31)] == [1, 0, 1]


def test_slot_of_another_session_is_on_another_board() -> None:
    intro, other = [CalendarBoard(EXPERT_ID, Reader(zone=ZoneInfo("UTC")), key) for key in ("intro", "deep")]

    for calendar in (intro, other):
        calendar.apply(replace(change(0), session_type="intro"))

    assert [calendar.free_on(NOON.date()) for calendar in (intro, other)] == [1, 0]


def test_day_whose_last_slot_is_withdrawn_has_none() -> None:
    calendar = new_calendar()
    (tuesday,) = open_at("2030-06-04T15:00")
    calendar.take([change(0), tuesday])

    calendar.apply(replace(tuesday, state=SlotState.WITHDRAWN, version=1))

    assert (calendar.last_day, calendar.first_open_day) == (NOON.date(), NOON.date())
    assert 'data-free="none"' in calendar.draw_day(tuesday.starts_at.date(), is_chosen=False)
    gone = calendar.slot_look(replace(tuesday, state=SlotState.WITHDRAWN))
    assert (gone.text, gone.attributes["disabled"]) == ("3:00 PM\nno longer offered", "")


async def test_pages_are_told_once_where_new_and_revived_slots_are() -> None:
    calendar, drawn = new_calendar(), asyncio.Queue[set[date]]()
    calendar.apply(change(3))
    calendar.grids.add(drawn.put_nowait)
    monday, friday = open_at("2030-06-03T15:00", "2030-06-07T12:00")

    for event in (change(6), monday, friday, replace(friday, state=SlotState.HELD, version=1)):
        calendar.apply(event)

    assert await asyncio.wait_for(drawn.get(), 5) == {NOON.date(), friday.starts_at.date()}
    calendar.apply(replace(monday, state=SlotState.BOOKED, version=1))
    assert (calendar._gathering, drawn.qsize()) == (None, 0), "what is on pages already changes in place"


async def test_slot_that_was_withdrawn_unheard_is_told_when_it_is_read_again(expert: Expert, slot: TimeSlot) -> None:
    calendar = CalendarBoard(expert.id, Reader(zone=ZoneInfo("UTC")))
    await calendar.load()
    calendar.draw_slots(slot.starts_at.date(), mine=None)
    calendar.viewers.add(Viewing())  # type: ignore[arg-type]  # as much of a viewer as a board tells
    await TimeSlot.find_one({"_id": slot.id}).update({"$set": {"withdrawn_at": NOON}})

    await calendar.load()

    (told,) = [message for message in calendar.since(0) if message[0] == str(slot.id)]
    assert told[2]["data-state"] == "withdrawn"


class Viewing:
    """A page that looks, and shows nothing."""

    def push(self, data: bytes, messages: list[list[object]]) -> None:
        """Be told."""


def test_the_way_on_leads_to_the_first_open_time_of_a_later_day() -> None:
    calendar = new_calendar()
    tuesday, *friday = open_at("2030-06-04T15:00", "2030-06-07T12:00", "2030-06-07T09:00")
    calendar.take([tuesday, *friday])

    assert calendar.next_open(after=date(2030, 6, 3)) == tuesday
    assert calendar.next_open(after=date(2030, 6, 4)) == friday[1]
    assert calendar.next_open(after=date(2030, 6, 7)) == tuesday, "where there is none later, back to the first"
    calendar.apply(replace(tuesday, state=SlotState.BOOKED, version=1))
    assert calendar.next_open(after=date(2030, 6, 3)) == friday[1]
    assert calendar.next_open(after=date(2030, 6, 7)) is None
    assert 'data-live="2030-06-07 next" hidden' in calendar.draw_slots(date(2030, 6, 7), mine=None)


def test_only_the_holder_sees_a_slot_as_their_own() -> None:
    calendar = new_calendar()
    calendar.apply(change(1))

    assert 'data-state="held"' in calendar.draw_slots(NOON.date(), mine=None)
    assert 'data-state="mine"' in calendar.draw_slots(NOON.date(), mine=SLOT_ID)
    assert 'data-state="held"' in calendar.draw_slots(NOON.date(), mine=None)


async def test_booking_between_reading_and_showing_is_not_overwritten(
    expert: Expert, slot: TimeSlot, bob: Customer
) -> None:
    calendar = CalendarBoard(expert.id, Reader(zone=ZoneInfo("UTC")))
    events.slots.subscribe(expert.id, calendar.apply)
    read = await availability.calendar_of(expert.id)
    await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="bob", customer=bob)

    calendar.take(read)

    events.slots.unsubscribe(expert.id, calendar.apply)
    known = calendar.known(slot.id)
    assert known is not None
    assert known.state is SlotState.BOOKED


async def test_reading_again_forgets_slots_that_are_not_there_any_more(expert: Expert, make_slot: MakeSlot) -> None:
    stays, goes = await make_slot(expert, hours=24), await make_slot(expert, hours=30)
    calendar = CalendarBoard(expert.id, Reader(zone=ZoneInfo("UTC")))
    await calendar.load()
    await goes.delete()

    await calendar.load()

    assert calendar.known(stays.id) is not None
    assert calendar.known(goes.id) is None
    assert str(goes.id) not in calendar.draw_slots(goes.starts_at.date(), mine=None)


async def test_many_who_ask_at_once_are_answered_by_one_reading(
    expert: Expert, slot: TimeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = 0
    read = availability.calendar_of

    async def count_and_read(*arguments: object, **options: object) -> list[SlotChanged]:
        nonlocal readings
        readings += 1
        return await read(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(availability, "calendar_of", count_and_read)
    calendar = CalendarBoard(expert.id, Reader(zone=ZoneInfo("UTC")))

    await asyncio.gather(*(calendar.load() for _ in range(20)))

    assert readings == 1
    assert calendar.known(slot.id) is not None
