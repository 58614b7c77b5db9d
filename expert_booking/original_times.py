"""The listed times of an expert of the original become time slots that do not overlap."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from expert_booking import bulk
from expert_booking.original_records import ListedExpert, ListedTime, Skipped

# The original does not say how long a session is.
LONGEST_SESSION = timedelta(minutes=60)
SHORTEST_SESSION = timedelta(minutes=5)


def time_to_tomorrow(moments: Iterable[datetime], *, today: date) -> timedelta:
    """The whole weeks, none or more, that bring the earliest of naive local moments to tomorrow or later."""
    earliest = min((moment.date() for moment in moments), default=today + timedelta(days=1))
    missing = today + timedelta(days=1) - earliest
    return timedelta(weeks=max(0, -(-missing.days // 7)))


def open_slots(
    listed: ListedExpert, *, zone: ZoneInfo, moved_by: timedelta, skipped: list[Skipped]
) -> list[dict[str, Any]]:
    """The expert's open times as slots; gives the expert the session length, the shortest distance of two starts."""
    starts = list(_apart(_in_utc(listed, zone, moved_by, skipped), listed.what, skipped))
    distances = [later - earlier for (earlier, _), (later, _) in pairwise(starts)]
    length = min([LONGEST_SESSION, *distances])
    listed.document["session_minutes"] = length // timedelta(minutes=1)
    slots = []
    for starts_at, time in starts:
        if time.is_booked:
            skipped.append(_left_out(listed.what, time, "booked in the original; its booking is not in this file"))
            continue
        slot = bulk.open_slot(expert_id=listed.document["_id"], starts_at=starts_at, ends_at=starts_at + length)
        slots.append({"_id": time.id, **slot})
    return slots


def _in_utc(
    listed: ListedExpert, zone: ZoneInfo, moved_by: timedelta, skipped: list[Skipped]
) -> Iterator[tuple[datetime, ListedTime]]:
    for time in listed.times:
        local = time.local + moved_by
        starts_at = local.replace(tzinfo=zone).astimezone(UTC)
        if starts_at.astimezone(zone).replace(tzinfo=None) == local:
            yield starts_at, time
        else:
            reason = f"{local:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks go forward"
            skipped.append(_left_out(listed.what, time, reason))


def _apart(
    starts: Iterable[tuple[datetime, ListedTime]], what: str, skipped: list[Skipped]
) -> Iterator[tuple[datetime, ListedTime]]:
    previous: datetime | None = None
    # Of two times at one start the booked one counts, so that the other is not sold again.
    for starts_at, time in sorted(starts, key=lambda start: (start[0], not start[1].is_booked)):
        if previous is not None and starts_at - previous < SHORTEST_SESSION:
            skipped.append(_left_out(what, time, "another time of this expert starts then, or just before"))
            continue
        previous = starts_at
        yield starts_at, time


def _left_out(what: str, time: ListedTime, reason: str) -> Skipped:
    return Skipped(f"{what}, {time.local:%Y-%m-%d %H:%M}", reason)
