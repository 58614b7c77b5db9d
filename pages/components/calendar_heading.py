"""What stands above a calendar: its zone and clock, the month, and the ways to turn to other days."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pages import times
from pages.components.expert_time import difference_on, time_there
from pages.icons import icon
from pages.live.board import Change
from pages.live.calendar import CalendarBoard
from pages.live.markup import Markup, fill
from pages.reader import Reader

DAY, WEEK = "day", "week"
"""How much of the calendar is shown at once."""
EARLIER, LATER, ZONE = "earlier", "later", "zone"
"""What else can be picked here."""

MOST_COUNTED = 9
"""So many news at once are counted; more are many."""

_HEADING = (
    '<div class="when"><h2 class="section" id="slots-heading" tabindex="-1">{title}</h2><div class="tools">'
    '<button class="told-in" type="button" data-pick="zone" aria-haspopup="dialog" aria-label="{told_in}">'
    '{globe}<span data-live="zone">{zone}</span></button>{clocks}</div></div>'
    '{there}<p class="there" data-live="difference"{is_same}>{difference}</p>'
    '<div class="when"><p class="month" data-live="month">{month}</p><div class="tools">{spans}<div class="weeks">'
    '<button type="button" aria-label="{earlier}" data-pick="earlier" data-live="earlier"{is_first}>{back}</button>'
    '<button type="button" aria-label="{later}" data-pick="later" data-live="later"{is_last}>{onward}</button>'
    "</div></div></div>"
    '<p class="visually-hidden" id="said" role="status" aria-live="polite" data-taken="{taken}" data-freed="{freed}"'
    ' data-withdrawn="{withdrawn}"></p>'
)
_SWITCH = '<div class="switch" role="group" aria-label="{name}">{options}</div>'
_CLOCK = '<button type="button" data-choose="clock:{hours}" aria-pressed="{pressed}">{text}</button>'
_SPAN = '<button type="button" data-pick="{span}" data-live="span {span}" aria-pressed="{pressed}">{text}</button>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page shows of a calendar: from the first date to the last, one of them chosen."""

    first: date
    last: date
    chosen: date
    span: str
    is_first: bool
    is_last: bool


def draw_heading(calendar: CalendarBoard, shown: Shown) -> Markup:
    """The heading as it is now; what changes in it later is told by `heading_changes`."""
    reader, expert = calendar.reader, calendar.expert
    difference = _difference(calendar, shown)
    return fill(
        _HEADING,
        title=reader.say("Pick a time"),
        told_in=reader.say("Times are shown in {zone}. Change", zone=_zone(reader, shown)),
        globe=icon("globe"),
        zone=_zone(reader, shown),
        clocks=_clocks(reader),
        there=time_there(expert.name.split()[0], expert.zone, reader) if expert is not None else "",
        difference=difference,
        is_same=_when(not difference, "hidden"),
        month=times.months(shown.first, shown.last, reader),
        spans=_spans(reader, shown.span),
        earlier=reader.say("Earlier week"),
        back=icon("back"),
        is_first=_when(shown.is_first, "disabled"),
        later=reader.say("Later week"),
        onward=icon("onward"),
        is_last=_when(shown.is_last, "disabled"),
        taken=_taken(reader),
        freed=_freed(reader),
        withdrawn=_withdrawn(reader),
    )


def heading_changes(calendar: CalendarBoard, shown: Shown) -> list[Change]:
    """What the heading says now of what is shown."""
    reader, difference = calendar.reader, _difference(calendar, shown)
    return [
        Change(key="zone", attributes={}, text=_zone(reader, shown)),
        Change(key="difference", attributes={"hidden": None if difference else ""}, text=difference),
        Change(key="month", attributes={}, text=times.months(shown.first, shown.last, reader)),
        Change(key=EARLIER, attributes={"disabled": "" if shown.is_first else None}),
        Change(key=LATER, attributes={"disabled": "" if shown.is_last else None}),
        *(
            Change(key=f"span {span}", attributes={"aria-pressed": "true" if span == shown.span else "false"})
            for span in (DAY, WEEK)
        ),
    ]


def _when(condition: bool, attribute: str) -> Markup:
    return Markup(f" {attribute}") if condition else Markup("")  # ours: a name of an attribute


def _zone(reader: Reader, shown: Shown) -> str:
    return times.zone_in_words(reader, times.noon(shown.chosen, reader.zone))


def _difference(calendar: CalendarBoard, shown: Shown) -> str:
    return difference_on(shown.chosen, calendar.expert.zone, calendar.reader) if calendar.expert is not None else ""


@lru_cache(maxsize=256)
def _clocks(reader: Reader) -> Markup:
    options = (
        fill(_CLOCK, hours=hours, pressed="true" if is_on else "false", text=text)
        for hours, is_on, text in (
            (12, not reader.has_24_hours, reader.say("12 h")),
            (24, reader.has_24_hours, reader.say("24 h")),
        )
    )
    return fill(_SWITCH, name=reader.say("Clock"), options=Markup("").join(options))


@lru_cache(maxsize=256)
def _spans(reader: Reader, shown: str) -> Markup:
    options = (
        fill(_SPAN, span=span, pressed="true" if span == shown else "false", text=text)
        for span, text in ((DAY, reader.say("Day")), (WEEK, reader.say("Week")))
    )
    return fill(_SWITCH, name=reader.say("View"), options=Markup("").join(options))


@lru_cache(maxsize=256)
def _taken(reader: Reader) -> str:
    """What is said of two times, three and so on that are taken at once; of more than a few, the last."""
    counted = [
        reader.say_many("{number} time was just taken.", "{number} times were just taken.", number)
        for number in range(2, MOST_COUNTED + 1)
    ]
    return "|".join([*counted, reader.say("Many times were just taken.")])


@lru_cache(maxsize=256)
def _freed(reader: Reader) -> str:
    counted = [
        reader.say_many("{number} time is free again.", "{number} times are free again.", number)
        for number in range(2, MOST_COUNTED + 1)
    ]
    return "|".join([*counted, reader.say("Many times are free again.")])


@lru_cache(maxsize=256)
def _withdrawn(reader: Reader) -> str:
    counted = [
        reader.say_many("{number} time is no longer offered.", "{number} times are no longer offered.", number)
        for number in range(2, MOST_COUNTED + 1)
    ]
    return "|".join([*counted, reader.say("Many times are no longer offered.")])
