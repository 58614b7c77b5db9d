"""Those who run the house in a real browser: everybody can use its pages, by keyboard too, and what changes shows."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, is_live

pytestmark = pytest.mark.browser
HAS_GLASS = True

HOUSE = "house@example.com"
SETTINGS = {"DEMO_EXPERTS": "30", "ADMIN_EMAILS": HOUSE}


def runs(visit: Visit, application: Application, path: str, **looks: Any) -> Page:
    """Somebody who runs the house, on one of its pages."""
    page = visit(path, **looks)
    page.get_by_label("E-mail").fill(HOUSE)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(HOUSE))
    expect(page.get_by_role("navigation", name="Administration")).to_be_visible()
    is_live(page)
    return page


@pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 1280)])
def test_pages_are_for_everybody(visit: Visit, application: Application, offer: Offer, theme: str, width: int) -> None:
    application.book(offer.expert_id, offer.slot_id, email="somebody@example.com")
    page = runs(visit, application, "/admin", theme=theme, width=width)
    page.locator(".opens").first.click()
    expect(page.get_by_role("button", name="Hide")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name=re.compile("^Remove "))).to_be_visible()
    is_for_everybody(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add an expert").click()
    expect(page.get_by_label("Full name")).to_be_visible()
    is_for_everybody(page)

    for path in ("/admin/categories", "/admin/bookings", "/admin/journal", "/admin/bookings?q=nobody+at+all"):
        page.goto(path)
        is_live(page)
        is_for_everybody(page)
    page.goto("/admin/bookings")
    page.locator(".admin-row a").first.click()
    expect(page.get_by_role("heading", name="Journal")).to_be_visible()
    is_live(page)
    is_for_everybody(page)


def test_booking_is_found_by_keyboard_and_its_row_follows(visit: Visit, application: Application, offer: Offer) -> None:
    booked = application.book(offer.expert_id, offer.slot_id, email="keyboard@example.com")
    page = runs(visit, application, "/admin/bookings")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("keyboard@example.com")
    page.keyboard.press("Enter")
    row = page.locator(".admin-row")
    expect(row).to_have_count(1)
    expect(row.locator(".status")).to_have_text("Pending")
    is_live(page)

    application.cancel(booked)

    expect(row.locator(".status")).to_have_text("Cancelled")
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Journal")).to_be_visible()


def test_reason_that_is_refused_stays_to_be_mended(visit: Visit, application: Application, offer: Offer) -> None:
    booked = application.book(offer.expert_id, offer.slot_id, email="is-declined@example.com")
    page = runs(visit, application, f"/admin/bookings/{booked['_id']}")
    is_live(page)
    page.get_by_role("button", name="Decline").click()
    question = page.get_by_role("dialog")
    question.get_by_label("Reason").fill("Not\u202ethis week.")

    question.get_by_role("button", name="Decline").click()

    expect(question.get_by_role("alert")).to_contain_text("invisible character (U+202E)")
    expect(question.get_by_label("Reason")).to_have_value("Not\u202ethis week.")
    is_for_everybody(page)
    question.get_by_label("Reason").fill("Not this week.")
    question.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".status").first).to_have_text("Cancelled")
    assert application.bookings("is-declined@example.com")[0]["message"] == "Not this week."


def test_categories_are_added_one_after_the_other(visit: Visit, application: Application) -> None:
    page = runs(visit, application, "/admin/categories")
    name = page.get_by_label("A new category")
    name.focus()

    for category in ("Gardening", "Cooking", "Sailing"):
        page.keyboard.type(category)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name=category)).to_be_visible()
        expect(name).to_have_value("")
        expect(name).to_be_focused()


def test_new_booking_is_counted_and_the_list_loaded_anew(visit: Visit, application: Application, offer: Offer) -> None:
    page = runs(visit, application, "/admin/bookings")

    application.book(offer.expert_id, offer.slot_id, email="new@example.com")

    expect(page.get_by_role("status").filter(has_text="1 new booking")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("link", name="Load the list anew").click()
    expect(page.locator(".admin-row").first).to_contain_text("new@example.com")
    expect(page.get_by_text("new booking")).to_have_count(0)
