"""The expert's own time beside the reader's: how far apart the two are, and what time it is there."""

from datetime import date
from zoneinfo import ZoneInfo

from pages import times
from pages.components.wall_clock import wall_clock
from pages.live.markup import Markup, fill
from pages.reader import Reader

_NOW = '<p class="there">{before}{clock}{after}</p>'
_TIME = "\x00"  # stands where the clock will be


def time_there(name: str, zone: ZoneInfo, reader: Reader) -> Markup:
    """Such as "Sarah is in London, 5 hours ahead of you: it is 8:14 PM there."; nothing where clocks are alike."""
    minutes = times.minutes_ahead(zone, reader.zone)
    if not minutes:
        return Markup("")
    given = {"name": name, "place": times.place(zone, reader), "length": length(minutes, reader), "time": _TIME}
    if minutes > 0:
        said = reader.say("{name} is in {place}, {length} ahead of you: it is {time} there.", **given)
    else:
        said = reader.say("{name} is in {place}, {length} behind you: it is {time} there.", **given)
    before, _, after = said.partition(_TIME)
    return fill(_NOW, before=before, clock=wall_clock(zone, reader), after=after)


def difference_on(on: date, zone: ZoneInfo, reader: Reader) -> str:
    """How far apart the clocks are on a date, when that is not as far as they are now; otherwise nothing."""
    minutes = times.minutes_ahead(zone, reader.zone, times.noon(on, reader.zone))
    if minutes == times.minutes_ahead(zone, reader.zone):
        return ""
    given = {"day": times.day(on, reader), "place": times.place(zone, reader), "length": length(minutes, reader)}
    if not minutes:
        return reader.say("On {day}, it is the same time in {place} as here.", **given)
    if minutes > 0:
        return reader.say("On {day}, {place} is {length} ahead of you.", **given)
    return reader.say("On {day}, {place} is {length} behind you.", **given)


def length(minutes: int, reader: Reader) -> str:
    """Such as "2 hours", "45 minutes" or "1 h 30 min"."""
    hours, rest = divmod(abs(minutes), 60)
    if not rest:
        return reader.say_many("{number} hour", "{number} hours", hours)
    if not hours:
        return reader.say_many("{number} minute", "{number} minutes", rest)
    return reader.say("{hours} h {minutes} min", hours=hours, minutes=rest)
