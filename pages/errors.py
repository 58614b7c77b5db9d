"""Pages for addresses that do not exist and for errors nobody foresaw; no exception's text is shown."""

import logging

from fastapi import HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from nicegui import App, Client, ui
from starlette.exceptions import HTTPException as StarletteHTTPException

from expert_booking.unforeseen import outline
from pages import problems, visitor
from pages.layout import frame

log = logging.getLogger(__name__)


LEFT = "No response returned."  # not said: by Starlette, to nobody


class Discretion(logging.Filter):
    """Keeps an exception's text out of the log, and whole records about browsers that left before their answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written; one with an exception then says only where that happened."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        what = record.getMessage() if record.args else "unforeseen"  # without arguments it may be the very text
        record.msg, record.args = "%s: %s", (what, outline(error))
        record.exc_info = record.exc_text = None
        return not (isinstance(error, RuntimeError) and str(error) == LEFT)


DISCRETION = Discretion()


def install(app: App) -> None:
    """Answer in our own words instead of the framework's."""
    for name in (__name__, "nicegui", "uvicorn.error"):
        logging.getLogger(name).addFilter(DISCRETION)
    app.exception_handler(404)(_not_found)
    app.exception_handler(405)(_not_allowed)
    app.exception_handler(Exception)(_unforeseen)
    app.on_page_exception(_page_failed)


async def _not_found(request: Request, error: Exception) -> Response:
    if isinstance(error, StarletteHTTPException) and not _wants_page(request):
        return await http_exception_handler(request, error)
    reader = visitor.reader_of(request)
    with Client(ui.page(""), request=request) as client, frame(reader.say("Not found")):
        problems.whole_page(
            reader.say("There is no page here"),
            reader.say("The address may be mistyped, or the page may have moved."),
        )
    return client.build_response(request, 404)


async def _not_allowed(request: Request, error: StarletteHTTPException) -> Response:
    reader = visitor.reader_of(request)
    with Client(ui.page(""), request=request) as client, frame(reader.say("Not possible")):
        problems.whole_page(
            reader.say("This cannot be done here"), reader.say("This address can be looked at, and nothing else.")
        )
    response = client.build_response(request, 405)
    response.headers.update(error.headers or {})
    return response


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/_nicegui/"))


async def _unforeseen(request: Request, error: Exception) -> Response:
    # The route and not the address, which may hold a manage token.
    log.error("%s %s", request.method, request.scope.get("nicegui_page_path"), exc_info=error)
    with Client(ui.page(""), request=request) as client:
        _page_failed(error)
    return client.build_response(request, 500)


def _page_failed(error: Exception) -> None:
    if isinstance(error, HTTPException):
        raise error
    reader = visitor.reader()
    with frame(reader.say("Error"), is_failure=True):
        problems.whole_page(
            reader.say("Something went wrong on our side"),
            reader.say("Nothing was booked or changed. Please try again."),
        )
