from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from expert_booking import api, metrics
from expert_booking.settings import Settings
from tests.api.conftest import bearing

TOKEN = "the-metrics-token-of-these-tests-and-no-other"
SECRETS = {
    "mongo_uri": "mongodb://database",
    "storage_secret": "x" * 32,
    "smtp_url": "smtp://mail",
    "mail_from": "booking@example.org",
}


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    before = metrics.current()
    metrics.use(metrics.Metrics())
    yield
    metrics.use(before)


async def asked(settings: Settings, *, host: str = "127.0.0.1", **headers: str) -> httpx.Response:
    """The answer to somebody at this address."""
    app = FastAPI(openapi_url=None)
    api.install(app, settings)
    transport = httpx.ASGITransport(app, client=(host, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://booking.test") as client:
        return await client.get("/metrics", headers=headers)


async def test_developer_sees_the_figures() -> None:
    answer = await asked(Settings(_env_file=None))

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'expert_booking_viewers{page="/api/experts/{expert_id}/events"} 0.0' in answer.text.splitlines()


@pytest.mark.parametrize("host", ["10.0.0.7", "testclient", "2001:db8::1"])
async def test_development_is_closed_to_other_machines(host: str) -> None:
    answer = await asked(Settings(_env_file=None), host=host)

    assert (answer.status_code, answer.json()["error"]) == (403, "proof_refused")


async def test_development_is_closed_to_whoever_comes_by_a_proxy() -> None:
    answer = await asked(Settings(_env_file=None), **{"X-Forwarded-For": "127.0.0.1"})

    assert answer.status_code == 403


async def test_production_without_a_token_is_closed_to_this_machine_too() -> None:
    settings = Settings(_env_file=None, environment="production", **SECRETS)

    answer = await asked(settings, **bearing("anything"))

    assert answer.status_code == 403
    assert "METRICS_TOKEN" in answer.json()["message"]


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_token_opens_from_anywhere_and_nothing_else_does(environment: str) -> None:
    settings = Settings(_env_file=None, environment=environment, metrics_token=TOKEN, **SECRETS)

    answers = [
        await asked(settings, host="10.0.0.7", **bearing(TOKEN)),
        await asked(settings, **bearing(TOKEN[:-1])),
        await asked(settings),
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 401]
    assert answers[2].headers["www-authenticate"] == "Bearer"


async def test_server_errors_are_counted_by_route() -> None:
    inner, app = FastAPI(), FastAPI()
    app.mount("/api", inner)
    app.add_middleware(api.CountServerErrors)

    @inner.get("/experts/{expert_id}")
    async def away(expert_id: str) -> Response:
        return Response(status_code=503)

    @app.get("/bookings/{token}")
    async def broken(token: str) -> None:
        raise RuntimeError(token)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://booking.test") as client:
        for path in ("/api/experts/123", "/api/experts/456", "/bookings/secret", "/nowhere"):
            await client.get(path)

    samples = [sample for family in metrics.current().registry.collect() for sample in family.samples]
    assert {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in samples
        if sample.name == "expert_booking_server_errors_total"
    } == {("/api/experts/{expert_id}", "503"): 2, ("/bookings/{token}", "500"): 1}
