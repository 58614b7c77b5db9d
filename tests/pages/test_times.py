from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as some

from pages import times
from pages.reader import Reader

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONDON, NEW_YORK, KOLKATA = ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
IN_LONDON = Reader(zone=LONDON)


@pytest.mark.parametrize(
    ("zone", "said"), [(LONDON, "12:00 PM"), (NEW_YORK, "7:00 AM"), (KOLKATA, "5:30 PM"), (ZoneInfo("UTC"), "12:00 PM")]
)
def test_clock_time_is_told_in_the_zone(zone: ZoneInfo, said: str) -> None:
    assert times.clock_time(NOON, Reader(zone=zone)) == said


@pytest.mark.parametrize(
    ("zone", "moments", "said"),
    [
        # At 6:00 UTC New York goes back from 2:00 to 1:00, and at 7:00 UTC in March on from 2:00 to 3:00.
        ("America/New_York", ["2026-11-01T05:30", "2026-11-01T06:30"], ["1:30 AM GMT-4", "1:30 AM GMT-5"]),
        ("America/New_York", ["2026-11-01T04:30", "2026-11-01T07:00"], ["12:30 AM", "2:00 AM"]),
        ("America/New_York", ["2026-03-08T06:30", "2026-03-08T07:00"], ["1:30 AM", "3:00 AM"]),
        # At 15:00 UTC Lord Howe goes back by half an hour, from 2:00 to 1:30.
        ("Australia/Lord_Howe", ["2026-04-04T14:45", "2026-04-04T15:15"], ["1:45 AM GMT+11", "1:45 AM GMT+10:30"]),
        ("Australia/Lord_Howe", ["2026-04-04T14:15", "2026-04-04T15:30"], ["1:15 AM", "2:00 AM"]),
        ("Asia/Kathmandu", ["2026-11-01T06:30"], ["12:15 PM"]),
    ],
)
def test_hours_that_the_clocks_strike_twice_are_told_apart(zone: str, moments: list[str], said: list[str]) -> None:
    reader = Reader(zone=ZoneInfo(zone))

    assert [times.clock_time(datetime.fromisoformat(f"{at}+00:00"), reader) for at in moments] == said


@given(
    some.sampled_from(
        ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago", "Asia/Beirut"]
    ),
    some.integers(0, 6 * 365),
    some.booleans(),
)
def test_no_two_moments_are_told_alike(zone: str, days: int, has_24_hours: bool) -> None:
    reader = Reader(zone=ZoneInfo(zone), has_24_hours=has_24_hours)
    begins = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days)
    moments = [begins + timedelta(minutes=15 * quarter) for quarter in range(100)]

    told = {(moment.astimezone(reader.zone).date(), times.clock_time(moment, reader)) for moment in moments}

    assert len(told) == len(moments)


def test_clock_time_keeps_the_zero_of_midnight_minutes() -> None:
    assert times.clock_time(NOON.replace(hour=0, minute=5), IN_LONDON) == "12:05 AM"


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("on", "said"),
    [(date(2026, 11, 3), "Tue 3 Nov"), (date(2027, 1, 5), "Tue 5 Jan 2027"), (date(2025, 11, 24), "Mon 24 Nov 2025")],
)
def test_day_names_the_year_only_when_it_is_another(on: date, said: str) -> None:
    assert times.day(on, IN_LONDON) == said


@time_machine.travel(NOON, tick=False)
def test_full_day_names_the_year_only_when_it_is_another() -> None:
    days = [times.full_day(on, IN_LONDON) for on in (date(2026, 11, 24), date(2027, 1, 5))]

    assert days == ["Tuesday 24 November", "Tuesday 5 January 2027"]


def test_months_are_named_once_when_there_is_but_one() -> None:
    first = date(2026, 11, 22)

    assert times.months(first, first + timedelta(days=6), IN_LONDON) == "November 2026"
    assert (
        times.months(first + timedelta(days=6), first + timedelta(days=12), IN_LONDON)
        == "November 2026 – December 2026"
    )


