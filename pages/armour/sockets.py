"""The line between a page and the server belongs to the browser that was given the page, and to nobody else.

NiceGUI opens it to whoever knows a page's `client_id`, which stands in the line's address and so in proxies' logs, and
takes events for any page from any line. Here the line must come from a page of the house, in the browser (the id in its
signed cookie) that asked for the page; and what it sends must be about the page that it was opened for.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import Client, core
from socketio.exceptions import ConnectionRefusedError  # type: ignore[import-untyped]
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from pages.armour import own_origin

MOST_BYTES = 64 * 1024
"""Of one message; a form with its notes takes four kilobytes."""

EVENTS = ("event", "javascript_response", "ack")
"""What a page sends about itself once its line stands. NiceGUI also takes "log", for the server's log: nobody may."""

NO_COOKIES = "no cookies"
"""What a browser without cookies is told, so that it does not load the page again and again; it can be read."""

SESSION = "session"
"""The name of NiceGUI's cookie."""

_UNBOUND = "unbound"
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
_accept = getattr(Client.accept_handshake, _UNBOUND, Client.accept_handshake)  # when this is loaded once more

log = logging.getLogger(__name__)


def install() -> None:
    """Close the door; doing it again changes nothing."""
    engine = core.sio.eio
    engine.cors_allowed_origins = _is_own
    engine.max_http_buffer_size = MOST_BYTES
    setattr(_accept_own, _UNBOUND, _accept)
    Client.accept_handshake = _accept_own  # type: ignore[method-assign, assignment]  # it is called by position
    handlers = core.sio.handlers["/"]
    handlers.pop("log", None)
    for event in EVENTS:
        handlers[event] = _from_own_line(getattr(handlers[event], _UNBOUND, handlers[event]))
    for event in ("connect", "handshake"):
        handlers[event] = _if_well_formed(getattr(handlers[event], _UNBOUND, handlers[event]))


def _is_own(_origin: str, environ: Mapping[str, Any]) -> bool:
    return own_origin.is_own(Headers(scope=environ["asgi.scope"]))


def _accept_own(client: Client, socket_id: str, tab_id: str, environ: dict[str, Any] | None) -> bool:
    """As NiceGUI does, once it is known who asks; a simulated browser's line has no environment.

    Raises:
        ConnectionRefusedError: the browser keeps no cookies, or was given none with the page, as one that says that
            something unforeseen happened; to load that again would not help.
    """
    if environ is not None:
        shown = environ["asgi.scope"].get("session", {}).get("id")
        if shown is None and not _has_session(environ) and _is_implicit(environ):
            raise ConnectionRefusedError(NO_COOKIES)
        if shown is None or shown != client.request.scope.get("session", {}).get("id"):
            return False
    return _accept(client, socket_id, tab_id, environ)


def _has_session(environ: Mapping[str, Any]) -> bool:
    """Whether the browser has brought a session, be it one that is not good any more: another page brings a new one."""
    return SESSION in cookie_parser(environ.get("HTTP_COOKIE", ""))


def _is_implicit(environ: Mapping[str, Any]) -> bool:
    """Whether the refusal reaches the browser as the answer to its connecting."""
    return "implicit_handshake=true" in environ.get("QUERY_STRING", "")


def _from_own_line(handle: Callable[..., Any]) -> Callable[..., None]:
    """Pass on what is about the page that this line was opened for; drop what is not, or is not well-formed."""

    def handle_own(socket_id: str, *given: Any) -> None:
        try:
            (message,) = given
            client = Client.instances.get(message["client_id"])
            if client is not None and socket_id in client._socket_to_document_id:
                handle(socket_id, message)
        except _MALFORMED as error:
            _note(error)

    setattr(handle_own, _UNBOUND, handle)
    return handle_own


def _if_well_formed(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def handle_well_formed(socket_id: str, *given: Any) -> Any:
        try:
            return await handle(socket_id, *given)
        except _MALFORMED as error:
            _note(error)
            return False

    setattr(handle_well_formed, _UNBOUND, handle)
    return handle_well_formed


def _note(error: Exception) -> None:
    """The kind alone: the text quotes what was sent."""
    log.info("a browser sent what no page sends (%s)", type(error).__name__)
