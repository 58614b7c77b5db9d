"""What went wrong, told to the person in front of the page; what was typed stays."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import html, ui

from expert_booking import database
from expert_booking.errors import BookingError, DatabaseUnavailable
from expert_booking.sentence import Sentence
from pages import visitor
from pages.icons import icon
from pages.live.fragment import Fragment

log = logging.getLogger(__name__)

UNFORESEEN = Sentence("Something went wrong on our side. Please look under My bookings before you try again.")


@contextmanager
def shown() -> Iterator[None]:
    """Show an error of the house as a note and carry on; anything else goes on its way to `tell_unforeseen`."""
    try:
        yield
    except Exception as error:
        ui.notify(visitor.reader().say(as_booking_error(error).args[0]), type="negative", timeout=8000)


def as_booking_error(error: Exception) -> BookingError:
    """The error of the house for whatever a service raised."""
    if isinstance(error, BookingError):
        return error
    if database.cannot_answer(error):
        return DatabaseUnavailable()
    raise error


def tell_unforeseen(_: Exception) -> None:
    """For `ui.on_exception`: the log has the details, the person gets a sentence."""
    ui.notify(visitor.reader().say(UNFORESEEN), type="negative", timeout=8000)


def notice(
    heading: str,
    text: str,
    *,
    drawing: str = "nobody",
    action: str | None = None,
    href: str = "/",
    on_click: Callable[[], Any] | None = None,
) -> None:
    """A pane that stands where something else would: what is the matter, and the way on."""
    with html.div().classes("glass notice").props("role=status"):
        Fragment("span", lambda: icon(drawing)).classes("emblem")
        html.h2(heading).classes("section")
        html.p(text)
        if action and on_click:
            html.button(action).classes("quiet").props("type=button").on("click", on_click)
        elif action:
            html.a(action, href=href).classes("quiet")


def whole_page(heading: str, text: str, *, action: str | None = None, href: str = "/") -> None:
    """A page that is nothing but a notice, under a heading of the first order."""
    with html.div().classes("glass notice page-notice"):
        Fragment("span", lambda: icon("warning")).classes("emblem")
        html.h1(heading).classes("title")
        html.p(text)
        html.a(action or visitor.reader().say("Browse the experts"), href=href).classes("quiet")
