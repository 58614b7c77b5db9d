"""What the pages of those who work here share: who may see them, the way between them, shapes and scripts of their own.

Visitors load none of these shapes and scripts.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nicegui import html, ui

from expert_booking import access
from expert_booking.errors import ProofMissing, ProofRefused
from expert_booking.people import Person
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from pages import problems, share, theme, visitor
from pages.components.sign_in_form import sign_in_form
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_ROOMS = '<nav class="rooms" aria-label="{name}">{links}</nav><h1 class="title">{heading}</h1>{lead}'
_LINK = '<a href="{path}"{is_current}>{text}</a>'
_LEAD = '<p class="soft">{lead}</p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wing:
    """Pages that belong together, by path and name; `refused` is said to who is signed in and has no business here."""

    name: Sentence
    action: Action
    places: Mapping[str, Sentence]
    refused: Sentence


@asynccontextmanager
async def working_page(
    wing: Wing, title: Sentence, current: str, *, lead: Sentence | None = None
) -> AsyncIterator[Person | None]:
    """The frame, with the way to the other pages and the heading; none for who may not be here, and has been told so.

    Args:
        wing: where the page is.
        title: its heading, and what the browser's tab says.
        current: the path of the room it is in; who has to sign in first comes to the very page they asked for.
        lead: a sentence below the heading.
    """
    reader = visitor.reader()
    with frame(reader.say(title)), html.div().classes("wing"):
        share.keep_private(reader)
        ui.add_head_html(theme.working_head())  # ours: the addresses of our own files
        person = await _whoever_may(wing, reader)
        if person is not None:
            Fragment("div", lambda: _head(wing, title, current, lead, reader)).classes("wing-head")
        yield person


async def _whoever_may(wing: Wing, reader: Reader) -> Person | None:
    caller = await visitor.caller()
    client = ui.context.client
    if caller.person is None:
        client.status_code = 401
        asked_for = client.request.url
        onward = f"{asked_for.path}?{asked_for.query}".removesuffix("?")
        Fragment("div", lambda: sign_in_form(reader, onward=onward, is_page=True)).classes("sign-in-box")
        return None
    try:
        access.require(caller, wing.action)
    except (ProofMissing, ProofRefused):
        client.status_code = 403
        problems.whole_page(reader.say("This is not your door"), reader.say(wing.refused))
        return None
    return caller.person


def _head(wing: Wing, title: Sentence, current: str, lead: Sentence | None, reader: Reader) -> Markup:
    links = Markup("").join(
        fill(
            _LINK,
            path=path,
            text=reader.say(text),
            is_current=Markup(' aria-current="page"') if path == current else Markup(""),
        )
        for path, text in wing.places.items()
    )
    said = fill(_LEAD, lead=reader.say(lead)) if lead is not None else Markup("")
    return fill(_ROOMS, name=reader.say(wing.name), links=links, heading=reader.say(title), lead=said)
