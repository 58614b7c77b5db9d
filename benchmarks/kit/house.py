"""An embedded server, and any number of processes of the application on it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Self

import aiohttp
import httpx

from benchmarks.kit.application import ALICE, Application
from benchmarks.kit.audience import Audience
from benchmarks.kit.processes import HOST
from benchmarks.kit.resources import cpu_seconds
from benchmarks.kit.viewer import PageViewer, RoomViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch
from expert_booking import database, embedded_files
from expert_booking.embedded_server import EmbeddedServer
from expert_booking.settings import Settings

COOKIE = zone_cookie("UTC")
EXPERTS = 40
PATIENCE_SECONDS = 10.0
"""How late is late, so that a busy machine makes figures and no errors."""
CALM_LOOKS, CALM_SECONDS, CALM_IN_A_ROW, CALM_SHARE = 60, 0.5, 4, 0.12
LOOK_SECONDS, OURS = 0.25, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A server of its own, to which this process is connected too."""

    uri: str
    pid: int

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """Started empty, and connected."""
        with TemporaryDirectory(prefix="expert-booking-") as folder:
            server = await EmbeddedServer.start(Path(folder))
            try:
                recorded = embedded_files.read_record(Path(folder).resolve())
                assert recorded is not None
                name = Settings.model_fields["database_name"].default
                await database.connect(server.uri, name=name, timeout_seconds=PATIENCE_SECONDS)
                yield cls(uri=server.uri, pid=recorded[0])
            finally:
                await database.disconnect()
                await server.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds of a core, by who spent them, and how long it took."""

    app: float
    database: float
    client: float
    seconds: float

    def __sub__(self, earlier: "Spent") -> "Spent":
        return Spent(
            app=self.app - earlier.app,
            database=self.database - earlier.database,
            client=self.client - earlier.client,
            seconds=self.seconds - earlier.seconds,
        )


class Others:
    """Looks now and then how many threads of whoever else want a core, while the house is at work or before it is."""

    def __init__(self, *pids: int) -> None:
        self._ours = [os.getpid(), *pids]
        self._found: list[int] = []

    @property
    def wanting(self) -> float:
        """As many, all the time, as would have left the same share of the cores to `OURS` threads of ours."""
        cores = os.cpu_count() or 1
        shares = [min(1.0, cores / (OURS + found)) for found in self._found]
        return max(0.0, cores / mean(shares) - OURS) if shares else 0.0

    async def look(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            ours = sum(_wants_a_core(thread) for pid in self._ours for thread in Path(f"/proc/{pid}/task").iterdir())
            self._found.append(max(0, int(_machine_figures("procs_running")[0]) - ours))

    @classmethod
    @asynccontextmanager
    async def watched(cls, *pids: int) -> AsyncIterator[Self]:
        """Beside what is done meanwhile by this process and those named."""
        others = cls(*pids)
        looking = asyncio.create_task(others.look())
        try:
            yield others
        finally:
            looking.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Processes that follow each other's changes, and a client that asks them."""

    database: Database
    apps: tuple[Application, ...]
    http: aiohttp.ClientSession
    browsers: tuple[httpx.AsyncClient, ...]

    @classmethod
    @asynccontextmanager
    async def running(cls, shared: Database, processes: int) -> AsyncIterator[Self]:
        """So many processes, ready; the first one there ever was has filled the database with demo experts."""
        settings = {
            "MONGO_URI": shared.uri,
            "CHANGE_STREAMS": "on",
            "STORAGE_SECRET": "measured" * 4,
            "DATABASE_TIMEOUT_SECONDS": PATIENCE_SECONDS,
            "DEMO_EXPERTS": EXPERTS,
        }
        async with AsyncExitStack() as stack:
            apps = [await stack.enter_async_context(Application.running(settings)) for _ in range(processes)]
            headers = {"Cookie": COOKIE, "Accept-Encoding": "gzip"}
            nobodys, many = aiohttp.DummyCookieJar(), aiohttp.TCPConnector(limit=0)
            http = aiohttp.ClientSession(headers=headers, cookie_jar=nobodys, connector=many, auto_decompress=False)
            await stack.enter_async_context(http)
            browsers = [await stack.enter_async_context(browser(app.port)) for app in apps]
            yield cls(database=shared, apps=tuple(apps), http=http, browsers=tuple(browsers))

    def spent(self) -> Spent:
        """So far, by the processes of the application together, by the database, and by this process."""
        return Spent(
            app=sum(cpu_seconds(app.server.pid) for app in self.apps),
            database=cpu_seconds(self.database.pid),
            client=time.process_time(),
            seconds=time.perf_counter(),
        )

    def others(self) -> AbstractAsyncContextManager[Others]:
        """Who else wants a core meanwhile."""
        return Others.watched(self.database.pid, *(app.server.pid for app in self.apps))

    async def calm(self) -> None:
        """Wait until what every process reads after its start has been read."""
        has_been = 0
        for _ in range(CALM_LOOKS):
            before = self.spent()
            await asyncio.sleep(CALM_SECONDS)
            spent = self.spent() - before
            has_been = has_been + 1 if spent.app + spent.database < CALM_SHARE * spent.seconds * len(self.apps) else 0
            if has_been == CALM_IN_A_ROW:
                return
        raise TimeoutError("the processes do not come to rest")

    def address(self, number: int) -> str:
        """Of one process after the other."""
        return f"http://{HOST}:{self.apps[number % len(self.apps)].port}"

    async def load(self, number: int, path: str) -> None:
        """Load a page."""
        async with self.http.get(self.address(number) + path) as answer:
            answer.raise_for_status()
            await answer.read()

    async def book(self, number: int, expert_id: str, slot_id: str) -> None:
        """Book a slot."""
        wanted = {"slotId": slot_id, **ALICE}
        address = f"{self.address(number)}/api/experts/{expert_id}/book"
        async with self.http.post(address, json=wanted) as answer:
            answer.raise_for_status()
            await answer.read()

    async def audience(self, number: int, path: str, viewers: int) -> Audience:
        """So many viewers of a page of one process."""
        port, http = self.apps[number].port, self.browsers[number]

        async def arrive(watch: Watch, _: int) -> RoomViewer:
            return await PageViewer(watch).visit(http, port, path, cookie=COOKIE)

        audience = Audience(arrive)
        await audience.grow(viewers)
        return audience


def _wants_a_core(thread: Path) -> bool:
    try:
        return (thread / "stat").read_text().rpartition(") ")[2].startswith("R")
    except OSError:  # it has ended meanwhile
        return False


def _machine_figures(name: str) -> list[str]:
    """As `/proc/stat` has them."""
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    return next(figures for first, *figures in lines if first == name)
