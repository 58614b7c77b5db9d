"""Whoever is told "not now" is told when."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = "3"


class SayWhen:
    """Adds `Retry-After` to every 503 that has none, pages included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def saying_when(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 503:
                MutableHeaders(scope=message).setdefault("Retry-After", SECONDS)
            await send(message)

        await self._app(scope, receive, saying_when)
