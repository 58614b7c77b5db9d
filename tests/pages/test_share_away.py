"""Programs ask for pictures and sitemaps while the database is away."""

from collections.abc import Callable

import pytest

from models import DOCUMENTS
from tests.pages.person import Person

DATABASE_NOWHERE = "mongodb://127.0.0.1:{port}/?directConnection=true"


@pytest.fixture
def database_uri(unused_tcp_port_factory: Callable[[], int]) -> str:
    """Where nobody listens."""
    return DATABASE_NOWHERE.format(port=unused_tcp_port_factory())


@pytest.fixture
def connected(environment: pytest.MonkeyPatch) -> None:
    """Nothing is connected, as in a process that has just begun."""
    environment.setenv("DATABASE_TIMEOUT_SECONDS", "0.5")
    for document in DOCUMENTS:
        environment.setattr(document, "_document_settings", None)


async def test_programs_are_told_when_to_come_again(visitor: Person) -> None:
    paths = ("/share/experts/6998151da2703c790995027d.png", "/sitemap.xml", "/sitemap/0.xml")

    answers = [await visitor.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert [answer.headers["retry-after"] for answer in answers] == ["5", "10", "10"]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_what_needs_no_database_is_there(visitor: Person) -> None:
    paths = ("/robots.txt", "/manifest.webmanifest", "/favicon.ico", "/share/house/en.png", "/apple-touch-icon.png")

    assert [(await visitor.get(path)).status_code for path in paths] == [200] * 5
