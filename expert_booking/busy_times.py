"""When somebody is busy, by a calendar file (iCalendar, RFC 5545): stretches of time and nothing else.

A file may say anything: repeat something since the year 1, every second, on the 30th of February. So a process of its
own reads it, which has so much time and memory and knows nothing of the house (see `apart`): `busy_times.py ZONE AFTER
BEFORE OWN` (moments in seconds since 1970) takes a file from its input and writes JSON. That is why this imports
nothing of it.
"""

import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it brings no types
from icalendar import Calendar
from icalendar.prop import vBroken, vDDDLists, vRecur

MOST_REPEATS = 100_000
"""Of one event, since it began."""

MOST_STRETCHES = 2_000

_READ = re.compile(
    r"(BEGIN|END|UID|SEQUENCE|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|TRANSP"
    r"|TZID|TZNAME|TZOFFSETFROM|TZOFFSETTO)[;:]",
    re.IGNORECASE,
)
"""The lines that say when; titles, people and places are not even looked at."""

_A_DAY = timedelta(days=1)

Stretch = tuple[datetime, datetime]

Event = Any
"""The library's; by its types every property may be anything, and what is not as it must be raises."""


class Unreadable(StrEnum):
    """Why a file says nothing."""

    NO_CALENDAR = "no calendar"
    BROKEN = "broken"
    TOO_MUCH = "too much"


class CannotRead(Exception):
    """Nothing can be said of the file; `why` is one of the reasons above."""

    def __init__(self, why: Unreadable) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """For whom and for when a file is read: days without a zone are those of `zone`."""

    zone: tzinfo
    after: datetime
    before: datetime
    own: str

    def moment(self, at: date) -> datetime:
        """In UTC: a day is its beginning, a time without a zone one of this zone."""
        local = at if isinstance(at, datetime) else datetime.combine(at, time())
        return (local if local.tzinfo is not None else local.replace(tzinfo=self.zone)).astimezone(UTC)


def busy_times(file: bytes, *, zone: tzinfo, after: datetime, before: datetime, own: str = "") -> list[Stretch]:
    """When somebody is busy between two moments, in UTC, earliest first; what touches or overlaps is one stretch.

    Args:
        file: as it came.
        zone: of whoever's calendar it is: their days, and their wall clock where the file names no zone that is known.
        after: aware.
        before: aware.
        own: events whose UIDs end so are bookings of this house that came there by mail or feed, and do not count: who
            cancels one here is free, whatever stands there for another hour.

    Raises:
        CannotRead: it is not a calendar, is broken, or has more in it than anybody's calendar.
    """
    reading = _Reading(zone=zone, after=after.astimezone(UTC), before=before.astimezone(UTC), own=own)
    found: list[Stretch] = []
    try:
        for start, end in _times(_events(file), reading):
            clipped = max(start, reading.after), min(end, reading.before)
            if clipped[0] < clipped[1]:
                found.append(clipped)
    except CannotRead:
        raise
    except Exception as error:  # the libraries say in many ways that they cannot make anything of it
        raise CannotRead(Unreadable.BROKEN) from error
    joined = list(_joined(found))
    if len(joined) > MOST_STRETCHES:
        raise CannotRead(Unreadable.TOO_MUCH)
    return joined


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    current: Stretch | None = None
    for start, end in sorted(stretches):
        if current is not None and start <= current[1]:
            current = current[0], max(end, current[1])
            continue
        if current is not None:
            yield current
        current = start, end
    if current is not None:
        yield current


