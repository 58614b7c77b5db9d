"""Two people in real browsers: one asks for a time, the expert sees it come, answers, and the other sees the answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, comes_true, has_stayed, is_live, stays

pytestmark = pytest.mark.browser
HAS_GLASS = True

SETTINGS = {"DEMO_EXPERTS": "30"}


def sign_in_at(page: Page, application: Application, email: str) -> None:
    """Sign in on a page of those who work here, which then is there."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_role("navigation", name="Your workspace")).to_be_visible()
    is_live(page)


def test_request_comes_to_the_workspace_and_the_answer_to_the_customer(
    visit: Visit, application: Application, offer: Offer
) -> None:
    expert = visit("/workspace")
    sign_in_at(expert, application, application.address_of(offer.expert_id, offer.name))
    expect(expert.get_by_text("No request is waiting for your answer.")).to_be_visible()
    stays(expert)

    customer = visit(offer.path)
    book(customer, offer, "asks@example.com")
    expect(customer.locator(".booked .status")).to_have_text("Pending")
    stays(customer)

    expect(expert.get_by_role("heading", name="1 request is waiting")).to_be_visible()
    expert.get_by_role("button", name="Confirm", exact=True).click()
    expect(expert.get_by_text("No request is waiting for your answer.")).to_be_visible()
    expect(customer.locator(".booked .status")).to_have_text("Confirmed")
    assert has_stayed(expert)
    assert has_stayed(customer)


def test_pane_cancels_with_a_message_and_gives_the_focus_back(
    visit: Visit, application: Application, offer: Offer
) -> None:
    application.book(offer.expert_id, offer.slot_id, email="is-cancelled@example.com", name="Carl")
    expert = visit("/workspace", width=390)
    sign_in_at(expert, application, application.address_of(offer.expert_id, offer.name))
    name = expert.get_by_role("button", name="Carl", exact=True).first
    name.focus()
    expert.keyboard.press("Enter")
    pane = expert.get_by_role("dialog")
    expect(pane.get_by_text("is-cancelled@example.com")).to_be_visible()

    pane.get_by_role("button", name="Confirm", exact=True).click()
    pane.get_by_role("button", name="Cancel session").click()
    expert.get_by_label("Message to the customer").fill("I am ill.")
    expert.get_by_role("dialog").last.get_by_role("button", name="Cancel session").click()

    expect(pane.locator(".status")).to_have_text("Cancelled")
    expect(pane.get_by_text("I am ill.").first).to_be_visible()
    expect(expert.get_by_role("dialog")).to_have_count(1)  # a question that still closes would take the key
    expert.keyboard.press("Escape")
    expect(expert.get_by_role("dialog")).to_have_count(0)
    (booking,) = application.bookings("is-cancelled@example.com")
    assert booking["status"] == "Cancelled"
    comes_true(expert, "document.documentElement.scrollWidth <= innerWidth")


def test_notes_that_are_being_typed_are_kept_when_the_pane_is_put_away(
    visit: Visit, application: Application, offer: Offer
) -> None:
    application.book(offer.expert_id, offer.slot_id, email="has-notes@example.com", name="Nora")
    expert = visit("/workspace")
    sign_in_at(expert, application, application.address_of(offer.expert_id, offer.name))
    for put_away in (lambda: expert.keyboard.press("Escape"), expert.get_by_role("button", name="Close").click):
        expert.get_by_role("button", name="Nora", exact=True).first.click()
        notes = expert.get_by_label("Your notes about Nora")
        notes.fill(f"{notes.input_value()} Likes trains.")
        put_away()
        expect(expert.get_by_role("dialog")).to_have_count(0)

    expert.get_by_role("button", name="Nora", exact=True).first.click()

    expect(expert.get_by_label("Your notes about Nora")).to_have_value("Likes trains. Likes trains.")


def test_page_ends_with_the_sign_in(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="is-not-seen@example.com", name="Iris")
    expert = visit("/workspace")
    sign_in_at(expert, application, application.address_of(offer.expert_id, offer.name))
    expect(expert.get_by_role("button", name="Iris", exact=True).first).to_be_visible()
    elsewhere = expert.context.new_page()
    elsewhere.goto("/my-bookings")
    elsewhere.get_by_role("button", name="Sign out").click()
    expect(elsewhere.get_by_label("E-mail")).to_be_visible()

    expert.get_by_role("button", name="Later week").click()

    expect(expert.get_by_role("heading", name="Please sign in again")).to_be_visible()
    expect(expert.get_by_role("link", name="Sign in")).to_be_focused()
    expect(expert.get_by_text("Iris")).to_have_count(0)
    is_for_everybody(expert)


def test_link_of_the_mail_answers_with_one_press(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="by-mail@example.com")
    link = application.request_link("by-mail@example.com")

    page = visit(f"{link}?answer=confirm")
    (booking,) = application.bookings("by-mail@example.com")
    assert booking["status"] == "Pending"
    expect(page.get_by_role("button", name="Confirm the request")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="The request is confirmed")).to_be_focused()
    (booking,) = application.bookings("by-mail@example.com")
    assert booking["status"] == "Confirmed"


@pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 1280)])
def test_day_week_and_pane_are_for_everybody(
    visit: Visit, application: Application, offer: Offer, theme: str, width: int
) -> None:
    email, name = f"{theme}-{width}@example.com", f"{theme} mode".title()
    application.book(offer.expert_id, offer.slot_id, email=email, name=name)
    expert = visit("/workspace", theme=theme, width=width)
    is_for_everybody(expert)
    sign_in_at(expert, application, application.address_of(offer.expert_id, offer.name))
    expect(expert.get_by_role("button", name="Confirm", exact=True).first).to_be_visible()
    is_for_everybody(expert)

    expert.get_by_role("button", name="Later week").click()
    expert.get_by_role("button", name=name, exact=True).first.click()
    expect(expert.get_by_role("dialog").get_by_text(email)).to_be_visible()
    is_for_everybody(expert)
    expert.get_by_role("button", name="Move to another time").click()
    expect(expert.get_by_role("dialog").locator(".offer").first).to_be_visible()
    is_for_everybody(expert)
    expert.get_by_role("button", name="Keep this time").click()
    expert.get_by_role("dialog").get_by_role("button", name="Decline").click()
    expect(expert.get_by_label("Message to the customer")).to_be_visible()
    is_for_everybody(expert)

    page = visit(f"{application.request_link(email)}?answer=decline", theme=theme, width=width)
    is_for_everybody(page)
