"""Hours become sessions: by the wall clock of the expert's zone, in real time, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expert_booking import schedule
from expert_booking.errors import InvalidRequest
from expert_booking.schedule import Session
from expert_booking.sentence import Sentence
from models import DatedHours, Expert, SessionType, TimeOff, WeeklyHours
from tests.conftest import MakeExpert

EVERY_DAY = range(7)
NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
SYDNEY = "Australia/Sydney"
AUCKLAND = "Pacific/Auckland"
SANTIAGO = "America/Santiago"  # clocks change at midnight, back to 23:00 of the day before
KOLKATA = "Asia/Kolkata"  # UTC+5:30, no daylight saving
ADELAIDE = "Australia/Adelaide"  # UTC+9:30, clocks go forward in October
ST_JOHNS = "America/St_Johns"  # UTC-3:30
LORD_HOWE = "Australia/Lord_Howe"  # clocks change by half an hour
HAVANA = "America/Havana"  # clocks go forward at midnight
APIA = "Pacific/Apia"  # had no 30 December 2011
CAIRO = "Africa/Cairo"  # daylight saving again since 2023
MEXICO = "America/Mexico_City"  # none since 2022
AMMAN = "Asia/Amman"  # none since 2022
VOLGOGRAD = "Europe/Volgograd"  # an hour back for good in December 2020
ALMATY = "Asia/Almaty"  # an hour back for good in March 2024
CASABLANCA = "Africa/Casablanca"  # an hour back for Ramadan
BEIRUT = "Asia/Beirut"

ZONES = [
    NEW_YORK, BERLIN, SYDNEY, AUCKLAND, SANTIAGO, KOLKATA, ADELAIDE, ST_JOHNS, LORD_HOWE, HAVANA, CAIRO, MEXICO, AMMAN,
    VOLGOGRAD, ALMATY, CASABLANCA, BEIRUT, "UTC",
]  # fmt: skip


def an_expert(**details: object) -> Expert:
    """Somebody who was never stored."""
    return Expert.model_construct(name="Ann", **details)


def hours_on(on: date, *ranges: str) -> list[WeeklyHours]:
    """The hours "opens-closes" on the weekday of a date."""
    edges = (text.split("-") for text in ranges)
    return [WeeklyHours(weekday=on.weekday(), opens=opens, closes=closes) for opens, closes in edges]


def of_a_day(expert: Expert, on: date, *away: TimeOff) -> list[str]:
    """The sessions of one date as local "start-end"."""
    found = schedule.sessions(expert, time_off=away, first_on=on, days=1)
    return [
        f"{one.starts_at.astimezone(expert.zone):%H:%M}-{one.ends_at.astimezone(expert.zone):%H:%M}" for one in found
    ]


def local_starts(zone: str, on: str, *ranges: str, minutes: int = 60) -> list[str]:
    """The sessions of one date in a zone, without buffers."""
    day = date.fromisoformat(on)
    return of_a_day(an_expert(time_zone=zone, weekly_hours=hours_on(day, *ranges), session_minutes=minutes), day)


def away(starts_at: datetime, ends_at: datetime) -> TimeOff:
    return TimeOff.model_construct(starts_at=starts_at, ends_at=ends_at)


# --- hours become sessions ---

MONDAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        (NEW_YORK, datetime(2026, 6, 1, 13, tzinfo=UTC)),
        (BERLIN, datetime(2026, 6, 1, 7, tzinfo=UTC)),
        (KOLKATA, datetime(2026, 6, 1, 3, 30, tzinfo=UTC)),
        (ADELAIDE, datetime(2026, 5, 31, 23, 30, tzinfo=UTC)),
        (ST_JOHNS, datetime(2026, 6, 1, 11, 30, tzinfo=UTC)),
    ],
)
def test_sessions_open_by_the_experts_wall_clock(zone: str, first: datetime) -> None:
    expert = an_expert(time_zone=zone, weekly_hours=hours_on(MONDAY, "09:00-11:00"))

    found = schedule.sessions(expert, time_off=[], first_on=MONDAY, days=7)

    hour = timedelta(hours=1)
    assert found == [
        Session(session_type="", starts_at=starts_at, ends_at=starts_at + hour, local_day=MONDAY)
        for starts_at in (first, first + hour)
    ]


def test_what_does_not_fit_is_left_out() -> None:
    assert local_starts(BERLIN, "2026-06-01", "09:00-10:40", minutes=45) == ["09:00-09:45", "09:45-10:30"]


def test_sessions_may_end_at_midnight() -> None:
    assert local_starts(BERLIN, "2026-06-01", "22:30-24:00", minutes=45) == ["22:30-23:15", "23:15-00:00"]


def test_ranges_of_a_day_stand_for_themselves_and_those_that_touch_are_one() -> None:
    assert local_starts(BERLIN, "2026-06-01", "09:00-10:30", "13:00-14:00") == ["09:00-10:00", "13:00-14:00"]
    assert local_starts(BERLIN, "2026-06-01", "09:00-10:30", "10:30-12:00") == [
        "09:00-10:00",
        "10:00-11:00",
        "11:00-12:00",
    ]


def test_sessions_repeat_every_week() -> None:
    expert = an_expert(weekly_hours=hours_on(date(2026, 6, 5), "09:00-10:00"))

    found = schedule.sessions(expert, time_off=[], first_on=MONDAY, days=21)

    assert [one.local_day for one in found] == [date(2026, 6, 5), date(2026, 6, 12), date(2026, 6, 19)]


def test_extra_hours_are_of_one_date_and_one_with_the_weekly_ones_they_overlap() -> None:
    extra = [
        DatedHours(on=MONDAY, opens="11:00", closes="13:00"),
        DatedHours(on=MONDAY + timedelta(days=1), opens="18:00", closes="19:00"),
    ]
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:30-11:30"), extra_hours=extra)

    assert of_a_day(expert, MONDAY) == ["09:30-10:30", "10:30-11:30", "11:30-12:30"]
    assert of_a_day(expert, MONDAY + timedelta(days=1)) == ["18:00-19:00"]
    assert of_a_day(expert, MONDAY + timedelta(days=7)) == ["09:30-10:30", "10:30-11:30"]


def test_each_type_has_sessions_of_its_own() -> None:
    types = [SessionType(key="intro", name="Intro", minutes=30), SessionType(key="deep", name="Deep dive", minutes=60)]
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:00-10:30"), session_types=types)

    found = schedule.sessions(expert, time_off=[], first_on=MONDAY, days=1)

    assert [(one.session_type, f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}") for one in found] == [
        ("intro", "09:00", "09:30"),
        ("deep", "09:00", "10:00"),
        ("intro", "09:30", "10:00"),
        ("intro", "10:00", "10:30"),
    ]


def test_buffers_lie_between_sessions_and_may_reach_beyond_the_hours() -> None:
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:00-11:15"), buffer_before=5, buffer_after=10)

    assert of_a_day(expert, MONDAY) == ["09:00-10:00", "10:15-11:15"]


def test_buffers_are_kept_from_range_to_range_and_across_midnight() -> None:
    tuesday = MONDAY + timedelta(days=1)
    ranges = [*hours_on(MONDAY, "09:00-10:00", "10:10-11:30", "22:00-24:00"), *hours_on(tuesday, "00:00-01:00")]
    expert = an_expert(weekly_hours=ranges, buffer_after=30)

    assert of_a_day(expert, MONDAY) == ["09:00-10:00", "10:30-11:30", "22:00-23:00"]
    assert of_a_day(expert, tuesday) == ["00:00-01:00"]


def test_notice_says_when_a_session_closes() -> None:
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:00-10:00"), minimum_notice=90)

    [session] = schedule.sessions(expert, time_off=[], first_on=MONDAY, days=1)

    assert session.closes_at == datetime(2026, 6, 1, 7, 30, tzinfo=UTC)


def test_what_touches_a_time_off_is_left_out_and_what_ends_as_it_begins_is_not() -> None:
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:00-13:00"))
    ten, eleven = (datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (10, 11))

    assert of_a_day(expert, MONDAY, away(ten, eleven)) == ["09:00-10:00", "11:00-12:00", "12:00-13:00"]
    assert of_a_day(expert, MONDAY, away(ten, eleven + timedelta(seconds=1))) == ["09:00-10:00", "12:00-13:00"]


def test_buffers_may_not_reach_into_time_off() -> None:
    expert = an_expert(weekly_hours=hours_on(MONDAY, "09:00-13:00"), buffer_before=5, buffer_after=15)
    off = datetime(2026, 6, 1, 10, 10, tzinfo=UTC)

    assert of_a_day(expert, MONDAY) == ["09:00-10:00", "10:20-11:20", "11:40-12:40"]
    assert of_a_day(expert, MONDAY, away(off, off + timedelta(minutes=5))) == ["10:20-11:20", "11:40-12:40"]
    assert of_a_day(expert, MONDAY, away(off, off + timedelta(minutes=6))) == ["11:40-12:40"]


# --- days on which the clocks change ---


@pytest.mark.parametrize(
    ("zone", "on", "hours", "sessions"),
    [
        # A working day keeps its local hours on both sides of either change.
        (BERLIN, "2026-03-29", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        (BERLIN, "2026-10-25", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        (ADELAIDE, "2026-10-04", "09:00-11:00", ["09:00-10:00", "10:00-11:00"]),
        # Forward: the hour after 02:00 does not exist. North in March, south in September and October.
        (BERLIN, "2026-03-29", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (NEW_YORK, "2026-03-08", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (ST_JOHNS, "2026-03-08", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (SYDNEY, "2026-10-04", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (AUCKLAND, "2026-09-27", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (ADELAIDE, "2026-10-04", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        # Hours that open or close within the missing hour do so at the change.
        (BERLIN, "2026-03-29", "02:30-05:00", ["03:00-04:00", "04:00-05:00"]),
        (BERLIN, "2026-03-29", "00:00-02:30", ["00:00-01:00", "01:00-03:00"]),
        (BERLIN, "2026-03-29", "02:00-03:00", []),
        (LORD_HOWE, "2026-10-04", "01:00-04:00", ["01:00-02:30", "02:30-03:30"]),
        # At midnight: the day begins an hour late, and the one before ends when it begins.
        (HAVANA, "2026-03-08", "00:00-02:00", ["01:00-02:00"]),
        (HAVANA, "2026-03-07", "22:00-24:00", ["22:00-23:00", "23:00-01:00"]),
        (SANTIAGO, "2026-09-06", "00:00-02:00", ["01:00-02:00"]),
        (SANTIAGO, "2026-09-05", "22:00-24:00", ["22:00-23:00", "23:00-01:00"]),
        (CAIRO, "2023-04-28", "00:00-02:00", ["01:00-02:00"]),
        (AMMAN, "2022-02-25", "00:00-02:00", ["01:00-02:00"]),
        (BEIRUT, "2026-03-29", "00:00-02:00", ["01:00-02:00"]),
        (APIA, "2011-12-30", "09:00-17:00", []),
        # Backward: an hour comes twice. South in April.
        (BERLIN, "2026-10-25", "01:00-04:00", ["01:00-02:00", "02:00-02:00", "02:00-03:00", "03:00-04:00"]),
        (NEW_YORK, "2026-11-01", "00:00-02:00", ["00:00-01:00", "01:00-01:00", "01:00-02:00"]),
        (ST_JOHNS, "2026-11-01", "00:00-02:00", ["00:00-01:00", "01:00-01:00", "01:00-02:00"]),
        (SYDNEY, "2026-04-05", "01:00-04:00", ["01:00-02:00", "02:00-02:00", "02:00-03:00", "03:00-04:00"]),
        (AUCKLAND, "2026-04-05", "01:00-04:00", ["01:00-02:00", "02:00-02:00", "02:00-03:00", "03:00-04:00"]),
        (LORD_HOWE, "2026-04-05", "01:00-03:00", ["01:00-01:30", "01:30-02:30"]),
        # Hours that open or close within the doubled hour do so the first time.
        (BERLIN, "2026-10-25", "01:30-02:30", ["01:30-02:30"]),
        (BERLIN, "2026-10-25", "02:30-04:00", ["02:30-02:30", "02:30-03:30"]),
        # At midnight, the last hour of the day before comes twice.
        (SANTIAGO, "2026-04-04", "22:00-24:00", ["22:00-23:00", "23:00-23:00", "23:00-00:00"]),
        (SANTIAGO, "2026-04-05", "00:00-01:00", ["00:00-01:00"]),
        (CAIRO, "2023-10-26", "22:00-24:00", ["22:00-23:00", "23:00-23:00", "23:00-00:00"]),
        (BEIRUT, "2026-10-24", "22:00-24:00", ["22:00-23:00", "23:00-23:00", "23:00-00:00"]),
        (ALMATY, "2024-02-29", "22:00-24:00", ["22:00-23:00", "23:00-23:00", "23:00-00:00"]),
        # For good, or for a month.
        (VOLGOGRAD, "2020-12-27", "00:00-03:00", ["00:00-01:00", "01:00-01:00", "01:00-02:00", "02:00-03:00"]),
        (CASABLANCA, "2026-02-15", "01:00-03:30", ["01:00-02:00", "02:00-02:00", "02:00-03:00"]),
        (CASABLANCA, "2026-03-22", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        (MEXICO, "2022-04-03", "01:00-04:00", ["01:00-03:00", "03:00-04:00"]),
        # No change, or none any more.
        (MEXICO, "2026-04-05", "01:00-04:00", ["01:00-02:00", "02:00-03:00", "03:00-04:00"]),
        (AMMAN, "2022-10-28", "00:00-02:00", ["00:00-01:00", "01:00-02:00"]),
        (ALMATY, "2026-03-29", "01:00-03:00", ["01:00-02:00", "02:00-03:00"]),
        (KOLKATA, "2026-03-29", "01:00-03:00", ["01:00-02:00", "02:00-03:00"]),
    ],
)
def test_sessions_on_days_when_the_clocks_change(zone: str, on: str, hours: str, sessions: list[str]) -> None:
    assert local_starts(zone, on, hours) == sessions


@pytest.mark.parametrize("on", ["2026-03-28", "2026-03-29", "2026-10-25"])
def test_sessions_last_an_hour_in_real_time_whatever_the_clocks_do(on: str) -> None:
    all_day = [WeeklyHours(weekday=weekday, opens="00:00", closes="24:00") for weekday in EVERY_DAY]
    expert = an_expert(time_zone=BERLIN, weekly_hours=all_day)

    found = schedule.sessions(expert, time_off=[], first_on=date.fromisoformat(on), days=1)

    assert {one.ends_at - one.starts_at for one in found} == {timedelta(hours=1)}
    assert len(found) == {"2026-03-28": 24, "2026-03-29": 23, "2026-10-25": 25}[on]


# --- whatever the hours are ---


def clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


EDGES = st.integers(0, 10).map(lambda half_hours: 30 * half_hours) | st.integers(0, 24 * 60) | st.just(24 * 60)


@st.composite
def weekly(draw: st.DrawFn) -> list[WeeklyHours]:
    """Hours of a week that an expert may have: any minute, several ranges a day, none overlapping another."""
    hours = []
    for weekday in draw(st.sets(st.integers(0, 6)) | st.just({6}) | st.just({5, 6})):  # on Sundays the clocks change
        edges = sorted(draw(st.sets(EDGES, min_size=2, max_size=8)))
        for opens, closes in draw(
            st.sampled_from([list(pairwise(edges)), list(zip(edges[::2], edges[1::2], strict=False))])
        ):
            hours.append(WeeklyHours(weekday=weekday, opens=clock_text(opens), closes=clock_text(closes)))
    return draw(st.permutations(hours))


LENGTHS = st.sampled_from([15, 30, 60]) | st.integers(5, 480)
DAYS_OF_CHANGE = [
    date(2026, 2, 15), date(2026, 3, 7), date(2026, 3, 28), date(2026, 4, 4), date(2026, 9, 5), date(2026, 9, 26),
    date(2026, 10, 3), date(2026, 10, 24), date(2023, 4, 27), date(2023, 10, 26), date(2024, 2, 29),
]  # fmt: skip
FIRSTS = st.sampled_from(DAYS_OF_CHANGE) | st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def experts(draw: st.DrawFn) -> Expert:
    """Anybody's hours, types and buffers."""
    lengths = draw(st.lists(LENGTHS, min_size=1, max_size=3))
    return an_expert(
        time_zone=draw(st.sampled_from(ZONES)),
        weekly_hours=draw(weekly()),
        session_types=[SessionType(key=f"t{n}", name=f"T{n}", minutes=length) for n, length in enumerate(lengths)],
        buffer_before=draw(st.sampled_from([0, 0, 5, 20, 240])),
        buffer_after=draw(st.sampled_from([0, 0, 10, 45, 240])),
    )


