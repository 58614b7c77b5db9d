"""The peer: a bare Socket.IO server that sends one message to one room, on the same web server as the application.

`python -m benchmarks.kit.broadcaster PORT`. Whoever connects is in the room; the body of a POST, `[event, payload]` in
JSON, goes to everybody in it.
"""

import gc
import sys
from typing import Any

import socketio  # type: ignore[import-untyped]  # it ships no types
import uvicorn
from nicegui import json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.kit.processes import HOST

ROOM = "viewers"

# What NiceGUI gives its own, so that the same message becomes the same bytes.
server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", json=json)


@server.event  # type: ignore[untyped-decorator]  # see above
async def connect(sid: str, _environment: dict[str, Any]) -> None:
    """Everybody is in the one room."""
    await server.enter_room(sid, ROOM)


async def send(request: Request) -> Response:
    """Answer when the message is on its way to everybody."""
    event, payload = json.loads((await request.body()).decode())
    await server.emit(event, payload, room=ROOM)
    return Response(status_code=204)


async def ready(_request: Request) -> Response:
    """Here I am."""
    return Response(status_code=204)


def main() -> None:
    """Serve until ended, with the web server and the memory set as the application sets them."""
    pages = Starlette(routes=[Route("/send", send, methods=["POST"]), Route("/ready", ready)])
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    uvicorn.run(
        socketio.ASGIApp(server, pages),
        host=HOST,
        port=int(sys.argv[1]),
        ws="wsproto",
        ws_per_message_deflate=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
