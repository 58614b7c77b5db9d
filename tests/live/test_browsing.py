import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, has_stayed, is_live, pasted, shows, slot, stays

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


def test_card_and_its_time_are_two_links_with_names_of_their_own(visit: Visit, offer: Offer) -> None:
    page = visit(f"/?search={offer.name.replace(' ', '+')}")
    card, chip = page.locator(".card h2 a"), page.locator(".card .next")
    expect(card).to_have_accessible_name(offer.name)
    expect(chip).to_have_accessible_name(re.compile(f"^{offer.name} .*{re.escape(chip.inner_text())}.* Book$"))
    expect(chip).to_have_attribute("href", f"{offer.path}?time={offer.slot_id}")

    page.locator(".card .headline").click(force=True)  # under the link, which covers the whole card

    page.wait_for_url(re.compile(f"{offer.path}$"))


def test_next_time_that_is_taken_leads_to_the_one_after_it(
    visit: Visit, application: Application, offer: Offer
) -> None:
    page = visit(f"/?search={offer.name.replace(' ', '+')}")
    stays(page)
    slots = application.get(f"/api/experts/{offer.expert_id}")["timeSlots"]
    _, after, *_ = [slot["id"] for slot in slots if slot["state"] == "open"]

    application.book(offer.expert_id, offer.slot_id, email="faster@example.com")

    expect(page.locator(".card .next")).to_have_attribute("href", f"{offer.path}?time={after}")
    assert has_stayed(page)


def test_time_filter_is_in_the_address_and_goes_back_and_forward(visit: Visit) -> None:
    page = visit("/?sort=soonest")
    status = page.get_by_role("status").filter(has_text="expert")
    everybody = status.inner_text()
    this_week = page.get_by_role("button", name="This week")

    this_week.click()
    expect(page).to_have_url(re.compile(r"/\?open=week&sort=soonest$"))
    expect(status).to_have_text(re.compile("open this week"))
    page.go_back()
    expect(status).to_have_text(everybody)
    expect(this_week).to_have_attribute("aria-pressed", "false")
    page.go_forward()
    expect(status).to_have_text(re.compile("open this week"))
    expect(this_week).to_have_attribute("aria-pressed", "true")
    this_week.click()

    expect(page).to_have_url(re.compile(r"/\?sort=soonest$"))
    expect(status).to_have_text(everybody)


def test_search_is_cleared_by_keyboard_and_by_the_way_back(visit: Visit) -> None:
    page = visit("/")
    field, names = page.get_by_label("Search experts by name"), page.locator(".card h2")
    everybody = names.all_inner_texts()
    field.fill("sarah")
    field.press("Enter")
    expect(page.locator(".card mark")).to_have_text("Sarah")

    page.get_by_role("button", name="Clear the search").press("Enter")
    expect(names).to_have_text(everybody)
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    field.fill("nobody at all")
    page.get_by_role("button", name=re.compile("^Clear the search .* more$")).click()

    expect(names).to_have_text(everybody)
    expect(field).to_have_value("")
    expect(page).to_have_url(re.compile("/$"))


def test_recently_viewed_experts_are_shown_where_nothing_moves(visit: Visit, offers: Iterator[Any]) -> None:
    first, second = (next(offers) for _ in range(2))
    page = visit(f"/experts/{first['_id']}")
    page.goto(f"/experts/{second['_id']}")
    is_live(page)
    page.add_init_script(
        "window.moved = 0; const add = (list) => list.getEntries().forEach((entry) => (window.moved += entry.value));"
        "new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto("/")
    is_live(page)
    recent = page.get_by_role("region", name="Recently viewed")

    expect(recent.get_by_role("link")).to_have_text([re.compile(f"{expert['name']}$") for expert in (second, first)])
    assert page.evaluate("window.moved") < 0.001

    page.get_by_role("button", name="Forget whom I have viewed").click()
    expect(recent).to_be_hidden()
    page.reload()
    is_live(page)
    expect(recent).to_be_hidden()


def test_names_that_the_browser_keeps_are_shown_as_text(visit: Visit) -> None:
    code = "<img src=x onerror='window.broken=1'>"
    page = visit("/")
    kept = [{"id": "6998151da2703c790995027d", "name": code}, {"id": "../elsewhere", "name": "No"}, 7]
    page.evaluate("kept => localStorage.setItem('viewed', JSON.stringify(kept))", kept)

    page.reload()
    is_live(page)

    expect(page.get_by_role("region", name="Recently viewed").get_by_role("link")).to_have_text([code])
    assert page.evaluate("window.broken") is None


def test_cards_turn_into_outlines_of_the_same_size_while_one_waits(visit: Visit) -> None:
    page = visit("/")
    sizes = "[...document.querySelectorAll('.card')].map((card) => card.getBoundingClientRect().height)"
    before = page.evaluate(sizes)

    page.evaluate("window.socket.emit = () => {}")  # what is asked for never arrives
    page.get_by_role("button", name="Soonest").click()

    expect(page.locator(".results")).to_have_attribute("aria-busy", "true")
    assert page.evaluate(sizes) == before


@pytest.mark.parametrize(
    ("zone", "place"), [("America/New_York", "New York"), ("Asia/Kolkata", "Kolkata"), ("Europe/London", "London")]
)
def test_first_visit_shows_the_times_of_the_device(visit: Visit, offer: Offer, zone: str, place: str) -> None:
    page = visit(offer.path, zone=zone, is_first=True)

    for pill in (page.locator("button.zone"), page.locator("button.told-in")):
        expect(pill).to_have_accessible_name(re.compile(f"^Times are shown in {place} time"))
    expect(slot(page, offer)).to_have_accessible_name(re.compile(f", {place} time, available$"))


def test_zone_picker_changes_all_times_until_it_is_told_otherwise(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path, zone="Europe/London")
    expect(slot(page, offer)).to_have_accessible_name(re.compile("London time, available$"))

    page.locator("button.told-in").click()
    dialog = page.get_by_role("dialog", name="Show times in")
    expect(dialog.get_by_role("option", name="This device's zone")).to_have_attribute("aria-current", "true")
    dialog.get_by_role("combobox").fill("japan")
    dialog.get_by_role("option", name=re.compile("^Tokyo Japan")).click()

    expect(page.locator("button.told-in")).to_have_accessible_name(re.compile("Tokyo time, GMT.9"))
    expect(page.locator(".slot").first).to_have_accessible_name(re.compile("Tokyo time"))
    page.goto("/")
    expect(page.locator("button.zone")).to_have_accessible_name(re.compile("Tokyo"))
    is_live(page)

    page.locator("button.zone").click()
    page.get_by_role("option", name="This device's zone").click()
    expect(page.locator("button.zone")).to_have_accessible_name(re.compile("London"))


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
    expect(page.get_by_role("button", name=re.compile("^Book "))).to_be_focused()
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
    expect(page.get_by_label("Phone")).to_have_accessible_description(re.compile("^Your phone number is missing"))
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

    page.get_by_role("button", name=re.compile("^Book ")).click()

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
    page.context.grant_permissions(["clipboard-write"])
    book(page, offer, "copies@example.com")

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_text("The address is copied.")).to_be_visible()
    assert pasted(page) == page.url


def test_address_that_cannot_be_copied_is_not_said_to_be(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.add_init_script("document.execCommand = () => false")
    book(page, offer, "cannot-copy@example.com")

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_text("The address is selected: please copy it yourself.")).to_be_visible()
    expect(page.get_by_text("The address is copied.")).to_have_count(0)
