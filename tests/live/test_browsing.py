import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, is_live, shows, slot

pytestmark = pytest.mark.browser

SETTINGS = {"DEMO_EXPERTS": "30"}


def test_search_narrows_the_list_and_the_address_as_one_types(visit: Visit) -> None:
    page = visit("/")

    page.get_by_label("Search experts by name").press_sequentially("sar joh")

    expect(page.locator(".card h2")).to_have_text(["Sarah Johnson"])
    expect(page).to_have_url(re.compile(r"/\?search=sar\+joh$"))
    expect(page.get_by_role("status").filter(has_text="1 expert")).to_be_visible()


def test_back_and_forward_show_the_views_again(visit: Visit) -> None:
    page = visit("/")
    names = page.locator(".card h2")
    first = names.all_inner_texts()
    page.get_by_role("button", name="Page 2").click()
    expect(page).to_have_url(re.compile(r"/\?page=2$"))
    expect(page.get_by_role("status").filter(has_text="page 2 of 3")).to_be_visible()
    second = names.all_inner_texts()
    page.get_by_role("button", name="Technology").click()
    expect(page).to_have_url(re.compile(r"/\?category=Technology$"))

    page.go_back()
    expect(names).to_have_text(second)
    expect(page.get_by_role("button", name=re.compile("^All"))).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(names).to_have_text(first)
    page.go_forward()

    expect(names).to_have_text(second)
    expect(page.get_by_role("button", name="Page 2")).to_have_attribute("aria-current", "page")


