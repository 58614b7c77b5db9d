from zoneinfo import ZoneInfo

import pytest

from models import Expert, TimeSlot
from pages.live import looking
from pages.reader import Reader
from tests.pages.conftest import Come
from tests.pages.person import Person

IN_UTC = Reader(zone=ZoneInfo("UTC"))


async def test_those_who_look_are_counted_and_told(visitor: Person, come: Come, expert: Expert, slot: TimeSlot) -> None:
    others = [come(), come()]
    others[0].comes_from("Asia/Kolkata")
    others[1].has_cookie("language", "de")
    await visitor.open(f"/experts/{expert.id}")

    for other in others:
        await other.open(f"/experts/{expert.id}")

    await visitor.is_told(looking.KEY, "3 looking now")
    await others[0].sees("3 looking now")
    others[0].leave()
    await visitor.is_told(looking.KEY, "2 looking now")


async def test_two_tabs_of_one_browser_are_one_person(visitor: Person, watcher: Person, expert: Expert) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await visitor.open(f"/experts/{expert.id}")

    await watcher.open(f"/experts/{expert.id}")

    await watcher.sees("2 looking now")


async def test_what_asks_for_a_page_and_never_connects_is_nobody(
    visitor: Person, watcher: Person, expert: Expert
) -> None:
    for _ in range(3):
        await visitor.get(f"/experts/{expert.id}")

    await watcher.open(f"/experts/{expert.id}")

    await watcher.sees("1 looking now")


def test_number_of_one_who_is_alone_is_not_shown() -> None:
    assert looking.look(1, IN_UTC).attributes["hidden"] == ""
    assert looking.look(2, IN_UTC).attributes["hidden"] is None


@pytest.mark.parametrize(
    ("people", "text"), [(2, "2"), (19, "19"), (20, "20+"), (29, "20+"), (39, "30+"), (1234, "1,230+")]
)
def test_large_numbers_do_not_flicker(people: int, text: str) -> None:
    assert looking.look(looking.rounded(people), IN_UTC).text == f"{text} looking now"
