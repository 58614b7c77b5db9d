"""The frame round every page."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import lru_cache

from nicegui import html, ui
from nicegui.element import Element

from expert_booking.errors import BookingError, DatabaseUnavailable, NotFound
from expert_booking.sentence import Sentence
from pages import problems, signed_in, visitor
from pages.components.preferences import preferences
from pages.components.zone_picker import zone_picker
from pages.limits import unconnected
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

HOUSE = "Expert Booking"  # not said: a name
PLACES = {"/": Sentence("Experts"), "/my-bookings": Sentence("My bookings")}
CONNECTIONS = {
    "connecting": Sentence("Connecting"),
    "live": Sentence("Live"),
    "lost": Sentence("Reconnecting"),
    "stale": Sentence("Not up to date"),
}
"""What the badge says in each of its states."""

_LINK = '<a href="{path}"{is_current}>{text}</a>'
_LIVE = (
    '<span{key} class="pill live" role="status" data-connection="{state}" data-live="{live}" data-lost="{lost}"'
    ' data-stale="{stale}"><i></i><span>{text}</span></span>'
)
_LOGO = '<a class="logo" href="/">{house}</a>'
_FOOTER = "<p>{promise}</p>"


@contextmanager
def frame(title: str, *, current: str = "", is_failure: bool = False) -> Iterator[None]:
    """Header, content and footer; what the content raises becomes the page that says so.

    Args:
        title: of the browser's tab, as it is said to the reader.
        current: the path of the navigation entry that this page belongs to.
        is_failure: whether the content itself says that something unforeseen happened, which is once enough.
    """
    reader = visitor.reader()
    unconnected.note(ui.context.client)
    _speak(reader)
    name_tab(title)
    if not is_failure:
        ui.on_exception(problems.tell_unforeseen)
    _header(current, reader)
    with html.div().classes("wrap") as content:
        _skip_link(reader, content)
        try:
            yield
        except Exception as error:
            foreseen = problems.as_booking_error(error)
            content.clear()
            with content:
                _instead(foreseen, reader)
    footer = reader.say("Every free time you see is free right now.")
    Fragment("footer", lambda: fill(_FOOTER, promise=footer)).classes("wrap foot")


def _skip_link(reader: Reader, target: Element) -> None:
    """NiceGUI's own, with a listener that has a name."""
    link = ui.skip_link(reader.say("Skip to the content"), target=target)
    for listener in link._event_listeners.values():
        listener.js_handler = "skipped(emit)"


def _speak(reader: Reader) -> None:
    """Have this one page, not all that share its address, in the reader's language and in the theme that they chose."""
    client = ui.context.client
    client.page = copy(client.page)
    client.page.language = "en-US" if reader.language == "en" else reader.language  # type: ignore[assignment]
    client.page.dark = {"dark": True, "light": False}.get(visitor.theme())


def name_tab(title: str) -> None:
    """What the browser's tab says."""
    ui.page_title(f"{title} · {HOUSE}")


def _header(current: str, reader: Reader) -> None:
    theme, is_signed_in = visitor.theme(), signed_in.token_of(ui.context.client.request) is not None
    with html.header().classes("bar"), html.div().classes("wrap"):
        Fragment("div", lambda: _badge(reader)).classes("brand")
        zone_picker(reader)
        Fragment("div", lambda: preferences(reader, theme=theme, is_signed_in=is_signed_in)).classes("preferences")
        Fragment("nav", lambda: _navigation(current, reader)).props["aria-label"] = reader.say("Main")


def _badge(reader: Reader) -> Markup:
    return fill(_LOGO, house=HOUSE) + live_badge(reader)


@lru_cache(maxsize=256)
def live_badge(reader: Reader, *, state: str = "connecting", key: str | None = "live") -> Markup:
    """Whether the line to the server stands; `line.js` keeps the one with the key "live" true."""
    words = {name: reader.say(text) for name, text in CONNECTIONS.items()}
    return fill(_LIVE, key=fill(' id="{key}"', key=key) if key else "", state=state, text=words[state], **words)


@lru_cache(maxsize=256)
def _navigation(current: str, reader: Reader) -> Markup:
    return Markup("").join(
        fill(
            _LINK,
            path=path,
            text=reader.say(text),
            is_current=Markup(' aria-current="page"') if path == current else Markup(""),
        )
        for path, text in PLACES.items()
    )


def _instead(error: BookingError, reader: Reader) -> None:
    client = ui.context.client
    said = reader.say(error.args[0])
    if isinstance(error, NotFound):
        client.status_code = 404
        problems.whole_page(reader.say("Not found"), said)
        return
    client.status_code = 503
    if isinstance(error, DatabaseUnavailable):
        ui.add_head_html('<meta name="look-again">')
        problems.whole_page(
            reader.say("One moment, please"),
            reader.say("The database is not reachable right now. Nothing is lost. This page looks again by itself."),
            action=reader.say("Look again now"),
            href="",
        )
        return
    problems.whole_page(reader.say("That did not work"), said)