def test_back_from_an_expert_leads_to_the_view_one_came_from(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("button", name="Technology").click()
    expect(page).to_have_url(re.compile(r"/\?category=Technology$"))
    names = page.locator(".card .category")
    expect(names.first).to_have_text("Technology")
    page.locator(".card h2 a").first.click()
    page.wait_for_url("**/experts/*")

    page.go_back()

    expect(page).to_have_url(re.compile(r"/\?category=Technology$"))
    expect(page.get_by_role("button", name="Technology")).to_have_attribute("aria-pressed", "true")
    assert set(names.all_inner_texts()) == {"Technology"}


def test_link_shows_the_view_to_somebody_else(visit: Visit) -> None:
    alice = visit("/?sort=soonest&page=2")
    bob = visit("/?sort=soonest&page=2")

    assert bob.locator(".card h2").all_inner_texts() == alice.locator(".card h2").all_inner_texts()
    expect(bob.get_by_role("button", name="Soonest")).to_have_attribute("aria-pressed", "true")
    expect(bob.get_by_role("button", name="Page 2")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize(
    ("zone", "place"), [("America/New_York", "New York"), ("Asia/Kolkata", "Kolkata"), ("Europe/London", "London")]
)
def test_first_visit_shows_the_times_of_the_device(visit: Visit, offer: Offer, zone: str, place: str) -> None:
    page = visit(offer.path, zone=zone, is_first=True)

    expect(page.locator("button.pill")).to_have_accessible_name(re.compile(f"^Times are shown in {place} time"))
    expect(page.get_by_text(f"All times in {place} time")).to_be_visible()
    expect(slot(page, offer)).to_have_accessible_name(re.compile(f", {place} time, available$"))


def test_zone_picker_changes_all_times_until_it_is_told_otherwise(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path, zone="Europe/London")
    expect(slot(page, offer)).to_have_accessible_name(re.compile("London time, available$"))

    page.locator("button.pill").click()
    expect(page.get_by_role("dialog", name="Show times in")).to_be_visible()
    page.get_by_label("City or zone").fill("tokyo")
    page.get_by_role("button", name="Asia/Tokyo").click()

    expect(page.get_by_text("All times in Tokyo time, GMT+9.")).to_be_visible()
    expect(page.locator(".slot").first).to_have_accessible_name(re.compile("Tokyo time"))
    page.goto("/")
    expect(page.locator("button.pill")).to_have_accessible_name(re.compile("Tokyo"))
    is_live(page)

    page.locator("button.pill").click()
    page.get_by_role("button", name="Use this device's zone").click()
    expect(page.locator("button.pill")).to_have_accessible_name(re.compile("London"))


def tabs_to(page: Page, target: Locator) -> None:
    """Go from control to control, as far as it takes."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()


def test_keyboard_alone_books(visit: Visit, application: Application, offer: Offer) -> None:
    page = visit(offer.path)

    tabs_to(page, slot(page, offer))
    page.keyboard.press("Enter")
    shows(page, offer, "mine")
    tabs_to(page, page.get_by_label("Full name"))
    for text in ("Alice", "keyboard@example.com", "+44 20 7946 0958", "Two questions"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Book ")).to_be_focused()
    page.keyboard.press("Enter")

    page.wait_for_url("**/bookings/*")
    assert [booking["notes"] for booking in application.bookings("keyboard@example.com")] == ["Two questions"]


def test_wrong_field_gets_the_focus(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    slot(page, offer).click()
    page.get_by_label("Full name").fill("Alice")
    page.get_by_label("E-mail").fill("alice@")

    page.get_by_label("E-mail").press("Enter")

    expect(page.get_by_text("This is not an e-mail address yet.")).to_be_visible()
    expect(page.get_by_text("Your phone number is missing.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Alice")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("E-mail")).to_have_accessible_description(re.compile("^This is not an e-mail address yet"))
    expect(page.get_by_label("Phone")).to_have_accessible_description("Your phone number is missing.")
    page.get_by_label("E-mail").fill("alice@example.com")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "false")
    expect(page.get_by_label("E-mail")).to_have_accessible_description("")


def test_escape_answers_a_question_with_no(visit: Visit, application: Application, offer: Offer) -> None:
    page = visit(offer.path)
    book(page, offer, "escape@example.com")
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("dialog", name="Cancel this booking?")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [booking["status"] for booking in application.bookings("escape@example.com")] == ["Pending"]


def test_slash_goes_to_the_search(visit: Visit) -> None:
    page = visit("/")

    page.keyboard.press("/")

    expect(page.get_by_label("Search experts by name")).to_be_focused()


def test_what_customers_type_is_shown_as_text(visit: Visit, offer: Offer) -> None:
    code = "<img src=x onerror='window.broken=1'><b>\"'`${1}{{1}}"
    page = visit(offer.path)
    slot(page, offer).click()
    page.get_by_label("Full name").fill(code)
    page.get_by_label("E-mail").fill("code@example.com")
    page.get_by_label("Phone").fill("+44 20 7946 0958")
    page.get_by_label("What is it about? (optional)").fill(code)

    page.get_by_role("button", name="Book ").click()

    page.wait_for_url("**/bookings/*")
    expect(page.locator("dd", has_text="<img src=x")).to_have_text([code, code])
    assert page.evaluate("window.broken") is None


def test_no_page_scrolls_sideways_on_a_small_telephone(visit: Visit, offer: Offer) -> None:
    page = visit("/", width=360)
    widths = {"/": page.evaluate("document.documentElement.scrollWidth")}
    for path in ("/?search=nobody", "/my-bookings", "/no/such/page", offer.path):
        page.goto(path)
        is_live(page)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    slot(page, offer).click()
    expect(page.get_by_label("Full name")).to_be_visible()
    widths["form"] = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Choose another time").click()
    book(page, offer, f"{'long' * 10}@{'example' * 6}.com")
    widths["confirmation"] = page.evaluate("document.documentElement.scrollWidth")

    assert {path: width for path, width in widths.items() if width > 360} == {}


def test_address_is_said_to_be_copied_when_it_is(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    book(page, offer, "copies@example.com")

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_text("The address is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_address_that_cannot_be_copied_is_not_said_to_be(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    book(page, offer, "cannot-copy@example.com")

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_text("Please copy it from the address bar.")).to_be_visible()
    expect(page.get_by_text("The address is copied.")).to_have_count(0)
