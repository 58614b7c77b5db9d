"""Lines between browsers and the house, WebSocket or polling: how many one address has, and how much comes by one.

A line is counted where Engine.IO opens it, so that both kinds are. What comes is counted before it is read: more than a
hand and a keyboard can do is dropped, and a line by which very much too much comes is cut.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from nicegui import core
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expert_booking import limiting, metrics
from expert_booking.at_a_time import Places
from expert_booking.errors import TooManyRequests
from expert_booking.sentence import Sentence

A_SECOND = 40.0
AT_ONCE = 120.0
"""A key that is held down repeats thirty times a second."""

MOST_DROPPED = 200
BINARY = ("5", "6")
"""Kinds of Socket.IO packets (binary event, answer) that pages never send, and whose parts are gathered in memory."""

KINDS = frozenset("12345")
"""What the Engine.IO messages of a browser begin with; by polling, fewer."""

POLLED = frozenset((b"1", b"3", b"4"))

POLLING = "/_nicegui_ws/"
BETWEEN_PACKETS = b"\x1e"

MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError)

FULL = Sentence("Many pages are open from your connection.")
LINES, MESSAGES = "lines of an address", "messages of a line"


@dataclass(slots=True)
class Line:
    """One browser's line: where it comes from, and how many messages it may send right now."""

    address: str | None
    left: float = AT_ONCE
    dropped: int = 0
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        """Whether one more message may come."""
        now = time.monotonic()
        self.left = min(AT_ONCE, self.left + (now - self.at) * A_SECOND)
        self.at = now
        if self.left < 1:
            self.dropped += 1
            return False
        self.left -= 1
        return True


_places = Places(LINES, most=0, sentence=FULL)
_lines: dict[str, Line] = {}


def install(*, of_address: int) -> None:
    """Stand between Engine.IO and Socket.IO; doing it again puts the new limits in place of the old."""
    global _places
    _places = Places(LINES, most=of_address, sentence=FULL)
    logging.getLogger("engineio.server").addFilter(_is_ours)
    for event, handler in {"connect": _connect, "message": _message, "disconnect": _disconnect}.items():
        core.sio.eio.on(event, handler)


async def _connect(line_id: str, environ: dict[str, Any]) -> Any:
    client = environ.get("asgi.scope", {}).get("client")
    address = client[0] if client else None
    try:
        _places.enter(address)
    except TooManyRequests as error:
        return str(error)  # which the browser gets with the refusal
    _lines[line_id] = Line(address)
    return await core.sio._handle_eio_connect(line_id, environ)


async def _message(line_id: str, data: Any) -> None:
    line = _lines.get(line_id)
    if line is None:  # it was cut, and what it had sent before comes now
        return
    if not isinstance(data, str) or data.startswith(BINARY):
        await _cut(line_id)
    elif limiting.is_on() and not line.take():
        if line.dropped > MOST_DROPPED:
            await _cut(line_id)
        metrics.refused(MESSAGES)
    else:
        try:
            await core.sio._handle_eio_message(line_id, data)
        except MALFORMED:
            await _cut(line_id)


async def _cut(line_id: str) -> None:
    """End a line without waiting until the other side has heard of it."""
    metrics.refused(MESSAGES)
    socket = core.sio.eio.sockets.get(line_id)
    if socket is not None:
        await socket.close(wait=False, abort=True)
        await socket.queue.put(None)  # whoever writes to it ends, and closes it
        _forget_closed(line_id)


def _forget_closed(line_id: str) -> None:
    """Engine.IO answers a request for a line that is not there, and stumbles over one that has just been closed."""
    socket = core.sio.eio.sockets.get(line_id)
    if socket is not None and socket.closed:
        core.sio.eio.sockets.pop(line_id)


async def _disconnect(line_id: str, reason: str) -> None:
    line = _lines.pop(line_id, None)
    if line is not None:
        _places.leave(line.address)
    await core.sio._handle_eio_disconnect(line_id, reason)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record of Engine.IO's is about itself; others are about what came from outside, and quote it."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, MALFORMED):
        return True
    metrics.refused(MESSAGES)
    return False


class ReadableLines:
    """Keeps from Engine.IO what it cannot read: it would end in an error in the log, or in a request without an end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a WebSocket that sends such a thing for one that has left, and refuse a request that brings it."""
        if scope["type"] == "websocket":
            await self._app(scope, _readable(receive), send)
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(POLLING):
            await self._poll(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        while len(body) <= core.sio.eio.max_http_buffer_size:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        for line_id in parse_qs(scope["query_string"].decode("latin-1")).get("sid", ()):
            _forget_closed(line_id)
        packets = bytes(body).split(BETWEEN_PACKETS)
        if len(body) > core.sio.eio.max_http_buffer_size or any(each[:1] not in POLLED for each in packets):
            metrics.refused(MESSAGES)
            refusal = PlainTextResponse("This is no message.", 400)  # not said: no page sends it
            await refusal(scope, receive, send)
            return
        whole: Message = {"type": "http.request", "body": bytes(body), "more_body": False}

        async def again() -> Message:
            nonlocal whole
            given, whole = whole, {"type": "http.disconnect"}
            return given

        await self._app(scope, again, send)


def _readable(receive: Receive) -> Receive:
    async def look() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and (message.get("text") or "\0")[0] not in KINDS:
            metrics.refused(MESSAGES)
            return {"type": "websocket.disconnect", "code": 1003}
        return message

    return look
