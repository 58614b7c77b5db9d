"""What the house shows of itself elsewhere: in a shared link, in a search, on a home screen."""

from nicegui import App, ui

from pages.share import crawlers, icons, pictures, place
from pages.share.cookies import NoCookieForAll
from pages.share.head import describe_expert, describe_list, keep_private
from pages.share.icons import FAVICON

__all__ = ["FAVICON", "NoCookieForAll", "describe_expert", "describe_list", "install", "keep_private"]

_LINKS = '<link rel="apple-touch-icon" href="/apple-touch-icon.png"><link rel="manifest" href="/manifest.webmanifest">'
"""Without the icon, which NiceGUI puts into the page itself, and which everybody else looks for at /favicon.ico."""


def install(app: App, *, public_url: str | None) -> None:
    """Put pictures, icons and what crawlers read in their places; doing it again puts the new in place of the old."""
    place.use(public_url)
    present = [route for route in app.router.routes if route not in getattr(app.state, "share", ())]
    app.router.routes[:] = present
    for part in (pictures, icons, crawlers):
        app.include_router(part.router)
    app.state.share = app.router.routes[len(present) :]
    ui.add_head_html(_LINKS, shared=True)
