"""The pages that show how the house is doing, in a real browser: charts within the policy of pages, in any colours."""

import pytest
from playwright.sync_api import Page, expect

from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import comes_true, is_live

pytestmark = pytest.mark.browser
HAS_GLASS = True

ADA = "ada@example.com"
SETTINGS = {"ADMIN_EMAILS": ADA, "DEMO_EXPERTS": "3"}
DRAWN = """[...document.querySelectorAll(".chart canvas")].filter((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}).length === 5"""


def come_in(visit: Visit, application: Application, path: str) -> Page:
    """As an administrator, on a page."""
    page = visit(path)
    page.get_by_label("E-mail").fill(ADA)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(ADA))
    expect(page.get_by_role("navigation", name="Administration")).to_be_visible()
    is_live(page)
    return page


def test_charts_are_drawn_and_tables_say_the_same(visit: Visit, application: Application) -> None:
    page = come_in(visit, application, "/admin/operations")

    comes_true(page, DRAWN)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    comes_true(page, DRAWN)
    comes_true(page, "document.querySelector('[data-live=value-viewers]').textContent === '1'")
    page.get_by_role("button", name="90 days").click()
    expect(page.get_by_role("button", name="90 days")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Show as a table").first.click()
    expect(page.get_by_role("columnheader", name="Pending")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").first.click()
    assert download.value.suggested_filename == "bookings-by-day-90.csv"
    is_for_everybody(page)
    page.goto("/admin/webhooks")
    is_live(page)
    page.get_by_role("button", name="Add a webhook").click()
    expect(page.get_by_role("checkbox", name="booking.made")).to_be_checked()
    is_for_everybody(page)
    page.goto("/admin/tokens")
    is_live(page)
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Name").fill("Reports")
    page.get_by_role("checkbox", name="figures:read").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("textbox", name="The token of “Reports”")).to_be_visible()
    is_for_everybody(page)


def test_what_is_drawn_anew_keeps_the_keyboard_where_it_was(visit: Visit, application: Application) -> None:
    page = come_in(visit, application, "/admin/webhooks")
    page.get_by_role("button", name="Add a webhook").press("Enter")
    page.get_by_role("textbox", name="Name").fill("CRM")
    page.get_by_role("textbox", name="Address").fill("https://crm.example.com")
    page.get_by_role("textbox", name="Address").press("Enter")
    deliveries, test = (page.get_by_role("button", name=name, exact=True) for name in ("Deliveries", "Send a test"))

    deliveries.press("Enter")

    expect(deliveries).to_have_attribute("aria-expanded", "true")
    expect(deliveries).to_be_focused()
    test.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row")).to_contain_text(["Event", "Tried 1 time"])  # drawn anew once it was tried
    expect(test).to_be_focused()

    test.blur()
    page.get_by_role("button", name="Failed only").dispatch_event("click")
    expect(page.get_by_role("button", name="Failed only")).to_have_attribute("aria-pressed", "true")
    expect(test).not_to_be_focused()
