"""The real application on the test's own database, and people who look at its pages; only the browser is simulated."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from nicegui import Client, core
from nicegui.storage import Storage
from nicegui.testing import User, user_simulation

from expert_booking import database
from tests.pages.person import Notes, Person, Way

MAIN = Path(__file__).parents[2] / "main.py"

Come = Callable[[], Person]


@pytest.fixture
async def connected(connected: None, database_uri: str, database_name: str) -> AsyncIterator[None]:
    """The application closes the connection when it ends; what comes after it needs one again."""
    yield
    await database.connect(database_uri, name=database_name, timeout_seconds=10, makes_indexes=False)


@pytest.fixture
def environment(
    database_uri: str,
    database_name: str,
    unused_tcp_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> pytest.MonkeyPatch:
    """The settings of the application; a test may change some before it starts."""
    monkeypatch.setattr(Storage, "path", tmp_path / "nicegui")
    monkeypatch.setenv("MONGO_URI", database_uri)
    monkeypatch.setenv("DATABASE_NAME", database_name)
    monkeypatch.setenv("PORT", str(unused_tcp_port))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO_EXPERTS", "0")
    monkeypatch.setenv("CHANGE_STREAMS", "off")  # what a test writes past the application is what it does not hear of
    monkeypatch.setenv("RATE_LIMITS", "off")  # all come from one address here
    monkeypatch.setenv("STORAGE_SECRET", "the-secret-of-these-tests-and-of-no-other")
    return monkeypatch


@pytest.fixture
def open_house(environment: pytest.MonkeyPatch) -> None:
    """A demo, in which whoever types an address sees its bookings; ask for it before anybody comes."""
    environment.setenv("EMAIL_VERIFICATION", "off")


@pytest.fixture
async def come(
    connected: None, environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Come]:
    """Starts the application and makes people at it, each with a browser of their own.

    An error in the log fails the test, unless the test took it out. NiceGUI's own fixture for several users would
    start the application a second time beside the first.
    """
    _forget_pages(environment)
    users: list[User] = []
    way, notes = Way(users), Notes()
    async with user_simulation(main_file=MAIN), AsyncExitStack() as stack:

        def come() -> Person:
            transport = httpx.ASGITransport(core.app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://booking.test")
            stack.push_async_callback(client.aclose)
            users.append(User(client))
            return Person(users[-1], way, notes)

        yield come
        for client in list(Client.instances.values()):
            client.delete()
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


def _forget_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages register themselves when they are imported, so each start of the application has to import them anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pages"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def visitor(come: Come) -> Person:
    """Somebody at the application."""
    return come()


@pytest.fixture
def watcher(come: Come) -> Person:
    """Somebody else, with a browser of their own."""
    return come()
