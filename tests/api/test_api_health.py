import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from expert_booking import clock, closing, database
from models import Expert
from tests.api.conftest import ALICE, AS_ADMIN, NOBODY, bearing


class Line:
    """The way to the database, which can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        self._open.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open |= {writer, behind_writer}
        await asyncio.gather(self._carry(reader, behind_writer), self._carry(behind_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()


@pytest.fixture
async def line(database_uri: str, database_name: str) -> AsyncIterator[Line]:
    """A line to the test's own database, over which the documents are reached."""
    address = urlsplit(database_uri)
    assert address.port is not None
    line = Line(address.port)
    await line.mend()
    uri = database_uri.replace(f":{address.port}", f":{line.port}")
    await database.connect(uri, name=database_name, timeout_seconds=0.5)
    try:
        yield line
    finally:
        await line.cut()  # first, because closing the client blocks this very loop until it is answered
        await database.disconnect()


async def test_process_lives_and_is_ready(client: httpx.AsyncClient, connected: None) -> None:
    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_process_that_is_about_to_end_is_not_ready(
    client: httpx.AsyncClient, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "_is_closing", True)

    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["error"]) == (503, "closing")
    assert ready.headers["retry-after"] == "3"


async def test_every_route_says_so_when_the_database_is_away(client: httpx.AsyncClient, line: Line) -> None:
    described = {"category": "Law", "experience_years": 1, "rating": 4, "created_at": clock.now()}
    expert = await Expert(name="Ann", **described).insert()
    await line.cut()

    answers = [
        await client.get("/api/experts"),
        await client.get(f"/api/experts/{expert.id}"),
        await client.get(f"/api/experts/{expert.id}/events"),
        await client.get("/api/categories"),
        await client.get("/api/bookings", headers=bearing("of-a-sign-in")),
        await client.get("/api/bookings", params={"email": "alice@example.com"}, headers=AS_ADMIN),
        await client.get("/api/me/export", headers=bearing("of-a-sign-in")),
        await client.post("/api/me/erase", headers=bearing("of-a-sign-in")),
        await client.post("/api/sign-in", json={"email": "alice@example.com"}),
        await client.post("/api/sign-in/verify", json={"email": "alice@example.com", "code": "123456"}),
        await client.post("/api/sign-out", headers=bearing("of-a-sign-in")),
        await client.post(f"/api/experts/{expert.id}/book", json={**ALICE, "slotId": NOBODY}),
        await client.post(f"/api/experts/{expert.id}/slots/{NOBODY}/hold"),
        await client.post(f"/api/bookings/{NOBODY}/cancel", headers=AS_ADMIN),
        await client.get("/readyz"),
    ]

    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [
        (503, "database_unavailable")
    ] * len(answers)
    assert all(answer.headers["retry-after"] for answer in answers)
    assert (await client.get("/healthz")).status_code == 200


async def test_service_returns_with_the_database(client: httpx.AsyncClient, line: Line) -> None:
    await line.cut()
    assert (await client.get("/api/experts")).status_code == 503
    await line.mend()

    async with asyncio.timeout(20):
        while (await client.get("/readyz")).status_code != 200:
            pass  # each try waits for the database itself

    assert (await client.get("/api/experts")).status_code == 200


NEVER_THERE = """
import asyncio, sys, httpx
from fastapi import FastAPI
from expert_booking import api, database
from expert_booking.settings import Settings

async def statuses():
    app = FastAPI()
    api.install(app, Settings(_env_file=None))
    try:
        await database.connect(sys.argv[1], name="never_there", timeout_seconds=0.3)
    except database.UNUSABLE_ERRORS:
        pass
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://booking.test") as client:
        client.headers["Authorization"] = "Bearer of-a-sign-in"
        paths = ["/api/experts", "/api/bookings", "/readyz", "/healthz"]
        return [(await client.get(path)).status_code for path in paths]

print(*asyncio.run(statuses()))
"""


def test_database_that_never_was_there_is_unavailable(unused_tcp_port: int) -> None:
    """In a process of its own, where no other test has bound the documents to a database."""
    command = [sys.executable, "-c", NEVER_THERE, f"mongodb://127.0.0.1:{unused_tcp_port}"]

    finished = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert finished.stdout.split() == ["503", "503", "503", "200"], finished.stderr
