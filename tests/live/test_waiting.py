"""The waiting list in browsers: what one gives back goes to the one who waits, and is open to nobody in between."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.live.application import PATIENCE_SECONDS, Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, is_live, shows, slot

pytestmark = pytest.mark.browser

ALL_THAT_WAS_SHOWN = """(id) => {
    const button = document.querySelector(`[data-slot="${id}"]`);
    window.shown = [button.dataset.state];
    new MutationObserver(() => window.shown.push(button.dataset.state)).observe(button, { attributes: true });
}"""


def link_for(application: Application, email: str) -> str:
    """The path in the mail of an offer, as soon as it stands in the outbox."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for letter in httpx.get(f"{application.url}/dev/outbox").text.split("<article ")[1:]:
            if f"<bdi>{email}</bdi>" in letter and (found := re.search(r"/waiting/[\w-]{56}", letter)):
                return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no offer was sent: {application.log()}")


def join(page: Page, application: Application, name: str, email: str) -> None:
    """Go from an expert's page into their line."""
    page.get_by_role("link", name="Tell me when something opens").click()
    expect(page.get_by_role("heading", name="Tell me when something opens")).to_be_visible()
    is_live(page)
    page.get_by_label("Full name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Put me in line").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    page.wait_for_url("**/waiting/*")
    is_live(page)


def test_what_one_gives_back_the_one_who_waits_books(visit: Visit, application: Application, offer: Offer) -> None:
    alice, bob, charlie, dora = visit(offer.path), visit(offer.path), visit(offer.path), visit(offer.path)
    book(alice, offer, "gives-back@example.com")
    shows(charlie, offer, "booked")
    charlie.evaluate(ALL_THAT_WAS_SHOWN, offer.slot_id)
    join(bob, application, "Bob", "waits@example.com")
    expect(bob.get_by_role("heading", name="You are first in line")).to_be_visible()
    join(dora, application, "Dora", "waits-too@example.com")
    expect(dora.get_by_role("heading", name="You are second in line")).to_be_visible()

    alice.get_by_role("button", name="Cancel booking").click()
    alice.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()

    shows(charlie, offer, "held")
    expect(bob.get_by_role("heading", name="A time is kept for you")).to_be_visible()
    expect(dora.get_by_role("heading", name="You are second in line")).to_be_visible()
    bob.goto(link_for(application, "waits@example.com"))
    is_live(bob)
    bob.get_by_role("button", name="Take it").click()
    bob.wait_for_url(f"**{offer.path}*")
    shows(bob, offer, "mine")
    expect(bob.get_by_label("Full name")).to_have_value("Bob")
    expect(bob.get_by_label("E-mail")).to_have_value("waits@example.com")
    bob.get_by_label("Phone").fill("+44 20 7946 0958")
    bob.get_by_role("button", name=re.compile("^Book ")).click()
    bob.wait_for_url("**/bookings/*")
    shows(charlie, offer, "booked")
    assert "open" not in charlie.evaluate("window.shown")
    expect(dora.get_by_role("heading", name="You are first in line")).to_be_visible()


def test_what_one_does_not_want_the_next_is_offered(visit: Visit, application: Application, offer: Offer) -> None:
    booked = application.book(offer.expert_id, offer.slot_id, email="owner@example.com")
    alice, bob, charlie = visit(offer.path), visit(offer.path), visit(offer.path)
    join(alice, application, "Alice", "declines@example.com")
    join(bob, application, "Bob", "is-next@example.com")
    shows(charlie, offer, "booked")
    charlie.evaluate(ALL_THAT_WAS_SHOWN, offer.slot_id)

    application.cancel(booked)
    alice.get_by_role("button", name="Not this one").click()

    expect(alice.get_by_role("heading", name="You are first in line")).to_be_visible()
    expect(bob.get_by_role("heading", name="A time is kept for you")).to_be_visible()
    assert "open" not in charlie.evaluate("window.shown")
    bob.get_by_role("button", name="Not this one").click()
    shows(charlie, offer, "open")
    slot(charlie, offer).click()
    shows(charlie, offer, "mine")
