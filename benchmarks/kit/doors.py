"""Doors in a measured process for those who measure it.

`/measure/rest` collects garbage, so that what is left is in use, and counts it.
`/measure/builds?path=PATH&count=N` builds a page N times inside the process, one after the other, through everything
but the network, and says how long the event loop worked on each; every built page is removed again before the next.
"""

import gc
import time

import httpx
from fastapi import FastAPI
from nicegui import Client
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def open_for_measuring(app: FastAPI) -> None:
    """Add the doors."""
    app.add_route("/measure/rest", _rest)
    app.add_route("/measure/builds", _builds)


async def _rest(_request: Request) -> Response:
    garbage = gc.collect()
    return JSONResponse({"garbage": garbage, "objects": len(gc.get_objects())})


async def _builds(request: Request) -> Response:
    path, count = request.query_params["path"], int(request.query_params["count"])
    headers = {name: request.headers[name] for name in ("cookie", "accept-encoding") if name in request.headers}
    transport = httpx.ASGITransport(app=request.app)
    async with httpx.AsyncClient(transport=transport, base_url=str(request.base_url), headers=headers) as browser:
        return JSONResponse([await _build(browser, path) for _ in range(count)])


async def _build(browser: httpx.AsyncClient, path: str) -> float:
    """The seconds for which the event loop, this thread, has worked; waiting for the database is not among them."""
    before = {*Client.instances}
    began = time.thread_time()
    (await browser.get(path)).raise_for_status()
    worked = time.thread_time() - began
    for client_id in {*Client.instances} - before:
        Client.instances[client_id].delete()
    return worked
