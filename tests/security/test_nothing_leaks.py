"""Nobody's data are where they do not belong: values that exist nowhere else are planted in every field, everything is
done with them, errors included, and then they are looked for in logs, figures, events and other people's pages.
"""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from pymongo import MongoClient

from expert_booking import database, demo
from tests.live.application import ADMIN_TOKEN, Application
from tests.live.looking import is_live
from tests.security.canaries import (
    KEY,
    LOCAL_PART,
    METRICS_TOKEN,
    NAME,
    NOTES,
    NUMBER,
    PHONE,
    QUERY,
    SEARCH,
    STORAGE_SECRET,
    Planted,
)
from tests.security.mailbox import Mailbox

DATABASE = "nothing_leaks"
PATIENCE_MILLISECONDS = 15_000


def production(uri: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "MONGO_URI": uri,
        "DATABASE_NAME": DATABASE,
        "CHANGE_STREAMS": "off",
        "STORAGE_SECRET": STORAGE_SECRET,
        "METRICS_TOKEN": METRICS_TOKEN,
        "RATE_LIMITS": "on",
    }


def development(_uri: str) -> dict[str, str]:
    return {"METRICS_TOKEN": METRICS_TOKEN, "STORAGE_SECRET": STORAGE_SECRET, "LOG_LEVEL": "DEBUG"}


@pytest.fixture(params=[production, development], ids=["production", "development"])
def house(request: pytest.FixtureRequest, database_uri: str, mailbox: Mailbox, tmp_path: Path) -> Iterator[Application]:
    """The application, as it runs on the internet, and as it runs on a desk with every word of its log."""
    settings = request.param(database_uri)
    if request.param is production:
        with ThreadPoolExecutor() as thread:
            thread.submit(asyncio.run, _fill(database_uri)).result()
    application = Application(tmp_path, **settings, **mailbox.settings)
    application.start()
    yield application
    application.stop()


async def _fill(uri: str) -> None:
    """Production has no demo experts of its own."""
    await database.connect(uri, name=DATABASE, timeout_seconds=20)
    await demo.fill_if_empty(experts=12, days=14)
    await database.disconnect()


def test_nothing_of_a_customer_is_seen_by_others(
    house: Application, mailbox: Mailbox, chromium: Browser, database_uri: str
) -> None:
    planted = Planted()
    # The server hangs up after a failure that was asked for; so nothing goes by the same connection again.
    each_anew = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=house.url, timeout=30, limits=each_anew) as client:
        expert, days = _offered(client)
        onlooker, frames, on = _onlooker(chromium, house, expert)
        slots = days[on]
        made = _books(client, expert, slots, planted)
        expect(onlooker.locator(f'[data-slot="{slots[1]}"]')).to_have_attribute("data-state", "booked")
        token = _signs_in(client, mailbox, planted)
        _looks_and_changes(client, made, token, house, planted)
        _errs(client, expert, slots, token)
        if (database_file := house.data_dir / "database.json").exists():
            _asks_while_the_database_sleeps(client, expert, slots, database_file)
        else:
            _asks_for_what_cannot_be_drawn(client, made, database_uri)
        _takes_everything_along(client, token)
        figures = client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).raise_for_status().text
        seen = onlooker.content()
        onlooker.context.close()

    house.stop()
    assert mailbox.to(f"{LOCAL_PART}@example.com") != []
    assert len(frames) > 5
    assert "".join(frames).count(slots[1]) > 0
    for text in (house.log(), figures, "\n".join(frames), seen):
        assert planted.found_in(text) == set()


def test_canaries_would_be_found() -> None:
    planted = Planted()
    planted.codes.add("123456")

    for text in ("to CanaryMail@example.com", "tel:+44 (20) 7946-0817", "code 123456 was", f"Bearer {ADMIN_TOKEN}"):
        assert planted.found_in(text)


def _offered(client: httpx.Client) -> tuple[str, dict[str, list[str]]]:
    """An expert, and their open slots by the day (UTC)."""
    everybody = client.get("/api/experts?limit=50").json()["experts"]
    listed = [each for each in everybody if len(each["sessionTypes"]) == 1]
    expert = max(listed, key=lambda each: each["openSlots"])["_id"]
    days: dict[str, list[str]] = {}
    for slot in client.get(f"/api/experts/{expert}").json()["timeSlots"]:
        if slot["state"] == "open":
            days.setdefault(slot["startsAt"][:10], []).append(slot["id"])
    return expert, days


