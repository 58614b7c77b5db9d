import asyncio

import httpx
import pytest

from models import Booking, Expert, TimeSlot
from tests.api.conftest import asks_for
from tests.conftest import MakeSlot

KEY = {"Idempotency-Key": "alice's first try"}


async def test_same_key_and_body_gives_the_same_booking(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    address = f"/api/experts/{expert.id}/book"

    first = await client.post(address, json=asks_for(slot), headers=KEY)
    second = await client.post(address, json=asks_for(slot), headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await Booking.count() == 1


async def test_same_key_with_another_body_is_refused(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    address = f"/api/experts/{expert.id}/book"
    other = await make_slot(expert, hours=30)
    await client.post(address, json=asks_for(slot), headers=KEY)

    for body in (asks_for(slot, userName="Bob"), asks_for(other)):
        response = await client.post(address, json=body, headers=KEY)
        assert (response.status_code, response.json()["error"]) == (422, "idempotency_key_reused")


async def test_same_request_twenty_times_at_once_makes_one_booking(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    address = f"/api/experts/{expert.id}/book"

    answers = await asyncio.gather(*(client.post(address, json=asks_for(slot), headers=KEY) for _ in range(20)))

    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.text for answer in answers}) == 1
    assert await Booking.count() == 1


async def test_without_a_key_the_second_request_loses(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    address = f"/api/experts/{expert.id}/book"

    statuses = [(await client.post(address, json=asks_for(slot))).status_code for _ in range(2)]

    assert statuses == [201, 409]


@pytest.mark.parametrize("key", [b"", b"k" * 201, b"tab\there", b"caf\xe9", b"\x7f"])
async def test_a_key_that_cannot_be_one_is_refused(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, key: bytes
) -> None:
    headers = [(b"Idempotency-Key", key)]
    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot), headers=headers)

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["details"]] == ["Idempotency-Key"]
