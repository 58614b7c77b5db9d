"""Times in words, in the visitor's zone. All viewers of an expert ask for the same words, so they are kept."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from expert_booking import clock


@lru_cache(maxsize=4096)
def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """Such as "4:00 PM"."""
    return moment.astimezone(zone).strftime("%I:%M %p").removeprefix("0")


def day(on: date) -> str:
    """Such as "Tue 24 Nov"; with the year when it is not this one."""
    year = f" {on.year}" if on.year != clock.now().year else ""
    return f"{on:%a} {on.day} {on:%b}{year}"


def long_day(on: date) -> str:
    """Such as "Tuesday 24 November 2026"."""
    return f"{on:%A} {on.day} {on:%B} {on.year}"


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Such as "Today, 4:00 PM", "Tomorrow, 9:00 AM" or "Thu 26 Nov, 11:00 AM"."""
    on, today = moment.astimezone(zone).date(), clock.now().astimezone(zone).date()
    names = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    return f"{names.get(on) or day(on)}, {clock_time(moment, zone)}"


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Such as "Tuesday 24 November 2026, 4:00 PM to 5:00 PM"."""
    ends = clock_time(ends_at, zone)
    return f"{long_day(starts_at.astimezone(zone).date())}, {clock_time(starts_at, zone)} to {ends}"


@lru_cache(maxsize=512)
def place(zone: ZoneInfo) -> str:
    """A zone's city, such as "New York"."""
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")


def offset(zone: ZoneInfo, at: datetime | None = None) -> str:
    """A zone's distance from UTC at a moment (default: now), such as "GMT-5" or "GMT+5:30"."""
    delta = (at or clock.now()).astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(delta.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return "GMT" + (f"{'-' if minutes < 0 else '+'}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def zone_in_words(zone: ZoneInfo) -> str:
    """Such as "New York time, GMT-5", or "UTC"."""
    return zone.key if zone.key == "UTC" else f"{place(zone)} time, {offset(zone)}"


def part_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """Night until five, morning until noon, afternoon until five, then evening."""
    hour = moment.astimezone(zone).hour
    return "Night" if hour < 5 else "Morning" if hour < 12 else "Afternoon" if hour < 17 else "Evening"