def _onlooker(chromium: Browser, house: Application, expert: str) -> tuple[Page, list[str], str]:
    """Somebody else at the same calendar, all that their line brings, and the day that they look at."""
    context = chromium.new_context(base_url=house.url, timezone_id="UTC")
    context.add_cookies([{"name": "zone", "value": "auto:UTC", "url": house.url}])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page, frames = context.new_page(), list[str]()
    page.on("websocket", lambda line: line.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(f"/experts/{expert}")
    is_live(page)
    page.get_by_role("button", name="Later week").click()
    day = page.locator(",".join(f'.day[data-free="{free}"]' for free in range(4, 13))).first
    day.click()
    expect(day).to_have_attribute("aria-pressed", "true")
    return page, frames, day.get_attribute("data-pick") or ""


def _books(client: httpx.Client, expert: str, slots: list[str], planted: Planted) -> list[Any]:
    """Holds and books, with and without a hold."""
    hold = client.post(f"/api/experts/{expert}/slots/{slots[0]}/hold").raise_for_status().json()["holdToken"]
    bodies = [{**_details(slots[0]), "holdToken": hold}, _details(slots[1])]
    made = [
        client.post(f"/api/experts/{expert}/book", json=body, headers={"Idempotency-Key": f"{KEY}-{number}"})
        for number, body in enumerate(bodies)
    ]
    booked = [answer.raise_for_status().json() for answer in made]
    planted.words |= {hold.split(".")[1], *(each["manageToken"] for each in booked)}
    return booked


def _details(slot: str) -> dict[str, str]:
    who = {"userName": NAME, "userEmail": f"{LOCAL_PART}@example.com", "userPhone": PHONE, "notes": NOTES}
    return {"slotId": slot, **who}


def _signs_in(client: httpx.Client, mailbox: Mailbox, planted: Planted) -> str:
    address = f"{LOCAL_PART}@example.com"
    before = len(mailbox.codes(address))
    client.post("/api/sign-in", json={"email": address}).raise_for_status()
    code = mailbox.code_for(address, nth=before + 1)
    planted.codes.add(code)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    client.post("/api/sign-in/verify", json={"email": address, "code": wrong})
    proved = client.post("/api/sign-in/verify", json={"email": address, "code": code})
    token = str(proved.raise_for_status().json()["token"])
    planted.words.add(token)
    return token


def _looks_and_changes(client: httpx.Client, made: list[Any], token: str, house: Application, planted: Planted) -> None:
    """Looks at everything as the customer, cancels one booking, has another completed and deletes it."""
    mine = {"Authorization": f"Bearer {token}"}
    client.get("/api/bookings", headers=mine).raise_for_status()
    client.get("/", params={"search": SEARCH, "category": QUERY})
    client.get("/api/experts", params={"search": SEARCH, "category": QUERY})
    client.get("/sign-in", params={"next": f"/{QUERY}"})
    with httpx.Client(base_url=house.url, cookies={"signed_in": token}) as browser:
        assert NAME in browser.get(f"/bookings/{made[0]['manageToken']}").text
        assert browser.get("/my-bookings").status_code == 200
        browser.get(f"/bookings/{made[0]['manageToken']}/calendar.ics").raise_for_status()
    by_link = {"Authorization": f"Bearer {made[0]['manageToken']}"}
    client.post(f"/api/bookings/{made[0]['_id']}/cancel", headers=by_link).raise_for_status()


def _errs(client: httpx.Client, expert: str, slots: list[str], token: str) -> None:
    """Everything that a person or a program may get wrong, with the values in it."""
    book = f"/api/experts/{expert}/book"
    client.post(book, json={**_details(slots[2]), NOTES: NAME, "userPhone": NUMBER * 3})
    client.post(book, json={**_details(slots[2]), "userEmail": f"{LOCAL_PART}@", "userName": NAME * 50})
    client.post(book, content=f'{{"userName": "{NAME}", '.encode(), headers={"Content-Type": "application/json"})
    client.post(book, content=f"{NAME}".encode() * 10_000, headers={"Content-Type": "application/json"})
    client.post(book, json=_details(slots[1]))
    client.post("/sign-in", json={"email": LOCAL_PART})
    client.post("/sign-in", content=LOCAL_PART.encode(), headers={"Origin": f"http://{QUERY}.example"})
    for path in (f"/{QUERY}", f"/experts/{QUERY}", f"/bookings/{QUERY}", f"/api/{QUERY}", f"/api/experts/{QUERY}"):
        client.get(path, params={"email": f"{LOCAL_PART}@example.com", "search": SEARCH})
    for bearer in (KEY, f"{token}{QUERY}"):
        client.get("/api/bookings", params={"email": LOCAL_PART}, headers={"Authorization": f"Bearer {bearer}"})
    client.get("/", headers={"Accept-Language": QUERY, "Referer": f"http://{QUERY}.example", "User-Agent": QUERY})


def _asks_while_the_database_sleeps(client: httpx.Client, expert: str, slots: list[str], record: Path) -> None:
    pid = int(json.loads(record.read_text())["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        body = _details(slots[3])
        refused = [
            client.post(f"/api/experts/{expert}/book", json=body, headers={"Idempotency-Key": f"{KEY}-asleep"}),
            client.post("/api/sign-in", json={"email": f"{LOCAL_PART}@example.com"}),
        ]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert [answer.status_code for answer in refused] == [503, 503]


def _asks_for_what_cannot_be_drawn(client: httpx.Client, made: list[Any], uri: str) -> None:
    """What nobody foresaw: a stored number that is none, whose exception quotes it."""
    with MongoClient[dict[str, Any]](uri) as there:
        found = there[DATABASE]["bookings"]
        query = {"manage_token": made[1]["manageToken"]}
        found.update_one(query, {"$set": {"customer_phone": f"{NUMBER}{NOTES}"}})
        assert client.get(f"/bookings/{made[1]['manageToken']}").status_code == 500
        found.update_one(query, {"$set": {"customer_phone": f"+44{NUMBER}"}})


def _takes_everything_along(client: httpx.Client, token: str) -> None:
    """Takes the data along, and has them erased."""
    mine = {"Authorization": f"Bearer {token}"}
    exported = client.get("/api/me/export", headers=mine).raise_for_status()
    assert NAME in exported.text
    client.post("/api/me/erase", headers=mine).raise_for_status()
