import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from expert_booking import api, bookings, errors
from expert_booking.api.errors import status_of
from expert_booking.customers import Customer
from expert_booking.settings import Settings
from models import Expert, TimeSlot
from tests.api.conftest import AS_ADMIN, Book, asks_for, client_of


@pytest.mark.parametrize(
    "path", ["/api/unknown", "/api/", "/api/experts/", "/api/experts/1/2/3", "/api//", "/api/%00", "/api/openapi.json"]
)
async def test_unknown_address_is_a_json_404(client: httpx.AsyncClient, connected: None, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 404
    assert response.json() == {
        "error": "not_found",
        "message": "There is nothing at this address.",
        "details": [],
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/experts"),
        ("PUT", "/api/bookings"),
        ("GET", "/api/experts/1/book"),
        ("DELETE", "/api/experts/1"),
        ("POST", "/healthz"),
        ("DELETE", "/readyz"),
        ("POST", "/openapi.json"),
    ],
)
async def test_wrong_method_is_a_json_405(client: httpx.AsyncClient, connected: None, method: str, path: str) -> None:
    response = await client.request(method, path)

    assert (response.status_code, response.json()["error"]) == (405, "method_not_allowed")
    assert "allow" in response.headers


def test_every_domain_error_has_a_status() -> None:
    def family(error: type[errors.BookingError]) -> list[type[errors.BookingError]]:
        return [error, *(member for child in error.__subclasses__() for member in family(child))]

    statuses = {error.__name__: status_of(error.__new__(error)) for error in family(errors.BookingError)}

    assert statuses["SlotHeldByAnother"] == statuses["IllegalTransition"] == 409
    assert statuses["BookingNotFound"] == 404
    assert statuses["ProofRefused"] == 403
    assert [name for name, status in statuses.items() if status == 400] == ["BookingError"]


async def test_unforeseen_error_says_nothing_about_the_inside(
    app: FastAPI,
    client: httpx.AsyncClient,
    expert: Expert,
    slot: TimeSlot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*, customer: Customer, **_: Any) -> None:
        raise RuntimeError(customer.email)

    monkeypatch.setattr(bookings, "book", broken)

    with caplog.at_level(logging.INFO):
        response = await client.post(f"/api/experts/{expert.id}/book?email=alice@example.com", json=asks_for(slot))

    assert (response.status_code, response.json()["error"]) == (500, "internal_error")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("expert_booking")]
    assert any("RuntimeError" in line and f"/api/experts/{expert.id}/book" in line for line in ours)
    assert "alice" not in response.text + "".join(ours).lower()


async def test_booking_logs_no_personal_data(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="expert_booking"):
        await book(slot, notes="secret")
        await client.get("/api/bookings", params={"email": "alice@example.com"})

    logged = "".join(record.getMessage() for record in caplog.records if record.name.startswith("expert_booking"))
    assert not any(private in logged.lower() for private in ("alice", "secret", "7946"))


async def test_pages_beside_the_api_keep_their_own_errors(app: FastAPI) -> None:
    @app.exception_handler(404)
    async def lost(*_: Any) -> HTMLResponse:
        return HTMLResponse("<h1>lost</h1>", 404)

    @app.post("/page")
    async def page(text: str) -> str:
        return text

    async with client_of(app) as client:
        away = await client.get("/unknown")
        invalid = await client.post("/page")
        large = await client.post("/page?text=x", content=b"x" * 100_000)
        unknown = await client.get("/api/unknown")

    assert (away.status_code, away.text) == (404, "<h1>lost</h1>")
    assert "detail" in invalid.json()
    assert large.status_code == 200
    assert unknown.json()["error"] == "not_found"


async def test_installing_again_puts_the_new_settings_in_force(app: FastAPI, connected: None) -> None:
    routes = len(app.routes)

    async def status_for_the_operator() -> int:
        async with client_of(app) as client:
            return (await client.delete("/api/bookings/x", headers=AS_ADMIN)).status_code

    before = await status_for_the_operator()
    api.install(app, Settings(_env_file=None, admin_token=None))

    assert (before, await status_for_the_operator()) == (404, 403)
    assert len(app.routes) == routes


async def test_a_line_break_leads_to_no_page(client: httpx.AsyncClient, connected: None) -> None:
    for path in ("/api/%0A", "/api/experts/a%0Ab", "/api/experts/%0A/book"):
        response = await client.get(path)

        assert response.status_code in (404, 405)
        assert response.json()["error"] in ("not_found", "method_not_allowed", "expert_not_found")


async def test_all_methods_of_an_address_are_named(client: httpx.AsyncClient, connected: None) -> None:
    response = await client.put("/api/experts/1/slots/2/hold")

    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, POST")
