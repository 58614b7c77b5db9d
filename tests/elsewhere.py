"""Another process of the application on the same database, which does what it is told.

Run as a module it reads one JSON line for each thing to do, `[verb, arguments]`, and answers with one JSON line.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from beanie import PydanticObjectId

from expert_booking import bookings, customers, database, holds
from models import TimeSlot

ROOT = Path(__file__).parents[1]


class Elsewhere:
    """The other process, seen from the test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, verb: str, *arguments: str) -> Any:
        """Have one of the functions at the end of this file called there, and wait for what it returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, *arguments]).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def another_process(uri: str, name: str) -> AsyncIterator[Elsewhere]:
    """One that is connected to a database, until the end of the block."""
    command = [sys.executable, "-m", "tests.elsewhere", uri, name]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        elsewhere = Elsewhere(process)
        await elsewhere.do("nothing")
        yield elsewhere
    finally:
        process.kill()
        await process.wait()


async def nothing() -> None:
    """To see whether it answers."""


async def hold(slot_id: str) -> None:
    """Hold a slot for alice."""
    slot = await _slot(slot_id)
    await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice")


async def book(slot_id: str) -> str:
    """Book a slot for alice."""
    slot = await _slot(slot_id)
    customer = customers.check(name="Alice", email="alice@example.com", phone="+442079460958", notes="in confidence")
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=customer)
    return str(booking.id)


async def move(verb: str, booking_id: str) -> None:
    """Confirm, complete, cancel or delete a booking."""
    await getattr(bookings, verb)(PydanticObjectId(booking_id))


async def _slot(slot_id: str) -> TimeSlot:
    slot = await TimeSlot.find_one({"_id": PydanticObjectId(slot_id)})
    assert slot is not None
    return slot


async def _obey(uri: str, name: str) -> None:
    await database.connect(uri, name=name, timeout_seconds=10)
    for line in sys.stdin:  # it has nothing else to do
        verb, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(await globals()[verb](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_obey(*sys.argv[1:]))
