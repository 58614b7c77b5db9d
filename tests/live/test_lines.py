"""The line of a page belongs to the browser that was given the page: tried with a client that says what it likes."""

import ast
import asyncio
import html
import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from pages.armour.sockets import NO_COOKIES
from tests.live.application import Application
from tests.live.looking import Offer

SETTINGS = {"RATE_LIMITS": "off", "RECONNECT_SECONDS": "1"}
PATH = "/_nicegui_ws/socket.io"
EVIL = "https://evil.example"
TRANSPORTS = ["websocket", "polling"]
QUERY = re.compile(r"^\s*query: (\{.*\}),$", re.MULTILINE)
ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)


class Visitor:
    """A browser that has loaded one page."""

    def __init__(self, application: Application, path: str) -> None:
        page = httpx.get(application.url + path, headers={"Cookie": "zone=auto%3AEurope%2FLondon"})
        self.url = application.url
        self.refusals: list[Any] = []
        self.cookie = f"session={page.cookies['session']}"
        found, elements = QUERY.search(page.text), ELEMENTS.search(page.text)
        assert found
        assert elements
        self.query = {**ast.literal_eval(found[1]), "document_id": str(uuid.uuid4()), "tab_id": str(uuid.uuid4())}
        self.client_id: str = self.query["client_id"]
        self._elements: dict[str, Any] = json.loads(html.unescape(elements[1]))

    def click(self, slot_id: str) -> dict[str, Any]:
        """What the page sends when a time in its calendar is clicked."""
        (found,) = [
            (int(number), event["listener_id"])
            for number, element in self._elements.items()
            for event in element.get("events", [])
            if "calendar-slots" in element.get("class", []) and event["type"] == "click"
        ]
        args = [json.dumps(slot_id)]
        return {"id": found[0], "client_id": self.client_id, "listener_id": found[1], "args": args}

    @asynccontextmanager
    async def line(
        self, transport: str = "websocket", *, query: dict[str, Any] | None = None, **headers: str
    ) -> AsyncIterator[socketio.AsyncClient]:
        """Open a line as this browser does, or as it pretends to."""
        query = self.query if query is None else query
        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
        client = socketio.AsyncClient(reconnection=False)
        client.on("connect_error", self.refusals.append)
        sent = {"Cookie": self.cookie, "Origin": self.url, **headers}
        try:
            await client.connect(f"{self.url}?{urlencode(told)}", sent, transports=[transport], socketio_path=PATH)
        except RuntimeError as closed:  # the line was cut before the refusal was read whole
            raise Refused from closed
        try:
            yield client
        finally:
            await client.disconnect()


def state(application: Application, offer: Offer) -> str:
    slots = application.get(f"/api/experts/{offer.expert_id}")["timeSlots"]
    return str(next(slot["state"] for slot in slots if slot["id"] == offer.slot_id))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_line_is_opened_by_the_browser_that_has_the_page_and_by_no_other(
    application: Application, offer: Offer, transport: str
) -> None:
    alice, mallory = (Visitor(application, offer.path) for _ in range(2))

    for headers in ({"Cookie": mallory.cookie}, {"Cookie": "session=forged"}, {"Cookie": ""}):
        with pytest.raises(Refused):
            async with alice.line(transport, **headers):
                pass
    async with alice.line(transport) as line:
        assert line.connected


@pytest.mark.parametrize("cookie", ["", "zone=auto:UTC", "zone=UTC; theme=dark"])
async def test_browser_without_a_session_is_not_told_to_load_the_page_again(
    application: Application, offer: Offer, cookie: str
) -> None:
    visitor = Visitor(application, offer.path)

    with pytest.raises(Refused):
        async with visitor.line(Cookie=cookie):
            pass

    assert visitor.refusals == [{"message": NO_COOKIES}]


