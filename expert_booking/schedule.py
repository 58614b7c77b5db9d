"""Working hours become sessions: what an expert offers, worked out of their hours alone.

Hours open and close by the wall clock of the expert's zone. In between, the sessions of each type follow each other in
real time, so that a day on which the clocks change is an hour shorter or longer and no two sessions of a type overlap.
Sessions of different types may: whoever books one takes that time from the others.

A session lies within the hours; its buffers are the expert's own time and may reach beyond, but not into time off. Two
sessions of one type keep both buffers between each other. Where they would not across midnight, the one of the earlier
day is left out. What a day offers rests on its own hours and the next day's opening, never on where counting began.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.sentence import Sentence
from models import DatedHours, Expert, TimeOff, WeeklyHours

STEP = timedelta(minutes=5)
"""Whatever the house makes begins and ends on such a step, because bookings claim pieces of this length."""

MOST_RANGES = 60
"""Ranges of hours that a week may have."""

MOST_SESSIONS = 10_000
"""What hours may come to in all; two kinds of sessions on eight hours of each day of a year are fewer."""

_NEVER = datetime(1, 1, 2, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[datetime, datetime]
Edge = TypeVar("Edge", int, datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that an expert offers; times are aware UTC, buffers in minutes.

    Attributes:
        session_type: the key of its type.
        closes_at: when it is too late to book it, by the notice that the expert wants; none without one.
        local_day: the date on which it begins in the expert's zone.
    """

    session_type: str
    starts_at: datetime
    ends_at: datetime
    buffer_before: int = 0
    buffer_after: int = 0
    closes_at: datetime | None = None
    local_day: date

    @property
    def busy_from(self) -> datetime:
        """When the expert's time for it begins, its buffer included."""
        return self.starts_at - timedelta(minutes=self.buffer_before)

    @property
    def busy_until(self) -> datetime:
        """When the expert's time for it ends, its buffer included."""
        return self.ends_at + timedelta(minutes=self.buffer_after)


def sessions(expert: Expert, *, time_off: Iterable[TimeOff], first_on: date, days: int) -> list[Session]:
    """What an expert offers on `days` local dates from `first_on`, earliest first."""
    zone = expert.zone
    hours = list(_hours_by_date(expert, zone, first_on=first_on, days=days))
    before, after = timedelta(minutes=expert.buffer_before), timedelta(minutes=expert.buffer_after)
    away = _merged((one.starts_at - after, one.ends_at + before) for one in time_off)
    # Read once: each look at a field of a stored document takes longer than all else that is done for a session.
    notice = timedelta(minutes=expert.minimum_notice)
    buffers = {"buffer_before": expert.buffer_before, "buffer_after": expert.buffer_after}
    offered = [
        Session(
            session_type=kind.key,
            starts_at=starts_at,
            ends_at=ends_at,
            closes_at=starts_at - notice if notice else None,
            local_day=starts_at.astimezone(zone).date(),
            **buffers,
        )
        for kind in expert.offered_types
        for starts_at, ends_at in _follow_each_other(hours, length=timedelta(minutes=kind.minutes), gap=before + after)
        if not _touches(starts_at, ends_at, away)
    ]
    return sorted(offered, key=lambda session: session.starts_at)


def _touches(starts_at: datetime, ends_at: datetime, away: list[Span]) -> bool:
    """Whether a span shares time with one of several that are in order and apart."""
    last = bisect_left(away, ends_at, key=lambda span: span[0]) - 1
    return last >= 0 and starts_at < away[last][1]


def _merged(spans: Iterable[tuple[Edge, Edge]]) -> list[tuple[Edge, Edge]]:
    """Spans in order, those that overlap or touch as one."""
    merged: list[tuple[Edge, Edge]] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(ends, merged[-1][1])
        else:
            merged.append((begins, ends))
    return merged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """The hours of a date, and when the next date opens (aware UTC)."""

    spans: list[Span]
    next_opens_at: datetime | None


def _hours_by_date(expert: Expert, zone: ZoneInfo, *, first_on: date, days: int) -> Iterator[_Day]:
    weekly: dict[int, list[tuple[int, int]]] = {}
    for hours in expert.weekly_hours:
        weekly.setdefault(hours.weekday, []).append(_minutes_of(hours))
    extra: dict[date, list[tuple[int, int]]] = {}
    for dated in expert.extra_hours:
        extra.setdefault(dated.on, []).append(_minutes_of(dated))
    dates = [first_on + timedelta(days=offset) for offset in range(days + 1)]
    each = [_spans(on, [*weekly.get(on.weekday(), []), *extra.get(on, [])], zone) for on in dates]
    for today, tomorrow in pairwise(each):
        yield _Day(spans=today, next_opens_at=tomorrow[0][0] if tomorrow else None)


