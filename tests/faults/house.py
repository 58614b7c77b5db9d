"""The application as people run it, the clients that keep their own books about it, and its end in several ways."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.live.application import Application

ALICE = {"userName": "Alice", "userEmail": "alice@example.com", "userPhone": "+44 20 7946 0958", "notes": ""}
PATIENCE_SECONDS = 40.0
ROOT = Path(__file__).parents[2]


class House(Application):
    """One application with its own database server, which may be killed, stalled or told to end."""

    @property
    def pid(self) -> int:
        """The application's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def database_pid(self) -> int:
        """The process of its database server, as it is now."""
        record = json.loads((self.data_dir / "database.json").read_text(encoding="utf-8"))
        return int(record["pid"])

    async def open(self) -> None:
        """Start it and wait until it is ready, while the clients go on."""
        await asyncio.to_thread(self.start)

    def terminate(self) -> "subprocess.Popen[bytes]":
        """Ask it to end, as a service manager does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process

    async def ended(self, *, within_seconds: float) -> int:
        """Wait for its end; the exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, within_seconds)

    def kill_database(self) -> None:
        """End the database server without a chance to say good-bye; the application starts it again."""
        with suppress(ProcessLookupError):
            os.kill(self.database_pid, signal.SIGKILL)

    def stall_database(self) -> None:
        """Let the database server do nothing, as a machine does that swaps or waits for its disk."""
        os.kill(self.database_pid, signal.SIGSTOP)

    def wake_database(self) -> None:
        """Let it go on."""
        os.kill(self.database_pid, signal.SIGCONT)

    async def audited(self) -> str:
        """Close the house, and what the audit of its files then says when anything is wrong."""
        await asyncio.to_thread(self.stop)
        command = [sys.executable, "-m", "expert_booking.audit"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(self.data_dir), "MONGO_URI": ""}
        ended = await asyncio.to_thread(
            subprocess.run, command, cwd=self.data_dir, env=environment, capture_output=True, text=True
        )
        return "" if ended.returncode == 0 else f"{ended.returncode}: {ended.stdout}{ended.stderr}"

    async def is_ready(self) -> None:
        """Wait until it can be used again."""
        await until(lambda: asyncio.to_thread(self._is_ready))


@asynccontextmanager
async def house(folder: Path, **settings: str) -> AsyncIterator[House]:
    """An open house that is closed on the way out, however it is then."""
    here = House(folder, **{"DEMO_EXPERTS": "4", "DEMO_DAYS": "10", "RECOVERY_INTERVAL_SECONDS": "1", **settings})
    try:
        await here.open()
        yield here
    finally:
        await asyncio.to_thread(here.stop)


async def until(holds: Callable[[], Awaitable[Any]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Wish:
    """A slot that somebody wants, and the key under which they ask for it again and again."""

    expert_id: str
    slot_id: str

    @property
    def key(self) -> str:
        return f"wish-{self.slot_id}"


@dataclass
class Ledger:
    """What the clients know of their own requests, whatever the application says later."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Booking ids by key."""
    unanswered: int = 0
    statuses: set[int] = field(default_factory=set)


class Clients:
    """People who book through the API; whoever gets no answer, or a 503, asks again with the same key."""

    def __init__(self, here: House) -> None:
        self._house = here
        self.ledger = Ledger()

    async def book_all(self, wishes: Iterable[Wish], *, at_once: int = 4) -> None:
        """Book one after the other, until every one is acknowledged."""
        waiting = iter(list(wishes))
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._book_in_turn(waiting))

    async def _book_in_turn(self, waiting: Iterable[Wish]) -> None:
        async with httpx.AsyncClient(base_url=self._house.url, timeout=10) as http:
            for wish in waiting:
                while not await self.book(http, wish):
                    await asyncio.sleep(0.05)

    async def book(self, http: httpx.AsyncClient, wish: Wish) -> bool:
        """Ask once; whether there is an answer that counts."""
        try:
            answer = await http.post(
                f"/api/experts/{wish.expert_id}/book",
                json={"slotId": wish.slot_id, **ALICE},
                headers={"Idempotency-Key": wish.key},
            )
        except httpx.TransportError:
            self.ledger.unanswered += 1
            return False
        self.ledger.statuses.add(answer.status_code)
        if answer.status_code == 503:
            return False
        assert answer.status_code == 201, answer.text
        booking_id = answer.json()["_id"]
        assert self.ledger.acknowledged.setdefault(wish.key, booking_id) == booking_id, "one key, two bookings"
        return True


def wishes(here: House, count: int, *, soonest: bool = False) -> list[Wish]:
    """Open slots of all experts in turn: those that lie furthest ahead, or the ones that pages show first.

    None of them starts while a test runs, and none shares time with another one.
    """
    soon = datetime.now(UTC) + timedelta(minutes=10)

    def is_open(slot: dict[str, Any]) -> bool:
        return slot["state"] == "open" and datetime.fromisoformat(slot["startsAt"]) > soon

    calendars = []
    listed = here.get("/api/experts?limit=50")["experts"]
    for expert in (each for each in listed if len(each["sessionTypes"]) == 1):
        slots = here.get(f"/api/experts/{expert['_id']}")["timeSlots"]
        in_order = slots if soonest else reversed(slots)
        calendars.append([Wish(expert["_id"], slot["id"]) for slot in in_order if is_open(slot)])
    mixed = [wish for turn in itertools.zip_longest(*calendars) for wish in turn if wish is not None]
    assert len(mixed) >= count, "the demo is too small for this test"
    return mixed[:count]


def lost(here: House, ledger: Ledger) -> list[str]:
    """The bookings that were acknowledged and are not there."""
    kept = {booking["_id"] for booking in here.bookings(ALICE["userEmail"])}
    return [booking_id for booking_id in ledger.acknowledged.values() if booking_id not in kept]
