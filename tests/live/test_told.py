"""What is told to many pages by one message arrives whole, in whatever order and by whatever way it comes."""

import json

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, has_stayed, shows, slot, stays

pytestmark = pytest.mark.browser

LATER = 1_000_000
"""A version that the application does not reach in a test."""


def tells(page: Page, key: str, version: int, attributes: dict[str, str | None], text: str | None = None) -> None:
    page.evaluate(f"told([[{json.dumps(key)}, {version}, {json.dumps(attributes)}, {json.dumps(text)}, null]])")


def test_what_happens_before_the_line_stands_is_told_when_it_does(
    visit: Visit, application: Application, offer: Offer, chromium: Browser
) -> None:
    context = chromium.new_context(base_url=application.url, timezone_id="UTC")
    context.add_cookies([{"name": "zone", "value": "auto:UTC", "url": application.url}])
    page = context.new_page()

    def book_first(line: WebSocketRoute) -> None:
        application.book(offer.expert_id, offer.slot_id, email="before-the-line@example.com")
        line.connect_to_server()

    page.route_web_socket("**/socket.io/**", book_first)

    page.goto(offer.path)

    shows(page, offer, "booked")
    context.close()


def test_older_news_does_not_overwrite_newer(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    booked = {"data-state": "booked", "disabled": ""}
    tells(page, offer.slot_id, LATER + 2, booked, "booked")

    tells(page, offer.slot_id, LATER + 1, {"data-state": "open", "disabled": None}, "open")

    expect(slot(page, offer)).to_have_attribute("data-state", "booked")
    expect(slot(page, offer)).to_have_text("booked")
    expect(slot(page, offer)).to_be_disabled()


def test_each_attribute_has_its_own_age(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    tells(page, offer.slot_id, LATER + 2, {"data-state": "held"})

    tells(page, offer.slot_id, LATER + 1, {"aria-label": "told late, and still news"})

    expect(slot(page, offer)).to_have_attribute("data-state", "held")
    expect(slot(page, offer)).to_have_accessible_name("told late, and still news")


def test_what_is_drawn_anew_from_before_shows_the_news(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    tells(page, offer.slot_id, LATER, {"data-state": "held"})

    drawn = (
        f'<button class="slot" data-slot="{offer.slot_id}" data-live="{offer.slot_id}" data-state="open">drawn</button>'
    )
    slot(page, offer).evaluate("(slot, drawn) => (slot.closest('[data-version]').innerHTML = drawn)", drawn)

    expect(slot(page, offer)).to_have_attribute("data-state", "held")
    expect(slot(page, offer)).to_have_text("drawn")


def test_turning_the_week_and_back_shows_what_happened_meanwhile(
    visit: Visit, application: Application, offer: Offer
) -> None:
    page = visit(offer.path)
    shows(page, offer, "open")
    stays(page)
    chosen = page.locator('.day[aria-pressed="true"]').get_attribute("data-pick")
    page.get_by_role("button", name="Later week").click()
    expect(slot(page, offer)).to_have_count(0)

    application.book(offer.expert_id, offer.slot_id, email="another-week@example.com")
    page.get_by_role("button", name="Earlier week").click()
    page.locator(f'.day[data-pick="{chosen}"]').click()

    shows(page, offer, "booked")
    assert has_stayed(page)


def test_free_counts_follow_on_the_page_and_on_the_list(visit: Visit, application: Application, offer: Offer) -> None:
    calendar, experts = visit(offer.path), visit(f"/?search={offer.name.replace(' ', '+')}")
    day = calendar.locator('.day[aria-pressed="true"]')
    free = int(day.get_attribute("data-free") or 0)
    word = experts.locator(".next").get_attribute("data-word") or ""
    open_slots = int(word.split()[0])

    application.book(offer.expert_id, offer.slot_id, email="counts@example.com")

    expect(day).to_have_attribute("data-free", str(free - 1))
    expect(day.locator("i")).to_have_text(f"{free - 1} free" if free > 1 else "full")
    expect(experts.locator(".next")).to_have_attribute("data-word", f"{open_slots - 1} open")


def test_own_slot_keeps_the_focus_and_never_looks_like_somebody_elses(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    page.evaluate(
        f"""window.states = [];
        new MutationObserver(() => states.push(document.querySelector('[data-slot="{offer.slot_id}"]').dataset.state))
            .observe(document.body, {{ subtree: true, attributes: true, attributeFilter: ["data-state"] }});"""
    )

    slot(page, offer).click()

    shows(page, offer, "mine")
    assert page.evaluate("states") == ["mine"]
