from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from pages.components.expert_time import difference_on, time_there
from pages.reader import Reader

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
OCTOBER = datetime(2026, 10, 20, 12, tzinfo=UTC)
"""London's clocks go back on the 25th, New York's a week later."""


@time_machine.travel(OCTOBER, tick=False)
@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        ("Europe/London", "America/New_York", "Sarah is in London, 5 hours ahead of you: it is 1:00 PM there."),
        ("America/New_York", "Europe/London", "Sarah is in New York, 5 hours behind you: it is 8:00 AM there."),
        ("Europe/Paris", "Europe/London", "Sarah is in Paris, 1 hour ahead of you: it is 2:00 PM there."),
        ("Asia/Kathmandu", "UTC", "Sarah is in Kathmandu, 5 h 45 min ahead of you: it is 5:45 PM there."),
        ("Asia/Kathmandu", "Asia/Kolkata", "Sarah is in Kathmandu, 15 minutes ahead of you: it is 5:45 PM there."),
        ("Europe/Lisbon", "Europe/London", ""),
    ],
)
def test_the_time_of_the_expert_is_told_where_it_is_another(there: str, here: str, said: str) -> None:
    drawn = time_there("Sarah", ZoneInfo(there), Reader(zone=ZoneInfo(here)))

    assert drawn.striptags() == said
    assert ("data-clock" in drawn) == bool(said)


def test_names_of_people_are_text() -> None:
    drawn = time_there("<b>", LONDON, Reader(zone=ZoneInfo("Asia/Tokyo")))

    assert "<b>" not in drawn
    assert "&lt;b&gt; is in London" in drawn


@time_machine.travel(OCTOBER, tick=False)
@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 10, 24), ""),
        (date(2026, 10, 25), "On Sun 25 Oct, London is 4 hours ahead of you."),
        (date(2026, 10, 31), "On Sat 31 Oct, London is 4 hours ahead of you."),
        (date(2026, 11, 1), ""),
    ],
)
def test_between_two_changes_of_clocks_the_difference_of_the_day_is_told(on: date, said: str) -> None:
    assert difference_on(on, LONDON, Reader(zone=NEW_YORK)) == said


@time_machine.travel(OCTOBER, tick=False)
def test_difference_that_goes_or_turns_is_told() -> None:
    abidjan = ZoneInfo("Africa/Abidjan")
    after = date(2026, 10, 26)

    assert difference_on(after, LONDON, Reader(zone=abidjan)) == "On Mon 26 Oct, it is the same time in London as here."
    assert difference_on(after, abidjan, Reader(zone=ZoneInfo("Europe/Paris"))) == (
        "On Mon 26 Oct, Abidjan is 1 hour behind you."
    )
