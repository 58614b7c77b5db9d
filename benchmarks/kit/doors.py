"""Doors in a measured process for those who measure it.

`/measure/rest` collects garbage, so that what is left is in use, and counts it.
`/measure/builds?path=PATH&count=N` builds a page N times inside the process, one after the other, through everything
but the network, and says how long the event loop worked on each; every built page is removed again before the next.
"""

import asyncio
import gc
import time
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from nicegui import Client
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

HTTP_SCOPE = {
    *("type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "query_string", "root_path"),
    *("headers", "client", "server", "state"),
}
"""What the server itself puts into a request's scope."""


def open_for_measuring(app: FastAPI) -> None:
    """Add the doors."""
    app.add_route("/measure/rest", _rest)
    app.add_route("/measure/builds", _builds)


async def _rest(_request: Request) -> Response:
    garbage = gc.collect()
    return JSONResponse({"garbage": garbage, "objects": len(gc.get_objects())})


async def _builds(request: Request) -> Response:
    path, count = request.query_params["path"], int(request.query_params["count"])
    return JSONResponse([await _build(request, path) for _ in range(count)])


async def _build(request: Request, path: str) -> float:
    """The seconds for which the event loop, this thread, has worked; waiting for the database is not among them."""
    before = {*Client.instances}
    asked = {**request.scope, "path": path, "raw_path": path.encode(), "query_string": b"", "state": {}}
    # What routing and middlewares have made of this request is not the other one's.
    asked = {name: value for name, value in asked.items() if name in HTTP_SCOPE}
    began = time.thread_time()
    status = await _answered(request.app, asked)
    worked = time.thread_time() - began
    if status != HTTPStatus.OK:
        raise ValueError(f"{path} was answered with {status}")
    for client_id in {*Client.instances} - before:
        Client.instances[client_id].delete()
    return worked


async def _answered(app: FastAPI, scope: dict[str, Any]) -> int:
    """The status of an answer of which nothing is sent."""
    statuses: list[int] = []
    nothing_more = asyncio.Event()
    bodies = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for body in bodies:
            return body
        await nothing_more.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]
