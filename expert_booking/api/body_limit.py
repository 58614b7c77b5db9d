"""No request may carry more than 64 KB."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expert_booking.api.error_body import ErrorBody, answer

MOST_BYTES = 64 * 1024
TOO_LARGE = ErrorBody(error="body_too_large", message=f"The body is larger than {MOST_BYTES} bytes.")


class BodyLimit:
    """Refuses by the announced length or, where none is announced, as soon as too much has come in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = Headers(scope=scope).get("content-length", "0") if scope["type"] == "http" else "0"
        if announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
            await answer(413, TOO_LARGE)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body") or b"")
            if received > MOST_BYTES:
                raise HTTPException(413, TOO_LARGE.message)  # FastAPI lets these through while it reads a body
            return message

        await self._app(scope, counted, send)