@pytest.mark.parametrize(
    ("at", "minutes"),
    [("2026-10-24", 300), ("2026-10-26", 240), ("2026-11-02", 300), ("2026-03-10", 240), ("2026-07-01", 300)],
)
def test_distance_of_two_zones_follows_both_of_their_clocks(at: str, minutes: int) -> None:
    moment = datetime.fromisoformat(f"{at}T12:00+00:00")

    assert times.minutes_ahead(LONDON, NEW_YORK, moment) == minutes
    assert times.minutes_ahead(NEW_YORK, LONDON, moment) == -minutes


@time_machine.travel(NOON, tick=False)
def test_time_elsewhere_is_told_by_the_readers_kind_of_clock() -> None:
    assert times.time_in(KOLKATA, IN_LONDON) == "5:30 PM"
    assert times.time_in(KOLKATA, Reader(zone=LONDON, has_24_hours=True)) == "17:30"
    assert times.halves_of_day(IN_LONDON) == ("AM", "PM")


def test_long_day_is_complete() -> None:
    assert times.long_day(NOON.date(), IN_LONDON) == "Tuesday 24 November 2026"


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        (NOON.replace(hour=16), LONDON, "Today, 4:00 PM"),
        (NOON.replace(day=25, hour=9), LONDON, "Tomorrow, 9:00 AM"),
        (NOON.replace(day=26, hour=11), LONDON, "Thu 26 Nov, 11:00 AM"),
        (NOON.replace(day=25, hour=3), NEW_YORK, "Today, 10:00 PM"),
        (NOON.replace(hour=20), KOLKATA, "Tomorrow, 1:30 AM"),
    ],
)
def test_day_and_time_says_today_and_tomorrow_of_the_zone(moment: datetime, zone: ZoneInfo, said: str) -> None:
    assert times.day_and_time(moment, Reader(zone=zone)) == said


def test_span_names_the_day_once() -> None:
    said = times.span(NOON, NOON.replace(hour=13), Reader(zone=NEW_YORK))

    assert said == "Tuesday 24 November 2026, 7:00 AM to 8:00 AM"


@pytest.mark.parametrize(
    ("zone", "said"),
    [("America/New_York", "New York"), ("America/Argentina/Buenos_Aires", "Buenos Aires"), ("UTC", "UTC")],
)
def test_place_is_the_city_of_a_zone(zone: str, said: str) -> None:
    assert times.place(ZoneInfo(zone), IN_LONDON) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "GMT"),
        ("America/New_York", "GMT-5"),
        ("Asia/Kolkata", "GMT+5:30"),
        ("America/St_Johns", "GMT-3:30"),
        ("Asia/Kathmandu", "GMT+5:45"),
    ],
)
def test_offset_is_told_in_hours_and_minutes(zone: str, said: str) -> None:
    assert times.offset(ZoneInfo(zone), NOON) == said


def test_offset_follows_the_change_of_the_clocks() -> None:
    # In 2026 New York's clocks go back on 1 November at 06:00 UTC, and go forward on 8 March at 07:00 UTC.
    changes = [datetime(2026, 11, 1, 5, 59, tzinfo=UTC), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)]
    changes += [datetime(2026, 3, 8, 6, 59, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)]

    assert [times.offset(NEW_YORK, at) for at in changes] == ["GMT-4", "GMT-5", "GMT-5", "GMT-4"]


@time_machine.travel(datetime(2026, 7, 1, tzinfo=UTC), tick=False)
def test_offset_is_of_now_unless_a_moment_is_given() -> None:
    assert [times.offset(LONDON), times.offset(LONDON, NOON)] == ["GMT+1", "GMT"]


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (0, "Night"),
        (4, "Night"),
        (5, "Morning"),
        (11, "Morning"),
        (12, "Afternoon"),
        (16, "Afternoon"),
        (17, "Evening"),
    ],
)
def test_part_of_day_changes_at_noon_and_at_five(hour: int, said: str) -> None:
    assert times.part_of_day(NOON.replace(hour=hour), IN_LONDON) == said
