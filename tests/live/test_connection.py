"""The line breaks, or the application is stopped or killed, while somebody looks or fills in the form."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, comes_true, fill_in, has_stayed, is_live, shows, slot, stays

pytestmark = pytest.mark.browser

SETTINGS = {"RECONNECT_SECONDS": "5"}


def goes_offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("#live")).to_have_text("Reconnecting")


def comes_back(page: Page) -> None:
    page.context.set_offline(False)
    is_live(page)


def test_page_that_was_away_for_a_moment_catches_up_without_a_reload(
    visit: Visit, application: Application, offer: Offer
) -> None:
    alice = visit(offer.path)
    shows(alice, offer, "open")
    stays(alice)
    goes_offline(alice)

    application.book(offer.expert_id, offer.slot_id, email="moment@example.com")
    comes_back(alice)

    shows(alice, offer, "booked")
    assert has_stayed(alice)


def test_page_that_was_away_for_long_is_fresh_again(visit: Visit, application: Application, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path)
    slot(alice, offer).click()
    fill_in(alice, "long@example.com")
    shows(bob, offer, "held")
    goes_offline(alice)
    shows(bob, offer, "open")

    application.book(offer.expert_id, offer.slot_id, email="meanwhile@example.com")
    stays(alice)
    alice.context.set_offline(False)
    comes_true(alice, "window.mark !== true")
    is_live(alice)

    expect(alice.locator(f'[data-slot="{offer.slot_id}"][data-state="mine"]')).to_have_count(0)
    alice.locator('.slot[data-state="open"]').first.click()
    expect(alice.get_by_label("E-mail")).to_have_value("long@example.com")
    expect(alice.get_by_label("What is it about? (optional)")).to_have_value("Two questions")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_pages_come_back_by_themselves_after_a_restart(
    visit: Visit, application: Application, offer: Offer, end: str
) -> None:
    alice, bob = visit(offer.path), visit(offer.path, zone="Asia/Kolkata")
    slot(alice, offer).click()
    fill_in(alice, f"{end}@example.com")
    shows(bob, offer, "held")

    getattr(application, end)()
    expect(alice.locator("#live")).to_have_text("Reconnecting")
    application.start()

    is_live(alice)
    is_live(bob)
    shows(alice, offer, "mine")
    shows(bob, offer, "held")
    expect(alice.get_by_label("Full name")).to_have_value("Alice")
    expect(alice.get_by_label("E-mail")).to_have_value(f"{end}@example.com")
    alice.get_by_role("button", name=re.compile("^Book ")).click()
    alice.wait_for_url("**/bookings/*")
    shows(bob, offer, "booked")
    assert [booking["status"] for booking in application.bookings(f"{end}@example.com")] == ["Pending"]


def test_booking_made_just_before_the_server_died_is_found_again(
    visit: Visit, application: Application, offer: Offer
) -> None:
    alice = visit(offer.path)
    slot(alice, offer).click()
    fill_in(alice, "just-made@example.com")
    alice.evaluate("socket.io.engine.transport.ws.onmessage = () => {}")  # from here on, no answer arrives

    alice.get_by_role("button", name=re.compile("^Book ")).click()
    made = application.waits_for_booking("just-made@example.com")
    assert alice.url.endswith(offer.path)
    application.kill()
    application.start()

    alice.wait_for_url("**/bookings/*")
    expect(alice.get_by_role("heading", name="You are booked")).to_be_visible()
    assert [booking["_id"] for booking in application.bookings("just-made@example.com")] == [made["_id"]]
