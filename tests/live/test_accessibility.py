"""Every page in its states, for everybody: at three widths and in two themes, by axe and by what is really painted."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, fill_in, is_live, slot

pytestmark = pytest.mark.browser
HAS_GLASS = True

SETTINGS = {"DEMO_EXPERTS": "30"}

in_every_way = pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 768), ("dark", 1280)])


@pytest.fixture
def looks(theme: str, width: int) -> dict[str, Any]:
    """How a visitor comes."""
    return {"theme": theme, "width": width}


@in_every_way
def test_list_is_for_everybody(visit: Visit, looks: dict[str, Any]) -> None:
    page = visit("/", **looks)
    expect(page.locator(".card")).to_have_count(12)
    is_for_everybody(page)

    page.get_by_role("button", name="Language, clock and colours").click()
    is_for_everybody(page)
    page.keyboard.press("Escape")

    page.get_by_label("Search experts by name").fill("nobody at all")
    expect(page.get_by_role("heading", name="Nobody found")).to_be_visible()
    is_for_everybody(page)


@in_every_way
def test_booking_is_for_everybody(visit: Visit, offer: Offer, looks: dict[str, Any]) -> None:
    page = visit(offer.path, **looks)
    expect(slot(page, offer)).to_be_visible()
    is_for_everybody(page)

    slot(page, offer).click()
    expect(page.get_by_role("heading", name=re.compile("^Held for you"))).to_be_visible()
    is_for_everybody(page)

    page.get_by_role("button", name=re.compile("^Book ")).click()
    expect(page.get_by_text("Your name is missing.")).to_be_visible()
    is_for_everybody(page)

    fill_in(page, f"{looks['theme']}-{looks['width']}@example.com")
    page.get_by_role("button", name=re.compile("^Book ")).click()
    page.wait_for_url("**/bookings/*")
    is_live(page)
    is_for_everybody(page)

    page.get_by_role("button", name="Move to another time").click()
    expect(page.get_by_role("dialog", name="Move to another time")).to_be_visible()
    is_for_everybody(page)
    page.locator(".mover .offer").first.click()
    expect(page.get_by_role("button", name="Move the booking")).to_be_visible()
    is_for_everybody(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.goto("/my-bookings")
    is_live(page)
    expect(page.get_by_role("heading", name="Booked with another device?")).to_be_visible()
    is_for_everybody(page)


@in_every_way
def test_kinds_of_sessions_are_for_everybody(visit: Visit, application: Application, looks: dict[str, Any]) -> None:
    listed = application.get("/api/experts?limit=50")["experts"]
    expert = next(each for each in listed if len(each["sessionTypes"]) > 1)
    page = visit(f"/experts/{expert['_id']}", **looks)
    expect(page.get_by_role("radio", checked=True)).to_be_visible()
    is_for_everybody(page)


@in_every_way
def test_signing_in_is_for_everybody(visit: Visit, application: Application, looks: dict[str, Any]) -> None:
    email = f"signs-in-{looks['theme']}-{looks['width']}@example.com"
    page = visit("/my-bookings", **looks)
    is_for_everybody(page)

    page.get_by_label("E-mail").fill("not an address")
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    is_for_everybody(page)

    page.get_by_label("E-mail").fill(email)
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_label("Six digits")).to_be_focused()
    page.get_by_label("Six digits").fill("12345")
    page.get_by_label("Six digits").press("Enter")
    expect(page.get_by_text("The code has six digits. Please type all of them.")).to_be_visible()
    is_for_everybody(page)

    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_text(f"Signed in as {email}")).to_be_visible()
    is_live(page)
    is_for_everybody(page)
    page.get_by_role("button", name="Language, clock and colours").click()
    is_for_everybody(page)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Erase my data").click()
    expect(page.get_by_role("dialog", name="Erase everything about you?")).to_be_visible()
    is_for_everybody(page)
    page.keyboard.press("Escape")
    page.locator(".account").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    is_for_everybody(page)


@pytest.mark.parametrize(("theme", "width"), [("dark", 360), ("light", 1280)])
def test_waiting_is_for_everybody(visit: Visit, application: Application, offer: Offer, looks: dict[str, Any]) -> None:
    booked = application.book(offer.expert_id, offer.slot_id, email="owner@example.com")
    page = visit(f"{offer.path}/waiting", **looks)
    is_for_everybody(page)
    page.get_by_role("button", name="Put me in line").click()
    expect(page.get_by_text("Your name is missing.")).to_be_visible()
    is_for_everybody(page)

    email = f"waits-{looks['theme']}@example.com"
    page.get_by_label("Full name").fill("Alice")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Put me in line").click()
    expect(page.get_by_label("Six digits")).to_be_focused()
    is_for_everybody(page)
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_role("heading", name="You are first in line")).to_be_visible()
    is_live(page)
    is_for_everybody(page)

    application.cancel(booked)
    expect(page.get_by_role("heading", name="A time is kept for you")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("button", name="Stop waiting").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Stop waiting").click()
    expect(page.get_by_role("heading", name="You are not in line any more")).to_be_visible()
    is_for_everybody(page)


@in_every_way
def test_other_pages_are_for_everybody(visit: Visit, looks: dict[str, Any]) -> None:
    page = visit("/sign-in", **looks)
    is_for_everybody(page)
    for address in ("/nowhere", "/experts/nobody", "/bookings/none"):
        page.goto(address)
        is_live(page)
        is_for_everybody(page)


@in_every_way
def test_zones_are_for_everybody(visit: Visit, offer: Offer, looks: dict[str, Any]) -> None:
    page = visit(offer.path, **looks)
    page.get_by_role("button", name=re.compile("^Times are shown in")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    is_for_everybody(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_right_to_left_is_for_everybody(visit: Visit, offer: Offer, width: int) -> None:
    page = visit("/", width=width, language="ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    is_for_everybody(page)
    page.goto(offer.path)
    is_live(page)
    slot(page, offer).click()
    expect(page.locator(".ring")).to_be_visible()
    is_for_everybody(page)
    page.goto("/sign-in")
    is_live(page)
    is_for_everybody(page)


@pytest.mark.parametrize(("theme", "solid"), [("dark", "rgb(20, 26, 51)"), ("light", "rgb(255, 255, 255)")])
def test_nothing_shines_through_for_whoever_wants_no_glass(visit: Visit, offer: Offer, theme: str, solid: str) -> None:
    page = visit(offer.path, theme=theme, has_glass=False)
    slot(page, offer).click()
    expect(page.get_by_role("heading", name=re.compile("^Held for you"))).to_be_visible()

    looks = """(element) => {
      const { backgroundColor, backdropFilter } = getComputedStyle(element);
      return [backgroundColor, backdropFilter];
    }"""
    assert [page.locator(name).first.evaluate(looks) for name in (".bar", ".glass")] == [[solid, "none"]] * 2
    is_for_everybody(page)
