"""The work is done by the one process that has the claim, and by another one when that leaves."""

import asyncio

import pytest

from expert_booking import background, bookings, clock, database
from expert_booking.customers import Customer
from expert_booking.duties import Duty
from expert_booking.leases import Claim
from expert_booking.lifecycle import open_house
from expert_booking.settings import Settings
from models import Booking, BookingStatus, TimeSlot
from tests.expert_booking.test_leases import SHORT, lease, takes_over


async def test_work_is_done_by_one_and_taken_over_when_it_leaves(connected: None) -> None:
    done: list[str] = []

    def duty(name: str) -> Duty:
        async def work() -> None:
            done.append(name)

        return Duty("the duty", work, every_seconds=SHORT / 10, lasts_seconds=3 * SHORT)

    async def until_done_by(name: str) -> None:
        async with asyncio.timeout(20):
            while name not in done:
                await asyncio.sleep(0.01)

    first = asyncio.create_task(duty("first").run())
    await until_done_by("first")
    second = asyncio.create_task(duty("second").run())
    await asyncio.sleep(3 * SHORT)  # several renewals
    assert set(done) == {"first"}

    await background.stop([first])
    done.clear()
    await until_done_by("second")
    await background.stop([second])

    assert set(done) == {"second"}
    assert (await lease()).holder is None


async def test_work_ends_with_the_claim(connected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The renewals hang; the work stops all the same before anybody else may begin."""
    working = asyncio.Event()

    async def work() -> None:
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            working.clear()

    async def hang(_: Claim) -> bool:
        await asyncio.Event().wait()
        return False

    task = asyncio.create_task(Duty("the duty", work, every_seconds=1, lasts_seconds=SHORT).run())
    async with asyncio.timeout(20):
        await working.wait()
        other = Claim("the duty", lasts_seconds=SHORT)
        with monkeypatch.context() as patched:
            patched.setattr(Claim, "take", hang)
            await asyncio.sleep(SHORT / 3)
        await takes_over(other)
    was_working = working.is_set()
    await background.stop([task])

    assert not was_working


async def test_past_sessions_are_completed_by_the_house_that_has_the_duty(
    database_uri: str, database_name: str, slot: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await bookings.confirm(booking.id)
    await database.collection(Booking).update_one({"_id": booking.id}, {"$set": {"ends_at": clock.now()}})
    settings = Settings(mongo_uri=database_uri, database_name=database_name, demo_experts=0)

    async def status() -> BookingStatus:
        return (await bookings.get(booking.id)).status

    async with open_house(settings, when_connected=_nothing), asyncio.timeout(20):
        while await status() is not BookingStatus.COMPLETED:
            await asyncio.sleep(0.01)
        holder = (await lease("complete past sessions")).holder
    await database.connect(database_uri, name=database_name, timeout_seconds=10)

    assert holder is not None
    assert (await lease("complete past sessions")).holder is None


async def _nothing() -> None:
    """Nobody waits for the first connection here."""
