"""Limits at the running application: real lines, real floods, and a quick visitor who meets none of them."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.application import Application
from tests.live.conftest import Visit

MOST_LINES = 6
SETTINGS = {"RATE_LIMITS": "on", "SOCKETS_PER_ADDRESS": str(MOST_LINES), "LOG_LEVEL": "INFO"}
CASES = 500
KINDS = ["event", "ack", "javascript_response", "log", "handshake", "nothing", "connect", "disconnect"]
LINE = "/_nicegui_ws/socket.io/?"


def line_address(application: Application, **query: str) -> str:
    return application.url.replace("http", "ws", 1) + LINE + urlencode({"EIO": "4", "transport": "websocket", **query})


async def has_room(application: Application) -> None:
    """Wait until the lines of the test before have ended."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with AsyncExitStack() as stack:
                    for _ in range(MOST_LINES):
                        await stack.enter_async_context(connect(line_address(application)))
                return
            except InvalidStatus:
                await asyncio.sleep(0.1)


async def test_an_address_has_so_many_lines_and_is_refused_clearly(application: Application) -> None:
    await has_room(application)
    async with AsyncExitStack() as stack, httpx.AsyncClient(base_url=application.url) as http:
        lines = [await stack.enter_async_context(connect(line_address(application))) for _ in range(MOST_LINES)]
        with pytest.raises(InvalidStatus):
            await connect(line_address(application))
        polling = await http.get(LINE + "EIO=4&transport=polling")

        assert polling.status_code == 401
        assert "Many pages are open from your connection." in polling.text

        await lines[0].close()
        async with asyncio.timeout(10):
            while (await http.get(LINE + "EIO=4&transport=polling")).status_code != 200:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def page_line(application: Application) -> AsyncIterator[tuple[ClientConnection, str]]:
    """A line as the page's own script opens it, and the page's id."""
    async with httpx.AsyncClient(base_url=application.url) as http:
        page = await http.get("/")
        page.raise_for_status()
        (client_id,) = re.findall(r"'client_id': '([0-9a-f-]+)'", page.text)
        query = {"client_id": client_id, "tab_id": "tab", "document_id": "document", "next_message_id": "0"}
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        headers = {"Cookie": cookies, "Origin": application.url}
        address = line_address(application, implicit_handshake="true", **query)
        async with connect(address, additional_headers=headers, max_size=None) as line:
            await line.recv()
            await line.send("40")
            assert (await line.recv()).startswith("40")
            yield line, client_id


def random_json(chance: random.Random, depth: int = 0) -> Any:
    """Any value, not too deep."""
    kinds = [None, True, 0, -1, 1e308, 10**30, "", "\ud800", "x" * 300, "0", "constructor", {}, []]
    pick = chance.random()
    if depth < 3 and pick < 0.2:
        return [random_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    if depth < 3 and pick < 0.4:
        names = ["id", "args", "client_id", "listener_id", "request_id", "result", "next_message_id", "a"]
        return {chance.choice(names): random_json(chance, depth + 1) for _ in range(chance.randrange(5))}
    return chance.choice(kinds)


def random_message(chance: random.Random, client_id: str, listeners: list[str]) -> str:
    """What no page sends, some of it almost what a page does send."""
    kind = chance.choice(
        ["event", "ack", "javascript_response", "log", "handshake", "nothing", "connect", "disconnect"]
    )
    given = random_json(chance)
    if chance.random() < 0.6:
        known = {
            "client_id": client_id,
            "id": chance.choice([0, 1, 4, 10, 16]),
            "listener_id": chance.choice(listeners),
        }
        arguments = [json.dumps(random_json(chance)) for _ in range(chance.randrange(3))]
        changed = {chance.choice([*known, "args"]): random_json(chance)} if chance.random() < 0.5 else {}
        given = {**known, "args": arguments, **changed}
    return "42" + json.dumps([kind, given])


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if re.search(r"ERROR|CRITICAL|Traceback|Exception", line)]


