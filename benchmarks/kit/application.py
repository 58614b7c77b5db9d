"""The real application as a process of its own, with demo experts in a data directory that goes with it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx

from benchmarks.kit.processes import HOST, child, free_port, wait_until_ready
from expert_booking.settings import Settings

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 20.0
ALICE = {"userName": "Alice", "userEmail": "alice@example.com", "userPhone": "+442079460958"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A running application, and a client of its JSON API."""

    port: int
    pid: int
    api: httpx.AsyncClient
    changes: Path

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: Mapping[str, object] | None = None) -> AsyncIterator[Self]:
        """Started with the settings that it has by default, except for those given, and ready to answer."""
        port = free_port()
        with TemporaryDirectory(prefix="expert-booking-") as name:
            folder = Path(name)
            log, changes = folder / "application.log", folder / "changes"
            environment = environment_of(port, folder / "data", settings or {})
            module = ("-m", "benchmarks.kit.timed_application", changes)
            async with (
                child(*module, folder=folder, environment=environment, log=log) as process,
                httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=ANSWER_SECONDS) as api,
            ):
                await wait_until_ready(process, api, "/readyz", log)
                yield cls(port=port, pid=process.pid, api=api, changes=changes)

    async def busiest_expert(self) -> str:
        """The id of the expert with the most open slots."""
        listed = await self._asked("GET", "/api/experts", params={"limit": 50})
        most: dict[str, Any] = max(listed["experts"], key=lambda expert: expert["openSlots"])
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
        notes = (line.split() for line in self.changes.read_text().splitlines())
        return max(float(at) for at, changed, to in notes if (changed, to) == (slot_id, state))

    async def _asked(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = await self.api.request(method, path, **options)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


def environment_of(port: int, data_dir: Path, settings: Mapping[str, object]) -> dict[str, str]:
    """No setting of whoever measures gets through, least of all the address of a database."""
    known = {name.upper() for name in Settings.model_fields}
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in known}
    own = {"HOST": HOST, "PORT": port, "DATA_DIR": data_dir, "LOG_LEVEL": "WARNING", "PYTHONPATH": ROOT, **settings}
    return {**inherited, **{name: str(value) for name, value in own.items()}}