@settings(deadline=None, max_examples=150)
@given(expert=experts(), first_on=FIRSTS)
def test_sessions_lie_within_the_hours_on_steps_and_apart(expert: Expert, first_on: date) -> None:
    found = schedule.sessions(expert, time_off=[], first_on=first_on, days=8)

    assert [one for one in found if one.starts_at.timestamp() % 300] == []
    edges = [edge for one in found for edge in (one.starts_at, one.ends_at - timedelta(minutes=1))]
    assert [edge for edge in edges if not _is_within(expert.weekly_hours, edge.astimezone(expert.zone))] == []
    for kind in expert.session_types:
        of_the_type = [one for one in found if one.session_type == kind.key]
        assert {one.ends_at - one.starts_at for one in of_the_type} <= {timedelta(minutes=kind.minutes)}
        assert [pair for pair in pairwise(of_the_type) if pair[1].busy_from < pair[0].busy_until] == []


def _is_within(weekly_hours: list[WeeklyHours], local: datetime) -> bool:
    """Whether a wall clock shows working hours; a minute that comes twice is within them if its day has any."""
    of_the_day = [hours for hours in weekly_hours if hours.weekday == local.weekday()]
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        return bool(of_the_day)
    return any(hours.opens <= f"{local:%H:%M}" < hours.closes for hours in of_the_day)


