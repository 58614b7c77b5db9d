import httpx
import pytest

from expert_booking.settings import Settings
from models import TimeSlot
from tests.api.conftest import Book, bearing


@pytest.fixture
def settings() -> Settings:
    """A house without an administrator."""
    return Settings(_env_file=None, admin_token=None)


@pytest.mark.parametrize("headers", [{}, bearing("None"), bearing("anything")])
async def test_status_says_that_no_admin_token_is_set(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, headers: dict[str, str]
) -> None:
    booking = await book(slot)

    response = await client.patch(
        f"/api/bookings/{booking['_id']}/status", json={"status": "Confirmed"}, headers=headers
    )

    assert response.status_code == 403
    assert response.json()["message"] == "This needs the admin token, and no ADMIN_TOKEN is set here."


async def test_manage_token_works_all_the_same(client: httpx.AsyncClient, slot: TimeSlot, book: Book) -> None:
    booking = await book(slot)

    refused = await client.post(f"/api/bookings/{booking['_id']}/cancel", headers=bearing("None"))
    cancelled = await client.post(f"/api/bookings/{booking['_id']}/cancel", headers=bearing(booking["manageToken"]))

    assert (refused.status_code, cancelled.status_code) == (403, 200)
