"""What a visitor does and sees, in the words of the tests."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Page, expect

from tests.live.application import Application

LOOK_MILLISECONDS = 100


@dataclass(frozen=True)
class Offer:
    """An expert and their next open time, which every visitor's page shows at once."""

    expert_id: str
    name: str
    slot_id: str

    @property
    def path(self) -> str:
        """The expert's page."""
        return f"/experts/{self.expert_id}"


def comes_true(page: Page, expression: str, *, within_milliseconds: int = 15_000) -> None:
    """Wait until an expression of JavaScript is true in a page, whose policy lets no text run from within it."""
    for _ in range(0, within_milliseconds, LOOK_MILLISECONDS):
        with suppress(Error):  # the page is being loaded again
            if page.evaluate(expression):
                return
        page.wait_for_timeout(LOOK_MILLISECONDS)
    raise AssertionError(f"This did not come true: {expression}")


def pasted(page: Page) -> str:
    """What is in the clipboard, which a page may write and not read."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))")
    page.locator("#pasted").focus()
    page.keyboard.press("ControlOrMeta+V")
    return page.locator("#pasted").input_value()


def is_live(page: Page) -> None:
    """Wait until a page is connected."""
    expect(page.locator("#live")).to_have_attribute("data-connection", "live")


def slot(page: Page, offer: Offer) -> Any:
    """The button of an offered time."""
    return page.locator(f'[data-slot="{offer.slot_id}"]')


def shows(page: Page, offer: Offer, state: str) -> None:
    """Wait until a page shows an offered time in a state: by its style, to a screen reader, and by what can be done."""
    words = {"open": "available", "held": "being booked", "booked": "booked", "mine": "held for you"}
    button = slot(page, offer)
    expect(button).to_have_attribute("data-state", state)
    expect(button).to_have_accessible_name(re.compile(f", {words[state]}$"))
    if state in ("open", "mine"):
        expect(button).to_be_enabled()
    else:
        expect(button).to_be_disabled()
        expect(button).to_contain_text(words[state])


def fill_in(page: Page, email: str) -> None:
    """Type into the booking form."""
    page.get_by_label("Full name").fill("Alice")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Phone").fill("+44 20 7946 0958")
    page.get_by_label("What is it about? (optional)").fill("Two questions")


def book(page: Page, offer: Offer, email: str) -> None:
    """Book an offered time in a browser, up to the confirmation."""
    slot(page, offer).click()
    fill_in(page, email)
    page.get_by_role("button", name=re.compile("^Book ")).click()
    page.wait_for_url("**/bookings/*")
    expect(page.get_by_role("heading", name=f"Session with {offer.name}")).to_be_visible()


def sign_in(page: Page, application: Application, email: str) -> None:
    """Prove an address in a browser, on whatever page has the form."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()
    is_live(page)


def stays(page: Page) -> None:
    """Leave a mark that a reload would wipe out; `has_stayed` looks for it."""
    page.evaluate("window.mark = true")


def has_stayed(page: Page) -> bool:
    """Whether a page has not been loaded again since `stays`."""
    return page.evaluate("window.mark === true") is True