@settings(deadline=None, max_examples=60)
@given(expert=experts(), first_on=FIRSTS, earlier=st.integers(1, 5))
def test_what_a_day_offers_does_not_depend_on_where_counting_began(
    expert: Expert, first_on: date, earlier: int
) -> None:
    before = schedule.sessions(expert, time_off=[], first_on=first_on - timedelta(days=earlier), days=earlier)
    after = schedule.sessions(expert, time_off=[], first_on=first_on, days=3)

    together = schedule.sessions(expert, time_off=[], first_on=first_on - timedelta(days=earlier), days=earlier + 3)

    assert sorted([*before, *after], key=_order) == sorted(together, key=_order)


def _order(session: Session) -> tuple[datetime, str]:
    return session.starts_at, session.session_type


@settings(deadline=None, max_examples=60)
@given(expert=experts(), offs=st.lists(st.tuples(st.integers(0, 8 * 1440), st.integers(1, 3000)), max_size=6))
def test_time_off_takes_just_what_touches_it(expert: Expert, offs: list[tuple[int, int]]) -> None:
    begins = datetime(2026, 3, 28, tzinfo=UTC)
    spans = [(begins + timedelta(minutes=at), begins + timedelta(minutes=at + length)) for at, length in offs]

    everything = schedule.sessions(expert, time_off=[], first_on=begins.date(), days=8)
    found = schedule.sessions(expert, time_off=[away(*span) for span in spans], first_on=begins.date(), days=8)

    assert found == [
        one for one in everything if not any(one.busy_from < end and start < one.busy_until for start, end in spans)
    ]