def _minutes_of(hours: WeeklyHours | DatedHours) -> tuple[int, int]:
    return minutes(hours.opens), minutes(hours.closes)


def minutes(clock: str) -> int:
    """The minutes from midnight to a time of day, "24:00" among them."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def _spans(on: date, ranges: list[tuple[int, int]], zone: ZoneInfo) -> list[Span]:
    """Ranges of a date, in minutes of its wall clock, as spans in UTC; those that overlap or touch are one."""
    midnight = datetime.combine(on, time.min)
    edges = [[in_utc(midnight + timedelta(minutes=edge), zone) for edge in span] for span in _merged(ranges)]
    return [(opens_at, closes_at) for opens_at, closes_at in edges if opens_at < closes_at]


def _follow_each_other(days: Iterable[_Day], *, length: timedelta, gap: timedelta) -> Iterator[Span]:
    for day in days:
        free_from, must_end = _NEVER, day.next_opens_at - gap if day.next_opens_at is not None else None
        for opens_at, closes_at in day.spans:
            starts_at = _on_a_step(max(opens_at, free_from))
            ends_by = min(closes_at, must_end) if must_end is not None and gap else closes_at
            while starts_at + length <= ends_by:
                yield starts_at, starts_at + length
                free_from = starts_at + length + gap
                starts_at = _on_a_step(free_from)


def _on_a_step(moment: datetime) -> datetime:
    beyond = (moment - _EPOCH) % STEP
    return moment + STEP - beyond if beyond else moment


def in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time as UTC: the first of two where the clocks go back, the moment of the change where they skip it."""
    before, after = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    late, early = before.astimezone(UTC), after.astimezone(UTC)
    if early >= late:
        return late
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == before.utcoffset():
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def begins_at(on: date, zone: ZoneInfo) -> datetime:
    """When a local date begins (aware UTC)."""
    return in_utc(datetime.combine(on, time.min), zone)


def is_within(expert: Expert, starts_at: datetime, ends_at: datetime, *, time_off: Iterable[TimeOff]) -> bool:
    """Whether a session, wherever it comes from, lies within an expert's hours and touches no time off."""
    zone = expert.zone
    on = starts_at.astimezone(zone).date()
    spans = _merged(
        span
        for day in _hours_by_date(expert, zone, first_on=on - timedelta(days=1), days=3)  # one may end after midnight
        for span in day.spans
    )
    is_away = any(one.starts_at < ends_at and starts_at < one.ends_at for one in time_off)
    return not is_away and any(opens <= starts_at and ends_at <= closes for opens, closes in spans)


# --- what people may set ---

SETTABLE = (
    "time_zone", "weekly_hours", "extra_hours", "session_types", "session_minutes", "buffer_before", "buffer_after",
    "minimum_notice", "window_days", "most_per_day", "confirms_at_once",
)  # fmt: skip
"""The fields of an expert that say when they can be booked, and for what."""

_WORDS = {
    "time_zone": Sentence("This is not a time zone such as Europe/Berlin."),
    "weekly_hours": Sentence("Hours open and close at times such as 09:00, and close after they open."),
    "extra_hours": Sentence("Extra hours have a date, and open and close at times such as 09:00."),
    "session_types": Sentence("A session has a name of at most 60 letters, and 5 to 480 minutes; there are 8 at most."),
    "session_minutes": Sentence("A session has 5 to 480 minutes."),
    "buffer_before": Sentence("A buffer has 0 to 240 minutes."),
    "buffer_after": Sentence("A buffer has 0 to 240 minutes."),
    "minimum_notice": Sentence("The notice is at most 28 days."),
    "window_days": Sentence("Times can be offered for 1 to 365 days ahead."),
    "most_per_day": Sentence("A day has 1 to 50 bookings at most, or no limit."),
    "confirms_at_once": Sentence("Bookings are confirmed at once, or they are not."),
}
_NOT_ON_A_STEP = Sentence("Please use steps of five minutes.")
TOO_MANY_SESSIONS = Sentence(
    "These are more times than can be offered. Choose longer sessions, fewer hours or fewer days ahead."
)
_OVERLAP = Sentence("Two ranges of the same day overlap.")
_TOO_MANY = Sentence("These are more ranges than a week can have.")
_SAME_NAME = Sentence("Two sessions have the same name.")
_NAMELESS = Sentence("Please give each session a name.")


