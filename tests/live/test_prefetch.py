"""A page that was fetched while its link was being pressed."""

import pytest
from playwright.sync_api import Page, Request

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, is_live, shows

pytestmark = pytest.mark.browser

WAY = "(() => { const [it] = performance.getEntriesByType('navigation'); return [it.deliveryType, it.type]; })()"


def _is_prefetch(request: Request) -> bool:
    return request.headers.get("sec-purpose", "").startswith("prefetch")


def _press(page: Page, offer: Offer) -> None:
    """Put the button down on the link to an expert, and wait for what comes of it."""
    link = page.locator(f'a[href="{offer.path}"]')
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.context.expect_event("requestfinished", _is_prefetch):
        page.mouse.down()


def test_page_fetched_in_advance_is_shown_with_what_changed_since(
    visit: Visit, application: Application, offer: Offer
) -> None:
    page = visit("/")
    _press(page, offer)
    application.book(offer.expert_id, offer.slot_id, email="bob@example.com")

    page.mouse.up()

    page.wait_for_url(f"**{offer.path}")
    is_live(page)
    shows(page, offer, "booked")
    assert page.evaluate(WAY) == ["navigational-prefetch", "navigate"]


def test_nothing_is_fetched_for_whoever_passes_over_the_links(visit: Visit) -> None:
    page = visit("/")
    asked: list[Request] = []
    page.context.on("request", lambda request: asked.append(request))

    for link in page.locator('a[href^="/experts/"]').all()[:6]:
        link.hover()
    page.reload()
    is_live(page)

    assert [request.url for request in asked if _is_prefetch(request)] == []
