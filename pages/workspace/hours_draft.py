"""What stands in the hours editor, as the browser sends it: read, held against the rules, and put back as it is stored.

Everything in it is local time of the zone that is chosen in it. Each problem goes by the way to its field, such as
"week.0.ranges.1" for the second range of Monday.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId

from expert_booking import clock, schedule, time_off
from expert_booking.errors import InvalidRequest
from expert_booking.plain_text import first_invisible, tidy
from expert_booking.sentence import Sentence
from models import DatedHours, Expert, SessionType, TimeOff, WeeklyHours
from models.expert import ZONE_NAMES, folded

WEEKDAYS = range(7)
MOST_TYPES = 8
MOST_ROWS = 400
LONGEST_NAME = 60
NEW = "new"
"""The key of a session type that the house has not named yet."""

UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
ONE_DAY = timedelta(days=1)

NAMELESS = Sentence("Please give each session a name.")
LONG_NAME = Sentence("The name can have {most} characters at most.", most=LONGEST_NAME)
INVISIBLE = Sentence("The name contains a character that cannot be seen. Please type it again.")
MINUTES = Sentence("Give the length in minutes, from 5 to 480.")
BUFFER = Sentence("Give the minutes, from 0 to 240.")
NOTICE = Sentence("Give a whole number; the notice is at most 28 days.")
WINDOW = Sentence("Give the days, from 1 to 365.")
MOST = Sentence("Give a number from 1 to 50, or leave it blank for no limit.")
NO_ZONE = Sentence("Please choose a time zone.")
NO_TIMES = Sentence("Please fill in both times.")
CLOSES_FIRST = Sentence("The end must be after the beginning.")
OVERLAP = Sentence("This overlaps with the hours before it.")
NO_DATE = Sentence("Please choose a date.")
NO_DATES = Sentence("Please choose both dates.")
NOT_ON_A_STEP = Sentence("Please use steps of five minutes.")
FULL = Sentence("There are as many here as can be kept.")

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MIDNIGHT = "00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A time off as it stands in the editor; `kept` is the stored one that it is, unless it was changed or is new."""

    starts_at: datetime
    ends_at: datetime
    note: str
    kept: TimeOff | None = None

    def as_stored(self, expert_id: PydanticObjectId) -> TimeOff:
        """As it is or would be stored."""
        return self.kept or TimeOff(expert_id=expert_id, starts_at=self.starts_at, ends_at=self.ends_at, note=self.note)


@dataclass(slots=True, kw_only=True)
class Draft:
    """What was typed, as far as it is right; `expert` is what it would make of the expert, if all of it is."""

    loaded: str
    changes: dict[str, Any]
    away: list[Away]
    expert: Expert
    problems: dict[str, Sentence] = field(default_factory=dict)


def read(sent: Any, expert: Expert, own: Iterable[TimeOff]) -> Draft:
    """What a browser has sent, of which nothing is believed.

    Args:
        sent: the editor's object.
        expert: as they are stored.
        own: their own times off as they are stored.
    """
    reading = _Reading(given=_object(sent), expert=expert)
    changes = reading.changes()
    zone = ZoneInfo(changes.get("time_zone", expert.time_zone))
    away = list(reading.away(zone, {str(one.id): one for one in own}))
    edited = expert
    if not reading.problems:
        try:
            edited = schedule.edited(expert, changes)
        except InvalidRequest as error:
            reading.problems = {
                reading.ways.get(problem.field, reading.ways.get(problem.field.partition(".")[0], "")): problem.message
                for problem in error.problems
            }
    loaded = str(reading.given.get("loaded") or "")[:100]
    return Draft(loaded=loaded, changes=changes, away=away, expert=edited, problems=reading.problems)


