"""How soon a page can be used in a browser: `make bench`, or `python -m benchmarks.first_load --json FILE`.

The real application, and Chromium with a new profile for every run (cold) or with what a first visit has left in its
cache (warm), at full speed and on a slow machine with a slow network. Then the way from the list to an expert's page by
a click, at once and after a moment's look at the link.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from statistics import median

from playwright.async_api import Browser, ViewportSize, async_playwright

from benchmarks.kit import command
from benchmarks.kit.application import Application
from benchmarks.kit.figures import Report
from benchmarks.kit.page_load import Tab
from benchmarks.kit.processes import HOST
from tests import find_browser
from tests.live.conftest import ARGUMENTS

LONGEST_RUN_SECONDS = 900
WIDE: ViewportSize = {"width": 1280, "height": 900}
A_MOMENT = 0.4
LINK = 'a[href^="/experts/"]:not([href*="?"]) >> nth=1'
COLUMNS = ("kB", "requests", "fcp_ms", "link_ms", "button_ms", "layout_shift")

Run = Callable[[], Coroutine[None, None, dict[str, float]]]


def main() -> None:
    """Measure and print."""
    command.report("first_load", _arguments(), _measure, run=asyncio.run)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of which each figure is the median (5)")
    parser.add_argument("--slow-runs", type=int, default=3, help="the same for the slow machine (3)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    async with asyncio.timeout(LONGEST_RUN_SECONDS), Application.running() as application, _browser() as browser:
        house = f"http://{HOST}:{application.port}"
        expert = f"/experts/{await application.busiest_expert()}"
        await _cold(browser, house, "/", is_slow=False)  # the first page of a process is not like the others
        for is_slow in (False, True):
            runs, how = (arguments.slow_runs, ", slow") if is_slow else (arguments.runs, "")
            for what, path in (("the list", "/"), ("an expert's page", expert)):
                for heat, run in (("cold", _cold), ("warm", _warm)):
                    found = [await run(browser, house, path, is_slow=is_slow) for _ in range(runs)]
                    _add(report, f"{what}, {heat}{how}", found)
            for look, seconds in (("at once", 0.0), ("after a look", A_MOMENT)):
                found = [await _click(browser, house, is_slow=is_slow, hover_seconds=seconds) for _ in range(runs)]
                _add(report, f"click {look}{how}", found)


def _add(report: Report, what: str, found: list[dict[str, float]]) -> None:
    medians = {name: median(run[name] for run in found) if name in found[0] else None for name in COLUMNS}
    report.add(what=what, **medians)


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    path = find_browser.find() or sys.exit(find_browser.NONE_FOUND)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def _tab(browser: Browser, house: str, *, is_slow: bool) -> AsyncIterator[Tab]:
    context = await browser.new_context(base_url=house, viewport=WIDE, timezone_id="Europe/London")
    await context.add_cookies([{"name": "zone", "value": "auto:Europe/London", "url": house}])
    yield await Tab.of(context, is_slow=is_slow)
    await context.close()


async def _cold(browser: Browser, house: str, path: str, *, is_slow: bool) -> dict[str, float]:
    async with _tab(browser, house, is_slow=is_slow) as tab:
        return await tab.load(path)


async def _warm(browser: Browser, house: str, path: str, *, is_slow: bool) -> dict[str, float]:
    async with _tab(browser, house, is_slow=is_slow) as tab:
        await tab.load(path)
        await tab.page.goto("about:blank")
        return await tab.load(path)


async def _click(browser: Browser, house: str, *, is_slow: bool, hover_seconds: float) -> dict[str, float]:
    async with _tab(browser, house, is_slow=is_slow) as tab:
        await tab.load("/")
        return await tab.go_on(LINK, hover_seconds=hover_seconds)


if __name__ == "__main__":
    main()
