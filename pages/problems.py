"""What went wrong, told to the person in front of the page; what was typed stays."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import html, ui

from expert_booking import database
from expert_booking.errors import BookingError, DatabaseUnavailable

log = logging.getLogger(__name__)

UNFORESEEN = "Something went wrong on our side. Please look under My bookings before you try again."


@contextmanager
def shown() -> Iterator[None]:
    """Show an error of the house as a note and carry on; anything else goes on its way to `tell_unforeseen`."""
    try:
        yield
    except Exception as error:
        ui.notify(str(as_booking_error(error)), type="negative", timeout=8000)


def as_booking_error(error: Exception) -> BookingError:
    """The error of the house for whatever a service raised."""
    if isinstance(error, BookingError):
        return error
    if database.cannot_answer(error):
        return DatabaseUnavailable()
    raise error


def tell_unforeseen(_: Exception) -> None:
    """For `ui.on_exception`: the log has the details, the person gets a sentence."""
    ui.notify(UNFORESEEN, type="negative", timeout=8000)


def notice(
    heading: str, text: str, *, action: str | None = None, href: str = "/", on_click: Callable[[], Any] | None = None
) -> None:
    """A pane that stands where something else would: what is the matter, and the way on."""
    with html.div().classes("glass notice").props("role=status"):
        html.h2(heading).classes("section")
        html.p(text)
        if action and on_click:
            html.button(action).classes("quiet").props("type=button").on("click", on_click)
        elif action:
            html.a(action, href=href).classes("quiet")


def whole_page(heading: str, text: str, *, action: str = "Browse the experts", href: str = "/") -> None:
    """A page that is nothing but a notice, under a heading of the first order."""
    with html.div().classes("glass notice page-notice"):
        html.h1(heading).classes("title")
        html.p(text)
        html.a(action, href=href).classes("quiet")
