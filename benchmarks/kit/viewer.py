"""Viewers: what a browser that looks at a page says to the server, without the browser."""

import ast
import asyncio
import json
import re
import uuid
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from benchmarks.kit.processes import HOST
from benchmarks.kit.watch import Watch
from benchmarks.kit.websocket import WebSocket

ACKNOWLEDGE_SECONDS = 3.0
CONNECT_SECONDS = 20.0
QUERY = re.compile(r"^\s*query: (\{.*\}),$", re.MULTILINE)
MESSAGE_ID = re.compile(rb'"_id":(\d+)')

# Packets of Engine.IO (one digit) and Socket.IO (two).
OPENED, PING, PONG = b"0", b"2", b"3"
CONNECT, REFUSED, EVENT = b"40", b"44", b"42"


class RoomViewer(WebSocket):
    """A Socket.IO client in the default namespace."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self, port: int, *, path: str, query: dict[str, Any], cookies: str = "") -> Self:
        """Be connected as socket.io.js is, over WebSocket at once.

        Raises:
            ConnectionError: the server refused.
        """
        engine = {"EIO": 4, "transport": "websocket"}
        target = f"{path}/?{urlencode({**{name: _as_in_a_browser(value) for name, value in query.items()}, **engine})}"
        headers = {"Origin": f"http://{HOST}:{port}", **({"Cookie": cookies} if cookies else {})}
        async with asyncio.timeout(CONNECT_SECONDS):
            await self.open(host=HOST, port=port, target=target, headers=headers)
            await self._connected
        return self

    def take(self, text: bytes, at: float) -> None:
        if text.startswith(EVENT):
            self._watch.note(self, text, at)
        elif text == PING:
            self.send(PONG)
        elif text.startswith(CONNECT):
            self._connected.set_result(None)
        elif text.startswith(OPENED):
            self.send(CONNECT)
        elif text.startswith(REFUSED):
            self._connected.set_exception(ConnectionError(text.decode(errors="replace")))

    def lost(self) -> None:
        if not self._connected.done():
            self._connected.set_exception(ConnectionError("the server hung up"))


class PageViewer(RoomViewer):
    """Somebody with a page of the application open, who acknowledges what arrives every three seconds."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._client_id = ""
        self._acknowledged = -1
        self._last_text = b""

    async def visit(self, browser: httpx.AsyncClient, port: int, path: str, *, cookie: str) -> Self:
        """Load the page, then connect with the handshake that the page asks for."""
        page = await browser.get(path, headers={"Cookie": cookie})
        page.raise_for_status()
        query = _handshake(page.text)
        self._client_id, self._next = query["client_id"], query["next_message_id"]
        cookies = "; ".join([cookie, *(f"{name}={value}" for name, value in page.cookies.items())])
        await self.connect(port, path="/_nicegui_ws/socket.io", query=query, cookies=cookies)
        self._timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._acknowledge)
        return self

    def take(self, text: bytes, at: float) -> None:
        super().take(text, at)
        if text.startswith(EVENT):
            self._last_text = text

    def _acknowledge(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._acknowledge)
        if found := MESSAGE_ID.findall(self._last_text):
            self._next = int(found[-1]) + 1
        if self._acknowledged < self._next:
            self._acknowledged = self._next
            told = {"client_id": self._client_id, "next_message_id": self._next}
            self.send(EVENT + json.dumps(["ack", told], separators=(",", ":")).encode())

    def lost(self) -> None:
        super().lost()
        if hasattr(self, "_timer"):
            self._timer.cancel()


def zone_cookie(zone: str) -> str:
    """What the page's own script has kept after a first visit from a device in this IANA zone."""
    return f"zone={quote(f'auto:{zone}', safe='')}"


def browser(port: int) -> httpx.AsyncClient:
    """An HTTP client that keeps no cookie, so that every page it loads is somebody else's."""
    nobodys = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(base_url=f"http://{HOST}:{port}", cookies=nobodys, timeout=CONNECT_SECONDS)


def _handshake(page: str) -> dict[str, Any]:
    """The query that the page's script would connect with, which is written as Python writes it."""
    found = QUERY.search(page)
    if found is None:
        raise ValueError("the page holds no handshake query: has NiceGUI's template changed?")
    of_tab = {"document_id": str(uuid.uuid4()), "tab_id": str(uuid.uuid4()), "old_tab_id": None}
    return {**ast.literal_eval(found[1]), **of_tab}


def _as_in_a_browser(value: Any) -> str:
    """As JavaScript writes a value into an address."""
    return value if isinstance(value, str) else json.dumps(value)
