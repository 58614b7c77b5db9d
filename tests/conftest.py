"""What every test stands on: a real database server, an own database, alice, bob and charlie."""

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta

import pytest

from expert_booking import clock, customers, database, limiting, outbox, policy, revisions, webhooks
from expert_booking.customers import Customer
from models import Expert, TimeSlot
from tests import databases

LONGEST_FIRST = ("tests/security/", "tests/live/", "tests/faults/", "tests/test_seed.py", "tests/pages/test_doors.py")
"""What takes a worker long; begun last, it would keep everybody waiting while the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long; each stays together, and in its order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))


@pytest.fixture(scope="session")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MongoDB-compatible server that lives as long as the tests."""
    folder = tmp_path_factory.mktemp("database")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(folder / "files"), "--log-level", "WARNING", "--cache-size", "256M"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(port, server)
        yield f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false&maxPoolSize=10"
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_until_listening(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until a server that was just started takes connections on 127.0.0.1."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the test database did not start; is the 'embedded' extra installed?")


@pytest.fixture
def database_name() -> str:
    """A database of the test's own, which is empty; it may have its indexes already."""
    return databases.take()


@pytest.fixture
async def connected(database_uri: str, database_name: str) -> AsyncIterator[None]:
    """The documents bound to the test's own, empty database; of no test's afterwards."""
    makes_indexes = not databases.has_indexes(database_name)
    await database.connect(database_uri, name=database_name, timeout_seconds=10, makes_indexes=makes_indexes)
    try:
        yield
    finally:
        await databases.give_back(database_name)
        await database.disconnect()


@pytest.fixture(autouse=True)
def default_policy() -> Iterator[None]:
    """Every test begins and ends with the default house rules, without limits, and as if there were a mail server."""
    _begin_anew()
    yield
    _begin_anew()


def _begin_anew() -> None:
    policy.use(policy.BookingPolicy())
    limiting.use(is_on=False)
    outbox.use(has_server=True)
    webhooks.use("the secret of these tests")


def person(name: str) -> Customer:
    """A customer with details that pass every check."""
    return customers.check(name=name.title(), email=f"{name}@example.com", phone="+442079460958", notes="")


@pytest.fixture
def alice() -> Customer:
    return person("alice")


@pytest.fixture
def bob() -> Customer:
    return person("bob")


@pytest.fixture
def charlie() -> Customer:
    return person("charlie")


MakeExpert = Callable[..., Awaitable[Expert]]
MakeSlot = Callable[..., Awaitable[TimeSlot]]


@pytest.fixture
def make_expert(connected: None) -> MakeExpert:
    """Stores an expert; anything about them can be given."""

    async def make(name: str = "Sarah Johnson", **details: object) -> Expert:
        described = {
            "category": "Technology",
            "experience_years": 10,
            "rating": 4.9,
            "created_at": clock.now(),
            **details,
        }
        expert = await Expert(name=name, **described).insert()
        await revisions.catalogue_changed()
        return expert

    return make


@pytest.fixture
def make_slot(connected: None) -> MakeSlot:
    """Stores an hour of an expert's time, `hours` from now (on the full hour) unless `starts_at` is given."""

    async def make(
        expert: Expert, *, hours: float = 24, starts_at: datetime | None = None, **details: object
    ) -> TimeSlot:
        start = starts_at or clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
        described = {"ends_at": start + timedelta(hours=1), **details}
        return await TimeSlot(expert_id=expert.id, starts_at=start, **described).insert()

    return make


@pytest.fixture
async def expert(make_expert: MakeExpert) -> Expert:
    """Sarah Johnson, in technology."""
    return await make_expert()


@pytest.fixture
async def slot(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    """An open hour of Sarah Johnson's, tomorrow."""
    return await make_slot(expert)


async def stored(slot: TimeSlot) -> TimeSlot:
    """A slot as it is in the database now."""
    found = await TimeSlot.find_one({"_id": slot.id})
    assert found is not None
    return found
