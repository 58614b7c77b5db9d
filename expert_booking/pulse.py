"""How the process is doing just now: what its instruments have counted lately, and what waits in the database.

It is taken only while somebody looks. What is counted is of this process; holds and queues are of the whole house.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from expert_booking import change_streams, clock, database, metrics, outbox, webhook_queue

WINDOW = timedelta(minutes=3)
"""Rates and percentiles are of so long."""

PREFIX = "expert_booking_"
Sample = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """One look. Times are in seconds unless they say otherwise; what has not happened lately is none.

    Attributes:
        at: aware UTC.
        viewers: open browsers and event streams.
        holds: standing in the whole house.
        bookings_a_minute: made here, over the window.
        lost_races: visitors told in the window that somebody was faster, or that it is too late.
        fan_out: the median and the 95th percentile from a change to its last viewer.
        mail: the outbox; none while the database is away.
        webhooks: the queue of what webhooks are told; likewise.
        database: how long one reading took; none while it is away.
        stream_lag: how late changes made elsewhere come; none where no change stream is followed.
        loop_delay: the 95th percentile of how late the event loop was.
        memory: resident, in bytes.
    """

    at: datetime
    viewers: int
    holds: int
    bookings_a_minute: float
    lost_races: int
    fan_out: tuple[float, float] | None
    mail: outbox.Standing | None
    webhooks: webhook_queue.Standing | None
    database: float | None
    stream_lag: float | None
    loop_delay: float | None
    memory: int


class Looks:
    """Looks again and again, and remembers the counts of the window to tell what has changed in it."""

    def __init__(self) -> None:
        self._before: deque[tuple[datetime, Mapping[Sample, float]]] = deque()

    async def look(self) -> Pulse:
        """How it is now."""
        now, counts = clock.now(), _counts()
        while self._before and now - self._before[0][0] > WINDOW:
            self._before.popleft()
        self._before.append((now, counts))
        since, first = self._before[0]
        seconds = (now - since).total_seconds()
        made = _grown(first, counts, "booking_changes_total", (("change", "made"),))
        mail, webhooks, took = await _database()
        return Pulse(
            at=now,
            viewers=int(_sum(counts, "viewers")),
            holds=int(_sum(counts, "holds")),
            bookings_a_minute=60 * made / seconds if seconds else 0.0,
            lost_races=int(_sum(counts, "conflicts_total") - _sum(first, "conflicts_total")),
            fan_out=_percentiles(first, counts, "fan_out_seconds_bucket", (0.5, 0.95)),
            mail=mail,
            webhooks=webhooks,
            database=took,
            stream_lag=change_streams.lag_seconds(),
            loop_delay=(_percentiles(first, counts, "event_loop_delay_seconds_bucket", (0.95, 0.95)) or (None,))[0],
            memory=int(counts.get(("process_resident_memory_bytes", ()), 0)),
        )


async def _database() -> tuple[outbox.Standing | None, webhook_queue.Standing | None, float | None]:
    """The queues, and how long the shortest of questions took; nothing while the database is away."""
    try:
        began = time.perf_counter()
        if not await database.is_reachable():
            return None, None, None
        took = time.perf_counter() - began
        return await outbox.standing(), await webhook_queue.standing(), took
    except database.UNUSABLE_ERRORS:
        return None, None, None


def _counts() -> dict[Sample, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in metrics.current().registry.collect()
        for sample in family.samples
    }


def _sum(counts: Mapping[Sample, float], name: str) -> float:
    return sum(value for (sample, _), value in counts.items() if sample == f"{PREFIX}{name}")


def _grown(
    first: Mapping[Sample, float], last: Mapping[Sample, float], name: str, labels: tuple[tuple[str, str], ...]
) -> float:
    sample = (f"{PREFIX}{name}", labels)
    return last.get(sample, 0) - first.get(sample, 0)


def _percentiles(
    first: Mapping[Sample, float], last: Mapping[Sample, float], name: str, shares: tuple[float, float]
) -> tuple[float, float] | None:
    """Upper estimates from a histogram's buckets; none when nothing was observed in between."""
    ends = sorted(
        (float(dict(labels)["le"]), _grown(first, last, name, labels))
        for sample, labels in last
        if sample == PREFIX + name
    )
    total = ends[-1][1] if ends else 0
    return (_at(ends, shares[0] * total), _at(ends, shares[1] * total)) if total else None


def _at(ends: Sequence[tuple[float, float]], rank: float) -> float:
    """Where so many lie below, by a straight line within the bucket; beyond the last end, that end."""
    for (start, below), (end, upto) in pairwise([(0.0, 0.0), *ends]):
        if upto >= rank and upto > below:
            return start if end == float("inf") else start + (end - start) * (rank - below) / (upto - below)
    return ends[-1][0]
