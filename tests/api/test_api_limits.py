"""Whoever asks the API too often is told when to come again; everybody else goes on."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from expert_booking import api, hold_limits, limiting
from expert_booking.api.description import describe
from expert_booking.limiting import RULES, Limit
from expert_booking.settings import Settings
from models import Expert, TimeSlot
from tests.api.conftest import NOBODY, asks_for, client_of
from tests.conftest import MakeSlot

ELSEWHERE = ("198.51.100.7", 4321)


@pytest.fixture(autouse=True)
def counting() -> Iterator[None]:
    limiting.use(is_on=True)
    hold_limits.forget_all()
    yield
    limiting.use(is_on=False)


def is_refusal(response: httpx.Response, code: str = "too_many_requests") -> bool:
    """Whether it says that, in the house's way."""
    if response.status_code != 429:
        return False
    assert response.json()["error"] == code
    assert 1 <= int(response.headers["Retry-After"]) <= 300
    return True


async def refused(client: httpx.AsyncClient, times: int, method: str, path: str, **options: Any) -> int:
    """How many of so many requests at once are refused."""
    answers = await asyncio.gather(*(client.request(method, path, **options) for _ in range(times)))
    return sum(is_refusal(answer) for answer in answers)


@pytest.mark.parametrize(
    ("limit", "method", "path", "body"),
    [
        (Limit.BOOKING, "POST", f"/api/experts/{NOBODY}/book", {}),
        (Limit.LOOK_UPS, "GET", "/api/bookings?email=alice@example.com", None),
        (Limit.CHANGES, "POST", f"/api/bookings/{NOBODY}/cancel", None),
        (Limit.CHANGES, "DELETE", f"/api/bookings/{NOBODY}", None),
        (Limit.CHANGES, "PATCH", f"/api/bookings/{NOBODY}/status", {}),
        (Limit.LOOK_UPS, "GET", "/api/me/export", None),
        (Limit.CHANGES, "POST", "/api/me/erase", None),
        (Limit.CODES, "POST", "/api/sign-in", {}),
        (Limit.VERIFYING, "POST", "/api/sign-in/verify", {}),
    ],
)
async def test_each_limit_counts_its_routes_before_anything_is_looked_at(
    client: httpx.AsyncClient, connected: None, limit: Limit, method: str, path: str, body: object
) -> None:
    most = RULES[limit].a_minute.amount
    assert await refused(client, most + 3, method, path, json=body) == 3
    assert not await refused(client, 5, "GET", "/api/experts")


async def test_another_address_is_not_concerned(app: FastAPI, client: httpx.AsyncClient, connected: None) -> None:
    most = RULES[Limit.LOOK_UPS].a_minute.amount
    assert await refused(client, most + 1, "GET", "/api/bookings?email=alice@example.com") == 1

    transport = httpx.ASGITransport(app, client=ELSEWHERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://booking.test") as other:
        assert not await refused(other, 1, "GET", "/api/bookings?email=alice@example.com")


async def test_all_requests_together_are_bounded_whatever_they_ask_for(
    client: httpx.AsyncClient, connected: None
) -> None:
    most = RULES[Limit.OVERALL].a_minute.amount
    assert not await refused(client, most, "GET", "/api/nothing-is-here")
    assert await refused(client, 5, "GET", "/api/experts") == 5
    assert (await client.get("/healthz")).status_code == 200


async def test_a_refused_booking_books_nothing_and_goes_on_later(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    path = f"/api/experts/{expert.id}/book"
    await refused(client, RULES[Limit.BOOKING].a_minute.amount, "POST", path, json={})

    assert is_refusal(await client.post(path, json=asks_for(slot)))

    limiting.use(is_on=True)  # as after the minute
    assert (await client.post(path, json=asks_for(slot))).status_code == 201


async def test_a_program_that_is_new_each_time_holds_only_so_many(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot
) -> None:
    slots = [await make_slot(expert, hours=hours) for hours in range(24, 24 + hold_limits.MOST_OF_ADDRESS + 4)]

    answers = await asyncio.gather(*(client.post(f"/api/experts/{expert.id}/slots/{slot.id}/hold") for slot in slots))

    assert sum(is_refusal(answer, "too_many_holds") for answer in answers) == 4
    assert sum(answer.status_code == 201 for answer in answers) == hold_limits.MOST_OF_ADDRESS


async def test_off_lets_a_load_test_pass(client: httpx.AsyncClient, connected: None) -> None:
    limiting.use(is_on=False)
    assert not await refused(client, 150, "GET", "/api/experts")


def test_every_route_of_the_api_says_that_it_may_refuse() -> None:
    silent = [
        (path, method)
        for path, operations in describe()["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/api/") and "429" not in operation["responses"]
    ]
    assert silent == []


async def test_other_sites_can_read_the_refusal(connected: None) -> None:
    app = FastAPI(openapi_url=None)
    api.install(app, Settings(_env_file=None, cors_origins="https://partner.example"))
    async with client_of(app) as client:
        await refused(client, RULES[Limit.OVERALL].a_minute.amount, "GET", "/api/nothing")
        answer = await client.get("/api/experts", headers={"Origin": "https://partner.example"})

    assert is_refusal(answer)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://partner.example"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
