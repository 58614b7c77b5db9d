"""HEAD is GET without the body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswerHead:
    """Asks for GET in place of HEAD and passes on the status and headers only, `Content-Length` included.

    The answer is complete with its headers, so a stream learns that its reader has left, and ends.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET"}, receive, headers_only)
