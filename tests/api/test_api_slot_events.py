import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from expert_booking import api, availability, events
from expert_booking.api import slot_events
from expert_booking.api.slot_events import LONGEST_BACKLOG, SlotFeed
from models import Expert, TimeSlot
from tests.api.conftest import Book
from tests.conftest import MakeExpert, MakeSlot

Event = tuple[str, dict[str, Any]]


class Server(uvicorn.Server):
    """The application on a port of its own: the test transport cannot stream."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@pytest.fixture
async def server(app: FastAPI, connected: None) -> AsyncIterator[Server]:
    """Behind a middleware such as NiceGUI has, which takes responses apart and must still pass a leave on."""

    @app.middleware("http")
    async def as_it_is(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    server = Server(app)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield server
    server.should_exit = True
    await serving


@pytest.fixture
def address(server: Server) -> str:
    return server.address


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(address: str, expert: Expert) -> AsyncIterator[AsyncIterator[Event]]:
    async with (
        httpx.AsyncClient(base_url=address, timeout=10) as browser,
        browser.stream("GET", f"/api/experts/{expert.id}/events") as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        yield told(response)


async def told(response: httpx.Response) -> AsyncIterator[Event]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        if line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data:"))


async def test_stream_tells_of_a_booking(address: str, expert: Expert, slot: TimeSlot, book: Book) -> None:
    async with listening(address, expert) as stream:
        assert await anext(stream) == ("ready", {})
        await book(slot, notes="secret")
        heard = [await anext(stream)]
        while heard[-1][1]["state"] != "booked":
            heard.append(await anext(stream))

    assert {name for name, _ in heard} == {"slot"}
    assert heard[-1][1] == {
        "slotId": str(slot.id),
        "startsAt": slot.starts_at.isoformat().replace("+00:00", "Z"),
        "endsAt": slot.ends_at.isoformat().replace("+00:00", "Z"),
        "state": "booked",
        "heldUntil": None,
        "version": heard[-1][1]["version"],
        "sessionType": "",
    }


async def test_stream_tells_of_its_own_expert_only(
    address: str, expert: Expert, slot: TimeSlot, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    other = await make_slot(await make_expert("Ben"))

    async with listening(address, expert) as stream:
        await anext(stream)
        events.slot_changed(availability.change_of(other))
        events.slot_changed(availability.change_of(slot))
        _, heard = await anext(stream)

    assert heard["slotId"] == str(slot.id)


async def test_leaving_ends_the_subscription(address: str, expert: Expert) -> None:
    async with listening(address, expert) as stream:
        await anext(stream)
        assert events.slots.has_watchers(expert.id)

    await until(lambda: not events.slots.has_watchers(expert.id))
    assert not slot_events.open_feeds


async def test_streams_end_when_the_house_closes(server: Server, expert: Expert) -> None:
    async with listening(server.address, expert) as stream:
        await anext(stream)
        server.should_exit = True
        api.end_streams()
        assert [heard async for heard in stream] == []

    await until(lambda: not slot_events.open_feeds)


async def test_head_answers_headers_and_leaves(app: FastAPI, server: Server, expert: Expert) -> None:
    app.middleware_stack = api.AnswerHead(app.middleware_stack or app.build_middleware_stack())

    async with httpx.AsyncClient(base_url=server.address, timeout=10) as browser:
        response = await browser.head(f"/api/experts/{expert.id}/events")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")
    await until(lambda: not slot_events.open_feeds)
    assert not events.slots.has_watchers(expert.id)


async def test_reader_who_falls_behind_is_cut_off(expert: Expert, slot: TimeSlot) -> None:
    change = availability.change_of(slot)

    with SlotFeed(expert.id) as feed:
        for version in range(LONGEST_BACKLOG):
            events.slot_changed(replace(change, version=version))
        assert events.slots.has_watchers(expert.id)
        events.slot_changed(replace(change, version=LONGEST_BACKLOG))
        assert not events.slots.has_watchers(expert.id)
        assert [heard async for heard in feed] == []


async def test_reader_is_cut_off_when_changes_were_missed(expert: Expert) -> None:
    with SlotFeed(expert.id) as feed:
        events.changes_missed()

        assert [heard async for heard in feed] == []
    assert not events.resync.has_watchers(events.EVERY_EXPERT)


async def test_too_many_listeners_are_asked_to_come_back(
    client: httpx.AsyncClient, expert: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_events, "MOST_FEEDS", 0)

    response = await client.get(f"/api/experts/{expert.id}/events")

    assert (response.status_code, response.json()["error"]) == (429, "too_many_requests")
    assert response.headers["retry-after"] == "60"
