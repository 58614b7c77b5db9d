"""The application is told to end: what is under way is answered, everybody else is told, and nothing is taken away."""

import ast
import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpx
import pytest

from benchmarks.kit.viewer import QUERY, PageViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch
from tests.faults.house import ALICE, Clients, House, Wish, house, until, wishes

ENDED_WITHIN_SECONDS = 5


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    """An open house whose pages survive a lost connection for one second."""
    async with house(tmp_path, RECONNECT_SECONDS="1") as here:
        yield here


class SlowBooking:
    """A request whose second half comes when it is asked for: until then, it is being answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rest: bytes) -> None:
        self._reader, self._writer, self._rest = reader, writer, rest

    @classmethod
    async def begin(cls, here: House, wish: Wish) -> Self:
        body = json.dumps({"slotId": wish.slot_id, **ALICE}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        head = [f"POST /api/experts/{wish.expert_id}/book HTTP/1.1", f"Host: 127.0.0.1:{here.port}"]
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}", f"Idempotency-Key: {wish.key}"]
        writer.write("\r\n".join([*head, "Expect: 100-continue", "", ""]).encode())
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"  # the application waits for the body
        await reader.readline()
        writer.write(body[:10])
        await writer.drain()
        return cls(reader, writer, body[10:])

    async def finish(self) -> int:
        """Send the rest; the status of the answer, all of which has arrived."""
        self._writer.write(self._rest)
        async with asyncio.timeout(10):
            answer = await self._reader.read()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert json.loads(body)["status"] == "Pending"
        self._writer.close()
        return int(head.split()[1])


class Leaver(PageViewer):
    """A viewer who notes when the connection ends."""

    def __init__(self) -> None:
        super().__init__(Watch())
        self.was_told = asyncio.Event()

    def lost(self) -> None:
        super().lost()
        self.was_told.set()


@asynccontextmanager
async def watching(here: House, expert_id: str) -> AsyncIterator[Leaver]:
    """Somebody looks at an expert's page."""
    async with browser(here.port) as http:
        yield await Leaver().visit(http, here.port, f"/experts/{expert_id}", cookie=zone_cookie("UTC"))


@asynccontextmanager
async def listening(here: House, expert_id: str) -> AsyncIterator[AsyncIterator[str]]:
    """Somebody listens to an expert's stream of events."""
    async with (
        httpx.AsyncClient(base_url=here.url, timeout=10) as http,
        http.stream("GET", f"/api/experts/{expert_id}/events") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: ready"
        yield lines


@asynccontextmanager
async def polling(here: House) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """A browser that has no WebSocket waits for news of its page."""
    path, engine = "/_nicegui_ws/socket.io/", {"EIO": "4", "transport": "polling"}
    async with browser(here.port) as http:
        page = await http.get("/", headers={"Cookie": zone_cookie("UTC")})
        found = QUERY.search(page.text)
        assert found is not None
        query = {**ast.literal_eval(found[1]), "document_id": "a document", "tab_id": "a tab"}
        own = {"Cookie": f"session={page.cookies['session']}"}
        opened = await http.get(path, params={**query, **engine, "implicit_handshake": "true"}, headers=own)
        sid = json.loads(opened.text[1:])["sid"]
        waiting = asyncio.create_task(http.get(path, params={**engine, "sid": sid}, headers=own))
        await asyncio.sleep(0.3)  # nothing tells that the question has arrived
        assert not waiting.done()
        yield waiting


async def test_everybody_is_told_and_the_request_in_flight_is_answered(here: House) -> None:
    (first,) = wishes(here, 1)
    database = here.database_pid
    async with (
        watching(here, first.expert_id) as viewer,
        listening(here, first.expert_id) as lines,
        polling(here) as poll,
    ):
        slow = await SlowBooking.begin(here, first)
        here.terminate()

        async with asyncio.timeout(ENDED_WITHIN_SECONDS):
            await viewer.was_told.wait()
            rest = [line async for line in lines]  # raises when the stream is cut in the middle
            polled = await poll
        assert [line for line in rest if line.startswith("event:")] == []
        assert polled.text == "1"  # Engine.IO's word for an end after which a browser connects again

    await until(lambda: _is_refused(here))
    assert await slow.finish() == 201
    assert await here.ended(within_seconds=ENDED_WITHIN_SECONDS) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(database, 0)
    assert [line for line in here.log().splitlines() if " ERROR " in line or "Traceback" in line] == []


async def _is_refused(here: House) -> bool:
    """Whether nobody listens any more; what comes while the door is being closed may be cut off."""
    try:
        async with httpx.AsyncClient() as http:
            await http.get(f"{here.url}/healthz")
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        pass
    return False


async def test_bookings_that_got_no_answer_were_not_begun(here: House) -> None:
    clients = Clients(here)
    wanted = wishes(here, 60)

    async def ask(waiting: list[Wish]) -> None:
        async with httpx.AsyncClient(base_url=here.url, timeout=10) as http:
            while waiting:
                await clients.book(http, waiting.pop())

    load = asyncio.gather(*(ask(wanted) for _ in range(4)))
    await until(lambda: asyncio.sleep(0, len(clients.ledger.acknowledged) >= 15))
    here.terminate()
    await load
    code = await here.ended(within_seconds=ENDED_WITHIN_SECONDS)
    await here.open()

    assert code == 0
    assert clients.ledger.unanswered > 0
    kept = {booking["_id"] for booking in here.bookings(ALICE["userEmail"])}
    assert kept == set(clients.ledger.acknowledged.values())
