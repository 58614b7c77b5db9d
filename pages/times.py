"""Times in words, as their reader says them. All viewers of an expert ask for the same words, so they are kept.

How a date is put together is said like everything else, as a pattern of Unicode TR 35 (`EEE` the short name of the
weekday, `MMMM` the long one of the month); a catalogue may order it differently, and the names come from CLDR.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_location

from expert_booking import clock
from pages.reader import Reader


@lru_cache(maxsize=4096)
def clock_time(moment: datetime, reader: Reader) -> str:
    """Such as "4:00 PM" or "16:00"."""
    pattern = "HH:mm" if reader.has_24_hours else "h:mm a"
    # A no-break space before PM is what CLDR has in some languages; here a line may break, and a search finds a space.
    text = format_time(moment.astimezone(reader.zone).time(), pattern, locale=reader.locale)
    return text.upper().replace("\u202f", " ").replace("\u00a0", " ") if reader.language == "en" else text


@lru_cache(maxsize=1024)
def _written(on: date, pattern: str, reader: Reader) -> str:
    return format_date(on, pattern, locale=reader.locale)


def day(on: date, reader: Reader) -> str:
    """Such as "Tue 24 Nov"; with the year when it is not this one."""
    if on.year == clock.now().year:
        return _written(on, reader.say("EEE d MMM"), reader)
    return _written(on, reader.say("EEE d MMM y"), reader)


def weekday(on: date, reader: Reader) -> str:
    """Such as "Tue"."""
    return _written(on, "ccc", reader)


def long_day(on: date, reader: Reader) -> str:
    """Such as "Tuesday 24 November 2026"."""
    return _written(on, reader.say("EEEE d MMMM y"), reader)


def day_and_time(moment: datetime, reader: Reader) -> str:
    """Such as "Today, 4:00 PM", "Tomorrow, 9:00 AM" or "Thu 26 Nov, 11:00 AM"."""
    on, today = moment.astimezone(reader.zone).date(), clock.now().astimezone(reader.zone).date()
    time = clock_time(moment, reader)
    if on == today:
        return reader.say("Today, {time}", time=time)
    if on == today + timedelta(days=1):
        return reader.say("Tomorrow, {time}", time=time)
    return reader.say("{day}, {time}", day=day(on, reader), time=time)


def span(starts_at: datetime, ends_at: datetime, reader: Reader) -> str:
    """Such as "Tuesday 24 November 2026, 4:00 PM to 5:00 PM"."""
    return reader.say(
        "{day}, {start} to {end}",
        day=long_day(starts_at.astimezone(reader.zone).date(), reader),
        start=clock_time(starts_at, reader),
        end=clock_time(ends_at, reader),
    )


@lru_cache(maxsize=2048)
def place(zone: ZoneInfo, reader: Reader) -> str:
    """A zone's city, such as "New York"."""
    named = str(get_timezone_location(zone.key, locale=reader.locale, return_city=True))
    return named.rsplit("/", 1)[-1]  # CLDR leaves some of them with their region


def offset(zone: ZoneInfo, at: datetime | None = None) -> str:
    """A zone's distance from UTC at a moment (default: now), such as "GMT-5" or "GMT+5:30"."""
    delta = (at or clock.now()).astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(delta.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return "GMT" + (f"{'-' if minutes < 0 else '+'}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def zone_in_words(reader: Reader) -> str:
    """Such as "New York time, GMT-5", or "UTC"."""
    if reader.zone.key == "UTC":
        return "UTC"
    return reader.say("{place} time, {offset}", place=place(reader.zone, reader), offset=offset(reader.zone))


def part_of_day(moment: datetime, reader: Reader) -> str:
    """Night until five, morning until noon, afternoon until five, then evening."""
    hour = moment.astimezone(reader.zone).hour
    if hour < 5:
        return reader.say("Night")
    return reader.say("Morning") if hour < 12 else reader.say("Afternoon") if hour < 17 else reader.say("Evening")
