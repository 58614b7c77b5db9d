import asyncio
from collections.abc import Iterator

import pytest

from expert_booking import bookings, closing, settling
from expert_booking.customers import Customer
from models import Booking, TimeSlot
from tests.conftest import stored


@pytest.fixture(autouse=True)
def open_again() -> Iterator[None]:
    yield
    closing.call_off()


async def test_booking_under_way_is_finished_first(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_inserted, may_go_on = asyncio.Event(), asyncio.Event()

    async def settle_later(booking: Booking, *, slot: TimeSlot | None = None) -> None:
        has_inserted.set()
        await may_go_on.wait()
        await settling.settle(booking, slot=slot)

    monkeypatch.setattr(bookings, "settle", settle_later)
    book = bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    booking = asyncio.create_task(book)
    await has_inserted.wait()

    closed = asyncio.create_task(closing.finish(within_seconds=30))
    await asyncio.sleep(0)
    assert not closed.done()
    may_go_on.set()

    assert await closed
    assert (await stored(slot)).booking_id == (await booking).id


async def test_what_takes_too_long_is_not_waited_for() -> None:
    never = asyncio.Event()
    stuck = asyncio.create_task(closing.finished_first(never.wait)())
    await asyncio.sleep(0)

    assert await closing.finish(within_seconds=0.01)

    assert not stuck.done()
    stuck.cancel()


async def test_nothing_under_way_is_nothing_to_wait_for() -> None:
    assert not await closing.finish(within_seconds=30)
