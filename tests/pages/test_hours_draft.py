"""The hours editor's object: what a browser sends is read, held against the rules, and comes out as it went in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from expert_booking import clock, schedule
from models import DatedHours, Expert, SessionType, TimeOff, WeeklyHours
from pages.workspace import hours_draft
from tests.conftest import MakeExpert


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    """Works on Mondays in two ranges, the second up to midnight."""
    return await make_expert(
        time_zone="Europe/Berlin",
        weekly_hours=[
            WeeklyHours(weekday=0, opens="20:00", closes="24:00"),
            WeeklyHours(weekday=0, opens="09:00", closes="12:00"),
        ],
        extra_hours=[DatedHours(on=date(2030, 5, 4), opens="10:00", closes="11:00")],
        minimum_notice=120,
        most_per_day=3,
    )


def problems(expert: Expert, **changed: Any) -> dict[str, str]:
    draft = hours_draft.read({**hours_draft.write(expert, []), **changed}, expert, [])
    return dict(draft.problems)


def week(*ranges: tuple[str, str], weekday: int = 0) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = [{"on": False, "ranges": []} for _ in range(7)]
    days[weekday] = {"on": True, "ranges": [{"opens": opens, "closes": closes} for opens, closes in ranges]}
    return days


def kinds(*named: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"key": key, "name": name, "minutes": minutes} for key, name, minutes in named]


async def test_what_is_stored_comes_back_as_it_was(sarah: Expert) -> None:
    away = TimeOff(
        expert_id=sarah.id,
        starts_at=datetime(2030, 3, 30, 23, tzinfo=UTC),
        ends_at=datetime(2030, 4, 2, 10, 30, tzinfo=UTC),
        note="Away",
    )
    written = hours_draft.write(sarah, [away])

    draft = hours_draft.read(written, sarah, [away])

    assert draft.problems == {}
    assert [one.kept for one in draft.away] == [away]
    assert hours_draft.write(draft.expert, [away]) == written
    assert (written["notice"], written["notice_unit"], written["most"]) == ("2", "hours", "3")
    assert written["week"][0]["ranges"] == [
        {"opens": "09:00", "closes": "12:00"},
        {"opens": "20:00", "closes": "00:00"},
    ]
    assert written["off"][0] | {"id": ""} == {
        "id": "", "first_on": "2030-03-31", "first_at": "", "last_on": "2030-04-02", "last_at": "12:30", "note": "Away",
    }  # fmt: skip


@pytest.mark.parametrize("sent", [None, [], "hello", {}, {"week": "x", "types": [1], "off": [{}], "extra": {"a": 1}}])
async def test_nonsense_is_wrong_and_nothing_worse(sarah: Expert, sent: object) -> None:
    draft = hours_draft.read(sent, sarah, [])

    assert draft.problems
    assert draft.expert == sarah


async def test_ranges_that_cannot_be_are_named_by_their_place(sarah: Expert) -> None:
    assert problems(sarah, week=week(("09:00", "12:00"), ("13:00", "12:30"))) == {
        "week.0.ranges.1.closes": hours_draft.CLOSES_FIRST
    }
    assert problems(sarah, week=week(("12:00", "14:00"), ("09:00", "12:30"))) == {
        "week.0.ranges.0": hours_draft.OVERLAP
    }
    assert problems(sarah, week=week(("09:00", ""), weekday=3)) == {"week.3.ranges.0": hours_draft.NO_TIMES}
    assert problems(sarah, week=week(("09:02", "10:00"), weekday=6)) == {"week.6.ranges.0": hours_draft.NOT_ON_A_STEP}


async def test_day_that_is_off_has_no_hours_whatever_stands_there(sarah: Expert) -> None:
    off = week(("13:00", "12:00"))
    off[0]["on"] = False

    assert hours_draft.read({**hours_draft.write(sarah, []), "week": off}, sarah, []).expert.weekly_hours == []


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("before", "241", hours_draft.BUFFER),
        ("after", "-5", hours_draft.BUFFER),
        ("before", "7", "Please use steps of five minutes."),
        ("notice", "1.5", hours_draft.NOTICE),
        ("notice", "673", hours_draft.NOTICE),
        ("window", "0", hours_draft.WINDOW),
        ("window", "²", hours_draft.WINDOW),
        ("most", "51", hours_draft.MOST),
        ("zone", "Mars/Olympus", hours_draft.NO_ZONE),
    ],
)
async def test_number_that_cannot_be_is_named(sarah: Expert, field: str, text: str, sentence: str) -> None:
    assert problems(sarah, **{field: text}) == {field: sentence}


async def test_more_times_than_can_be_offered_are_refused(sarah: Expert) -> None:
    always = [{"on": True, "ranges": [{"opens": "00:00", "closes": "00:00"}]} for _ in range(7)]
    ordinary = [{"on": True, "ranges": [{"opens": "09:00", "closes": "17:00"}]} for _ in range(7)]
    two = kinds(("", "Intro", "30"), ("new", "Deep dive", "60"))

    too_many = {"window": schedule.TOO_MANY_SESSIONS}

    assert problems(sarah, week=always, window="365", types=kinds(("", "", "5"))) == too_many
    assert problems(sarah, week=ordinary, window="365", types=two) == {}


async def test_blank_limit_is_none(sarah: Expert) -> None:
    draft = hours_draft.read({**hours_draft.write(sarah, []), "most": ""}, sarah, [])

    assert draft.expert.most_per_day is None


async def test_one_session_needs_no_name_and_several_do(sarah: Expert) -> None:
    alone = hours_draft.read({**hours_draft.write(sarah, []), "types": kinds(("", "", "45"))}, sarah, [])
    assert (alone.expert.session_types, alone.expert.session_minutes) == ([], 45)

    assert problems(sarah, types=kinds(("", "Intro", "30"), ("new", " ", "60"))) == {
        "types.1.name": hours_draft.NAMELESS
    }
    assert problems(sarah, types=kinds(("", "Intro", "4"))) == {"types.0.minutes": hours_draft.MINUTES}
    assert problems(sarah, types=kinds(("", "Intro", "30"), ("new", "intro", "60"))) == {
        "types.1.name": "Two sessions have the same name."
    }


async def test_session_keeps_its_key_and_a_new_one_gets_its_own(sarah: Expert) -> None:
    typed = kinds(
        ("", "Intro", "30"), ("new", "Deep Dive!", "60"), ("new", "深い", "90"), ("made-up", "Deep dive?", "15")
    )

    draft = hours_draft.read({**hours_draft.write(sarah, []), "types": typed}, sarah, [])

    assert draft.problems == {}
    assert draft.expert.session_types == [
        SessionType(key="", name="Intro", minutes=30),
        SessionType(key="deep-dive", name="Deep Dive!", minutes=60),
        SessionType(key="session", name="深い", minutes=90),
        SessionType(key="deep-dive-2", name="Deep dive?", minutes=15),
    ]


async def test_more_sessions_than_there_may_be_are_refused(sarah: Expert) -> None:
    typed = kinds(*[("new", f"Session {number}", "30") for number in range(9)])

    assert problems(sarah, types=typed) == {"types": hours_draft.FULL}


async def test_time_off_without_times_lasts_whole_days_of_the_zone(sarah: Expert) -> None:
    typed = {"id": "", "first_on": "2030-03-31", "first_at": "", "last_on": "2030-03-31", "last_at": "", "note": " x "}

    draft = hours_draft.read({**hours_draft.write(sarah, []), "off": [typed]}, sarah, [])

    (away,) = draft.away  # the clocks go forward on this day
    assert (away.ends_at - away.starts_at, away.note, away.kept) == (timedelta(hours=23), "x", None)


async def test_time_off_that_was_changed_is_another(sarah: Expert) -> None:
    stored = TimeOff(
        expert_id=sarah.id, starts_at=clock.now(), ends_at=clock.now() + timedelta(days=9), note="", source="own"
    )
    written = hours_draft.write(sarah, [stored])
    written["off"][0]["note"] = "Skiing"

    draft = hours_draft.read(written, sarah, [stored])

    assert [(one.kept, one.note) for one in draft.away] == [(None, "Skiing")]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"last_on": ""}, hours_draft.NO_DATES),
        ({"first_on": "30.03.2030"}, hours_draft.NO_DATES),
        ({"last_on": "2030-03-29"}, "The end must be after the beginning."),
        ({"last_at": "08:00", "first_at": "09:00"}, "The end must be after the beginning."),
        ({"last_on": "2033-03-30"}, "Time off can be two years long at most."),
        ({"first_on": "2020-03-30", "last_on": "2020-03-30"}, "This time is over already."),
        ({"note": "x" * 201}, "The note can have 200 characters at most."),
    ],
)
async def test_time_off_that_cannot_be_is_named(sarah: Expert, changed: dict[str, str], sentence: str) -> None:
    whole = {"id": "", "first_on": "2030-03-30", "first_at": "", "last_on": "2030-03-30", "last_at": "", "note": ""}

    assert problems(sarah, off=[whole, whole | changed]) == {"off.1": sentence}


async def test_extra_hours_need_a_date_and_do_not_overlap(sarah: Expert) -> None:
    hours = {"on": "2030-05-04", "opens": "10:00", "closes": "12:00"}

    assert problems(sarah, extra=[hours, hours | {"on": ""}]) == {"extra.1.on": hours_draft.NO_DATE}
    assert problems(sarah, extra=[hours, hours | {"opens": "11:00", "closes": "13:00"}]) == {
        "extra.1": hours_draft.OVERLAP
    }
