"""Lines between browsers and the house, WebSocket or polling: how many one address has, and how much comes by one.

A line is counted where Engine.IO opens it, so that both kinds are. What comes is counted before it is read: more than a
hand and a keyboard can do is dropped, and a line by which very much too much comes is cut.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from nicegui import core
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

KINDS = frozenset("0123456")
"""What an Engine.IO message begins with; without, it would be an error in the server's log."""

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
    if line is not None and limiting.is_on():
        is_binary = not isinstance(data, str) or data.startswith(BINARY)
        if is_binary or not line.take():
            metrics.refused(MESSAGES)
            if is_binary or line.dropped > MOST_DROPPED:
                await core.sio.eio.disconnect(line_id)
            return
    try:
        await core.sio._handle_eio_message(line_id, data)
    except MALFORMED:
        metrics.refused(MESSAGES)
        await core.sio.eio.disconnect(line_id)


async def _disconnect(line_id: str, reason: str) -> None:
    line = _lines.pop(line_id, None)
    if line is not None:
        _places.leave(line.address)
    await core.sio._handle_eio_disconnect(line_id, reason)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record of Engine.IO's is about itself, and not about what it could not read."""
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, MALFORMED):
        return True
    metrics.refused(MESSAGES)
    return False


class ReadableLines:
    """Takes a WebSocket that sends what no Engine.IO message can be for one that has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the first letter of each message."""

        async def readable() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (message.get("text") or "")[:1] not in KINDS:
                metrics.refused(MESSAGES)
                return {"type": "websocket.disconnect", "code": 1003}
            return message

        await self._app(scope, readable if scope["type"] == "websocket" else receive, send)