class _Reading:
    def __init__(self, *, given: dict[str, Any], expert: Expert) -> None:
        self.given = given
        self.problems: dict[str, Sentence] = {}
        self.ways = {
            "time_zone": "zone", "weekly_hours": "week", "extra_hours": "extra", "session_types": "types",
            "session_minutes": "types.0.minutes", "buffer_before": "before", "buffer_after": "after",
            "minimum_notice": "notice", "window_days": "window", "most_per_day": "most", "confirms_at_once": "at_once",
        }  # fmt: skip
        self._expert = expert

    def changes(self) -> dict[str, Any]:
        """The fields of the expert that the editor is about."""
        zone = _text(self.given, "zone")
        if zone not in ZONE_NAMES:
            self.problems["zone"] = NO_ZONE
            zone = self._expert.time_zone
        unit = UNITS.get(_text(self.given, "notice_unit"), 1)
        most = self._whole("most", 1, 50, MOST) if _text(self.given, "most") else None
        return {
            "time_zone": zone,
            **self._types(),
            "weekly_hours": list(self._week()),
            "extra_hours": sorted(self._extra(), key=lambda hours: (hours.on, hours.opens)),
            "buffer_before": self._whole("before", 0, 240, BUFFER),
            "buffer_after": self._whole("after", 0, 240, BUFFER),
            "minimum_notice": self._whole("notice", 0, 28 * 24 * 60 // unit, NOTICE) * unit,
            "window_days": self._whole("window", 1, 365, WINDOW),
            "most_per_day": most,
            "confirms_at_once": self.given.get("at_once") is True,
        }

    def _whole(self, way: str, least: int, most: int, words: Sentence, *, of: dict[str, Any] | None = None) -> int:
        typed = _text(self.given if of is None else of, way.rpartition(".")[2])
        if typed.isdecimal() and len(typed) <= 6 and least <= int(typed) <= most:
            return int(typed)
        self.problems.setdefault(way, words)
        return least

    def _types(self) -> dict[str, Any]:
        rows = self._rows("types", MOST_TYPES) or [{"key": "", "name": "", "minutes": ""}]
        minutes = [self._whole(f"types.{place}.minutes", 5, 480, MINUTES, of=row) for place, row in enumerate(rows)]
        names = [self._name(place, row, is_needed=len(rows) > 1) for place, row in enumerate(rows)]
        if not any(names) and len(rows) == 1:
            return {"session_types": [], "session_minutes": minutes[0]}
        known = {kind.key for kind in self._expert.offered_types}
        taken, kinds = set(known), []
        for place, (row, name) in enumerate(zip(rows, names, strict=True)):
            key = _text(row, "key")
            if key not in known:
                key = _new_key(name, taken)
            taken.add(key)
            kinds.append(SessionType.model_construct(key=key, name=name, minutes=minutes[place]))
            self.ways[f"session_types.{place}"] = f"types.{place}.name"
        return {"session_types": kinds, "session_minutes": minutes[0]}

    def _name(self, place: int, row: dict[str, Any], *, is_needed: bool) -> str:
        name = tidy(_text(row, "name"))
        if problem := _wrong_name(name, is_needed=is_needed):
            self.problems[f"types.{place}.name"] = problem
        return name[:LONGEST_NAME]

    def _week(self) -> Iterator[WeeklyHours]:
        stored = 0
        for weekday, day in enumerate(self._rows("week", len(WEEKDAYS))):
            if day.get("on") is not True:
                continue
            ranges = _list(day, "ranges")[:MOST_ROWS]
            spans = [self._span(f"week.{weekday}.ranges.{place}", row) for place, row in enumerate(ranges)]
            self._find_overlaps(f"week.{weekday}.ranges", spans)
            for place, span in enumerate(spans):
                if span is not None:
                    self.ways[f"weekly_hours.{stored}"] = f"week.{weekday}.ranges.{place}"
                    stored += 1
                    yield WeeklyHours(weekday=weekday, opens=span[0], closes=span[1])

    def _extra(self) -> Iterator[DatedHours]:
        by_date: dict[date, list[tuple[str, tuple[str, str]]]] = {}
        for place, row in enumerate(self._rows("extra", MOST_ROWS)):
            way, on = f"extra.{place}", _date(row, "on")
            if on is None:
                self.problems[f"{way}.on"] = NO_DATE
                continue
            if span := self._span(way, row):
                by_date.setdefault(on, []).append((way, span))
        for on, placed in by_date.items():
            for (_, earlier), (way, later) in pairwise(sorted(placed, key=lambda each: each[1])):
                if later[0] < earlier[1]:
                    self.problems[way] = OVERLAP
            yield from (DatedHours(on=on, opens=span[0], closes=span[1]) for _, span in placed)

    def _span(self, way: str, row: dict[str, Any]) -> tuple[str, str] | None:
        """Opening and closing, midnight at the end as 24:00; none when they cannot be."""
        opens, closes = _text(row, "opens"), _text(row, "closes")
        if not (_CLOCK.fullmatch(opens) and _CLOCK.fullmatch(closes)):
            self.problems[way] = NO_TIMES
        elif closes != _MIDNIGHT and closes <= opens:
            self.problems[f"{way}.closes"] = CLOSES_FIRST
        elif int(opens[-1]) % 5 or int(closes[-1]) % 5:
            self.problems[way] = NOT_ON_A_STEP
        else:
            return opens, "24:00" if closes == _MIDNIGHT else closes
        return None

    def _find_overlaps(self, way: str, spans: list[tuple[str, str] | None]) -> None:
        placed = sorted((span, place) for place, span in enumerate(spans) if span is not None)
        for (earlier, _), (later, place) in pairwise(placed):
            if later[0] < earlier[1]:
                self.problems[f"{way}.{place}"] = OVERLAP

    def away(self, zone: ZoneInfo, stored: dict[str, TimeOff]) -> Iterator[Away]:
        """The times off."""
        for place, row in enumerate(self._rows("off", MOST_ROWS)):
            way = f"off.{place}"
            first_on, last_on = _date(row, "first_on"), _date(row, "last_on")
            if first_on is None or last_on is None:
                self.problems[way] = NO_DATES
                continue
            starts_at = _moment(first_on, _text(row, "first_at"), zone)
            last_at = _text(row, "last_at")
            ends_at = _moment(last_on, last_at, zone) if last_at else _moment(last_on + ONE_DAY, "", zone)
            note = tidy(_text(row, "note"))
            if problem := _wrong_time_off(starts_at, ends_at, note):
                self.problems[way] = problem
                continue
            known = stored.get(_text(row, "id"))
            is_kept = known is not None and (known.starts_at, known.ends_at, known.note) == (starts_at, ends_at, note)
            yield Away(starts_at=starts_at, ends_at=ends_at, note=note, kept=known if is_kept else None)

    def _rows(self, name: str, most: int) -> list[dict[str, Any]]:
        rows = _list(self.given, name)
        if len(rows) > most:
            self.problems[name] = FULL
        return rows[:most]


def _wrong_name(name: str, *, is_needed: bool) -> Sentence | None:
    if not name:
        return NAMELESS if is_needed else None
    if first_invisible(name):
        return INVISIBLE
    return LONG_NAME if len(name) > LONGEST_NAME else None


def _wrong_time_off(starts_at: datetime, ends_at: datetime, note: str) -> Sentence | None:
    if ends_at <= starts_at:
        return time_off.ENDS_FIRST
    if ends_at <= clock.now():
        return time_off.IS_PAST
    if ends_at - starts_at > time_off.LONGEST:
        return time_off.TOO_LONG
    return time_off.NOTE_TOO_LONG if len(note) > time_off.LONGEST_NOTE else None


def _new_key(name: str, taken: set[str]) -> str:
    """Letters that the house calls a session type by, which say what it was called first."""
    base = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:30] or "session"
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)


