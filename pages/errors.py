"""Pages for addresses that do not exist and for errors nobody foresaw; no exception's text is shown."""

import logging

from fastapi import HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from nicegui import App, Client, ui
from starlette.exceptions import HTTPException as StarletteHTTPException

from pages import problems
from pages.layout import frame

log = logging.getLogger(__name__)


class VisitorsWhoLeft(logging.Filter):
    """Keeps out of the log what the framework says when a browser goes away before its answer is ready."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is about something else."""
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, RuntimeError) and str(error) == "No response returned.")


VISITORS_WHO_LEFT = VisitorsWhoLeft()


def install(app: App) -> None:
    """Answer in our own words instead of the framework's."""
    for name in (__name__, "uvicorn.error"):
        logging.getLogger(name).addFilter(VISITORS_WHO_LEFT)
    app.exception_handler(404)(_not_found)
    app.exception_handler(Exception)(_unforeseen)
    app.on_page_exception(_page_failed)


async def _not_found(request: Request, error: Exception) -> Response:
    if isinstance(error, StarletteHTTPException) and not _wants_page(request):
        return await http_exception_handler(request, error)
    with Client(ui.page(""), request=request) as client, frame("Not found"):
        problems.whole_page("There is no page here", "The address may be mistyped, or the page may have moved.")
    return client.build_response(request, 404)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/_nicegui/", "/static/"))


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen %s at %s %s", type(error).__name__, request.method, request.scope.get("path"), exc_info=error)
    with Client(ui.page(""), request=request) as client:
        _page_failed(error)
    return client.build_response(request, 500)


def _page_failed(error: Exception) -> None:
    if isinstance(error, HTTPException):
        raise error
    with frame("Error", is_failure=True):
        problems.whole_page("Something went wrong on our side", "Nothing was booked or changed. Please try again.")
