"""The bare Socket.IO server of `broadcaster.py` as a process of its own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import httpx

from benchmarks.kit.processes import HOST, child, free_port, wait_until_ready

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One room, and the door through which a message for everybody comes in."""

    port: int
    door: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """Started, and ready to send."""
        port = free_port()
        with TemporaryDirectory(prefix="expert-booking-") as folder:
            log = Path(folder) / "broadcaster.log"
            module = ("-m", "benchmarks.kit.broadcaster", str(port))
            async with (
                child(*module, folder=ROOT, environment=os.environ, log=log) as process,
                httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as door,
            ):
                await wait_until_ready(process, door, "/ready", log)
                yield cls(port=port, door=door)

    async def send(self, message: bytes) -> None:
        """Send everybody a message, given as a Socket.IO event packet without its type."""
        (await self.door.post("/send", content=message)).raise_for_status()