def _events(file: bytes) -> list[Event]:
    text = file.decode("utf-8-sig", errors="replace")
    if not re.match(r"\s*BEGIN:VCALENDAR\s", text, re.IGNORECASE):
        raise CannotRead(Unreadable.NO_CALENDAR)
    unfolded = re.sub(r"(?:\r\n|\n|\r)[ \t]", "", text)
    lines = [line for line in re.split(r"\r\n|\n|\r", unfolded) if _READ.match(line)]
    begun = Counter(line.partition(":")[0].upper() for line in lines)
    if begun["BEGIN"] != begun["END"]:  # it was cut off
        raise CannotRead(Unreadable.BROKEN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names of zones
        calendars = Calendar.from_ical("\r\n".join(lines), multiple=True)
        return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _times(events: Iterable[Event], reading: _Reading) -> Iterator[Stretch]:
    """What each event takes; those that say how one repeat differs stand instead of it."""
    series: dict[str, list[Event]] = {}
    for number, event in enumerate(events):
        uid = str(event.get("UID") or number)
        if not (reading.own and uid.endswith(reading.own)):
            series.setdefault(uid, []).append(event)
    for versions in series.values():
        masters = _latest(event for event in versions if "RECURRENCE-ID" not in event)
        differing = _latest(event for event in versions if "RECURRENCE-ID" in event)
        moved = {_key(at, reading) for event in differing for at in _dates(event, "RECURRENCE-ID")}
        for master in masters:
            yield from _repeats(master, moved, reading)
        for event in differing:
            yield from _once(event, reading)


def _latest(events: Iterable[Event]) -> list[Event]:
    """Of several versions of the same one, that with the highest number."""
    latest: dict[str, Event] = {}
    for event in events:
        which = str(event["RECURRENCE-ID"].to_ical()) if "RECURRENCE-ID" in event else ""
        if which not in latest or int(event.get("SEQUENCE", 0)) >= int(latest[which].get("SEQUENCE", 0)):
            latest[which] = event
    return list(latest.values())


def _once(event: Event, reading: _Reading) -> Iterator[Stretch]:
    if _is_busy(event):
        start = _start(event)
        yield reading.moment(start), _end(event, start, reading)


def _repeats(event: Event, moved: set[datetime], reading: _Reading) -> Iterator[Stretch]:
    if not _is_busy(event):
        return
    first = _start(event)
    lasts = _end(event, first, reading) - reading.moment(first)
    not_then = moved | {_key(at, reading) for at in _dates(event, "EXDATE")}
    days_off = {at for at in _dates(event, "EXDATE") if not isinstance(at, datetime)}
    for start, period in (*((at, None) for at in _starts(event, first, lasts, reading)), *_extra(event)):
        if _key(start, reading) in not_then or _day(start) in days_off:
            continue
        begins = reading.moment(start)
        # An all-day event ends with a day, also where that is not 24 hours after the one before.
        is_day = not isinstance(start, datetime) and period is None
        ends = reading.moment(start + _days(event, first)) if is_day else begins + (lasts if period is None else period)
        yield begins, ends


def _starts(event: Event, first: date, lasts: timedelta, reading: _Reading) -> Iterator[date]:
    """When an event begins: first, and by its rules, on the wall clock of its own zone."""
    yield first
    rules = _several(event.get("RRULE"))
    if not rules:
        return
    zone = first.tzinfo if isinstance(first, datetime) else None
    wall = first.replace(tzinfo=None) if isinstance(first, datetime) else datetime.combine(first, time())
    early, horizon = (
        moment.astimezone(zone or reading.zone).replace(tzinfo=None)
        for moment in (reading.after - lasts - _A_DAY, reading.before)
    )
    for rule in rules:
        for number, at in enumerate(_by_rule(rule, wall, zone, horizon)):
            if number >= MOST_REPEATS:
                raise CannotRead(Unreadable.TOO_MUCH)
            if at >= early:
                yield at.replace(tzinfo=zone) if isinstance(first, datetime) else at.date()


def _by_rule(rule: vRecur, wall: datetime, zone: tzinfo | None, horizon: datetime) -> Iterator[datetime]:
    said = {name: values for name, values in rule.items() if name != "UNTIL"}
    until = min([horizon, *(_on_wall(at, zone) for at in _several(rule.get("UNTIL")))])
    for at in rrulestr(vRecur(said).to_ical().decode(), dtstart=wall):  # type: ignore[no-untyped-call]
        if at > until:
            return
        yield at


def _on_wall(until: date, zone: tzinfo | None) -> datetime:
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return (until.astimezone(zone) if until.tzinfo is not None and zone is not None else until).replace(tzinfo=None)


def _extra(event: Event) -> Iterator[tuple[date, timedelta | None]]:
    """The dates that are named one by one; those that say how long it is on them, too."""
    for at in _dates(event, "RDATE"):
        if not isinstance(at, tuple):
            yield at, None
            continue
        start, end = at
        yield start, end if isinstance(end, timedelta) else end - start


def _key(at: Any, reading: _Reading) -> datetime:
    """By what two mentions of a repeat are found to be the same."""
    return reading.moment(at[0] if isinstance(at, tuple) else at)


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _days(event: Event, first: date) -> timedelta:
    """How many days an all-day event takes."""
    end = event.get("DTEND")
    if end is not None:
        return max(_day(end.dt) - first, timedelta(0))
    duration = event.get("DURATION")
    days: timedelta = duration.dt if duration is not None else _A_DAY
    return days


def _is_busy(event: Event) -> bool:
    is_cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not is_cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _start(event: Event) -> date:
    start: date = event["DTSTART"].dt
    return start


def _end(event: Event, start: date, reading: _Reading) -> datetime:
    """The end of the one that begins at `start`, in UTC; what has none ends with its day, or as it begins."""
    if not isinstance(start, datetime):
        return reading.moment(start + _days(event, start))
    begins = reading.moment(start)
    if (end := event.get("DTEND")) is not None:
        return max(reading.moment(end.dt), begins)
    duration = event.get("DURATION")
    return begins + duration.dt if duration is not None else begins


def _dates(event: Event, name: str) -> list[Any]:
    """The values of a property that may come several times, and have several each."""
    found: list[Any] = []
    for given in _several(event.get(name)):
        if isinstance(given, vBroken):
            raise CannotRead(Unreadable.BROKEN)
        found.extend(each.dt for each in given.dts) if isinstance(given, vDDDLists) else found.append(given.dt)
    return found


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def main() -> None:
    """Read the file that comes in, for the zone and between the moments that are named."""
    zone, after, before, own = sys.argv[1:]
    try:
        found = busy_times(
            sys.stdin.buffer.read(),
            zone=ZoneInfo(zone),
            after=datetime.fromtimestamp(float(after), UTC),
            before=datetime.fromtimestamp(float(before), UTC),
            own=own,
        )
        answer: dict[str, Any] = {"busy": [[start.timestamp(), end.timestamp()] for start, end in found]}
    except CannotRead as error:
        answer = {"why": error.why}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
