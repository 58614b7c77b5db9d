"""The application and its peer side by side, with an audience each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import httpx

from benchmarks.kit.application import Application
from benchmarks.kit.audience import Audience, Heard
from benchmarks.kit.broadcast import Broadcast, Sent
from benchmarks.kit.figures import Latencies
from benchmarks.kit.viewer import PageViewer, RoomViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch

REST_SECONDS = 0.1
SETTLE_SECONDS = 1.0
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Australia/Sydney",
    "America/Sao_Paulo",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one message reached everybody, by two clocks: since it was asked for, and since the server began to send."""

    from_request: Latencies
    from_write: Latencies
    sending_seconds: float | None
    missed: int
    message: bytes

    @classmethod
    def of(cls, heard: Heard, *, written_at: float, ended_at: float | None = None) -> Self:
        """The times of those who heard it; the server returned from sending at `ended_at`, if it says so."""
        return cls(
            from_request=heard.since(heard.asked_at),
            from_write=heard.since(written_at),
            sending_seconds=None if ended_at is None else ended_at - written_at,
            missed=heard.missed,
            message=heard.message,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Both servers, the slot that is booked and opened again, and who watches."""

    application: Application
    broadcast: Broadcast
    expert_id: str
    slot_id: str
    pages: Audience
    room: Audience

    @classmethod
    @asynccontextmanager
    async def running(cls, *, zones: int, websockets: str) -> AsyncIterator[Self]:
        """Both servers started, a slot chosen that the expert's page shows in so many zones, nobody there yet."""
        async with (
            Application.running() as application,
            Broadcast.running(websockets) as broadcast,
            browser(application.port) as http,
        ):
            expert_id = await application.busiest_expert()
            path, cookies = f"/experts/{expert_id}", [zone_cookie(zone) for zone in ZONES[:zones]]

            room_port = broadcast.server.port

            def visit(watch: Watch, number: int) -> Awaitable[RoomViewer]:
                return PageViewer(watch).visit(http, application.port, path, cookie=cookies[number % zones])

            stage = cls(
                application=application,
                broadcast=broadcast,
                expert_id=expert_id,
                slot_id=await _last_shown(await application.open_slots(expert_id), path, http, cookies),
                pages=Audience(visit),
                room=Audience(lambda watch, _: RoomViewer(watch).connect(room_port, path="/socket.io", query={})),
            )
            yield stage
            stage.pages.leave()
            stage.room.leave()

    async def grow(self, viewers: int) -> None:
        """So many viewers on either side, and a moment for everything to come to rest."""
        await self.pages.grow(viewers)
        await self.room.grow(viewers)
        await asyncio.sleep(SETTLE_SECONDS)

    async def booking(self) -> Spread:
        """How the page's viewers learn of one booking, which is cancelled afterwards."""
        book = self.application.book
        booking, heard = await self.pages.hears(lambda: book(self.expert_id, self.slot_id), self.slot_id, "booked")
        spread = Spread.of(heard, written_at=self.application.changed_at(self.slot_id, "booked"))
        await asyncio.sleep(REST_SECONDS)
        await self.pages.hears(lambda: self.application.cancel(booking), self.slot_id, "open")
        await asyncio.sleep(REST_SECONDS)
        return spread

    async def emitted(self, packet: bytes) -> Spread:
        """How the room's viewers receive the packet that the page's viewers received."""
        return await self._sent(lambda: self.broadcast.to_room(packet))

    async def written(self, packet: bytes) -> Spread:
        """The same as one frame made beforehand, written to every transport."""
        return await self._sent(lambda: self.broadcast.to_transports(packet))

    async def _sent(self, send: Callable[[], Awaitable[Sent]]) -> Spread:
        sent, heard = await self.room.hears(send, self.slot_id)
        await asyncio.sleep(REST_SECONDS)
        return Spread.of(heard, written_at=sent.began, ended_at=sent.ended)


async def _last_shown(slot_ids: list[str], path: str, http: httpx.AsyncClient, cookies: Iterable[str]) -> str:
    """The last of the slots that every page shows when it opens, which does not start while we measure."""
    pages = [(await http.get(path, headers={"Cookie": cookie})).text for cookie in cookies]
    return [slot_id for slot_id in slot_ids if all(slot_id in page for page in pages)][-1]
