import httpx
import pytest
from fastapi import FastAPI

from expert_booking.settings import Settings
from tests.api.conftest import client_of

ORIGIN = "https://client.example"


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, cors_origins=(ORIGIN,))


async def test_allowed_origin_may_read_answers_and_errors(client: httpx.AsyncClient, connected: None) -> None:
    for path in ("/api/experts", "/api/unknown", "/api/experts?limit=0"):
        response = await client.get(path, headers={"Origin": ORIGIN})
        assert response.headers["access-control-allow-origin"] == ORIGIN


async def test_allowed_origin_may_ask_before_it_books(client: httpx.AsyncClient) -> None:
    response = await client.options(
        "/api/experts/1/book",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,idempotency-key,authorization,hold-token",
        },
    )

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN


async def test_another_origin_may_not(client: httpx.AsyncClient, connected: None) -> None:
    response = await client.get("/api/experts", headers={"Origin": "https://evil.example"})

    assert "access-control-allow-origin" not in response.headers


async def test_pages_beside_the_api_are_not_opened(app: FastAPI) -> None:
    async with client_of(app) as client:
        response = await client.get("/healthz", headers={"Origin": ORIGIN})

    assert "access-control-allow-origin" not in response.headers
