"""The whole way by keyboard alone: find, take, book, follow, cancel; at three widths and in two themes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, is_live

pytestmark = pytest.mark.browser

SETTINGS = {"DEMO_EXPERTS": "30"}
MOST_STEPS = 60


def go_to(page: Page, what: Locator, *, key: str = "Tab") -> None:
    """Press a key until something has the focus, and see that one can see it has."""
    expect(what).to_be_visible()
    for _ in range(MOST_STEPS):
        if what.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press(key)
    expect(what).to_be_focused()
    expect(what).to_be_in_viewport()


@pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 768), ("dark", 1280)])
def test_everything_is_done_by_keyboard(
    visit: Visit, application: Application, offer: Offer, theme: str, width: int
) -> None:
    page = visit("/", theme=theme, width=width)
    email = f"keys-{theme}-{width}@example.com"

    page.keyboard.press("/")
    page.keyboard.type(offer.name)
    expect(page.locator(".card")).to_have_count(1)
    go_to(page, page.locator(".card .next"))
    page.keyboard.press("Enter")

    heading = page.get_by_role("heading", name=re.compile("^Held for you"))
    expect(heading).to_be_focused()
    for label, text in {"Full name": "Alice", "E-mail": email, "Phone": "+44 20 7946 0958"}.items():
        go_to(page, page.get_by_label(label))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/*")
    is_live(page)
    move = page.get_by_role("button", name="Move to another time")
    go_to(page, move)
    page.keyboard.press("Enter")
    go_to(page, page.locator(".mover .offer").last)
    page.keyboard.press("Enter")
    expect(page.locator("#move-heading")).to_be_focused()
    go_to(page, page.get_by_role("button", name="Move the booking"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(move).to_be_focused()
    cancel = page.get_by_role("button", name="Cancel booking")
    go_to(page, cancel)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(cancel).to_be_focused()

    go_to(page, page.get_by_role("navigation").get_by_role("link", name="My bookings"), key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/my-bookings")
    is_live(page)
    go_to(page, page.get_by_role("link", name="Sign in"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?next=/my-bookings")
    go_to(page, page.get_by_label("E-mail"))
    page.keyboard.press("Control+A")
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Six digits")).to_be_focused()
    page.keyboard.type(application.code_for(email))
    expect(page.get_by_role("heading", level=1, name="My bookings")).to_be_focused()
    is_live(page)
    go_to(page, page.get_by_role("button", name="Cancel booking"))
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("dialog").get_by_role("button", name="Cancel booking"))
    page.keyboard.press("Enter")
    expect(page.locator('[data-status="Cancelled"]').first).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body")

    go_to(page, page.get_by_role("button", name="Erase my data"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep everything")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Erase my data")).to_be_focused()
    go_to(page, page.locator(".account").get_by_role("button", name="Sign out"), key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="My bookings")).to_be_focused()


def test_way_of_reading_is_chosen_by_keyboard_and_kept(visit: Visit) -> None:
    page = visit("/", theme="dark")
    root = page.locator("html")
    opener = page.get_by_role("button", name="Language, clock and colours")
    go_to(page, opener)
    page.keyboard.press("Enter")

    go_to(page, page.get_by_role("button", name="Light"))
    page.keyboard.press("Enter")

    expect(root).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.reload()
    is_live(page)
    expect(root).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"


def test_language_is_chosen_and_spoken_from_then_on(visit: Visit) -> None:
    page = visit("/my-bookings")
    page.get_by_role("button", name="Language, clock and colours").click()

    page.get_by_role("button", name="العربية").click()

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("My bookings")