def edited(expert: Expert, changes: dict[str, Any]) -> Expert:
    """An expert as they would be with some of what is `SETTABLE` changed; the one that is given stays as it is.

    Args:
        expert: as they are.
        changes: by the names of the fields; documents, or what they are made of.

    Raises:
        InvalidRequest: a problem's field is the name of the field, for an entry of a list with its place behind a dot.
    """
    unknown = [name for name in changes if name not in SETTABLE]
    if unknown:
        raise InvalidRequest(
            [FieldProblem(field=name, message=Sentence("There is no such field.")) for name in unknown]
        )
    plain = expert.model_dump(include=set(SETTABLE)) | {name: _plain(value) for name, value in changes.items()}
    try:
        checked = Expert.model_validate(expert.model_dump(by_alias=True) | plain)
    except ValidationError as refused:
        raise InvalidRequest(_problems(refused, plain)) from None
    check(checked)
    with_changes: Expert = expert.model_copy(update={name: getattr(checked, name) for name in SETTABLE})
    return with_changes


def _plain(value: Any) -> Any:
    return [one if isinstance(one, dict) else one.model_dump() for one in value] if isinstance(value, list) else value


def _problems(refused: ValidationError, plain: dict[str, Any]) -> list[FieldProblem]:
    found: dict[str, FieldProblem] = {}
    for error in refused.errors():
        name, *rest = (str(part) for part in error["loc"])
        field = f"{name}.{rest[0]}" if rest and rest[0].isdigit() else name
        is_overlap = name == "weekly_hours" and not rest
        message = _OVERLAP if is_overlap else _WORDS.get(name, Sentence("This is not right."))
        found.setdefault(field, FieldProblem(field=field, message=message))
    return list(found.values())


def check(expert: Expert) -> None:
    """See to it that what an expert has set can be offered: on steps of five minutes, told apart, not overlapping, and
    not more than the house can keep.

    Raises:
        InvalidRequest
    """
    problems = [*_ranges_problems(expert), *_types_problems(expert)]
    problems += [
        FieldProblem(field=name, message=_NOT_ON_A_STEP)
        for name in ("session_minutes", "buffer_before", "buffer_after", "minimum_notice")
        if getattr(expert, name) % 5
    ]
    if not problems and _sessions_at_most(expert) > MOST_SESSIONS:
        problems = [FieldProblem(field="window_days", message=TOO_MANY_SESSIONS)]
    if problems:
        raise InvalidRequest(problems)


def _sessions_at_most(expert: Expert) -> float:
    """About how many sessions an expert would offer, or a few more."""
    by_day = [sum(hours.minutes for hours in expert.weekly_hours if hours.weekday == day) for day in range(7)]
    weekly = min(sum(by_day) * (expert.window_days / 7 + 1), max(by_day) * expert.window_days)
    gap = expert.buffer_before + expert.buffer_after
    dated = _dated_minutes(expert, gap)
    return sum((weekly + dated) / (kind.minutes + gap) for kind in expert.offered_types)


def _dated_minutes(expert: Expert, gap: int) -> int:
    """How many minutes of dated hours can be ahead at most; no range needs the gap after its last session."""
    by_date: Counter[date] = Counter()
    for hours in expert.extra_hours:
        opens, closes = _minutes_of(hours)
        by_date[hours.on] += closes - opens + gap
    return sum(number for _, number in by_date.most_common(expert.window_days))


def _ranges_problems(expert: Expert) -> Iterator[FieldProblem]:
    if len(expert.weekly_hours) > MOST_RANGES:
        yield FieldProblem(field="weekly_hours", message=_TOO_MANY)
    weekly = ((f"weekly_hours.{place}", _minutes_of(hours)) for place, hours in enumerate(expert.weekly_hours))
    extra = ((f"extra_hours.{place}", _minutes_of(hours)) for place, hours in enumerate(expert.extra_hours))
    for field, edges in (*weekly, *extra):
        if any(edge % 5 for edge in edges):
            yield FieldProblem(field=field, message=_NOT_ON_A_STEP)
    placed = sorted(enumerate(expert.extra_hours), key=lambda one: (one[1].on, one[1].opens))
    for (_, earlier), (place, later) in pairwise(placed):
        if earlier.on == later.on and later.opens < earlier.closes:
            yield FieldProblem(field=f"extra_hours.{place}", message=_OVERLAP)


def _types_problems(expert: Expert) -> Iterator[FieldProblem]:
    keys: set[str] = set()
    names: set[str] = set()
    for place, kind in enumerate(expert.session_types):
        field, name = f"session_types.{place}", kind.name.strip().casefold()
        if not name:
            yield FieldProblem(field=field, message=_NAMELESS)
        elif name in names or kind.key in keys:
            yield FieldProblem(field=field, message=_SAME_NAME)
        elif kind.minutes % 5:
            yield FieldProblem(field=field, message=_NOT_ON_A_STEP)
        keys.add(kind.key)
        names.add(name)
