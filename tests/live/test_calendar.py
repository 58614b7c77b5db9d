"""The calendar under the hand: by keyboard, on a telephone, in another zone and by another clock."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, has_stayed, is_live, shows, slot, stays

pytestmark = pytest.mark.browser


def open_days(page: Page) -> list[str]:
    """The dates of the week that have a free time."""
    return page.locator(".day").evaluate_all(
        "days => days.filter((day) => day.dataset.free > 0).map((day) => day.dataset.pick)"
    )


def test_arrow_keys_walk_through_days_and_times(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    days = page.locator(".day")
    days.nth(0).focus()

    page.keyboard.press("ArrowRight")
    expect(days.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(days.nth(6)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(days.nth(5)).to_be_focused()

    slot(page, offer).focus()
    page.keyboard.press("Home")
    expect(page.locator('.slot[data-state="open"]').first).to_be_focused()


@pytest.mark.parametrize(("language", "key"), [("en", "ArrowRight"), ("ar", "ArrowLeft")])
def test_arrow_keys_go_where_they_point(visit: Visit, offer: Offer, language: str, key: str) -> None:
    page = visit(offer.path)
    page.context.add_cookies([{"name": "language", "value": language, "url": page.url}])
    page.reload()
    page.locator('[data-connection="live"]').wait_for()
    days = page.locator(".day")
    days.nth(2).focus()

    page.keyboard.press(key)

    expect(days.nth(3)).to_be_focused()


def test_zone_is_chosen_by_keyboard_alone_and_the_focus_comes_back(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path, zone="Europe/London")
    pill = page.locator("button.told-in")
    pill.press("Enter")
    search = page.get_by_role("combobox")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(pill).to_be_focused()

    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.type("germany")
    berlin = page.get_by_role("option", name=re.compile("^Berlin Germany"))
    expect(page.get_by_role("option").first).to_have_accessible_name(re.compile("^Berlin Germany"))
    page.keyboard.press("ArrowDown")
    expect(berlin).to_have_attribute("aria-selected", "true")
    expect(search).to_have_attribute("aria-activedescendant", str(berlin.get_attribute("id")))
    page.keyboard.press("Enter")

    expect(pill).to_have_accessible_name(re.compile("Berlin time"))
    is_live(page)
    expect(pill).to_be_focused()


def test_clock_is_switched_and_day_and_hold_stay(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    later = open_days(page)[-1]
    page.locator(f'.day[data-pick="{later}"]').click()
    expect(page.locator(f'.day[data-pick="{later}"]')).to_have_attribute("aria-pressed", "true")
    page.locator('.slot[data-state="open"]').first.click()
    mine = page.locator('.slot[data-state="mine"]')
    expect(mine).to_have_text(re.compile("M$"))

    page.get_by_role("button", name="24 h", exact=True).click()

    expect(mine).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(page.locator(f'.day[data-pick="{later}"]')).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="24 h", exact=True)).to_have_attribute("aria-pressed", "true")


def test_week_keeps_the_focus_when_a_time_in_it_is_taken(visit: Visit, application: Application, offer: Offer) -> None:
    page = visit(f"{offer.path}?view=week")
    stays(page)
    slot(page, offer).focus()

    application.book(offer.expert_id, offer.slot_id, email="in-the-week@example.com")

    shows(page, offer, "booked")
    expect(page.locator(".slot:focus")).to_have_attribute("data-state", "open")
    assert has_stayed(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_week_fits_on_the_screen(visit: Visit, offer: Offer, width: int) -> None:
    page = visit(offer.path, width=width)
    page.get_by_role("button", name="Week", exact=True).click()
    expect(page.locator(".day-slots")).to_have_count(7)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator(".slot").evaluate_all(
        "slots => slots.filter((slot) => slot.scrollWidth > slot.clientWidth).length"
    )
    assert wide == 0
    if width == 1280:
        assert page.locator(".day-slots").evaluate_all(
            "days => days.map((day) => Math.round(day.getBoundingClientRect().left))"
        ) == page.locator(".day").evaluate_all(
            "days => days.map((day) => Math.round(day.getBoundingClientRect().left))"
        )


def test_chosen_day_keeps_its_times_on_a_small_screen(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path, width=390)
    page.set_viewport_size({"width": 390, "height": 620})
    chosen = open_days(page)[-1]

    page.locator(f'.day[data-pick="{chosen}"]').click()

    first = page.locator(".slot").first
    expect(first).to_be_in_viewport(ratio=1)
    expect(page.locator(f'.day[data-pick="{chosen}"]')).to_be_in_viewport(ratio=1)
    top = page.evaluate("scrollY")
    first_day = page.locator(f'.day[data-pick="{open_days(page)[0]}"]')
    first_day.click()
    expect(first_day).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f'.day[data-pick="{chosen}"]')).to_have_attribute("aria-pressed", "false")
    assert abs(page.evaluate("scrollY") - top) < 2, "what is on screen already does not jump"
