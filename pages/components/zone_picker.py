"""The pill that names the zone in which all times are shown, and the dialog that changes it."""

import asyncio
from zoneinfo import ZoneInfo

from nicegui import html
from nicegui.events import GenericEventArguments

from pages import times, visitor, zones
from pages.components.dialog import Dialog
from pages.components.wall_clock import device_clock, wall_clock
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_PILL = '<span>{place}</span><span class="offset">{offset}</span>'
_SEARCH = (
    '{glass}<input type="search" data-zone-search autofocus role="combobox" aria-expanded="true"'
    ' aria-autocomplete="list" aria-controls="zones-found" aria-label="{label}" placeholder="{label}"'
    ' maxlength="{longest}" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="go">'
    '<button type="button" class="tool" data-clear-zones aria-label="{clear}">{cross}</button>'
)
_DEVICE = (
    '<li role="option" id="zone-0" data-zone="" aria-selected="false"{chosen}>{icon}<span class="place"><b>{name}</b>'
    "<span data-device-zone></span></span>{clock}</li>"
)
_OPTION = (
    '<li role="option" id="zone-{number}" data-zone="{zone}" aria-selected="false"{chosen}>{icon}<span class="place">'
    '<b dir="auto">{city}</b><span dir="auto">{country}</span></span>{clock}<span class="offset" dir="ltr">{offset}'
    "</span></li>"
)
_CHOSEN = Markup(' aria-current="true"')
_NOBODY = '<li class="soft nobody">{sentence}</li>'
SHOWN_AT_ONCE = 8
LONGEST_SEARCH = 80


def zone_picker(reader: Reader) -> None:
    """The pill; the dialog is built when it is asked for, as most visitors never open it."""
    place, offset = times.place(reader.zone, reader), times.offset(reader.zone)
    pill = Fragment("button", lambda: fill(_PILL, place=place, offset=offset))
    pill.classes("pill zone").props("type=button aria-haspopup=dialog")
    pill.props["aria-label"] = reader.say("Times are shown in {zone}. Change", zone=times.zone_in_words(reader))

    async def opened() -> None:
        await pick_zone(reader)

    pill.on("click", opened)


async def pick_zone(reader: Reader) -> None:
    """Ask for another zone; the browser keeps it and loads the page again, in that zone."""
    await asyncio.to_thread(zones.known, reader.language)
    typed, found = "", zones.matching("", reader, limit=SHOWN_AT_ONCE)
    is_device = visitor.follows_device()

    def search(event: GenericEventArguments) -> None:
        nonlocal typed, found
        typed = str(event.args or "")[:LONGEST_SEARCH]
        found = zones.matching(typed, reader, limit=SHOWN_AT_ONCE)
        options.update()

    with Dialog(value=True) as dialog, html.div().classes("sheet zones"):
        dialog.props["aria-label"] = reader.say("Show times in")
        html.h2(reader.say("Show times in")).classes("section")
        field = Fragment("div", lambda: _draw_search(reader)).classes("search")
        field.on("input", search, js_handler="valueTyped(emit)")
        options = Fragment("ul", lambda: _draw(found, reader, is_searched=bool(typed), is_device=is_device))
        options.props("role=listbox id=zones-found")
        options.props["aria-label"] = reader.say("Time zones")
    dialog.on("hide", dialog.delete)


def _draw_search(reader: Reader) -> Markup:
    """The field, which the browser keeps filled: nothing that is typed into it comes back."""
    return fill(
        _SEARCH,
        glass=icon("search"),
        label=reader.say("City, country or time zone"),
        longest=LONGEST_SEARCH,
        clear=reader.say("Clear the search"),
        cross=icon("close"),
    )


def _draw(found: list[zones.Place], reader: Reader, *, is_searched: bool, is_device: bool) -> Markup:
    """What was found; before anything is typed, the device's zone and the one that is shown now come first."""
    if not found:
        return fill(_NOBODY, sentence=reader.say("No zone is called like this. Try a large city nearby."))
    if is_searched:
        return Markup("").join(_option(place, number, reader) for number, place in enumerate(found))
    now = zones.place_of(reader.zone, reader)
    others = [] if is_device else [now]
    others += [place for place in found if place.zone.key != now.zone.key]
    options = (_option(place, number, reader) for number, place in enumerate(others, 1))
    return _device(reader, is_device=is_device) + Markup("").join(options)


def _device(reader: Reader, *, is_device: bool) -> Markup:
    """The zone of the device, which only the browser knows; it fills in what it is called and how late it is there."""
    return fill(
        _DEVICE,
        chosen=_CHOSEN if is_device else "",
        icon=icon("check" if is_device else "device"),
        name=reader.say("This device's zone"),
        clock=device_clock(reader),
    )


def _option(place: zones.Place, number: int, reader: Reader) -> Markup:
    is_chosen = place.zone.key == reader.zone.key
    return fill(
        _OPTION,
        number=number,
        zone=place.zone.key,
        chosen=_CHOSEN if is_chosen else "",
        icon=icon("check" if is_chosen else "globe"),
        city=place.city,
        country=place.country,
        clock=wall_clock(ZoneInfo(place.zone.key), reader),
        offset=times.offset(place.zone),
    )
