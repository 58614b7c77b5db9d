"""A demo in which whoever types an address sees its bookings, as in the original."""

import pytest
from playwright.sync_api import expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer

pytestmark = pytest.mark.browser

SETTINGS = {"EMAIL_VERIFICATION": "off"}


def test_reload_keeps_the_list_and_the_address_to_itself(visit: Visit, application: Application, offer: Offer) -> None:
    alice = visit("/my-bookings")
    application.book(offer.expert_id, offer.slot_id, email="looks-again@example.com")
    alice.get_by_label("E-mail").fill("looks-again@example.com")
    alice.get_by_role("button", name="Show my bookings").click()
    expect(alice.locator(".status")).to_have_text("Pending")

    alice.reload()

    expect(alice.locator(".status")).to_have_text("Pending")
    assert alice.url == f"{application.url}/my-bookings"


def test_what_is_typed_takes_the_place_of_a_draft(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="types-last@example.com")
    alice = visit("/my-bookings")
    field = alice.get_by_label("E-mail")
    field.focus()

    alice.evaluate("sessionStorage.setItem('draft:email', 'of-before@example.com'); restoreDrafts()")
    alice.keyboard.type("types-last@example.com")
    alice.keyboard.press("Enter")

    expect(alice.locator(".status")).to_have_text("Pending")
    expect(field).to_have_value("types-last@example.com")


def test_address_that_is_none_is_named_and_has_the_focus(visit: Visit) -> None:
    alice = visit("/my-bookings")
    field = alice.get_by_label("E-mail")
    field.fill("alice")

    alice.get_by_role("button", name="Show my bookings").click()

    expect(alice.get_by_text("This is not an e-mail address yet.")).to_be_visible()
    expect(field).to_be_focused()


def test_what_is_sent_before_the_line_stands_is_looked_up(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="is-quick@example.com")
    alice = visit("/my-bookings")
    # As on a slow line: what is typed and sent waits for the handshake, and the two may then overtake each other.
    alice.add_init_script(
        "Object.defineProperty(window, 'did_handshake', { get: () => this.stands && performance.now() > 1500, "
        "set: (stands) => (this.stands = stands) })"
    )
    for _ in range(4):
        alice.evaluate("sessionStorage.clear()")
        alice.reload()
        alice.get_by_label("E-mail").fill("is-quick@example.com")
        alice.get_by_role("button", name="Show my bookings").click()
        expect(alice.locator(".status")).to_have_text("Pending")
