"""A whole life, in real browsers and live: from an expert who is invited to the next in line who gets what opens."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, has_stayed, is_live, shows, stays

pytestmark = pytest.mark.browser

ADA, NORA, ALICE, BOB = "ada@example.com", "nora@example.com", "alice@example.com", "bob@example.com"
SETTINGS = {"ADMIN_EMAILS": ADA, "DEMO_EXPERTS": "3"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def prove(page: Page, application: Application, email: str, navigation: str) -> None:
    """Sign in on a page of those who work here."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_role("navigation", name=navigation)).to_be_visible()
    is_live(page)


def invite(page: Page) -> None:
    """Add an expert, as an administrator."""
    page.get_by_role("button", name="Add an expert").click()
    page.get_by_label("Full name").fill("Nora Nielsen")
    page.get_by_role("combobox", name="Category").fill("Technology")
    page.get_by_label("E-mail", exact=True).fill(NORA)
    page.get_by_role("combobox", name="Time zone").fill("Europe/London")
    page.get_by_role("button", name="Add and invite").click()
    expect(page.get_by_text(f"An invitation is on its way to {NORA}.").first).to_be_visible()


def show(page: Page) -> None:
    """Have visitors find the expert, as an administrator."""
    name = page.get_by_role("button", name="Nora Nielsen")
    if name.get_attribute("aria-expanded") != "true":
        name.click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Nora Nielsen is shown.").first).to_be_visible()


def open_every_day(page: Page) -> None:
    """Set hours on every day of the week, as an expert."""
    for day in DAYS:
        switch = page.get_by_role("switch", name=day, exact=True)
        if not switch.is_checked():
            switch.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Your hours are saved. Visitors see them from now on.")).to_be_visible()


def offers_of(application: Application, name: str) -> list[Offer]:
    """The open times of an expert, from tomorrow's on, as the house tells them."""
    listed = application.get("/api/experts?limit=50")["experts"]
    expert = application.get(f"/api/experts/{next(each for each in listed if each['name'] == name)['_id']}")
    first = expert["timeSlots"][0]["date"]
    times = [slot for slot in expert["timeSlots"] if slot["state"] == "open" and slot["date"] > first]
    return [Offer(expert["_id"], name, slot["id"]) for slot in times]


def wait_in_line(page: Page, application: Application) -> None:
    page.get_by_role("link", name="Tell me when something opens").click()
    is_live(page)
    page.get_by_label("Full name").fill("Bob")
    page.get_by_label("E-mail").fill(BOB)
    page.get_by_role("button", name="Put me in line").click()
    page.get_by_label("Six digits").fill(application.code_for(BOB))
    page.wait_for_url("**/waiting/*")
    is_live(page)
    expect(page.get_by_role("heading", name="You are first in line")).to_be_visible()


def complete(page: Page, booking_id: str) -> None:
    """Say that a session has taken place, and why, as an administrator."""
    page.goto(f"/admin/bookings/{booking_id}")
    is_live(page)
    page.get_by_role("button", name="Complete", exact=True).click()
    question = page.get_by_role("dialog")
    question.get_by_label("Reason").fill("They met earlier than planned.")
    question.get_by_role("button", name="Complete", exact=True).click()
    expect(page.get_by_text("They met earlier than planned.").first).to_be_visible()


def test_whole_life(visit: Visit, application: Application) -> None:
    administrator = visit("/admin")
    prove(administrator, application, ADA, "Administration")
    invite(administrator)

    expert = visit("/workspace/hours")
    prove(expert, application, NORA, "Your workspace")
    open_every_day(expert)
    show(administrator)
    first, second, *_ = offers_of(application, "Nora Nielsen")
    onlooker = visit(f"{first.path}?view=week")

    # The customer asks, the expert confirms, and the customer's page says so.
    customer = visit(f"{first.path}?view=week")
    book(customer, first, ALICE)
    expect(customer.locator(".booked .status")).to_have_text("Pending")
    stays(customer)
    expert.goto("/workspace")
    is_live(expert)
    stays(expert)
    expert.get_by_role("button", name="Confirm", exact=True).click()
    expect(customer.locator(".booked .status")).to_have_text("Confirmed")

    # It is moved, and everybody sees both times change.
    customer.get_by_role("button", name="Move to another time").click()
    customer.get_by_role("dialog").locator(f'.offer[data-slot="{second.slot_id}"]').click()
    customer.get_by_role("button", name="Move the booking").click()
    expect(customer.get_by_role("dialog")).to_have_count(0)
    shows(onlooker, second, "booked")
    assert has_stayed(customer)

    # Somebody waits; the session is over, its booking is deleted, and what opens is theirs before anybody's.
    waiting = visit(first.path)
    wait_in_line(waiting, application)
    (booking,) = application.bookings(ALICE)
    assert (booking["status"], booking["slotId"]) == ("Confirmed", second.slot_id)
    complete(administrator, booking["_id"])
    expect(customer.locator(".booked .status")).to_have_text("Completed")
    customer.get_by_role("button", name="Delete", exact=True).click()
    customer.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(customer.get_by_role("heading", name="This booking is deleted")).to_be_visible()
    expect(waiting.get_by_role("heading", name="A time is kept for you")).to_be_visible()
    shows(onlooker, second, "held")
    waiting.get_by_role("button", name="Take it").click()
    shows(waiting, second, "mine")
    waiting.get_by_label("Phone").fill("+44 20 7946 0958")
    waiting.get_by_role("button", name=re.compile("^Book ")).click()
    waiting.wait_for_url("**/bookings/*")
    shows(onlooker, second, "booked")
    expect(expert.get_by_role("heading", name="1 request is waiting")).to_be_visible()
    assert has_stayed(expert)

    # The journal has all of it.
    administrator.goto("/admin/journal")
    is_live(administrator)
    for what in ("moved", "deleted", "confirmed"):
        expect(administrator.get_by_text(re.compile(what, re.IGNORECASE)).first).to_be_visible()
