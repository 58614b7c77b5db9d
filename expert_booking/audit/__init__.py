"""Whether bookings and slots tell the same story; `python -m expert_booking.audit` tells it to operators."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from expert_booking.audit import indexes, search
from expert_booking.audit.checks import OVERDUE, Leniency
from expert_booking.audit.findings import MEANINGS, Finding, Kind, counted

__all__ = ["MEANINGS", "Finding", "Kind", "Report", "contradictions", "counted", "look"]

# Recovery takes its time as well, and another process may have to take it over first.
SETTLING = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was read, and what is wrong."""

    slots: int
    bookings: int
    findings: list[Finding]


async def look(
    *, now: datetime, recovery_interval: timedelta, again_after_seconds: float, compares_indexes: bool
) -> Report:
    """Read the whole database, beside a running application too, and change nothing.

    Args:
        now: aware UTC.
        recovery_interval: how often the application settles what a crash left half done.
        again_after_seconds: how long to wait before what seems wrong is looked at again.
        compares_indexes: whether to count through each index, which takes quiet and, on a large database, minutes.
    """
    leniency = Leniency(settled_before=now - recovery_interval - SETTLING, holds_before=now - OVERDUE)
    seen = await search.walk(leniency)
    findings = await search.confirmed(seen, after_seconds=again_after_seconds)
    findings += await indexes.missing()
    if compares_indexes:
        findings += await indexes.incomplete()
    return Report(slots=seen.slots, bookings=seen.bookings, findings=findings)


async def contradictions(*, recovered: bool = True) -> list[str]:
    """Every contradiction between slots and bookings in words; read it while nobody writes.

    Args:
        recovered: whether recovery has run since the last crash, so that nothing may be left half done.
    """
    seen = await search.walk(Leniency(allows_unsettled=not recovered))
    return [finding.words for finding in seen.suspects]
