"""The database is away when the application starts, or goes away while somebody looks."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from expert_booking.embedded_process import ServerProcess
from models import DOCUMENTS
from tests.conftest import MakeExpert, MakeSlot
from tests.pages.person import MINE, Person

SORRY = "The database is not reachable right now."


@pytest.fixture
def port() -> int:
    """Nobody listens here until the test lets somebody."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def database_uri(port: int) -> str:
    """Where the database will be."""
    return f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false&maxPoolSize=10"


@pytest.fixture
def connected(environment: pytest.MonkeyPatch) -> None:
    """Nothing is connected, as in a process that has just begun."""
    environment.setenv("DATABASE_TIMEOUT_SECONDS", "0.5")
    for document in DOCUMENTS:
        environment.setattr(document, "_document_settings", None)


@asynccontextmanager
async def database_at(port: int, folder: Path) -> AsyncIterator[ServerProcess]:
    """The database for as long as the context lasts."""
    folder.mkdir(exist_ok=True)
    server = await ServerProcess.launch(folder, port=port)
    try:
        yield server
    finally:
        await server.end()


@pytest.mark.parametrize("path", ["/", "/experts/6998151da2703c790995027d", "/bookings/token", "/my-bookings"])
async def test_page_says_that_the_database_is_away(visitor: Person, path: str) -> None:
    page = await visitor.get(path)

    assert (page.status_code, page.headers["retry-after"]) == (503, "3")
    assert f"{SORRY} Nothing is lost. This page looks again by itself." in page.text
    assert '<meta name="look-again">' in page.text


async def test_process_lives_but_is_not_ready(visitor: Person) -> None:
    alive, ready = await visitor.get("/healthz"), await visitor.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 503)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/verify"])
async def test_signing_in_says_that_the_database_is_away(visitor: Person, path: str) -> None:
    answer = await visitor.post(path, {"email": "alice@example.com", "code": "123456"})

    assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")
    assert answer.json()["message"].startswith(SORRY)


async def test_lookup_says_that_the_database_is_away_and_keeps_what_was_typed(
    open_house: None, visitor: Person, port: int, tmp_path: Path
) -> None:
    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        await visitor.open("/my-bookings")
    visitor.type("E-mail", "alice@example.com")

    visitor.submit()

    await visitor.sees(SORRY)
    assert visitor.typed() == {"E-mail": "alice@example.com"}


async def test_list_that_cannot_be_read_keeps_the_view_and_can_be_read_again(
    visitor: Person, make_expert: MakeExpert, port: int, tmp_path: Path
) -> None:
    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        await make_expert("Sarah Johnson")
        await make_expert("Robert Brown")
        await visitor.open("/")

    visitor.search("rob")
    await visitor.sees("The list cannot be shown right now", SORRY)
    assert visitor.cards() == {}

    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        await visitor.click("Try again")
        await visitor.sees_cards("Robert Brown")
    await visitor.misses("The list cannot be shown right now")


async def test_application_is_ready_once_the_database_is_there(visitor: Person, port: int, tmp_path: Path) -> None:
    assert (await visitor.get("/")).status_code == 503

    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        page = await visitor.get("/")

    assert page.status_code == 200
    assert "No experts yet" in page.text


async def test_page_outlives_a_database_that_goes_and_comes(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot, port: int, tmp_path: Path
) -> None:
    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        expert = await make_expert()
        slot = await make_slot(expert)
        await visitor.open(f"/experts/{expert.id}")

    visitor.pick(slot)
    await visitor.sees(SORRY)

    async with database_at(port, tmp_path / "database"):
        await visitor.gets("/readyz", 200)
        visitor.pick(slot)
        await visitor.sees_slot(slot, MINE)
