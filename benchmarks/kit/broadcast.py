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
class Sent:
    """When the server began to send, and when it had nothing more to do (by `time.monotonic`)."""

    began: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One room, and the doors through which a message for everybody comes in."""

    port: int
    door: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def running(cls, websockets: str) -> AsyncIterator[Self]:
        """Started on one of uvicorn's implementations of WebSocket, and ready to send."""
        port = free_port()
        with TemporaryDirectory(prefix="expert-booking-") as folder:
            log = Path(folder) / "broadcaster.log"
            module = ("-m", "benchmarks.kit.broadcaster", str(port), websockets)
            async with (
                child(*module, folder=ROOT, environment=os.environ, log=log) as process,
                httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as door,
            ):
                await wait_until_ready(process, door, "/ready", log)
                yield cls(port=port, door=door)

    async def to_room(self, packet: bytes) -> Sent:
        """Emit an event to the room, given as a Socket.IO packet."""
        return await self._send("/room", packet.removeprefix(b"42"))

    async def to_transports(self, packet: bytes) -> Sent:
        """Write a Socket.IO packet to every transport, as one frame."""
        return await self._send("/floor", packet)

    async def _send(self, door: str, content: bytes) -> Sent:
        response = await self.door.post(door, content=content)
        response.raise_for_status()
        return Sent(**response.json())
