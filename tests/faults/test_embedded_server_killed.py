"""The database that the application started is killed while bookings are made; nothing acknowledged is lost."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from beanie import PydanticObjectId

from expert_booking import bookings, clock, database, lifecycle
from expert_booking.audit import contradictions
from expert_booking.settings import Settings
from models import Booking, TimeSlot
from tests.conftest import person

SLOTS = 60
KILLS = 2
BOOKED_BETWEEN_KILLS = 10


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """An application at work on an embedded server of its own, with free slots; gives the data directory."""
    monkeypatch.delenv("MONGO_URI", raising=False)
    settings = Settings(_env_file=None, data_dir=tmp_path, recovery_interval_seconds=1)

    async def fill() -> None:
        expert_id, first = PydanticObjectId(), clock.now() + timedelta(days=1)
        starts = [first + timedelta(hours=hour) for hour in range(SLOTS)]
        await TimeSlot.insert_many(
            [TimeSlot(expert_id=expert_id, starts_at=start, ends_at=start + timedelta(hours=1)) for start in starts]
        )

    async with lifecycle.open_house(settings, when_connected=fill):
        yield tmp_path


class Visitors:
    """Book slot after slot; whoever gets no answer asks again with the same key, as a browser would."""

    def __init__(self, slots: list[TimeSlot]) -> None:
        self._slots = iter(slots)
        self.acknowledged: list[PydanticObjectId] = []
        self.unanswered = 0

    async def book_all(self, number: int) -> None:
        visitor = f"visitor{number}"
        for slot in self._slots:
            while not await self._book(slot, visitor):
                await asyncio.sleep(0.05)

    async def _book(self, slot: TimeSlot, visitor: str) -> bool:
        try:
            booking = await bookings.book(
                expert_id=slot.expert_id,
                slot_id=slot.id,
                visitor=visitor,
                customer=person(visitor),
                idempotency_key=str(slot.id),
            )
        except database.CONNECTION_ERRORS:
            self.unanswered += 1
            return False
        self.acknowledged.append(booking.id)
        return True


def server_pid(data_dir: Path) -> int:
    return int(json.loads((data_dir / "database.json").read_text())["pid"])


@pytest.mark.slow
async def test_acknowledged_bookings_survive_kills_of_the_database(house: Path) -> None:
    slots = await TimeSlot.find_all().to_list()
    visitors, pids = Visitors(slots), {server_pid(house)}

    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(visitors.book_all(number))
        for kill in range(1, KILLS + 1):
            while len(visitors.acknowledged) < kill * BOOKED_BETWEEN_KILLS:
                await asyncio.sleep(0.01)
            os.kill(server_pid(house), signal.SIGKILL)
            while server_pid(house) in pids:
                await asyncio.sleep(0.01)
            pids.add(server_pid(house))

    kept = await Booking.find({"active": True}).to_list()
    assert sorted(booking.id for booking in kept) == sorted(visitors.acknowledged)
    assert {booking.slot_id for booking in kept} == {slot.id for slot in slots}
    assert visitors.unanswered > 0
    await _comes_right_by_itself()


@pytest.mark.slow
async def test_application_recovers_by_itself_once_the_database_is_back(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = await TimeSlot.find_one({})
    assert slot is not None

    async def killed(*_: object, **__: object) -> None:
        """The database dies between the insert and the projection."""
        os.kill(server_pid(house), signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", killed)
        booking = await bookings.book(
            expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=person("alice")
        )

    await _comes_right_by_itself()

    shown = await TimeSlot.find_one({"_id": slot.id})
    assert shown is not None
    assert shown.booking_id == booking.id


async def _comes_right_by_itself() -> None:
    """Nobody calls recovery; the application does, as soon as it reaches its database."""
    left = ["not looked at yet"]
    async with asyncio.timeout(60):
        while left:
            await asyncio.sleep(0.05)
            with suppress(*database.CONNECTION_ERRORS):
                left = await contradictions()
