"""Every token and every component in every state, dark and light side by side; in development only.

What is shown is drawn by the components themselves, so it cannot drift from what visitors see. What a mouse or a
keyboard would bring about is forced by `data-force`, for which `static/js/styleguide.js` doubles the house's rules.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from nicegui import app, html, ui

from pages import problems, visitor
from pages.armour import nonces
from pages.components.question import ask
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.styleguide import controls, lists, live, tokens

PATH = "/styleguide"
SECTIONS: dict[str, Callable[[Reader], Markup]] = {
    "colours": tokens.colours,
    "type": tokens.types,
    "space, radius, shadow, motion": tokens.sizes,
    "icons": tokens.icons,
    "buttons": controls.buttons,
    "pills and switches": controls.toggles,
    "fields": controls.fields,
    "badges": live.badges,
    "the line to the server": live.connections,
    "cards": lists.cards,
    "days and slots": live.calendar,
    "sessions": live.sessions,
    "hold": live.hold,
    "notices": lists.notices,
    "ticket": lists.a_ticket,
    "timeline": lists.timeline_of_bookings,
    "skeletons": lists.skeletons,
}

_PAIR = (
    '<h2 class="section">{name}</h2><div class="pair"><div class="stage" data-theme="dark">{dark}</div>'
    '<div class="stage" data-theme="light">{light}</div></div>'
)
_NOTES: dict[Literal["positive", "negative", "warning"], str] = {
    "positive": "a success",
    "negative": "a failure",
    "warning": "a warning",
}
_CALL = '<button class="quiet" type="button" data-pick="{pick}">{text}</button>'


def install(*, is_production: bool) -> None:
    """Put the page in its place, or see to it that there is none."""
    app.remove_route(PATH)
    if not is_production:
        ui.page(PATH, response_timeout=10)(styleguide_page)


async def styleguide_page() -> None:
    """All of it; nothing here reads or writes anything."""
    reader = visitor.reader()
    with frame("style guide"):
        ui.add_head_html(  # ours: the theme's own rules
            f'<style nonce="{nonces.PLACE}">{tokens.rules()}</style>'
            '<link rel="stylesheet" href="/static/css/styleguide.css">'
            '<script defer src="/static/js/styleguide.js"></script>'
        )
        html.h1("style guide").classes("hero")  # not said: for those who build it
        for name, draw in SECTIONS.items():
            Fragment("section", partial(_pair, name, draw, reader)).classes("specimens")
        Fragment("section", _calls).classes("specimens").on_pick(lambda pick: _call(pick, reader))


def _pair(name: str, draw: Callable[[Reader], Markup], reader: Reader) -> Markup:
    return fill(_PAIR, name=name, dark=draw(reader), light=draw(reader))


def _calls() -> Markup:
    """What opens over the page, in the theme of the page."""
    calls = [fill(_CALL, pick=pick, text=text) for pick, text in (*_NOTES.items(), ("question", "a question"))]
    buttons = fill('<div class="row">{calls}</div>', calls=Markup("").join(calls))
    return fill('<h2 class="section">{name}</h2>{buttons}', name="what opens over a page", buttons=buttons)


async def _call(pick: str, reader: Reader) -> None:
    if pick == "question":
        heading, text = reader.say("Cancel this booking?"), reader.say("The time opens for everybody at once.")
        await ask(heading, text, yes=reader.say("Cancel booking"))
    for kind in _NOTES:
        if kind == pick:
            ui.notify(reader.say(problems.UNFORESEEN), type=kind)
