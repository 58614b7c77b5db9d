"""The visitor's cookie is nobody else's."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/api/"


class NoCookieForAll:
    """Takes the cookie out of answers that a cache may hand to everybody: it says who somebody is.

    NiceGUI gives one to whoever comes without, even where they ask for a picture or a style sheet. Programs that ask
    the API get none either: they prove who they are by a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def look_and_send(message: Message) -> None:
            if message["type"] == "http.response.start" and (_is_for_all(message) or scope["path"].startswith(API)):
                session = scope.get("session")
                if session is not None:
                    session.accessed = session.modified = False
            await send(message)

        await self._app(scope, receive, look_and_send)


def _is_for_all(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("cache-control", "").startswith("public")