def _moment(on: date, at: str, zone: ZoneInfo) -> datetime:
    clock = time.fromisoformat(at) if _CLOCK.fullmatch(at) else time.min
    return schedule.in_utc(datetime.combine(on, clock), zone)


def _object(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _list(given: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = given.get(name)
    return [_object(row) for row in rows] if isinstance(rows, list) else []


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return str(value).strip()[:1000] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _date(given: dict[str, Any], name: str) -> date | None:
    try:
        found = date.fromisoformat(_text(given, name))
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


# --- as the editor has it ---


def write(expert: Expert, own: Iterable[TimeOff]) -> dict[str, Any]:
    """The editor's object for what is stored."""
    notice, unit = in_units(expert.minimum_notice)
    return {
        "zone": expert.time_zone,
        "types": [{"key": kind.key, "name": kind.name, "minutes": str(kind.minutes)} for kind in expert.offered_types],
        "week": [_day(expert, weekday) for weekday in WEEKDAYS],
        "before": str(expert.buffer_before),
        "after": str(expert.buffer_after),
        "notice": str(notice),
        "notice_unit": unit,
        "window": str(expert.window_days),
        "most": str(expert.most_per_day or ""),
        "at_once": expert.confirms_at_once,
        "extra": [{"on": hours.on.isoformat(), **_clocks(hours)} for hours in expert.extra_hours],
        "off": [_off(one, expert.zone) for one in own],
    }


def _day(expert: Expert, weekday: int) -> dict[str, Any]:
    ranges = sorted((hours for hours in expert.weekly_hours if hours.weekday == weekday), key=lambda one: one.opens)
    return {"on": bool(ranges), "ranges": [_clocks(hours) for hours in ranges]}


def _clocks(hours: WeeklyHours | DatedHours) -> dict[str, str]:
    return {"opens": hours.opens, "closes": _MIDNIGHT if hours.closes == "24:00" else hours.closes}


def _off(one: TimeOff, zone: ZoneInfo) -> dict[str, str]:
    first, last = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
    is_whole = last.time() == time.min
    return {
        "id": str(one.id),
        "first_on": first.date().isoformat(),
        "first_at": f"{first:%H:%M}" if first.time() != time.min else "",
        "last_on": (last.date() - ONE_DAY if is_whole else last.date()).isoformat(),
        "last_at": "" if is_whole else f"{last:%H:%M}",
        "note": one.note,
    }


def in_units(minutes: int) -> tuple[int, str]:
    """A length in the largest unit in which it is whole."""
    for unit in ("days", "hours"):
        if minutes and minutes % UNITS[unit] == 0:
            return minutes // UNITS[unit], unit
    return minutes, "hours" if minutes == 0 else "minutes"
