"""What an entry of the journal says field by field, in words.

What has many fields (hours, webhooks) is entered as two JSON objects of those that differ; here each is a line of its
own, and of a list what is the same before and after is left out.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from typing import Any

from expert_booking.sentence import Sentence
from pages import times
from pages.components.expert_time import length
from pages.reader import Reader

Told = tuple[str, str, str]
"""What differs, what it was and what it became; what is blank was nothing, or becomes nothing."""
Fields = dict[str, Any]

MOST_LINES = 10
A_DAY = 24 * 60
A_MONDAY = date(2024, 1, 1)


def lines(was: str, became: str, reader: Reader) -> list[Told] | None:
    """Each field that differs; none for an entry that does not tell fields.

    What came or went as a whole has no before and after: then both are what it has or had.
    """
    before, after = _read(was), _read(became)
    if before is None and after is None:
        return None
    before, after = before or after or {}, after or before or {}
    told = [line for name in before for line in _line(name, before[name], after.get(name), reader)]
    rest = len(told) - MOST_LINES
    if rest <= 0:
        return told
    return [*told[:MOST_LINES], (reader.say("and {number} more", number=rest), "", "")]


def _read(text: str) -> Fields | None:
    try:
        found = json.loads(text) if text.startswith("{") else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _line(name: str, was: Any, became: Any, reader: Reader) -> Iterator[Told]:
    if name == "weekly_hours":
        yield from _weekly(was or [], became or [], reader)
    elif name == "extra_hours":
        yield from _dated(was or [], became or [], reader)
    elif name in FIELDS:
        label, say = FIELDS[name]
        if isinstance(was, list) and isinstance(became, list) and was != became:
            was, became = [one for one in was if one not in became], [one for one in became if one not in was]
        before, after = ("" if value is None else say(value, reader) for value in (was, became))
        yield reader.say(label), before, after


def _weekly(was: list[Fields], became: list[Fields], reader: Reader) -> Iterator[Told]:
    for number, before, after in _by("weekday", was, became, reader):
        yield times.weekday_name(A_MONDAY + timedelta(days=number), reader), before, after


def _dated(was: list[Fields], became: list[Fields], reader: Reader) -> Iterator[Told]:
    for on, before, after in _by("on", was, became, reader):
        yield times.day(date.fromisoformat(on), reader), before, after


def _by(name: str, was: list[Fields], became: list[Fields], reader: Reader) -> Iterator[tuple[Any, str, str]]:
    """The weekdays or dates on which the hours differ, in order, with the hours that they had and have."""
    for key in sorted({hours[name] for hours in (*was, *became)}):
        before, after = (
            _list([hours for hours in each if hours[name] == key], _range, reader) for each in (was, became)
        )
        if before != after:
            yield key, before, after


def _list(items: list[Any], say: Callable[[Any, Reader], str], reader: Reader) -> str:
    return ", ".join(say(item, reader) for item in items)


def _range(hours: Fields, reader: Reader) -> str:
    opens, closes = (times.wall_clock(_time(hours[name]), reader) for name in ("opens", "closes"))
    return reader.say("{first} – {last}", first=opens, last=closes)


def _time(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)


def _session(kind: Fields, reader: Reader) -> str:
    return reader.say("{session}, {length}", session=kind["name"], length=length(kind["minutes"], reader))


def _minutes(number: int, reader: Reader) -> str:
    return length(number, reader) if number else reader.say_many("{number} minute", "{number} minutes", 0)


def _notice(minutes: int, reader: Reader) -> str:
    days, rest = divmod(minutes, A_DAY)
    return _days(days, reader) if days and not rest else _minutes(minutes, reader)


def _days(number: int, reader: Reader) -> str:
    return reader.say_many("{number} day", "{number} days", number)


def _switch(is_on: bool, reader: Reader) -> str:
    return reader.say("On") if is_on else reader.say("Off")


def _as_it_is(value: Any, _: Reader) -> str:
    return str(value)


FIELDS: dict[str, tuple[Sentence, Callable[[Any, Reader], str]]] = {
    "time_zone": (Sentence("Time zone"), _as_it_is),
    "session_types": (Sentence("Sessions"), lambda kinds, reader: _list(kinds, _session, reader)),
    "session_minutes": (Sentence("Length"), length),
    "buffer_before": (Sentence("Free before each session"), _minutes),
    "buffer_after": (Sentence("Free after each session"), _minutes),
    "minimum_notice": (Sentence("Book at the latest"), _notice),
    "window_days": (Sentence("Book at the earliest"), _days),
    "most_per_day": (Sentence("Bookings on one day"), _as_it_is),
    "confirms_at_once": (Sentence("Confirm bookings at once"), _switch),
    "name": (Sentence("Name"), _as_it_is),
    "url": (Sentence("Address"), _as_it_is),
    "events": (Sentence("What it is told of"), lambda events, reader: _list(events, _as_it_is, reader)),
    "with_customer": (Sentence("Tell who booked"), _switch),
    "is_active": (Sentence("State"), _switch),
}
"""What each field is called, and how its value is said; hours come by weekday and by date."""
