"""The frame round every page."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import html, ui

from expert_booking.errors import BookingError, DatabaseUnavailable, NotFound
from pages import problems, visitor
from pages.components.zone_picker import zone_picker
from pages.live.fragment import Fragment, Markup, fill

HOUSE = "Expert Booking"
PLACES = {"/": "Experts", "/my-bookings": "My bookings"}

_LINK = '<a href="{path}"{is_current}>{text}</a>'
_FOOTER = Markup("<p>Every free time you see is free right now.</p>")


@contextmanager
def frame(title: str, *, current: str = "", is_failure: bool = False) -> Iterator[None]:
    """Header, content and footer; what the content raises becomes the page that says so.

    Args:
        title: of the browser's tab.
        current: the path of the navigation entry that this page belongs to.
        is_failure: whether the content itself says that something unforeseen happened, which is once enough.
    """
    name_tab(title)
    if not is_failure:
        ui.on_exception(problems.tell_unforeseen)
    _header(current)
    with html.div().classes("wrap") as content:
        ui.skip_link("Skip to the content", target=content)
        try:
            yield
        except Exception as error:
            foreseen = problems.as_booking_error(error)
            content.clear()
            with content:
                _instead(foreseen)
    Fragment("footer", lambda: _FOOTER).classes("wrap foot")


def name_tab(title: str) -> None:
    """What the browser's tab says."""
    ui.page_title(f"{title} · {HOUSE}")


def _header(current: str) -> None:
    with html.header().classes("bar"), html.div().classes("wrap"):
        html.a(HOUSE, href="/").classes("logo")
        html.span("Connecting").classes("pill").props("id=live role=status")
        zone_picker(visitor.reader())
        Fragment("nav", lambda: _navigation(current)).props('aria-label="Main"')


def _navigation(current: str) -> Markup:
    return Markup("").join(
        fill(_LINK, path=path, text=text, is_current=Markup(' aria-current="page"') if path == current else Markup(""))
        for path, text in PLACES.items()
    )


def _instead(error: BookingError) -> None:
    client = ui.context.client
    if isinstance(error, NotFound):
        client.status_code = 404
        problems.whole_page("Not found", str(error))
        return
    client.status_code = 503
    if isinstance(error, DatabaseUnavailable):
        ui.add_head_html('<meta name="look-again">')
        text = "The database is not reachable right now. Nothing is lost. This page looks again by itself."
        problems.whole_page("One moment, please", text, action="Look again now", href="")
        return
    problems.whole_page("That did not work", str(error))
