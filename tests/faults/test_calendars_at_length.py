"""The calendars of `test_calendar_machine`, lived through for as long as it takes to meet what is rare."""

import pytest

from tests.expert_booking.test_calendar_machine import live_through


@pytest.mark.faults
def test_calendars_contradict_nothing_at_length(database_uri: str, database_name: str) -> None:
    live_through(database_uri, database_name, examples=200, steps=25)
