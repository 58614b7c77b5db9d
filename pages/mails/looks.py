"""The leaf of a calendar on which a mail shows its day and hours."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from models import Booking, BookingStatus
from pages import times
from pages.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A day and hours, as their reader says them; struck out when they do not count any more."""

    month: str
    number: str
    weekday: str
    day: str
    hours: str
    zone: str
    is_off: bool


def leaf(booking: Booking, reader: Reader) -> Leaf:
    """When the session is, for somebody who may read it on any day."""
    return leaf_of(booking.starts_at, booking.ends_at, reader, is_off=booking.status is BookingStatus.CANCELLED)


def leaf_of(starts_at: datetime, ends_at: datetime, reader: Reader, *, is_off: bool = False) -> Leaf:
    """A stretch of time; struck out when it is off."""
    on = starts_at.astimezone(reader.zone).date()
    start, end = times.clock_time(starts_at, reader), times.clock_time(ends_at, reader)
    return Leaf(
        month=format_date(on, "LLL", locale=reader.locale),
        number=format_date(on, "d", locale=reader.locale),
        weekday=times.weekday(on, reader),
        day=times.long_day(on, reader),
        hours=reader.say("{start} to {end}", start=start, end=end),
        zone=times.zone_in_words(reader, starts_at),
        is_off=is_off,
    )
