"""The application and its peer side by side, with an audience each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import httpx

from benchmarks.kit.application import Application
from benchmarks.kit.audience import Audience, Heard
from benchmarks.kit.broadcast import Broadcast
from benchmarks.kit.viewer import PageViewer, RoomViewer, browser

REST_SECONDS = 0.1
SETTLE_SECONDS = 1.0


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
    async def running(cls) -> AsyncIterator[Self]:
        """Both servers started, a slot chosen that the expert's page shows, nobody there yet."""
        async with (
            Application.running() as application,
            Broadcast.running() as broadcast,
            browser(application.port) as http,
        ):
            expert_id = await application.busiest_expert()
            path = f"/experts/{expert_id}"
            stage = cls(
                application=application,
                broadcast=broadcast,
                expert_id=expert_id,
                slot_id=await _last_shown(await application.open_slots(expert_id), path, http),
                pages=Audience(lambda watch: PageViewer(watch).visit(http, application.port, path)),
                room=Audience(lambda watch: RoomViewer(watch).connect(broadcast.port, path="/socket.io", query={})),
            )
            yield stage
            stage.pages.leave()
            stage.room.leave()

    async def grow(self, viewers: int) -> None:
        """So many viewers on either side, and a moment for everything to come to rest."""
        await self.pages.grow(viewers)
        await self.room.grow(viewers)
        await asyncio.sleep(SETTLE_SECONDS)

    async def booking(self) -> Heard:
        """How the page's viewers learn of one booking, which is cancelled afterwards."""
        book = self.application.book
        booking, heard = await self.pages.hears(lambda: book(self.expert_id, self.slot_id), self.slot_id, '"booked"')
        await asyncio.sleep(REST_SECONDS)
        await self.pages.hears(lambda: self.application.cancel(booking), self.slot_id, '"open"')
        return heard

    async def same_bytes(self, packet: bytes) -> Heard:
        """How the room's viewers receive the packet that the page's viewers received."""
        _, heard = await self.room.hears(lambda: self.broadcast.send(packet.removeprefix(b"42")), self.slot_id)
        return heard


async def _last_shown(slot_ids: list[str], path: str, http: httpx.AsyncClient) -> str:
    """The last of the slots that a page shows when it opens, which does not start while we measure."""
    page = (await http.get(path)).text
    return [slot_id for slot_id in slot_ids if slot_id in page][-1]
