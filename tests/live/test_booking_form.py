"""The form and the confirmation in a real browser: the sheet of small screens, keys, and what is put right."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, fill_in, is_live, pasted, shows, slot

pytestmark = pytest.mark.browser

HELD = re.compile("^Held for you")


def at_the_form(visit: Visit, offer: Offer, *, width: int = 1280) -> Page:
    """A page whose visitor holds a time and sees the form for it."""
    page = visit(offer.path, width=width)
    slot(page, offer).click()
    expect(page.get_by_role("heading", name=HELD)).to_be_focused()
    return page


def rests(page: Page) -> bool:
    """Whether the calendar behind the form can be neither used nor read."""
    return page.locator("#slots-heading").evaluate("heading => !!heading.closest('[inert]')") is True


@pytest.mark.parametrize("width", [360, 768])
def test_form_is_a_dialog_over_the_calendar_on_small_screens(visit: Visit, offer: Offer, width: int) -> None:
    page = at_the_form(visit, offer, width=width)

    expect(page.get_by_role("dialog", name="Your booking")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Book "))).to_be_in_viewport(ratio=1)
    expect(page.locator(".held")).to_be_in_viewport(ratio=1)
    assert rests(page)


def test_form_is_no_dialog_beside_the_calendar(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer)

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not rests(page)


def test_sheet_is_lowered_and_raised_without_losing_anything(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer, width=390)
    page.get_by_label("Full name").fill("Alice")

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Full name")).not_to_be_in_viewport()
    expect(page.locator(".held")).to_be_in_viewport(ratio=1)
    expect(slot(page, offer)).to_be_focused()
    assert not rests(page)

    page.get_by_role("button", name=HELD, expanded=False).press("Enter")
    expect(page.get_by_role("dialog", name="Your booking")).to_be_visible()
    expect(page.get_by_role("heading", name=HELD)).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Alice")

    page.get_by_role("button", name="Choose another time").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    shows(page, offer, "open")
    expect(slot(page, offer)).to_be_focused()


def test_sheet_follows_the_finger(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer, width=390)
    sheet = page.locator(".side")

    for begin, way, state in ((150, 300, "down"), (780, -300, "up")):
        page.mouse.move(195, begin)
        page.mouse.down()
        page.mouse.move(195, begin + way, steps=6)
        page.mouse.up()
        expect(sheet).to_have_attribute("data-sheet", state)
        expect(page.locator(".held")).to_be_in_viewport(ratio=1)


def test_another_time_moves_the_hold_and_brings_the_sheet_back(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer, width=390)
    page.get_by_label("Full name").fill("Alice")
    page.keyboard.press("Escape")
    other = page.locator('.slot[data-state="open"]').last

    other.click()

    expect(page.get_by_role("dialog", name="Your booking")).to_be_visible()
    expect(page.locator('.slot[data-state="mine"]')).to_have_count(1)
    expect(page.get_by_label("Full name")).to_have_value("Alice")


def test_enter_sends_and_in_notes_shift_enter(visit: Visit, application: Application, offer: Offer) -> None:
    page = at_the_form(visit, offer)
    page.get_by_label("Full name").press("Enter")
    expect(page.get_by_label("Full name")).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_accessible_description("Your name is missing.")
    fill_in(page, "enters@example.com")
    notes = page.get_by_label("What is it about? (optional)")

    notes.press("End")
    notes.press("Enter")
    notes.press_sequentially("and a third")
    notes.press("Shift+Enter")

    page.wait_for_url("**/bookings/*")
    expect(page.locator(".notes dd")).to_have_text("Two questions\nand a third", use_inner_text=True)
    assert len(application.bookings("enters@example.com")) == 1


def test_number_is_written_in_groups_once_it_is_left(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer)
    phone = page.get_by_label("Phone")
    phone.fill("020 79460958")

    phone.press("Tab")

    expect(phone).to_have_value("+44 20 7946 0958")
    expect(phone).to_have_accessible_description("Read as a number in United Kingdom.")


def test_slip_in_an_address_is_mended_by_one_click(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer)
    email = page.get_by_label("E-mail")
    email.fill("alice@gmial.com")
    email.press("Tab")

    page.get_by_role("button", name="Did you mean alice@gmail.com?").click()

    expect(email).to_have_value("alice@gmail.com")
    expect(email).to_be_focused()
    expect(page.locator(".meant")).to_be_hidden()


def test_last_minute_is_said_and_seen(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer)
    expect(page.locator(".ring")).to_have_attribute("data-phase", "running")

    page.locator(".ring").evaluate("ring => (ring.dataset.secondsLeft = '62')")

    expect(page.locator(".ring")).to_have_attribute("data-phase", "last")
    expect(page.get_by_text(re.compile("^One minute left to book "))).to_be_attached()


def test_time_in_the_address_is_held_once(visit: Visit, offer: Offer) -> None:
    page = visit(f"{offer.path}?time={offer.slot_id}", width=390)

    shows(page, offer, "mine")
    expect(page).to_have_url(re.compile(rf"{offer.path}(\?day=[\d-]+)?$"))
    page.get_by_role("button", name="Choose another time").click()
    shows(page, offer, "open")
    page.reload()
    is_live(page)
    shows(page, offer, "open")


def test_other_language_keeps_hold_and_words(visit: Visit, offer: Offer) -> None:
    page = at_the_form(visit, offer)
    fill_in(page, "speaks@example.com")

    page.context.add_cookies([{"name": "language", "value": "de", "url": page.url}])
    page.reload()

    expect(page.locator("html")).to_have_attribute("lang", "de")
    shown = [page.locator(f"#field-{name}").input_value() for name in ("name", "email", "notes")]
    expect(page.locator(".ring")).to_be_visible()
    assert shown == ["Alice", "speaks@example.com", "Two questions"]


def test_confirmation_is_a_ticket_to_take_along(visit: Visit, application: Application, offer: Offer) -> None:
    page = visit(offer.path)
    book(page, offer, "takes-along@example.com")
    expect(page.get_by_role("heading", name="You are booked")).to_be_focused()

    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file").click()
    assert re.fullmatch(r"session-\d{4}-\d\d-\d\d\.ics", download.value.suggested_filename)
    for name in ("Google", "Outlook"):
        link = page.get_by_role("link", name=name)
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("href", re.compile("^https://"))

    page.context.grant_permissions(["clipboard-write"])
    page.get_by_role("button", name="Copy the address").click()
    expect(page.get_by_text("The address is copied.")).to_be_visible()
    assert pasted(page) == page.url

    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Session with")).to_be_visible()
    expect(page.locator("header, .last, .address button").filter(visible=True)).to_have_count(0)


def test_address_that_cannot_be_copied_is_left_selected(visit: Visit, offer: Offer) -> None:
    page = visit(offer.path)
    book(page, offer, "copies@example.com")
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false")

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_text("The address is selected: please copy it yourself.")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == page.url
