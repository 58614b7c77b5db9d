from datetime import time

import pytest
from pydantic import ValidationError

from expert_booking import clock
from models import Expert, WeeklyHours
from models.expert import LONGEST_PREFIX, search_terms, search_words


@pytest.fixture(autouse=True)
def bound(connected: None) -> None:
    """Documents can be made only once they are bound to a database."""


def an_expert(**details: object) -> Expert:
    described = {"name": "Ann", "category": "Law", "experience_years": 1, "rating": 4, "created_at": clock.now()}
    return Expert(**{**described, **details})


def test_search_terms_are_every_prefix_of_every_word() -> None:
    assert search_terms("Ann Li") == ["a", "an", "ann", "l", "li"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Dr. José Ångström", ["dr", "jose", "angstrom"]),
        ("Straße", ["strasse"]),
        ("İpek", ["ipek"]),
        ("O'Brien-Smith", ["o", "brien", "smith"]),
        ("snake_case", ["snake", "case"]),
        ("李小龍", ["李小龍"]),
        (".*%$^", []),
    ],
)
def test_search_words_are_bare_of_accents_case_and_signs(name: str, words: list[str]) -> None:
    assert search_words(name) == words


def test_search_terms_are_bounded_for_endless_words() -> None:
    terms = search_terms("x" * 120)

    assert terms == ["x" * length for length in range(1, LONGEST_PREFIX + 1)]


def test_search_terms_come_from_the_name_whatever_is_given() -> None:
    assert an_expert(name="Bo", search_terms=["everything"]).search_terms == ["b", "bo"]


@pytest.mark.parametrize(
    ("weekday", "opens", "closes"),
    [(0, "09:00", "17:00"), (6, "00:00", "24:00"), (3, "23:59", "24:00"), (3, "00:00", "00:01")],
)
def test_weekly_hours_within_a_day_are_taken(weekday: int, opens: str, closes: str) -> None:
    hours = WeeklyHours(weekday=weekday, opens=opens, closes=closes)

    assert (hours.opens, hours.closes) == (opens, closes)


@pytest.mark.parametrize(
    ("weekday", "opens", "closes"),
    [
        (-1, "09:00", "17:00"),
        (7, "09:00", "17:00"),
        (0, "17:00", "09:00"),
        (0, "09:00", "09:00"),
        (0, "9:00", "17:00"),
        (0, "09:60", "17:00"),
        (0, "24:00", "24:00"),
        (0, "09:00", "24:01"),
        (0, "09:00", "25:00"),
        (0, "09:00", "17:00\n"),
        (0, "", ""),
    ],
)
def test_weekly_hours_that_are_none_are_refused(weekday: int, opens: str, closes: str) -> None:
    with pytest.raises(ValidationError):
        WeeklyHours(weekday=weekday, opens=opens, closes=closes)


def test_weekly_hours_know_their_opening_and_length() -> None:
    hours = WeeklyHours(weekday=0, opens="22:30", closes="24:00")

    assert (hours.opens_at, hours.minutes) == (time(22, 30), 90)


def test_weekly_hours_that_touch_are_taken() -> None:
    touching = [
        WeeklyHours(weekday=0, opens="13:00", closes="17:00"),
        WeeklyHours(weekday=0, opens="09:00", closes="13:00"),
        WeeklyHours(weekday=1, opens="09:00", closes="17:00"),
    ]

    assert an_expert(weekly_hours=touching).weekly_hours == touching


def test_weekly_hours_that_overlap_are_refused() -> None:
    overlapping = [
        WeeklyHours(weekday=2, opens="12:59", closes="17:00"),
        WeeklyHours(weekday=2, opens="09:00", closes="13:00"),
    ]

    with pytest.raises(ValidationError, match="hours on weekday 2 overlap: 09:00 to 13:00 and 12:59 to 17:00"):
        an_expert(weekly_hours=overlapping)


def test_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="'Mars/Olympus' is not an IANA time zone"):
        an_expert(time_zone="Mars/Olympus")


def test_time_zone_is_usable() -> None:
    assert an_expert(time_zone="Asia/Kolkata").zone.key == "Asia/Kolkata"
