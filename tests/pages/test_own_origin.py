"""What would change something comes from a page of the house, as JSON, or is refused."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from pages.armour import own_origin

HOUSE, EVIL = "https://booking.example.org", "https://evil.example"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=[None, "https://Booking.example.org:443/"], ids=["by host", "by PUBLIC_URL"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    own_origin.use(request.param)
    app = FastAPI()
    app.post("/sign-in")(lambda: "done")
    app.post("/api/bookings")(lambda: "done")
    app.get("/sign-in")(lambda: "seen")
    app.get("/_nicegui_ws/socket.io/")(lambda: "polled")
    app.post("/_nicegui_ws/socket.io/")(lambda: "sent")
    app.add_middleware(own_origin.OwnPagesOnly)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOUSE) as client:
        yield client
    own_origin.use(None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": HOUSE, "Sec-Fetch-Site": "same-origin"},
        {"Origin": HOUSE.upper()},
        {"Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
async def test_page_of_the_house_may_change_something(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/sign-in", json={}, headers=headers)).status_code == 200
    assert (await client.post("/sign-in", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"{HOUSE}.evil.example"},
        {"Origin": f"{HOUSE}:8443"},
        {"Origin": "https://evil.example/booking.example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_page_of_another_site_may_not(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/sign-in", json={}, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin")


@pytest.mark.parametrize("media_type", [FORM, "text/plain", "multipart/form-data; boundary=x", ""])
async def test_form_may_not(client: httpx.AsyncClient, media_type: str) -> None:
    headers = {"Origin": HOUSE, "Content-Type": media_type}

    answer = await client.post("/sign-in", content=b'{"email": "a@example.org"}', headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (403, "json_needed")


async def test_looking_changes_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sign-in", headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_line_is_for_pages_of_the_house(client: httpx.AsyncClient) -> None:
    for headers, status in (({"Origin": HOUSE}, 200), ({}, 200), ({"Origin": EVIL}, 403)):
        assert (await client.get("/_nicegui_ws/socket.io/", headers=headers)).status_code == status
        sent = await client.post("/_nicegui_ws/socket.io/", content=b"40", headers=headers)
        assert sent.status_code == status


async def test_script_of_another_site_does_not_poll(client: httpx.AsyncClient) -> None:
    answer = await client.get("/_nicegui_ws/socket.io/?EIO=4", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


async def test_nobody_polls_by_script(client: httpx.AsyncClient) -> None:
    assert (await client.get("/_nicegui_ws/socket.io/?EIO=4&j=0")).status_code == 403
    assert (await client.get("/_nicegui_ws/socket.io/?EIO=4&old_tab_id=j")).status_code == 200


async def test_api_has_rules_of_its_own(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/bookings", json={}, headers={"Origin": EVIL})).status_code == 200


async def test_scheme_counts_where_the_address_is_known(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sign-in", json={}, headers={"Origin": HOUSE.replace("https", "http")})

    assert answer.status_code == (403 if own_origin._public_origin else 200)
