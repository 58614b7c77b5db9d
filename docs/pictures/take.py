"""Takes the README's pictures from the real application in a real browser: `make screenshots`.

Every picture is a WebP beside this file. The animation shows two visitors at one calendar: what one takes, the other
sees go.
"""

import io
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.find_browser import browser_path  # noqa: E402 - run as a script, it has to say first where the house is
from tests.live.application import Application  # noqa: E402
from tests.live.conftest import ARGUMENTS  # noqa: E402

HERE = Path(__file__).parent
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
FRAME_MILLISECONDS = 140
ADA = {"Full name": "Ada Lovelace", "E-mail": "ada@example.com", "Phone": "+1 415 555 2671"}


def main() -> None:
    """Start the application with its demo data, look at it, and stop it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        application = Application(Path(folder))
        application.start()
        # Two browsers: in one, a page behind another is not painted.
        browser, other = (playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS) for _ in range(2))
        try:
            expert = _take_all(browser, application)
            watching = _visitor(other, application, theme="light")
            _animate(_visitor(browser, application), watching, expert, "two-visitors")
        finally:
            browser.close()
            other.close()
            application.stop()


def _take_all(browser: Browser, application: Application) -> str:
    """Every picture that stands still; comes back with the address of the expert who is on them."""

    def visitor(**how: Any) -> Page:
        _leave(browser)
        return _visitor(browser, application, **how)

    _take(visitor(), "/", "list")
    _take(visitor(theme="light"), "/", "list-light")
    _take(visitor(viewport=PHONE), "/", "list-phone")
    expert = _expert(visitor())
    _take(visitor(language="ar"), expert, "expert-arabic")
    _take(visitor(theme="light", language="de"), expert, "expert-light-german")
    page = visitor()
    _take(page, expert, "expert", then=_fill_in)
    page.get_by_role("button", name=re.compile("^Book ")).click()
    page.wait_for_url("**/bookings/*")
    _take(page, None, "confirmation")
    _take(page, "/my-bookings", "my-bookings", then=_wait_for_bookings)
    _take(visitor(viewport=PHONE), expert, "expert-phone")
    _take(visitor(viewport=PHONE), expert, "form-phone", then=_hold)
    _leave(browser)
    return expert


def _leave(browser: Browser) -> None:
    """Close what was looked at: a page behind another is not painted."""
    for context in browser.contexts:
        context.close()


def _visitor(
    browser: Browser,
    application: Application,
    *,
    theme: str = "dark",
    language: str = "en-US",
    zone: str = "America/New_York",
    viewport: Any = DESKTOP,
) -> Page:
    context = browser.new_context(
        base_url=application.url,
        viewport=viewport,
        device_scale_factor=2 if viewport is PHONE else 1,
        color_scheme="light" if theme == "light" else "dark",
        locale=language,
        timezone_id=zone,
    )
    context.add_cookies([{"name": "zone", "value": f"auto:{zone}", "url": application.url}])
    return context.new_page()


def _expert(page: Page) -> str:
    _open(page, "/")
    return str(page.locator(".card h2 a").first.get_attribute("href"))


def _open(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#live")).to_have_attribute("data-connection", "live")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)  # until what was typed before in this tab is back in its fields


def _take(page: Page, path: str | None, name: str, *, then: Callable[[Page], None] = lambda page: None) -> None:
    if path is not None:
        _open(page, path)
    then(page)
    page.wait_for_timeout(700)  # until what moves has come to rest
    _picture(page).save(HERE / f"{name}.webp", quality=86, method=6)
    print(f"{name}.webp")


def _hold(page: Page) -> None:
    page.locator(".slot:not([disabled])").nth(1).click()
    expect(page.locator(".ring")).to_be_visible()


def _fill_in(page: Page) -> None:
    _hold(page)
    for label, text in ADA.items():
        page.get_by_label(label).fill(text)


def _wait_for_bookings(page: Page) -> None:
    """What was booked in this browser is there without signing in."""
    expect(page.locator(".booking").first).to_be_visible()


def _animate(one: Page, other: Page, path: str, name: str) -> None:
    """Both side by side, while one of them books."""
    frames: list[Image.Image] = []

    def watch(count: int) -> None:
        for _ in range(count):
            frames.append(_beside([_picture(page) for page in (one, other)]))

    for page in (one, other):
        page.set_viewport_size({"width": 1180, "height": 860})
        _open(page, path)
    watch(4)
    _hold(one)
    watch(6)
    for label, text in {**ADA, "E-mail": "grace@example.com"}.items():
        one.get_by_label(label).fill(text)
        watch(2)
    one.get_by_role("button", name=re.compile("^Book ")).click()
    watch(2)
    one.wait_for_url("**/bookings/*")
    watch(9)
    first, *rest = frames
    first.save(
        HERE / f"{name}.webp",
        save_all=True,
        append_images=rest,
        duration=FRAME_MILLISECONDS * 2,
        loop=0,
        quality=72,
        method=4,
    )
    print(f"{name}.webp")


def _picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _beside(pictures: list[Image.Image]) -> Image.Image:
    small = [
        picture.resize((picture.width * 6 // 11, picture.height * 6 // 11), Image.Resampling.LANCZOS)
        for picture in pictures
    ]
    joined = Image.new("RGB", (sum(each.width for each in small) + 12, small[0].height))
    joined.paste(small[0], (0, 0))
    joined.paste(small[1], (small[0].width + 12, 0))
    return joined


if __name__ == "__main__":
    main()
