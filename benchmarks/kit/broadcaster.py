"""The peer: a bare Socket.IO server on the same web server as the application, with everybody in one room.

`python -m benchmarks.kit.broadcaster WEBSOCKETS`, which is what uvicorn calls its implementations, at HOST and PORT of
the environment. The body of a POST goes to everybody who is connected, and the answer says when sending began and
ended:

- `/room` takes `[event, payload]` in JSON and emits it to the room, as an application without pages would;
- `/floor` takes the text of a message and writes it, as one frame made beforehand, to one transport after the other.
"""

import gc
import os
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import socketio  # type: ignore[import-untyped]  # it ships no types
import uvicorn
from nicegui import json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOM = "viewers"
FINAL_TEXT = 0x81

# What NiceGUI gives its own, so that the same message becomes the same bytes.
server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", json=json)
transports: set[Any] = set()


@server.event  # type: ignore[untyped-decorator]  # see above
async def connect(sid: str, _environment: dict[str, Any]) -> None:
    """Everybody is in the one room."""
    await server.enter_room(sid, ROOM)


async def to_room(request: Request) -> Response:
    """Answer when the message is on its way to everybody."""
    event, payload = json.loads((await request.body()).decode())
    began = time.monotonic()
    await server.emit(event, payload, room=ROOM)
    return _times(began)


async def to_transports(request: Request) -> Response:
    """Answer when the frame is written; nothing that sends it to everybody can be faster in this runtime."""
    frame = _frame(await request.body())
    began = time.monotonic()
    for transport in transports:
        transport.write(frame)
    return _times(began)


def _times(began: float) -> Response:
    return JSONResponse({"began": began, "ended": time.monotonic()})


def _frame(content: bytes) -> bytes:
    length = len(content)
    if length < 126:
        return struct.pack(">BB", FINAL_TEXT, length) + content
    if length < 1 << 16:
        return struct.pack(">BBH", FINAL_TEXT, 126, length) + content
    return struct.pack(">BBQ", FINAL_TEXT, 127, length) + content


async def ready(_request: Request) -> Response:
    """Here I am."""
    return Response(status_code=204)


class TransportsKept:
    """Socket.IO and the doors beside it; remembers the transport under every WebSocket that is open."""

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._inner(scope, receive, send)
            return
        transport = send.__self__.transport  # `send` is a method of the connection's protocol
        transports.add(transport)
        try:
            await self._inner(scope, receive, send)
        finally:
            transports.discard(transport)


def main() -> None:
    """Serve until ended, with the web server and the memory set as the application sets them."""
    doors = [
        Route("/room", to_room, methods=["POST"]),
        Route("/floor", to_transports, methods=["POST"]),
        Route("/ready", ready),
    ]
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    uvicorn.run(
        TransportsKept(socketio.ASGIApp(server, Starlette(routes=doors))),
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        ws=sys.argv[1],
        ws_per_message_deflate=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