async def test_page_is_not_taken_over_by_a_line_that_is_open_already(application: Application, offer: Offer) -> None:
    alice, mallory = (Visitor(application, offer.path) for _ in range(2))

    async with mallory.line(query={}) as line:
        assert await line.call("handshake", alice.query, timeout=5) is False
        assert await line.call("handshake", {"client_id": alice.client_id}, timeout=5) is False
        assert await line.call("handshake", mallory.query, timeout=5) is True


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_events_are_taken_from_the_line_of_their_page_alone(
    application: Application, offer: Offer, transport: str
) -> None:
    alice, mallory = Visitor(application, offer.path), Visitor(application, "/")

    async with alice.line(transport) as hers, mallory.line(transport) as his:
        for event in ("event", "javascript_response", "ack", "log"):
            await his.emit(event, {**alice.click(offer.slot_id), "request_id": "", "next_message_id": 10**6})
        await his.call("handshake", mallory.query, timeout=5)  # answered after what came before it
        assert state(application, offer) == "open"

        await hers.emit("event", alice.click(offer.slot_id))
        await until_held(application, offer)


async def until_held(application: Application, offer: Offer) -> None:
    for _ in range(100):
        if await asyncio.to_thread(state, application, offer) == "held":
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the time was not held")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_page_of_another_site_gets_no_line(application: Application, offer: Offer, transport: str) -> None:
    alice = Visitor(application, offer.path)

    for origin in (EVIL, "null", alice.url.replace("http", "https") + ".evil.example"):
        with pytest.raises(Refused):
            async with alice.line(transport, Origin=origin):
                pass
    async with alice.line(transport) as line:
        assert line.connected


def test_refusal_says_what_every_answer_says(application: Application) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    for more in ({}, upgrade):
        transport = "websocket" if more else "polling"
        path = f"{application.url}{PATH}/?EIO=4&transport={transport}"

        refused = httpx.get(path, headers={**more, "Origin": EVIL})

        assert refused.status_code == 403
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in refused.headers["content-security-policy"]
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    "message", [None, 1, [], "x", {}, {"client_id": 7}, {"client_id": []}, {"client_id": "nobody"}]
)
async def test_nonsense_is_dropped_and_the_line_stands(application: Application, offer: Offer, message: Any) -> None:
    alice = Visitor(application, offer.path)

    async with alice.line() as line:
        for event in ("event", "javascript_response", "ack", "log", "unknown"):
            await line.emit(event, message)
        await line.emit("event", {**alice.click(offer.slot_id), "args": ["{", 1]})
        await line.call("handshake", message, timeout=5)
        assert line.connected

    assert "Traceback" not in application.log()


async def test_message_that_no_page_sends_cuts_the_line(application: Application, offer: Offer) -> None:
    alice = Visitor(application, offer.path)

    async with alice.line() as line:
        await line.emit("event", {**alice.click(offer.slot_id), "args": [json.dumps("x" * 70_000)]})
        await line.wait()

        assert not line.connected


@pytest.mark.parametrize(("trusted", "is_believed"), [("", False), ("192.0.2.0/24", False), ("127.0.0.0/8", True)])
def test_only_a_named_proxy_says_where_somebody_comes_from(tmp_path: Path, trusted: str, is_believed: bool) -> None:
    application = Application(tmp_path, TRUSTED_PROXIES=trusted, DEMO_EXPERTS="0")
    application.start()
    try:
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Forwarded": "proto=https"}
        answer = httpx.get(application.url, headers=said)
    finally:
        application.stop()

    assert ("strict-transport-security" in answer.headers) is is_believed
    assert (f'content="https://127.0.0.1:{application.port}/"' in answer.text) is is_believed


def test_cookie_of_a_house_with_tls_is_secure(tmp_path: Path) -> None:
    application = Application(tmp_path, PUBLIC_URL="https://booking.example.org", DEMO_EXPERTS="0")
    application.start()
    try:
        answer = httpx.get(application.url)
    finally:
        application.stop()

    flags = {flag.strip().lower() for flag in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "secure", "path=/"} <= flags
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
