"""Two processes on one database behind the proxy of `deploy/`: what one writes the other shows, and one may die."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.find_proxy import proxy_path
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, comes_true, has_stayed, is_live, shows, slot, stays

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "haproxy.cfg"


@pytest.fixture(scope="module")
def processes(database_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Application]]:
    """Both, ready, by the names that the proxy has for them."""
    shared = {
        "MONGO_URI": database_uri,
        "DATABASE_NAME": f"live_{uuid.uuid4().hex[:12]}",
        "STORAGE_SECRET": "the-storage-secret-of-both-processes",
        "RECONNECT_SECONDS": "1",
        "DEMO_DAYS": "5",
    }
    found = {name: Application(tmp_path_factory.mktemp(name), **shared) for name in ("one", "two")}
    try:
        for process in found.values():
            process.start()
        yield found
    finally:
        for process in found.values():
            process.stop()


@pytest.fixture(scope="module")
def application(processes: dict[str, Application], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """What visitors see of the two: one address, which is the proxy's."""
    path = proxy_path()
    behind = Application(tmp_path_factory.mktemp("proxy"))
    addresses = {
        "HTTP_ADDRESS": f"127.0.0.1:{behind.port}",
        "APP_ONE": f"127.0.0.1:{processes['one'].port}",
        "APP_TWO": f"127.0.0.1:{processes['two'].port}",
    }
    proxy = subprocess.Popen([path, "-db", "-f", str(CONFIGURATION)], env={**os.environ, **addresses})
    try:
        _wait_until_both_are_reached(behind.url)
        yield behind
    finally:
        proxy.terminate()
        proxy.wait(timeout=30)


def _wait_until_both_are_reached(url: str) -> None:
    deadline, reached = time.monotonic() + 30, set[str | None]()
    while not {"one", "two"} <= reached:
        assert time.monotonic() < deadline, f"the proxy leads to {reached}"
        try:
            reached.add(httpx.get(f"{url}/healthz").cookies.get("process"))
        except httpx.TransportError:
            time.sleep(0.05)


def process_of(page: Page) -> str:
    """The process that a visitor is with."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "process")


def test_booking_at_one_is_seen_live_at_the_other(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path, process="one"), visit(offer.path, process="two", zone="Asia/Kolkata")
    charlie = visit(f"/?search={offer.name}", process="two")
    soonest = charlie.locator(".card .next")
    next_time = soonest.inner_text()
    shows(bob, offer, "open")
    stays(bob)
    stays(charlie)

    slot(alice, offer).click()
    shows(bob, offer, "held")
    alice.get_by_role("button", name="Choose another time").click()
    shows(bob, offer, "open")
    book(alice, offer, "at-one@example.com")
    shows(bob, offer, "booked")

    expect(soonest).not_to_have_text(next_time)
    assert (process_of(alice), process_of(bob), process_of(charlie)) == ("one", "two", "two")
    assert has_stayed(bob)
    assert has_stayed(charlie)


def test_visitors_of_a_process_that_is_killed_go_to_the_other(
    visit: Visit, processes: dict[str, Application], application: Application, offer: Offer
) -> None:
    alice, bob = visit(offer.path, process="one"), visit(offer.path, process="two")
    slot(alice, offer).click()
    shows(bob, offer, "held")
    expert = application.get(f"/api/experts/{offer.expert_id}")
    later = next(found["id"] for found in expert["timeSlots"] if found["state"] == "open")
    other = Offer(offer.expert_id, offer.name, later)
    stays(alice)

    processes["one"].kill()
    processes["two"].book(other.expert_id, other.slot_id, email="meanwhile@example.com")

    comes_true(alice, "window.mark !== true")
    is_live(alice)
    shows(alice, offer, "mine")
    alice.get_by_role("button", name="Week", exact=True).click()  # late in the day, the other one is tomorrow
    shows(alice, other, "booked")
    assert process_of(alice) == "two"
