"""People who open pages and wait for nothing in particular."""

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx

from benchmarks.kit.audience import Audience
from benchmarks.kit.server import Server
from benchmarks.kit.viewer import PageViewer, RoomViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch

COOKIE = zone_cookie("UTC")
ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)


class Visitors:
    """A crowd that comes in steps and leaves all at once."""

    def __init__(self, http: httpx.AsyncClient, port: int) -> None:
        self._http = http
        self._port = port
        self._crowds: list[Audience] = []

    @classmethod
    @asynccontextmanager
    async def of(cls, port: int) -> AsyncIterator[Self]:
        """Nobody yet; whoever has come leaves on the way out."""
        async with browser(port) as http:
            visitors = cls(http, port)
            try:
                yield visitors
            finally:
                for crowd in visitors._crowds:
                    crowd.leave()

    async def come(self, path: str, count: int) -> None:
        """So many open a page."""

        async def arrive(watch: Watch, _: int) -> RoomViewer:
            return await PageViewer(watch).visit(self._http, self._port, path, cookie=COOKIE)

        crowd = Audience(arrive)
        self._crowds.append(crowd)
        await crowd.grow(count)


async def elements_of(server: Server, path: str) -> int:
    """How many NiceGUI elements a page holds."""
    page = await server.http.get(path, headers={"Cookie": COOKIE})
    page.raise_for_status()
    found = ELEMENTS.search(page.text)
    if found is None:
        raise ValueError("the page holds no elements: has NiceGUI's template changed?")
    return len(json.loads(html.unescape(found[1])))
