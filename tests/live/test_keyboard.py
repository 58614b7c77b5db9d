"""The keyboard goes on where it was: the focus never falls back to the top of the page."""

import re

import pytest
from playwright.sync_api import expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, shows, sign_in, slot

pytestmark = pytest.mark.browser

SETTINGS = {"DEMO_EXPERTS": "30"}


def test_picked_time_is_announced_and_given_back_where_it_was(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    slot(page, offer).press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Held for you: .*M, 5 minutes$"))).to_be_focused()

    page.get_by_role("button", name="Choose another time").press("Enter")

    shows(page, offer, "open")
    expect(slot(page, offer)).to_be_focused()


def test_form_that_goes_away_while_one_types_hands_on_the_focus(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    slot(page, offer).click()
    page.get_by_label("Full name").press_sequentially("Alice")
    other = page.context.new_page()
    other.goto(offer.path)

    other.get_by_role("button", name="Choose another time").click()

    heading = page.get_by_role("heading", name="You gave this time back in another tab")
    expect(heading).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=re.compile("^Hold .* again$"))).to_be_focused()


def test_form_that_goes_away_leaves_alone_whoever_is_elsewhere(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    slot(page, offer).click()
    expect(page.get_by_role("heading", name=re.compile("^Held for you"))).to_be_focused()
    link = page.get_by_role("link", name="All experts")
    link.focus()
    other = page.context.new_page()
    other.goto(offer.path)

    other.get_by_role("button", name="Choose another time").click()

    expect(page.get_by_role("heading", name="You gave this time back in another tab")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(link).to_be_focused()


@pytest.mark.parametrize("leave", ["Escape", "Enter"])
def test_question_gives_the_focus_back_to_what_asked_it(visit: Visit, offer: Offer, leave: str) -> None:
    page = visit(offer.path)
    book(page, offer, f"{leave.lower()}-leaves@example.com")
    cancel = page.get_by_role("button", name="Cancel booking")
    cancel.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()

    page.keyboard.press(leave)

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(cancel).to_be_focused()


def test_cancelled_booking_keeps_the_focus(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    book(page, offer, "keeps-focus@example.com")
    page.get_by_role("button", name="Cancel booking").press("Enter")

    page.get_by_role("dialog").get_by_role("button", name="Cancel booking").press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="This booking was cancelled")).to_be_focused()


def test_deleted_booking_hands_the_focus_to_the_next(visit: Visit, application: Application, offer: Offer) -> None:
    expert = application.get(f"/api/experts/{offer.expert_id}")
    slots = [slot["id"] for slot in expert["timeSlots"] if slot["state"] == "open"][:2]
    for slot_id in slots:
        application.complete(application.book(offer.expert_id, slot_id, email="two@example.com")["_id"])
    page = visit("/my-bookings")
    sign_in(page, application, "two@example.com")

    page.get_by_role("button", name="Delete").first.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Session with").first).to_be_focused()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_role("button", name="Delete").first.press("Enter")

    expect(page.get_by_role("heading", name="Session with")).to_have_count(1)
    expect(page.get_by_role("heading", name="Session with")).to_be_focused()


def test_news_of_bookings_leave_the_focus_where_it_was(visit: Visit, application: Application, offer: Offer) -> None:
    expert = application.get(f"/api/experts/{offer.expert_id}")
    sooner, later = [slot["id"] for slot in expert["timeSlots"] if slot["state"] == "open"][:2]
    booking = application.book(offer.expert_id, later, email="news@example.com")
    page = visit("/my-bookings")
    sign_in(page, application, "news@example.com")
    cancel = page.locator(f'[data-pick="cancel:{booking["_id"]}"]')
    cancel.focus()

    application.book(offer.expert_id, sooner, email="news@example.com")
    expect(page.locator(".booking")).to_have_count(2)
    expect(page.get_by_role("heading", name="Upcoming")).to_be_visible()
    expect(cancel).to_be_focused()
    application.complete(booking["_id"])

    expect(page.get_by_role("heading", name="Past")).to_be_visible()
    expect(page.locator(f'[id="title-{booking["_id"]}"]')).to_be_focused()


def test_turned_page_begins_where_its_count_is(visit: Visit) -> None:
    page = visit("/")

    page.get_by_role("button", name="Next page").press("Enter")

    count = page.get_by_role("status").filter(has_text="page 2 of 3")
    expect(count).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".card a").first).to_be_focused()


def test_last_week_hands_the_focus_to_its_day(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    later = page.get_by_role("button", name="Later week")

    while later.is_enabled():
        later.press("Enter")
        page.wait_for_timeout(300)

    expect(page.locator('.day[aria-pressed="true"]')).to_be_focused()
