"""What one sees and does before the scripts of a page have come, which are held back here until the test lets them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from expert_booking import clock
from pages.platform_styles import FAMILIES
from tests.live.application import Application
from tests.live.conftest import PATIENCE_MILLISECONDS, Visit
from tests.live.looking import Offer, is_live, shows, slot

pytestmark = pytest.mark.browser

SCRIPT = "**/quasar.umd.prod.js"
WIDTHS = (360, 1280)

Seen = TypeVar("Seen")

# Whatever stands in the box of the page: what it is, where, and its own text. The badge tells how far the page is.
LOOK = """async () => {
  await document.fonts.ready;
  return [...document.querySelectorAll("#app > :not(noscript), #app > :not(noscript) *")]
    .filter((it) => !it.closest(".brand"))
    .map((it) => {
      const { x, y, width, height } = it.getBoundingClientRect();
      const text = [...it.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
      const box = [x, y, width, height].map(Math.round);
      return [it.tagName, it.id, it.className, it.getAttribute("aria-label"), text.join(""), ...box].join(" ");
    });
}"""
CLASSES = """() => [...document.querySelectorAll("body *")].flatMap((it) => [...it.classList])"""
SHIFTED = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted = (window.shifted || 0) + entry.value;
}).observe({ type: "layout-shift", buffered: true })"""


class HeldBack:
    """A page whose scripts have not come yet."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent: list[str] = []
        self._routes: list[Route] = []
        self._is_over = False
        page.route(SCRIPT, self._hold_back)
        page.on("websocket", lambda line: line.on("framesent", lambda frame: self.sent.append(str(frame))))

    def _hold_back(self, route: Route) -> None:
        if self._is_over:
            route.continue_()
        else:
            self._routes.append(route)

    def come_to_life(self) -> None:
        """Let the scripts come."""
        self._is_over = True
        for route in self._routes:
            route.continue_()
        is_live(self.page)


@pytest.fixture
def open_early(chromium: Browser, application: Application) -> Iterator[Any]:
    """Opens a page in a new profile, before its scripts have come."""
    contexts: list[BrowserContext] = []

    def open_early(path: str, *, width: int = 1280) -> HeldBack:
        contexts.append(_profile(chromium, application, width=width))
        held_back = HeldBack(contexts[-1].new_page())
        held_back.page.add_init_script(SHIFTED)
        held_back.page.goto(path, wait_until="commit")
        expect(held_back.page.locator("footer")).to_be_visible()
        return held_back

    yield open_early
    for context in contexts:
        context.close()


def _profile(chromium: Browser, application: Application, **options: Any) -> BrowserContext:
    width = options.pop("width", 1280)
    context = chromium.new_context(
        base_url=application.url, timezone_id="Europe/London", viewport={"width": width, "height": 900}, **options
    )
    context.add_cookies([{"name": "zone", "value": "auto:Europe/London", "url": application.url}])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    return context


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("where", ["list", "expert", "my bookings"])
def test_what_is_seen_first_is_what_stays(open_early: Any, offer: Offer, where: str, width: int) -> None:
    path = {"list": "/", "expert": offer.path, "my bookings": "/my-bookings"}[where]
    first, last, shifted = _within_a_minute(lambda: _first_and_last(open_early(path, width=width)))

    assert last == first
    assert shifted < 0.005


def _first_and_last(early: HeldBack) -> tuple[list[str], list[str], float]:
    """What is seen before and after a page has come to life, and how far it was shifted by it."""
    first = early.page.evaluate(LOOK)
    early.come_to_life()
    return first, early.page.evaluate(LOOK), early.page.evaluate("window.shifted || 0")


def _within_a_minute(look: Callable[[], Seen]) -> Seen:
    """Look again when the minute has turned meanwhile: what time it is where the expert lives is on the page."""
    while True:
        began, seen = clock.now().minute, look()
        if clock.now().minute == began:
            return seen


def test_what_was_typed_early_is_searched_for_and_the_field_keeps_the_focus(open_early: Any) -> None:
    early = open_early("/")
    field = early.page.get_by_label("Search experts by name")
    field.press_sequentially("sar joh")

    early.come_to_life()

    expect(field).to_be_focused()
    expect(field).to_have_value("sar joh")
    expect(early.page.locator(".card h2")).to_have_text(["Sarah Johnson"])


def test_slot_that_is_clicked_early_is_held_once(open_early: Any, offer: Offer) -> None:
    early = open_early(offer.path)
    slot(early.page, offer).click()

    early.come_to_life()

    shows(early.page, offer, "mine")
    assert sum(offer.slot_id in frame and '"event"' in frame for frame in early.sent) == 1


def test_link_that_is_clicked_early_leads_on(open_early: Any) -> None:
    early = open_early("/")

    early.page.locator(".card h2 a").first.click()

    early.page.wait_for_url("**/experts/*", wait_until="commit")


def test_signing_in_needs_no_line_and_no_other_scripts(open_early: Any, application: Application) -> None:
    early = open_early("/my-bookings")
    early.page.get_by_label("E-mail").fill("is-early@example.com")
    early.page.get_by_label("E-mail").press("Enter")
    expect(early.page.get_by_label("Six digits")).to_be_focused()
    early.page.get_by_label("Six digits").press_sequentially("12")

    early.come_to_life()

    expect(early.page.get_by_label("Six digits")).to_be_focused()
    expect(early.page.get_by_label("Six digits")).to_have_value("12")
    early.page.get_by_label("Six digits").fill(application.code_for("is-early@example.com"))
    expect(early.page.get_by_text("Signed in as is-early@example.com")).to_be_visible()


def test_page_is_read_and_links_lead_on_without_javascript(chromium: Browser, application: Application) -> None:
    context = _profile(chromium, application, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".no-script")).to_be_visible()
    link = page.locator(".card h2 a").first
    name = link.inner_text()

    link.click()

    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    context.close()


def test_every_component_on_the_pages_has_its_styles(visit: Visit, offer: Offer) -> None:
    lists, expert = visit("/"), visit(offer.path)
    slot(expert, offer).click()
    expect(expert.locator("form")).to_be_visible()

    names = {name for page in (lists, expert) for name in page.evaluate(CLASSES)}

    families = {re.split("--|__", name)[0] for name in names if name.startswith("q-")}
    assert "q-page" in families
    assert families <= FAMILIES
