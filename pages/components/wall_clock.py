"""A clock on the wall of some place: drawn with the time it is now, and kept going in the browser by `clocks.js`."""

from zoneinfo import ZoneInfo

from pages import times
from pages.live.markup import Markup, fill
from pages.reader import Reader

_CLOCK = '<time data-clock="{zone}" data-halves="{halves}">{time}</time>'


def wall_clock(zone: ZoneInfo, reader: Reader) -> Markup:
    """What time it is in a zone."""
    return fill(_CLOCK, zone=zone.key, halves=_halves(reader), time=times.time_in(zone, reader))


def device_clock(reader: Reader) -> Markup:
    """What time it is on the device, which the browser fills in."""
    return fill(_CLOCK, zone="", halves=_halves(reader), time="")


def _halves(reader: Reader) -> str:
    return "" if reader.has_24_hours else "|".join(times.halves_of_day(reader))
