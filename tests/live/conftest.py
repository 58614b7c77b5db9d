"""A real browser at the real application; what no page may do is held against every test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.find_browser import browser_path
from tests.live.application import Application
from tests.live.looking import Offer, is_live

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MILLISECONDS = 15_000

ZONES = [ZoneInfo(name) for name in ("Europe/London", "Asia/Kolkata", "America/New_York")]
"""Those that several visitors to one expert have."""

SOME = 3
MOST_ASKED = 50

Visit = Callable[..., Page]

WITHOUT_GLASS = {"name": "prefers-reduced-transparency", "value": "reduce"}

TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    violated(`${event.violatedDirective} ${event.blockedURI} by ${event.sourceFile}:${event.lineNumber}`))"""


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application, ready; a module may name SETTINGS of its own."""
    settings = getattr(request.module, "SETTINGS", {})
    application = Application(tmp_path_factory.mktemp("application"), **settings)
    application.start()
    yield application
    application.stop()


@pytest.fixture(scope="module")
def offers(application: Application) -> Iterator[Any]:
    """Experts with many open times for one kind of session, in turn, so that tests do not get in each other's way."""
    experts = application.get("/api/experts?limit=50")["experts"]
    return cycle(expert for expert in experts if len(expert["sessionTypes"]) == 1 and expert["openSlots"] > 5)


@pytest.fixture
def offer(application: Application, offers: Iterator[Any]) -> Offer:
    """The next expert with some open times on one day, and the first of these as it is now.

    Late in a day an expert may have one left; where that is held or booked, a page that is loaded opens on tomorrow.
    And none may begin while the test goes on.
    """
    soon = datetime.now(UTC) + timedelta(minutes=10)
    for _ in range(MOST_ASKED):
        expert = application.get(f"/api/experts/{next(offers)['_id']}")
        found = [slot for slot in expert["timeSlots"] if slot["state"] == "open"][:SOME]
        starts = [datetime.fromisoformat(slot["startsAt"]) for slot in found]
        if len(found) == SOME and starts[0] > soon and all(_are_on_one_day(starts, zone) for zone in ZONES):
            return Offer(expert["_id"], expert["name"], found[0]["id"])
    raise AssertionError("no expert has some open times on one day")


def _are_on_one_day(moments: list[datetime], zone: ZoneInfo) -> bool:
    return len({moment.astimezone(zone).date() for moment in moments}) == 1


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module; each visitor has a profile of their own in it."""
    path = browser_path()
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, application: Application, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens a page in a new profile; afterwards, no page has asked a third party, stumbled over an error, or tried what
    its policy forbids.

    A module for which it matters has glass (`HAS_GLASS`); without a graphics card it takes long to draw.
    """
    has_glass = getattr(request.module, "HAS_GLASS", False)
    strangers: list[str] = []
    stumbles: list[str] = []
    violations: list[str] = []
    contexts = []

    def note(url: str) -> None:
        if not url.startswith((application.url, application.url.replace("http", "ws", 1), "data:", "blob:")):
            strangers.append(url)

    def visit(
        path: str,
        *,
        zone: str = "Europe/London",
        width: int = 1280,
        is_first: bool = False,
        process: str | None = None,
        theme: str = "dark",
        language: str = "en-US",
        has_glass: bool = has_glass,
    ) -> Page:
        context = chromium.new_context(
            base_url=application.url,
            timezone_id=zone,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            color_scheme="light" if theme == "light" else "dark",
            locale=language,
        )
        contexts.append(context)
        context.expose_function("violated", lambda told: violations.append(told))
        context.add_init_script(TELL_VIOLATIONS)
        if not is_first:  # the very first page of a new browser is loaded twice, to be drawn in its zone
            context.add_cookies([{"name": "zone", "value": f"auto:{zone}", "url": application.url}])
        if process is not None:  # which of several, behind a proxy
            context.add_cookies([{"name": "process", "value": process, "url": application.url}])
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("request", lambda request: note(request.url))
        page = context.new_page()
        if not has_glass:
            context.new_cdp_session(page).send("Emulation.setEmulatedMedia", {"features": [WITHOUT_GLASS]})
        page.on("websocket", lambda websocket: note(websocket.url))
        page.on("pageerror", lambda error: stumbles.append(str(error)))
        page.goto(path)
        is_live(page)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert strangers == []
    assert stumbles == []
    assert violations == []
