import httpx
import pytest

from expert_booking import people
from expert_booking.settings import Settings
from models import TimeSlot
from tests.api.conftest import Book, SignIn, bearing


@pytest.fixture
def settings() -> Settings:
    """A house without an administrator."""
    return Settings(_env_file=None, admin_token=None)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (bearing("None"), 403), (bearing("anything"), 403)])
async def test_no_token_is_the_one_that_is_not_set(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, headers: dict[str, str], status: int
) -> None:
    booking = await book(slot)

    response = await client.patch(
        f"/api/bookings/{booking['_id']}/status", json={"status": "Confirmed"}, headers=headers
    )

    assert response.status_code == status


async def test_administrator_needs_no_token_but_a_sign_in(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, sign_in_as: SignIn
) -> None:
    people.use(("house@example.com",))
    booking = await book(slot)

    response = await client.patch(
        f"/api/bookings/{booking['_id']}/status",
        json={"status": "Confirmed"},
        headers=await sign_in_as("house@example.com"),
    )

    assert (response.status_code, response.json()["status"]) == (200, "Confirmed")


async def test_manage_token_works_all_the_same(client: httpx.AsyncClient, slot: TimeSlot, book: Book) -> None:
    booking = await book(slot)

    refused = await client.post(f"/api/bookings/{booking['_id']}/cancel", headers=bearing("None"))
    cancelled = await client.post(f"/api/bookings/{booking['_id']}/cancel", headers=bearing(booking["manageToken"]))

    assert (refused.status_code, cancelled.status_code) == (403, 200)
