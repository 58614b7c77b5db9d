"""The real application as a process of its own, with demo experts in a data directory that goes with it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.kit.server import Server

CHANGES = "changes"
ALICE = {"userName": "Alice", "userEmail": "alice@example.com", "userPhone": "+442079460958"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A running application, asked through its JSON API."""

    server: Server

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: Mapping[str, object] | None = None) -> AsyncIterator[Self]:
        """Started with the settings that it has by default, except for those given, and ready to answer."""
        module = ("-m", "benchmarks.kit.measured_application", CHANGES)
        async with Server.running(*module, ready="/readyz", settings=settings) as server:
            yield cls(server=server)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.server.port

    async def busiest_expert(self) -> str:
        """The id of the expert with the most open slots, all of one session type: its page shows them all."""
        listed = await self._asked("GET", "/api/experts", params={"limit": 50})
        of_one_type = (expert for expert in listed["experts"] if len(expert["sessionTypes"]) == 1)
        most: dict[str, Any] = max(of_one_type, key=lambda expert: expert["openSlots"])
        return str(most["_id"])

    async def open_slots(self, expert_id: str) -> list[str]:
        """The ids of an expert's open slots, earliest first."""
        expert = await self._asked("GET", f"/api/experts/{expert_id}")
        return [slot["id"] for slot in expert["timeSlots"] if slot["state"] == "open"]

    async def book(self, expert_id: str, slot_id: str) -> dict[str, Any]:
        """A booking of Alice's, with its manage token."""
        return await self._asked("POST", f"/api/experts/{expert_id}/book", json={"slotId": slot_id, **ALICE})

    async def cancel(self, booking: dict[str, Any]) -> None:
        """Cancel a booking, which opens its slot again."""
        proof = {"Authorization": f"Bearer {booking['manageToken']}"}
        await self._asked("POST", f"/api/bookings/{booking['_id']}/cancel", headers=proof)

    def changed_at(self, slot_id: str, state: str) -> float:
        """When it last said that the slot is in that state now (by `time.monotonic`)."""
        notes = (line.split() for line in (self.server.folder / CHANGES).read_text().splitlines())
        return max(float(at) for at, changed, to in notes if (changed, to) == (slot_id, state))

    async def _asked(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = await self.server.http.request(method, path, **options)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer
