"""The hours editor as HTML: sections, rows, and the templates of which the browser makes new rows."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from expert_booking import time_off
from expert_booking.sentence import Sentence
from pages import times, zones
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.workspace import hours_draft
from pages.workspace.hours_draft import WEEKDAYS

A_MONDAY = date(2024, 1, 1)

UNITS = {"minutes": Sentence("minutes"), "hours": Sentence("hours"), "days": Sentence("days")}

_SECTION = (
    '<section class="glass part-of-work" aria-labelledby="{name}-heading"><header>'
    '<h2 class="section" id="{name}-heading">{heading}</h2><p>{words}</p></header>{content}</section>'
)
_PROBLEM = '<p class="problem" aria-live="polite"></p>'
_REMOVE = '<button type="button" class="tool" data-remove aria-label="{remove}" title="{remove}">{cross}</button>'
_ADD = '<button type="button" class="adds" id="{id}" data-add="{list}">{plus}<span>{words}</span></button>'
_LABELLED = '<label class="labelled" data-says><span>{label}</span>{control}' + _PROBLEM + "</label>"
_NUMBER = (
    '<span class="with-unit"><input type="number" inputmode="numeric" data-name="{name}" min="{least}" max="{most}"'
    ' step="{step}" value="{value}">{unit}</span>'
)
_UNIT = '<span class="unit">{words}</span>'
_SELECT = '<select data-name="{name}" aria-label="{label}">{options}</select>'
_OPTION = '<option value="{value}"{chosen}>{words}</option>'
_CHOSEN = Markup(" selected")

_KINDS = '<div class="kinds" data-list="types" data-makes="kind" data-most="8" data-adds="add-kind">{rows}</div>{add}'
_KIND = (
    '<div class="kind" data-row data-says><input type="hidden" data-name="key" value="{key}">'
    '<label class="labelled"><span>{name_label}</span><input type="text" data-name="name" maxlength="80"'
    ' placeholder="{example}" value="{name}"></label>'
    '<label class="labelled"><span>{length_label}</span><span class="with-unit"><input type="number"'
    ' inputmode="numeric" data-name="minutes" min="5" max="480" step="5" value="{minutes}">'
    '<span class="unit">{unit}</span></span></label>{remove}' + _PROBLEM + "</div>"
)

_WEEK = '<div class="week" data-list="week">{days}</div>'
_DAY = (
    '<div class="weekday" data-row role="group" aria-labelledby="day-{number}">'
    '<label class="switches"><input type="checkbox" role="switch" data-name="on" data-opens-day{checked}>'
    '<b id="day-{number}">{name}</b></label>'
    '<span class="closed">{closed}</span>'
    '<div class="ranges" data-list="ranges" data-makes="range">{ranges}</div>'
    '<div class="day-tools"><button type="button" class="tool" data-add="ranges" aria-label="{more}" title="{more}">'
    '{plus}</button><button type="button" class="tool" data-copy-day aria-haspopup="dialog" aria-label="{copy}"'
    ' title="{copy}">{copies}</button></div></div>'
)
_RANGE = (
    '<div class="range" data-row data-says><input type="time" step="300" data-name="opens" aria-label="{from_label}"'
    ' value="{opens}"><span class="until" aria-hidden="true">–</span><input type="time" step="300" data-name="closes"'
    ' aria-label="{until_label}" value="{closes}">{remove}' + _PROBLEM + "</div>"
)
_COPIES = (
    '<dialog class="copies" id="copies" aria-labelledby="copies-heading"><h2 class="section" id="copies-heading">'
    "{heading}</h2>{days}"
    '<div class="actions"><button type="button" class="quiet" data-close-copies>{no}</button>'
    '<button type="button" class="cta" data-paste-day>{yes}</button></div></dialog>'
)
_COPY = '<label><input type="checkbox" value="{number}"><span>{name}</span></label>'

_SETTINGS = '<div class="settings">{fields}</div>{at_once}'
_AT_ONCE = (
    '<label class="switches"><input type="checkbox" role="switch" data-name="at_once"{checked}>'
    '<span><b>{words}</b><span class="faint">{hint}</span></span></label>'
)

_DATES = (
    '<h3 class="part-heading">{heading}</h3><div class="dates" data-list="{name}" data-makes="{kind}">{rows}</div>{add}'
)
_EXTRA = (
    '<div class="dated" data-row data-says><input type="date" data-name="on" aria-label="{date_label}" value="{on}">'
    '<input type="time" step="300" data-name="opens" aria-label="{from_label}" value="{opens}">'
    '<span class="until" aria-hidden="true">–</span><input type="time" step="300" data-name="closes"'
    ' aria-label="{until_label}" value="{closes}">{remove}' + _PROBLEM + "</div>"
)
_OFF = (
    '<div class="away" data-row data-says><input type="hidden" data-name="id" value="{id}"><div class="moments">'
    '<fieldset class="moment"><legend>{first}</legend><input type="date" data-name="first_on" aria-label="{first_date}"'
    ' value="{first_on}"><input type="time" data-name="first_at" aria-label="{first_time}" value="{first_at}">'
    "</fieldset>"
    '<fieldset class="moment"><legend>{last}</legend><input type="date" data-name="last_on" aria-label="{last_date}"'
    ' value="{last_on}"><input type="time" data-name="last_at" aria-label="{last_time}" value="{last_at}"></fieldset>'
    '</div>{remove}<label class="labelled"><span>{note_label}</span><input type="text" data-name="note"'
    ' maxlength="{longest}" value="{note}"></label>' + _PROBLEM + "</div>"
)
_TEMPLATE = '<template data-template="{name}">{row}</template>'


def draw(values: dict[str, Any], reader: Reader) -> Markup:
    """All sections, with what is stored."""
    say = reader.say
    sections = (
        ("types", say("Sessions"), say("What can be booked with you. The first is the one that your profile names."),
         _draw_types(values, reader)),
        ("week", say("Weekly hours"), say("When you work in an ordinary week."), _draw_week(values, reader)),
        ("between", say("Between sessions"), say("Room to breathe, and how far ahead people book."),
         _draw_settings(values, reader)),
        ("dates", say("Single dates"), say("What is different from the ordinary week."), _draw_dates(values, reader)),
    )  # fmt: skip
    drawn = (
        fill(_SECTION, name=name, heading=heading, words=words, content=content)
        for name, heading, words, content in sections
    )
    return Markup("").join(drawn) + _draw_templates(reader) + _draw_copies(reader)


def weekday(number: int, reader: Reader) -> str:
    """Such as "Monday" for 0."""
    return times.weekday_name(A_MONDAY + timedelta(days=number), reader)


def _remove(words: str) -> Markup:
    return fill(_REMOVE, remove=words, cross=icon("close"))


def _add(name: str, words: str, *, of: str) -> Markup:
    return fill(_ADD, id=name, list=of, plus=icon("plus"), words=words)


def _checked(is_on: bool) -> Markup:
    return Markup(" checked") if is_on else Markup("")


def _options(choices: Iterable[tuple[str, str]], chosen: str) -> Markup:
    return Markup("").join(
        fill(_OPTION, value=value, words=words, chosen=_CHOSEN if value == chosen else "") for value, words in choices
    )


def _draw_types(values: dict[str, Any], reader: Reader) -> Markup:
    rows = Markup("").join(_draw_kind(row, reader) for row in values["types"])
    return fill(_KINDS, rows=rows, add=_add("add-kind", reader.say("Add a session"), of="types"))


def _draw_kind(row: dict[str, str], reader: Reader) -> Markup:
    say = reader.say
    return fill(
        _KIND,
        name_label=say("Name"),
        length_label=say("Length"),
        example=say("Session"),
        unit=say("min"),
        remove=_remove(say("Remove this session")),
        **row,
    )


def _draw_week(values: dict[str, Any], reader: Reader) -> Markup:
    say = reader.say
    days = (
        fill(
            _DAY,
            number=number,
            name=weekday(number, reader),
            checked=_checked(day["on"]),
            closed=say("Not available"),
            ranges=Markup("").join(_draw_range(row, reader) for row in day["ranges"]),
            more=say("Add hours on {weekday}", weekday=weekday(number, reader)),
            copy=say("Copy the hours of {weekday} to other days", weekday=weekday(number, reader)),
            plus=icon("plus"),
            copies=icon("copy"),
        )
        for number, day in enumerate(values["week"])
    )
    return _draw_zone(values["zone"], reader) + fill(_WEEK, days=Markup("").join(days))


def _draw_zone(zone: str, reader: Reader) -> Markup:
    places = zones.known(reader.language)
    choices = [(place.zone.key, _named(place, reader)) for place in places]
    if all(key != zone for key, _ in choices):
        choices.insert(0, (zone, zone))
    label = reader.say("Time zone")
    options = _options(choices, zone)
    return fill(_LABELLED, label=label, control=fill(_SELECT, name="zone", label=label, options=options))


def _named(place: zones.Place, reader: Reader) -> str:
    told = reader.say("{place} ({offset})", place=place.city, offset=times.offset(place.zone))
    return reader.say("{place}, {country}", place=told, country=place.country) if place.country else told


def _draw_range(row: dict[str, str], reader: Reader) -> Markup:
    say = reader.say
    return fill(
        _RANGE, from_label=say("From"), until_label=say("Until"), remove=_remove(say("Remove these hours")), **row
    )


def _draw_copies(reader: Reader) -> Markup:
    days = (fill(_COPY, number=number, name=weekday(number, reader)) for number in WEEKDAYS)
    return fill(
        _COPIES,
        heading=reader.say("Copy these hours to"),
        days=Markup("").join(days),
        no=reader.say("Cancel"),
        yes=reader.say("Copy"),
    )


def _draw_settings(values: dict[str, Any], reader: Reader) -> Markup:
    say = reader.say
    minutes = fill(_UNIT, words=say("minutes"))
    unit = fill(
        _SELECT,
        name="notice_unit",
        label=say("Unit of the notice"),
        options=_options(((key, say(words)) for key, words in UNITS.items()), values["notice_unit"]),
    )
    fields = (
        _number(say("Free before each session"), "before", values, (0, 240, 5), minutes),
        _number(say("Free after each session"), "after", values, (0, 240, 5), minutes),
        _number(say("Book at the latest"), "notice", values, (0, 40320, 1), unit + fill(_UNIT, words=say("before"))),
        _number(say("Book at the earliest"), "window", values, (1, 365, 1), fill(_UNIT, words=say("days before"))),
        _number(say("Bookings on one day"), "most", values, (1, 50, 1), fill(_UNIT, words=say("at most"))),
    )
    at_once = fill(
        _AT_ONCE,
        checked=_checked(values["at_once"]),
        words=say("Confirm bookings at once"),
        hint=say("Otherwise each one waits for your answer."),
    )
    return fill(_SETTINGS, fields=Markup("").join(fields), at_once=at_once)


def _number(label: str, name: str, values: dict[str, Any], bounds: tuple[int, int, int], unit: Markup) -> Markup:
    least, most, step = bounds
    control = fill(_NUMBER, name=name, least=least, most=most, step=step, value=values[name], unit=unit)
    return fill(_LABELLED, label=label, control=control)


def _draw_dates(values: dict[str, Any], reader: Reader) -> Markup:
    say = reader.say
    extra = fill(
        _DATES,
        heading=say("Extra hours"),
        name="extra",
        kind="extra",
        rows=Markup("").join(_draw_extra(row, reader) for row in values["extra"]),
        add=_add("add-extra", say("Add extra hours"), of="extra"),
    )
    off = fill(
        _DATES,
        heading=say("Time off"),
        name="off",
        kind="off",
        rows=Markup("").join(_draw_off(row, reader) for row in values["off"]),
        add=_add("add-off", say("Add time off"), of="off"),
    )
    return extra + off


def _draw_extra(row: dict[str, str], reader: Reader) -> Markup:
    say = reader.say
    return fill(
        _EXTRA,
        date_label=say("Date"),
        from_label=say("From"),
        until_label=say("Until"),
        remove=_remove(say("Remove these extra hours")),
        **row,
    )


def _draw_off(row: dict[str, str], reader: Reader) -> Markup:
    say = reader.say
    return fill(
        _OFF,
        first=say("From"),
        last=say("Until"),
        first_date=say("First day"),
        first_time=say("Time on the first day, blank for the whole day"),
        last_date=say("Last day"),
        last_time=say("Time on the last day, blank for the whole day"),
        note_label=say("Note, for you alone"),
        longest=time_off.LONGEST_NOTE,
        remove=_remove(say("Remove this time off")),
        **row,
    )


def _draw_templates(reader: Reader) -> Markup:
    off = dict.fromkeys(("id", "first_on", "first_at", "last_on", "last_at", "note"), "")
    rows = {
        "kind": _draw_kind({"key": hours_draft.NEW, "name": "", "minutes": "60"}, reader),
        "range": _draw_range({"opens": "09:00", "closes": "17:00"}, reader),
        "extra": _draw_extra({"on": "", "opens": "09:00", "closes": "12:00"}, reader),
        "off": _draw_off(off, reader),
    }
    return Markup("").join(fill(_TEMPLATE, name=name, row=row) for name, row in rows.items())