@settings(deadline=None, max_examples=60)
@given(expert=experts(), first_on=FIRSTS)
def test_what_is_offered_is_within_the_hours_by_its_own_account(expert: Expert, first_on: date) -> None:
    found = schedule.sessions(expert, time_off=[], first_on=first_on, days=3)

    assert all(schedule.is_within(expert, one.starts_at, one.ends_at, time_off=[]) for one in found)
    whole = [away(one.starts_at, one.ends_at) for one in found]
    assert not any(schedule.is_within(expert, one.starts_at, one.ends_at, time_off=whole) for one in found)


# --- what people may set ---


def half_hours(**names: str) -> list[dict[str, object]]:
    """Session types by their keys."""
    return [{"key": key, "name": name, "minutes": 30} for key, name in names.items()]


ALWAYS = {"weekly_hours": hours_on(MONDAY, "09:00-12:00")}
ROUND_THE_CLOCK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
YEAR = [MONDAY + timedelta(days=ahead) for ahead in range(365)]
YEAR_ROUND = [DatedHours(on=on, opens="00:00", closes="24:00") for on in YEAR]
WORKING_DAYS = [DatedHours(on=on, opens="09:00", closes="17:00") for on in YEAR]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"weekly_hours": [{"weekday": 0, "opens": "09:02", "closes": "12:00"}]}, ["weekly_hours.0"]),
        ({"weekly_hours": [{"weekday": 0, "opens": "12:00", "closes": "09:00"}]}, ["weekly_hours.0"]),
        ({"weekly_hours": [*hours_on(MONDAY, "09:00-12:00", "11:00-13:00")]}, ["weekly_hours"]),
        ({"extra_hours": [{"on": "no day", "opens": "09:00", "closes": "12:00"}]}, ["extra_hours.0"]),
        ({"extra_hours": [DatedHours(on=MONDAY, opens="09:00", closes="12:00")] * 2}, ["extra_hours.1"]),
        ({"session_types": [{"key": "a", "name": "Intro", "minutes": 31}]}, ["session_types.0"]),
        ({"session_types": half_hours(a=" ")}, ["session_types.0"]),
        ({"session_types": half_hours(A="Intro", b="Deep dive")}, ["session_types.0"]),
        ({"session_types": half_hours(a="Intro", b="intro ")}, ["session_types.1"]),
        ({"session_types": half_hours(a="Intro") + half_hours(a="Deep dive")}, ["session_types.1"]),
        ({"session_types": half_hours(**{f"t{number}": f"T{number}" for number in range(9)})}, ["session_types"]),
        ({"buffer_before": 7, "buffer_after": 245}, ["buffer_after"]),
        ({"buffer_before": 7, "minimum_notice": 3}, ["buffer_before", "minimum_notice"]),
        ({"window_days": 0}, ["window_days"]),
        ({"weekly_hours": ROUND_THE_CLOCK, "session_minutes": 5, "window_days": 365}, ["window_days"]),
        ({"extra_hours": YEAR_ROUND, "session_minutes": 5, "window_days": 365}, ["window_days"]),
        ({"extra_hours": WORKING_DAYS, "session_types": half_hours(a="A", b="B"), "window_days": 365}, ["window_days"]),
        ({"most_per_day": 0}, ["most_per_day"]),
        ({"time_zone": "Europe/Nowhere"}, ["time_zone"]),
        ({"rating": 5}, ["rating"]),
    ],
)
async def test_what_cannot_be_offered_is_refused_by_its_field(
    make_expert: MakeExpert, changes: dict[str, object], fields: list[str]
) -> None:
    expert = await make_expert(**ALWAYS)

    with pytest.raises(InvalidRequest) as refused:
        schedule.edited(expert, changes)

    assert [problem.field for problem in refused.value.problems] == fields
    assert all(isinstance(problem.message, Sentence) for problem in refused.value.problems)


async def test_dated_hours_count_as_far_as_they_can_be_ahead(make_expert: MakeExpert) -> None:
    expert = await make_expert(**ALWAYS)
    a_year_of_half_hours = {"extra_hours": WORKING_DAYS, "session_minutes": 30, "window_days": 365}
    a_month_of_five_minutes = {"extra_hours": YEAR_ROUND, "session_minutes": 5, "window_days": 30}

    assert schedule.edited(expert, a_year_of_half_hours).window_days == 365
    assert schedule.edited(expert, a_month_of_five_minutes).window_days == 30


async def test_what_is_right_is_on_the_copy_and_not_on_the_expert(make_expert: MakeExpert) -> None:
    expert = await make_expert(**ALWAYS)
    types = [SessionType(key="intro", name="Intro", minutes=30)]

    edited = schedule.edited(expert, {"session_types": types, "extra_hours": [], "most_per_day": None})

    assert (edited.session_types, expert.session_types) == (types, [])
    assert (edited.id, edited.name, edited.weekly_hours) == (expert.id, expert.name, expert.weekly_hours)
