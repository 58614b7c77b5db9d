"""What nobody foresaw is an answer too, and a log line without anybody's data."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expert_booking.api.error_body import ErrorBody, answer
from expert_booking.unforeseen import outline

log = logging.getLogger(__name__)

UNFORESEEN = ErrorBody(
    error="internal_error", message="Something went wrong here. It has been noted; please try again."
)


class LastResort:
    """Answers 500 to any exception that nothing inside has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            _log(error, scope)
            if not begun and scope["type"] == "http":
                await answer(500, UNFORESEEN)(scope, receive, send)


def _log(error: Exception, scope: Scope) -> None:
    """Where it happened, but neither the exception's text nor the query, which may hold an address or a name."""
    log.error("%s %s: %s", scope.get("method"), scope.get("path"), outline(error))
