"""The only place that reads the clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment as aware UTC, cut to the whole millisecond that the database keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
