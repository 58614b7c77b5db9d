"""Times in words, as their reader says them. All viewers of an expert ask for the same words, so they are kept.

How a date is put together is said like everything else, as a pattern of Unicode TR 35 (`EEE` the short name of the
weekday, `MMMM` the long one of the month); a catalogue may order it differently, and the names come from CLDR.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_location

from expert_booking import clock, countries
from pages.reader import Reader


@lru_cache(maxsize=4096)
def clock_time(moment: datetime, reader: Reader) -> str:
    """Such as "4:00 PM" or "16:00"; of an hour that the clocks strike twice, such as "1:30 AM GMT-4"."""
    local = moment.astimezone(reader.zone)
    told = wall_clock(local.time(), reader)
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return told
    return reader.say("{time} {offset}", time=told, offset=offset(reader.zone, moment))


@lru_cache(maxsize=4096)
def wall_clock(at: time, reader: Reader) -> str:
    """Such as "4:00 PM" or "16:00", wherever the clock hangs."""
    text = format_time(at, "HH:mm" if reader.has_24_hours else "h:mm a", locale=reader.locale)
    # A no-break space before PM is what CLDR has in some languages; here a line may break, and a search finds a space.
    return text.upper().replace("\u202f", " ").replace("\u00a0", " ") if reader.language == "en" else text


def time_in(zone: ZoneInfo, reader: Reader) -> str:
    """What time it is now in a zone, by the kind of clock that the reader has."""
    return wall_clock(clock.now().astimezone(zone).time().replace(second=0, microsecond=0), reader)


@lru_cache(maxsize=64)
def halves_of_day(reader: Reader) -> tuple[str, str]:
    """What stands beside an hour before noon and after it, such as "AM" and "PM"."""
    before, after = (format_time(time(hour), "a", locale=reader.locale) for hour in (9, 15))
    return (before.upper(), after.upper()) if reader.language == "en" else (before, after)


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


def weekday_name(on: date, reader: Reader) -> str:
    """Such as "Tuesday"."""
    return _written(on, "cccc", reader)


def full_day(on: date, reader: Reader) -> str:
    """Such as "Tuesday 24 November"; with the year when it is not this one."""
    return _written(on, reader.say("EEEE d MMMM"), reader) if on.year == clock.now().year else long_day(on, reader)


def long_day(on: date, reader: Reader) -> str:
    """Such as "Tuesday 24 November 2026"."""
    return _written(on, reader.say("EEEE d MMMM y"), reader)


def months(first: date, last: date, reader: Reader) -> str:
    """Such as "November 2026", or "November 2026 – December 2026" when the days from first to last are in both."""
    pattern = reader.say("LLLL y")
    begins, ends = _written(first, pattern, reader), _written(last, pattern, reader)
    return begins if begins == ends else reader.say("{first} – {last}", first=begins, last=ends)


def day_and_time(moment: datetime, reader: Reader) -> str:
    """Such as "Today, 4:00 PM", "Tomorrow, 9:00 AM" or "Thu 26 Nov, 11:00 AM"."""
    on, today = moment.astimezone(reader.zone).date(), clock.now().astimezone(reader.zone).date()
    told = clock_time(moment, reader)
    if on == today:
        return reader.say("Today, {time}", time=told)
    if on == today + timedelta(days=1):
        return reader.say("Tomorrow, {time}", time=told)
    return reader.say("{day}, {time}", day=day(on, reader), time=told)


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
    # CLDR may know it by a name that it had before, such as Asia/Calcutta.
    names = [zone.key, *countries.former_names().get(zone.key, [])]
    known = next((name for name in names if name in reader.locale.time_zones), zone.key)
    named = str(get_timezone_location(known, locale=reader.locale, return_city=True))
    return named.rsplit("/", 1)[-1]  # CLDR leaves some of them with their region


def offset(zone: ZoneInfo, at: datetime | None = None) -> str:
    """A zone's distance from UTC at a moment (default: now), such as "GMT-5" or "GMT+5:30"."""
    delta = (at or clock.now()).astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(delta.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return "GMT" + (f"{'-' if minutes < 0 else '+'}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def minutes_ahead(zone: ZoneInfo, other: ZoneInfo, at: datetime | None = None) -> int:
    """By how many minutes the clocks of a zone are ahead of another's at a moment (default: now)."""
    there, here = ((at or clock.now()).astimezone(each).utcoffset() or timedelta(0) for each in (zone, other))
    return int((there - here).total_seconds()) // 60


def noon(on: date, zone: ZoneInfo) -> datetime:
    """The middle of a date in a zone, where no clocks change."""
    return datetime.combine(on, time(12), tzinfo=zone)


def zone_in_words(reader: Reader, at: datetime | None = None) -> str:
    """Such as "New York time, GMT-5", as it is at a moment (default: now), or "UTC"."""
    if reader.zone.key == "UTC":
        return "UTC"
    return reader.say("{place} time, {offset}", place=place(reader.zone, reader), offset=offset(reader.zone, at))


def part_of_day(moment: datetime, reader: Reader) -> str:
    """Night until five, morning until noon, afternoon until five, then evening."""
    hour = moment.astimezone(reader.zone).hour
    if hour < 5:
        return reader.say("Night")
    return reader.say("Morning") if hour < 12 else reader.say("Afternoon") if hour < 17 else reader.say("Evening")
