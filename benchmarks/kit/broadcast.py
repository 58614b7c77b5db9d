"""The bare Socket.IO server of `broadcaster.py` as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from benchmarks.kit.server import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """When the server began to send, and when it had nothing more to do (by `time.monotonic`)."""

    began: float
    ended: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One room, and the doors through which a message for everybody comes in."""

    server: Server

    @classmethod
    @asynccontextmanager
    async def running(cls, websockets: str) -> AsyncIterator[Self]:
        """Started on one of uvicorn's implementations of WebSocket, and ready to send."""
        async with Server.running("-m", "benchmarks.kit.broadcaster", websockets) as server:
            yield cls(server=server)

    async def to_room(self, packet: bytes) -> Sent:
        """Emit an event to the room, given as a Socket.IO packet."""
        return await self._send("/room", packet.removeprefix(b"42"))

    async def to_transports(self, packet: bytes) -> Sent:
        """Write a Socket.IO packet to every transport, as one frame."""
        return await self._send("/floor", packet)

    async def _send(self, door: str, content: bytes) -> Sent:
        response = await self.server.http.post(door, content=content)
        response.raise_for_status()
        return Sent(**response.json())
