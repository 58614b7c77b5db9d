"""What is told to many pages by one message arrives whole, in whatever order and by whatever way it comes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, comes_true, has_stayed, shows, slot, stays

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
    slot(page, offer).evaluate(
        """slot => {
            window.states = [];
            const watched = { attributeFilter: ["data-state"] };
            new MutationObserver(() => states.push(slot.dataset.state)).observe(slot, watched);
        }"""
    )

    slot(page, offer).click()

    shows(page, offer, "mine")
    assert page.evaluate("states") == ["mine"]


def news_of(page: Page, taken: list[str], version: int, *, state: str = "held") -> None:
    """Several times are taken, or free again, by one message."""
    changes = [[key, version, {"data-state": state}, None, f"{key} is {state}"] for key in taken]
    page.evaluate(f"told({json.dumps(changes)})")


def test_news_that_come_together_are_read_out_together_and_not_too_often(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    shown = page.locator(".slot").evaluate_all("slots => slots.map((slot) => slot.dataset.slot)")[:2]
    page.evaluate(
        """window.readOut = [];
        new MutationObserver(() => readOut.push([performance.now(), said.textContent]))
            .observe(document.getElementById("said"), { childList: true });"""
    )

    news_of(page, shown[:1], LATER)
    news_of(page, shown, LATER + 1, state="booked")
    news_of(page, [offer.expert_id], LATER + 2)

    comes_true(page, "readOut.length === 2")
    (first_at, first), (second_at, second) = page.evaluate("readOut")
    assert (first, second) == (f"{shown[0]} is held", "2 times were just taken.")
    assert second_at - first_at > 2000
    news_of(page, shown, LATER + 3, state="open")
    comes_true(page, "readOut.length === 3")
    assert page.evaluate("readOut[2][1]") == "2 times are free again."


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_what_changes_moves_once_unless_somebody_wants_no_movement(
    visit: Visit, offer: Offer, motion: Any, moves: bool
) -> None:
    page = visit(offer.path)
    page.emulate_media(reduced_motion=motion)
    running = "slot => slot.getAnimations().filter((each) => each.animationName === 'slot-news').length"
    assert slot(page, offer).evaluate(running) == 0

    tells(page, offer.slot_id, LATER, {"data-state": "booked"})

    assert slot(page, offer).evaluate(running) == int(moves)
    tells(page, offer.slot_id, LATER + 1, {"aria-label": "nothing to see"})
    comes_true(page, f"(({running})(document.querySelector('[data-slot=\"{offer.slot_id}\"]'))) === 0")


def test_number_of_those_who_look_follows_who_comes_and_goes(visit: Visit, offer: Offer) -> None:
    alice = visit(offer.path)
    looking = alice.locator(".looking")
    expect(looking).to_be_hidden()

    bob = visit(offer.path, zone="Asia/Kolkata")

    expect(looking).to_have_text("2 looking now")
    expect(bob.locator(".looking")).to_have_text("2 looking now")
    bob.close()
    expect(looking).to_be_hidden()


def test_clocks_of_other_places_are_right_when_one_comes_back(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path, zone="Pacific/Kiritimati")
    there = page.locator(".there time")
    drawn = there.inner_text()
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(minutes=35))

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(there).not_to_have_text(drawn)
    in_english = "{ timeZone: clock.dataset.clock, hour: 'numeric', minute: '2-digit' }"
    told = there.evaluate(f"clock => new Date().toLocaleTimeString('en-US', {in_english}).replace('\\u202f', ' ')")
    assert there.inner_text() == told
