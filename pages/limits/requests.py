"""The overall limit for everything but the API, which has it for itself, and files that stay the same."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from expert_booking import limiting
from expert_booking.errors import TooManyRequests
from expert_booking.limiting import Limit
from pages import asked, visitor
from pages.limits import unconnected
from pages.limits.page import too_many_page

UNCOUNTED = (
    "/api/",
    "/_nicegui",
    "/static/",
    "/house.",
    "/platform.css",
    "/nicegui.js",
    "/share/icons/",
    "/favicon.",
    "/apple-touch-icon",
    "/manifest.",
    "/healthz",
    "/readyz",
    "/metrics",
)
"""What has limits of its own, what a browser fetches once and keeps, and what the machines of the house ask."""

NO_PAGES = ("/share/", "/robots.txt", "/sitemap", "/openapi.json")
"""What is counted and makes no page that would wait for its browser."""


class LimitRequests:
    """Refuses whoever asks too often, before anything is built for them; a page view counts as one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count and pass on, or say when to come again."""
        if scope["type"] != "http" or not limiting.is_on() or scope["path"].startswith(UNCOUNTED):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        address = client[0] if client else None
        try:
            await limiting.hit(Limit.OVERALL, address)
            if scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(NO_PAGES):
                unconnected.make_room(address)
        except TooManyRequests as error:
            request = Request(scope)
            reader = visitor.reader_of(request)
            if _wants_page(scope):
                response = too_many_page(error, reader, theme=request.cookies.get("theme", ""))
            else:
                response = asked.refusal(error, reader)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _wants_page(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and "json" not in Headers(scope=scope).get("accept", "")
