"""An expert's other calendars, in a real browser: a file comes in, the feed goes out, and nobody is kept from it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from expert_booking import stand_ins
from tests.live.accessible import is_for_everybody
from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, comes_true, has_stayed, is_live, stays

pytestmark = pytest.mark.browser
HAS_GLASS = True


def _works(visit: Visit, application: Application, offer: Offer, **looks: object) -> Page:
    """Sign in as the expert whose time is offered."""
    email = stand_ins.address(offer.name)
    page = visit("/workspace/calendars", **looks)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits").fill(application.code_for(email))
    expect(page.get_by_role("heading", name="Busy elsewhere")).to_be_visible()
    is_live(page)
    return page


def _always_busy() -> dict[str, object]:
    now = datetime.now(UTC)
    times = f"DTSTART:{now - timedelta(days=1):%Y%m%dT%H%M%SZ}\r\nDTEND:{now + timedelta(days=90):%Y%m%dT%H%M%SZ}"
    file = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{times}\r\nSUMMARY:Surgery\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return {"name": "away.ics", "mimeType": "text/calendar", "buffer": file.encode()}


def test_a_calendar_closes_what_visitors_have_open_until_it_is_removed(
    visit: Visit, application: Application, offer: Offer
) -> None:
    visitor = visit(offer.path)
    expect(visitor.locator('[data-slot][data-state="open"]').first).to_be_visible()
    stays(visitor)
    page = _works(visit, application, offer)

    page.locator("#calendar-file").set_input_files({"name": "a.ics", "mimeType": "text/calendar", "buffer": b"none"})
    expect(page.locator("#problem-file")).to_contain_text("This is not a calendar.")
    page.locator("#calendar-file").set_input_files(_always_busy())  # type: ignore[arg-type]

    expect(page.get_by_role("heading", name="away.ics")).to_be_visible()
    expect(page.locator("#problem-file")).to_be_empty()
    expect(visitor.locator('[data-slot][data-state="open"]')).to_have_count(0)
    page.get_by_role("button", name="Remove away.ics").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).press("Enter")
    expect(page.get_by_text("None yet.")).to_be_visible()
    comes_true(page, "document.activeElement.id === 'outside-heading'")
    expect(visitor.locator('[data-slot][data-state="open"]').first).to_be_visible()
    has_stayed(visitor)


def test_a_feed_is_read_by_a_calendar_at_the_address_on_the_page(
    visit: Visit, application: Application, offer: Offer
) -> None:
    page = _works(visit, application, offer)

    address = page.get_by_label("Address of your feed").input_value()

    answer = httpx.get(address)
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, "BEGIN:VCALENDAR")
    leads_to = page.get_by_role("link", name="Open in a calendar").get_attribute("href")
    assert leads_to == address.replace("http://", "webcal://")


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 360)])
def test_other_calendars_are_for_everybody(
    visit: Visit, application: Application, offer: Offer, theme: str, width: int
) -> None:
    page = _works(visit, application, offer, theme=theme, width=width)
    page.get_by_text("Where do I find the address?").click()
    is_for_everybody(page)

    page.get_by_label("Address of the calendar").fill("http://127.0.0.1/private.ics")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#problem-address")).to_contain_text("There is no public server at this address.")
    expect(page.get_by_label("Address of the calendar")).to_be_focused()
    page.locator("#calendar-file").set_input_files(_always_busy())  # type: ignore[arg-type]
    expect(page.get_by_role("button", name="Remove away.ics").last).to_be_visible()
    is_for_everybody(page)

    page.get_by_role("button", name="Make a new address").click()
    expect(page.get_by_role("dialog", name="Make a new address?")).to_be_visible()
    is_for_everybody(page)
