"""The pill that names the zone in which all times are shown, and the dialog that changes it."""

import json
from functools import lru_cache
from zoneinfo import ZoneInfo

from nicegui import events, html, ui

from models.expert import ZONE_NAMES
from pages import times
from pages.live.fragment import Fragment, fill
from pages.reader import Reader

_PILL = '<span>{place}</span><span class="offset">{offset}</span>'
SHOWN_AT_ONCE = 8


def zone_picker(reader: Reader) -> None:
    """The dialog is built when it is asked for: most visitors never open it."""
    place, offset = times.place(reader.zone, reader), times.offset(reader.zone)
    pill = Fragment("button", lambda: fill(_PILL, place=place, offset=offset))
    pill.classes("pill zone").props("type=button aria-haspopup=dialog")
    pill.props["aria-label"] = f"Times are shown in {place} time, {offset}. Change"
    pill.on("click", _open)


def _open() -> None:
    with ui.dialog(value=True) as dialog, html.div().classes("sheet zones"):
        dialog.props["aria-label"] = "Show times in"
        html.h2("Show times in").classes("section")
        search = ui.input("City or zone").props("outlined autofocus autocomplete=off clearable")
        found = html.ul()
        html.button("Use this device's zone").classes("quiet").props("type=button").on("click", lambda: _choose(None))
        search.on_value_change(lambda change: _show(found, change))
    _fill(found, "")
    dialog.on("hide", dialog.delete)


def _show(found: html.ul, change: events.ValueChangeEventArguments[str | None]) -> None:
    _fill(found, change.value or "")


def _fill(found: html.ul, typed: str) -> None:
    found.clear()
    with found:
        for name in zones_matching(typed):
            with html.li():
                button = html.button(name.replace("_", " ")).props("type=button")
                button.props["data-offset"] = times.offset(ZoneInfo(name))
                button.on("click", lambda name=name: _choose(name))
        if not found.default_slot.children:
            html.li("No zone has this name. Try a large city nearby.").classes("soft")


def zones_matching(typed: str) -> list[str]:
    """Zones whose name holds what was typed, those first in which a word begins with it."""
    wanted = typed.strip().replace(" ", "_").casefold()
    matches = [name for name in _zones() if wanted in name.casefold()]
    return sorted(matches, key=lambda name: (f"/{wanted}" not in f"/{name.casefold()}", name))[:SHOWN_AT_ONCE]


@lru_cache(maxsize=1)
def _zones() -> list[str]:
    places = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return sorted(name for name in ZONE_NAMES if name.split("/")[0] in places or name == "UTC")


def _choose(name: str | None) -> None:
    ui.run_javascript(f"chooseZone({json.dumps(name)})")
