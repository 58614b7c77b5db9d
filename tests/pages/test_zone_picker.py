from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine

from pages import zones
from pages.reader import Reader
from tests.pages.person import Person

ENGLISH, GERMAN = (Reader(zone=ZoneInfo("UTC"), language=language) for language in ("en", "de"))


def found(typed: str, reader: Reader = ENGLISH, *, limit: int = 8) -> list[str]:
    return [place.zone.key for place in zones.matching(typed, reader, limit=limit)]


@pytest.mark.parametrize("typed", ["new york", "New_York", "  NEW YORK ", "york new", "america new york"])
def test_zones_are_found_as_people_type_them(typed: str) -> None:
    assert found(typed) == ["America/New_York"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rom", "Europe/Rome"),
        ("germany", "Europe/Berlin"),
        ("united kingdom", "Europe/London"),
        ("uk", "Europe/London"),
        ("est", "America/New_York"),
        ("eastern time", "America/New_York"),
        ("IST", "Asia/Kolkata"),
        ("calcutta", "Asia/Kolkata"),
        ("sao", "America/Sao_Paulo"),
        ("são", "America/Sao_Paulo"),
        ("utc", "UTC"),
    ],
)
def test_zones_are_found_by_city_country_and_abbreviation(typed: str, first: str) -> None:
    assert found(typed)[0] == first


@pytest.mark.parametrize(
    ("typed", "first"),
    [("deutschl", "Europe/Berlin"), ("MEZ", "Europe/Berlin"), ("mailand", None), ("rom", "Europe/Rome")],
)
def test_zones_are_found_in_the_language_of_the_reader(typed: str, first: str | None) -> None:
    assert next(iter(found(typed, GERMAN)), None) == first


@time_machine.travel(datetime(2026, 7, 1, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("+5:45", "Asia/Kathmandu"),
        ("GMT-7", "America/Los_Angeles"),
        ("utc+10:30", "Australia/Lord_Howe"),
        ("\u22122:30", "America/St_Johns"),
    ],
)
def test_zones_are_found_by_their_distance_as_it_is_now(typed: str, zone: str) -> None:
    assert found(typed)[0] == zone


def test_zones_at_a_time_are_few_and_all_exist() -> None:
    assert len(found("", limit=8)) == 8
    assert {place.zone.key for place in zones.known("en")} <= available_timezones()
    assert len(zones.known("en")) == len({place.zone.key for place in zones.known("en")})


@pytest.mark.parametrize("typed", ["atlantis", "EST5EDT", "\x00", "*", "+99"])
def test_what_names_no_place_finds_nothing(typed: str) -> None:
    assert found(typed) == []


async def test_picker_lists_zones_with_their_time_as_one_types(visitor: Person) -> None:
    visitor.comes_from("America/New_York")
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False):
        await visitor.open("/my-bookings")

        await visitor.click("Times are shown in New York time, GMT-5. Change")
        await visitor.sees("Show times in", "This device's zone", "Los Angeles", "United States")
        visitor.type("City, country or time zone", "nepal")

        await visitor.sees("Kathmandu", "Nepal", "5:45 PM", "GMT+5:45")
        await visitor.misses("Los Angeles")
        visitor.type("City, country or time zone", "nowhere at all")
        await visitor.sees("No zone is called like this. Try a large city nearby.")
        await visitor.misses("Kathmandu")


async def test_zone_that_was_chosen_stands_beside_that_of_the_device(visitor: Person) -> None:
    visitor.has_cookie("zone", "set:Asia/Tokyo")
    await visitor.open("/my-bookings")

    await visitor.click("Times are shown in Tokyo time, GMT+9. Change")

    await visitor.sees("This device's zone", "Tokyo", "Japan")