async def test_nothing_that_comes_by_a_line_is_an_unforeseen_error(application: Application) -> None:
    await has_room(application)
    chance = random.Random(20261122)
    before, sent = len(application.log()), 0
    while sent < CASES:
        async with page_line(application) as (line, client_id):
            listeners = ["", "no such listener", client_id]
            try:
                for _ in range(100):  # fewer than would be too many at once
                    await line.send(random_message(chance, client_id, listeners))
                    sent += 1
                await line.send("2")
            except ConnectionClosed:
                continue

    assert complaints(application.log()[before:]) == []
    assert application.get("/healthz")


RAW = ["x", "", "7", "4", "49", "42", "42[", "42[]", "42{}", "42[1]", '42["event"]', "44", "40/other,", "43", "431"]
RAW += ['451-["event"]', "4" + "[" * 10_000, "9" * 1000, "1", "3", "5", "6", "\U0001f600", "4\x00", "42" + "1" * 5000]


async def test_what_is_no_message_at_all_is_no_error_either(application: Application) -> None:
    await has_room(application)
    before = len(application.log())
    async with httpx.AsyncClient(base_url=application.url) as http:
        for raw in RAW:
            await send_raw(application, raw)
            await post_raw(http, raw)
        assert (await http.get("/readyz")).status_code == 200

    assert complaints(application.log()[before:]) == []


async def send_raw(application: Application, raw: str) -> None:
    """By a WebSocket, which the other side may well end."""
    async with connect(line_address(application)) as line:
        await line.recv()
        with suppress(ConnectionClosed):
            await line.send(raw)
            await line.send("2probe")


async def post_raw(http: httpx.AsyncClient, raw: str) -> None:
    """By polling, and then leave."""
    opened = await http.get(LINE + "EIO=4&transport=polling")
    address = f"{LINE}EIO=4&transport=polling&sid={json.loads(opened.text[1:])['sid']}"
    for content in (raw.encode(), b"1"):
        await http.post(address, content=content)


async def test_whoever_sends_far_too_much_is_cut_off(application: Application) -> None:
    await has_room(application)
    async with page_line(application) as (line, client_id):
        message = "42" + json.dumps(["ack", {"client_id": client_id, "next_message_id": 0}])
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionClosed):
                await send_for_ever(line, message)

    async with httpx.AsyncClient(base_url=application.url) as http:
        metrics = (await http.get("/metrics")).text
    assert re.search(r'refusals_total\{limit="messages of a line"\} [1-9]', metrics)


async def send_for_ever(line: ClientConnection, message: str) -> None:
    while True:
        await line.send(message)
        await asyncio.sleep(0)  # to hear that it was cut


async def test_streams_of_an_address_are_bounded(application: Application) -> None:
    expert = application.get("/api/experts")["experts"][0]["_id"]
    async with AsyncExitStack() as stack:
        many = httpx.Limits(max_connections=100)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=application.url, limits=many))
        answers = [
            await stack.enter_async_context(http.stream("GET", f"/api/experts/{expert}/events")) for _ in range(51)
        ]
        assert [answer.status_code for answer in answers] == [200] * 50 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.browser
def test_a_quick_visitor_meets_no_limit(visit: Visit, application: Application) -> None:
    page = visit("/")
    refused: list[str] = []
    page.on("response", lambda response: refused.append(response.url) if response.status == 429 else None)

    for number in range(5):
        page.locator(".card h2 a").nth(number).click()
        expect(page.locator("#live")).to_have_text("Live")
        page.locator('.slot[data-state="open"]').first.click()
        expect(page.get_by_label("E-mail")).to_be_visible()
        page.locator("a.back").click()
        expect(page.locator("#live")).to_have_text("Live")

    assert refused == []


@pytest.mark.browser
def test_a_page_that_gets_no_line_says_so(visit: Visit, application: Application) -> None:
    pages = [visit("/") for _ in range(MOST_LINES)]
    one_more = pages[0].context.new_page()

    one_more.goto("/")

    expect(one_more.locator("#live")).to_have_text("Not up to date")
    expect(one_more.locator(".card").first).to_be_visible()
    pages[-1].close()
    expect(one_more.locator("#live")).to_have_text("Live")
