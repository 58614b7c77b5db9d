"""The application, its database, or both are killed at random while people book, and look on.

Every acknowledged booking is there afterwards; a request without an answer can be asked again under its key and gives
one booking; the audit is clean; every page is true within ten seconds.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.house import Clients, House, house, lost, until, wishes
from tests.faults.onlooker import onlookers, pages_are_true

Blow = Callable[[House], Awaitable[None]]


async def application(here: House) -> None:
    """Kill the application, which takes its database with it, and start it again."""
    await asyncio.to_thread(here.kill)
    await here.open()


async def database(here: House) -> None:
    """Kill the database; the application starts it again."""
    pid = here.database_pid
    here.kill_database()
    await until(lambda: asyncio.sleep(0, here.database_pid != pid))


async def both(here: House) -> None:
    """Kill the database, and the application while it brings the database back."""
    here.kill_database()
    await application(here)


LONG = [pytest.param(blow, 50, blows, marks=pytest.mark.faults) for blow, blows in ((application, 12), (both, 8))]
LONG.append(pytest.param(database, 120, 20, marks=pytest.mark.faults))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blow", "count", "blows"), [(both, 12, 1), *LONG], ids=lambda value: getattr(value, "__name__", str(value))
)
async def test_nothing_acknowledged_is_lost(tmp_path: Path, blow: Blow, count: int, blows: int) -> None:
    chance = random.Random(20260101)
    async with house(tmp_path, DEMO_EXPERTS="6") as here:
        wanted = wishes(here, count, soonest=True)
        expert_ids = [wish.expert_id for wish in wanted[:4]]
        clients = Clients(here)
        async with onlookers(here.port, expert_ids) as looking:
            load = asyncio.create_task(clients.book_all(wanted))
            for number in range(blows):
                booked = chance.randint(number * count // blows, (number + 1) * count // blows - 1)
                await until(lambda booked=booked: asyncio.sleep(0, len(clients.ledger.acknowledged) >= booked))
                await asyncio.sleep(chance.random() * 0.05)  # in the middle of whatever comes next
                await blow(here)
            async with asyncio.timeout(120):
                await load
            await pages_are_true(here, looking, expert_ids)

        assert lost(here, clients.ledger) == []
        assert len(set(clients.ledger.acknowledged.values())) == count
        assert clients.ledger.statuses <= {201, 503}
        assert await here.audited() == ""
