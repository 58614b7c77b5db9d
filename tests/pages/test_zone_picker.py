from zoneinfo import available_timezones

import pytest

from pages.components.zone_picker import SHOWN_AT_ONCE, zones_matching
from tests.pages.person import Person


@pytest.mark.parametrize("typed", ["new york", "New_York", "  NEW YORK ", "new y"])
def test_zones_are_found_as_people_type_them(typed: str) -> None:
    assert zones_matching(typed) == ["America/New_York"]


def test_zones_in_which_a_word_begins_with_it_come_first() -> None:
    assert zones_matching("rom")[0] == "Europe/Rome"


def test_zones_at_a_time_are_few_and_all_exist() -> None:
    found = zones_matching("")

    assert len(found) == SHOWN_AT_ONCE
    assert set(found) <= available_timezones()


@pytest.mark.parametrize("typed", ["atlantis", "EST5EDT", "\x00", "*"])
def test_what_names_no_place_finds_nothing(typed: str) -> None:
    assert zones_matching(typed) == []


async def test_picker_lists_zones_with_their_distance_as_one_types(visitor: Person) -> None:
    visitor.comes_from("America/New_York")
    await visitor.open("/my-bookings")

    await visitor.click("Times are shown in New York time, GMT-5. Change")
    await visitor.sees("Show times in")
    visitor.type("City or zone", "kath")

    await visitor.sees("Asia/Kathmandu")
    visitor.type("City or zone", "nowhere at all")
    await visitor.sees("No zone has this name. Try a large city nearby.")
    await visitor.misses("Asia/Kathmandu")
