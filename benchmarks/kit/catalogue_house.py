"""The real application with as many experts as one likes, and how many readings of its database a page takes."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.kit.processes import child
from benchmarks.kit.resources import own_kb
from benchmarks.kit.server import ROOT, Server

COUNTED = "expert_booking_database_seconds_count"
READINGS = ("find", "aggregate", "count", "distinct", "getMore")
SEEDING_SECONDS = 3600
SETTLING_SECONDS = 900
REST_SECONDS = 3.0
POLL_SECONDS = 0.2
HAS_READ = "read what is open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueHouse:
    """An application that has read everything it keeps; `readings_at_rest` a second are nobody's page."""

    server: Server
    kb_at_first: int
    kb_at_rest: int
    settled_after: float
    readings_at_rest: float

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, *, experts: int, days: int) -> AsyncIterator[Self]:
        """Filled, unless the folder has been before, started, and left alone until it reads no more by itself."""
        data = folder / f"{experts}x{days}"
        if not (data / "database").exists():
            await _seed(data, experts=experts, days=days)
        settings = {"DATA_DIR": data, "DEMO_EXPERTS": 0, "LOG_LEVEL": "INFO"}
        async with Server.running(ROOT / "main.py", ready="/readyz", settings=settings) as server:
            kb_at_first = own_kb(server.pid)
            settled_after, rate = await _until_settled(server)
            yield cls(
                server=server,
                kb_at_first=kb_at_first,
                kb_at_rest=own_kb(server.pid),
                settled_after=settled_after,
                readings_at_rest=rate,
            )

    async def readings(self) -> float:
        """How often the application has read from its database so far."""
        return await _readings(self.server)


async def _seed(data: Path, *, experts: int, days: int) -> None:
    data.mkdir(parents=True, exist_ok=True)
    log, settings = data / "seed.log", {"DATA_DIR": str(data), "LOG_LEVEL": "WARNING"}
    arguments = (str(ROOT / "seed.py"), "--experts", str(experts), "--days", str(days))
    async with (
        asyncio.timeout(SEEDING_SECONDS),
        child(*arguments, folder=data, environment=settings, log=log) as process,
    ):
        if await process.wait():
            sys.exit(f"It could not be filled:\n{log.read_text(errors='replace')[-2000:]}")


async def _until_settled(server: Server) -> tuple[float, float]:
    """After how many seconds it has read all that it keeps, and how often in a second it reads from then on."""
    began = time.monotonic()
    async with asyncio.timeout(SETTLING_SECONDS):
        while True:
            if HAS_READ in (server.folder / "server.log").read_text():
                break
            await asyncio.sleep(POLL_SECONDS)
    settled_after, before = time.monotonic() - began, await _readings(server)
    await asyncio.sleep(REST_SECONDS)
    return settled_after, (await _readings(server) - before) / REST_SECONDS


async def _readings(server: Server) -> float:
    lines = (await server.http.get("/metrics")).raise_for_status().text.splitlines()
    counts = [line.rpartition(" ") for line in lines if line.startswith(COUNTED)]
    return sum(float(count) for name, _, count in counts if any(f'"{command}"' in name for command in READINGS))
