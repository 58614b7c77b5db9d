"""The machine's clock is set back and forth an hour under a running application."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.faults import shifted
from tests.faults.house import ALICE, Clients, House, Wish, house, until, wishes
from tests.faults.onlooker import onlookers, pages_are_true
from tests.live import application

HOUR = 3600


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says by how many seconds the application's clock is wrong."""
    file = tmp_path / shifted.SHIFT
    file.write_text("0")
    monkeypatch.setattr(application, "MAIN", Path(shifted.__file__))
    monkeypatch.setenv("PYTHONPATH", str(shifted.MAIN.parent))
    return file


def set_to(clock: Path, seconds: int) -> None:
    """All at once, so that no reading sees half of it."""
    whole = clock.with_suffix(".new")
    whole.write_text(str(seconds))
    whole.replace(clock)


async def state(here: House, wish: Wish) -> str:
    """What a slot is now."""
    expert = await asyncio.to_thread(here.get, f"/api/experts/{wish.expert_id}")
    return next(str(slot["state"]) for slot in expert["timeSlots"] if slot["id"] == wish.slot_id)


async def hold(here: House, wish: Wish) -> None:
    async with httpx.AsyncClient(base_url=here.url, timeout=10) as http:
        answer = await http.post(f"/api/experts/{wish.expert_id}/slots/{wish.slot_id}/hold")
    assert answer.status_code == 201, answer.text


@pytest.mark.faults
async def test_no_booked_slot_is_freed_and_none_is_kept_for_ever(tmp_path: Path, clock: Path) -> None:
    async with house(tmp_path) as here:
        held, *booked = wishes(here, 9)
        expert_ids = [wish.expert_id for wish in wishes(here, 4, soonest=True)]
        clients = Clients(here)
        await clients.book_all(booked)
        async with onlookers(here.port, expert_ids) as looking:
            for seconds in (HOUR, 0, -HOUR, HOUR, -HOUR, 0):
                await hold(here, held)
                set_to(clock, seconds)
                await pages_are_true(here, looking, expert_ids)
                await until(lambda: _is(here, held, "open"), seconds=10)  # its time is up, or was never to be
                assert {await state(here, wish) for wish in booked} == {"booked"}

        kept = {booking["_id"]: booking["status"] for booking in here.bookings(ALICE["userEmail"])}
        assert kept == dict.fromkeys(clients.ledger.acknowledged.values(), "Pending")
        assert await here.audited() == ""
        assert "Traceback" not in here.log()


async def _is(here: House, wish: Wish, wanted: str) -> bool:
    return await state(here, wish) == wanted
