"""One's own data over HTTP; what is in it and what becomes of it is held by tests/expert_booking/test_privacy.py."""

from datetime import timedelta

import httpx
import pytest
import time_machine

from expert_booking import clock
from models import Booking, SignIn, TimeSlot
from tests.api.conftest import AS_ADMIN, AnyBooking, Book, Headers, bearing
from tests.api.conftest import SignIn as SignInAs
from tests.conftest import stored

ALICE = "alice@example.com"


@pytest.fixture
async def pending(book: Book, slot: TimeSlot) -> AnyBooking:
    return await book(slot, notes="a secret of Alice's")


async def test_export_is_ones_own(client: httpx.AsyncClient, pending: AnyBooking, sign_in_as: SignInAs) -> None:
    alices = await client.get("/api/me/export", headers=await sign_in_as(ALICE))
    bobs = await client.get("/api/me/export", headers=await sign_in_as("bob@example.com"))

    assert [booking["notes"] for booking in alices.json()["bookings"]] == ["a secret of Alice's"]
    assert pending["manageToken"] not in alices.text
    assert alices.headers["cache-control"] == "no-store"
    assert bobs.json()["bookings"] == []
    assert "alice" not in bobs.text


async def test_erasing_ends_bookings_and_sign_ins(
    client: httpx.AsyncClient, slot: TimeSlot, pending: AnyBooking, sign_in_as: SignInAs
) -> None:
    alice, elsewhere = await sign_in_as(ALICE), await sign_in_as(ALICE)

    response = await client.post("/api/me/erase", headers=alice)

    assert response.status_code == 200
    assert (await stored(slot)).booking_id is None
    assert (await Booking.find_one({})).status == "Cancelled"  # type: ignore[union-attr]  # it was just made
    answers = [await client.get("/api/bookings", headers=headers) for headers in (alice, elsewhere)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert await SignIn.count() == 0


async def test_erasing_needs_a_fresh_sign_in(
    client: httpx.AsyncClient, pending: AnyBooking, sign_in_as: SignInAs
) -> None:
    with time_machine.travel(clock.now() - timedelta(minutes=16)):
        alice = await sign_in_as(ALICE)

    exported = await client.get("/api/me/export", headers=alice)
    response = await client.post("/api/me/erase", headers=alice)

    assert exported.status_code == 200
    assert (response.status_code, response.json()["error"]) == (401, "sign_in_needed")
    assert "sign in once more" in response.json()["message"]
    assert (await Booking.find_one({})).status == "Pending"  # type: ignore[union-attr]  # it was just made
    assert (await client.post("/api/me/erase", headers=await sign_in_as(ALICE))).status_code == 200


@pytest.mark.parametrize("headers", [{}, AS_ADMIN, bearing("wrong")])
async def test_nobody_elses_token_will_do(client: httpx.AsyncClient, pending: AnyBooking, headers: Headers) -> None:
    for sent in (headers, bearing(pending["manageToken"])):
        answers = [
            await client.get("/api/me/export", headers=sent),
            await client.post("/api/me/erase", headers=sent),
        ]
        assert [answer.status_code for answer in answers] == [401, 401]
