"""Visitors lose their line for a while, stop reading, or are all there when the application restarts."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from benchmarks.kit.viewer import PageViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch
from tests.faults.house import Clients, House, Wish, house, until, wishes
from tests.faults.line import Line
from tests.faults.onlooker import TRUE_AGAIN_SECONDS, onlookers, pages_are_true
from tests.find_browser import browser_path
from tests.live.conftest import ARGUMENTS

DEAD_AFTER_SECONDS = 15  # the server's ping interval and patience, and something on top


@asynccontextmanager
async def line_to(here: House) -> AsyncIterator[Line]:
    line = Line(here.port)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()


# --- browsers ---


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        yield started
        await started.close()


async def visit(started: Browser, port: int, wish: Wish) -> Page:
    """A page in a profile of its own, live."""
    context = await started.new_context(base_url=f"http://127.0.0.1:{port}", timezone_id="UTC")
    await context.add_cookies([{"name": "zone", "value": "auto:UTC", "url": f"http://127.0.0.1:{port}"}])
    page = await context.new_page()
    await page.goto(f"/experts/{wish.expert_id}")
    await expect(page.locator("#live")).to_have_text("Live", timeout=20_000)
    return page


@pytest.mark.browser
@pytest.mark.faults
@pytest.mark.parametrize("way", ["cut", "swallow"])
@pytest.mark.parametrize("seconds", [2, 10, 60])
async def test_page_of_a_dropped_visitor_is_true_again(tmp_path: Path, way: str, seconds: int) -> None:
    async with house(tmp_path) as here, line_to(here) as line, chromium() as started:
        expert_id = wishes(here, 1)[0].expert_id
        mine, *_ = [wish for wish in wishes(here, 40, soonest=True) if wish.expert_id == expert_id]
        page = await visit(started, line.port, mine)
        shown = page.locator(f'[data-slot="{mine.slot_id}"]')
        await expect(shown).to_have_attribute("data-state", "open")

        await (line.cut() if way == "cut" else asyncio.to_thread(line.swallow))
        await Clients(here).book_all([mine])
        await asyncio.sleep(seconds)  # what is tried is that time
        await line.mend()

        # Before it can come true, a browser whose line was swallowed has to notice that.
        patience = TRUE_AGAIN_SECONDS + (DEAD_AFTER_SECONDS if way == "swallow" else 0)
        await expect(shown).to_have_attribute("data-state", "booked", timeout=patience * 1000)
        await expect(page.locator("#live")).to_have_text("Live", timeout=patience * 1000)


# --- many at once ---


@pytest.mark.faults
@pytest.mark.parametrize("count", [30, 300])
async def test_restart_with_many_connected(tmp_path: Path, count: int) -> None:
    async with house(tmp_path) as here:
        wanted = wishes(here, 8, soonest=True)
        expert_ids = sorted({wish.expert_id for wish in wanted})
        looking_at = [expert_ids[number % len(expert_ids)] for number in range(count)]
        clients = Clients(here)
        async with onlookers(here.port, looking_at) as looking:
            here.terminate()
            assert await here.ended(within_seconds=10) == 0
            await here.open()
            await clients.book_all(wanted)
            await until(lambda: asyncio.sleep(0, all(one.is_live for one in looking)), seconds=10 + count / 5)

            await pages_are_true(here, looking, expert_ids)

        assert "Traceback" not in here.log()


# --- lines that stand and carry nothing ---


class Deaf(PageViewer):
    """Somebody who looks on, and from some moment reads nothing more of what comes."""

    def __init__(self) -> None:
        super().__init__(Watch())
        self.is_gone = asyncio.Event()

    def stop_reading(self) -> None:
        self._transport.pause_reading()

    def lost(self) -> None:
        super().lost()
        self.is_gone.set()


def memory(pid: int) -> int:
    """Resident memory of a process, in kB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


@pytest.fixture
def linux() -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("a process's memory is read from /proc")


@pytest.mark.faults
async def test_readers_who_never_drain_cost_little_and_nobody_waits_for_them(tmp_path: Path, linux: None) -> None:
    async with house(tmp_path) as here, browser(here.port) as http:
        (wish,) = wishes(here, 1, soonest=True)
        path = f"/experts/{wish.expert_id}"
        deaf = [await Deaf().visit(http, here.port, path, cookie=zone_cookie("UTC")) for _ in range(30)]
        async with onlookers(here.port, [wish.expert_id]) as looking:
            before = memory(here.pid)
            for one in deaf:
                one.stop_reading()

            ends_at = asyncio.get_running_loop().time() + 60
            while asyncio.get_running_loop().time() < ends_at:
                await _hold_and_let_go(here, wish)
            await pages_are_true(here, looking, [wish.expert_id])

        grown = memory(here.pid) - before
        assert grown < 30_000, f"{grown} kB for {len(deaf)} readers"
        assert "Traceback" not in here.log()


async def _hold_and_let_go(here: House, wish: Wish) -> None:
    """Two changes for everybody who looks on."""
    async with browser(here.port) as http:
        path = f"/api/experts/{wish.expert_id}/slots/{wish.slot_id}/hold"
        answer = await http.post(path)
        assert answer.status_code == 201, answer.text
        await http.delete(path, headers={"Hold-Token": answer.json()["holdToken"]})


@pytest.mark.faults
async def test_half_open_connection_is_given_up(tmp_path: Path) -> None:
    """The visitor's machine is gone without a word: the server finds out, and the hold of the page is free again."""
    async with house(tmp_path, RECONNECT_SECONDS="2") as here, line_to(here) as line, chromium() as started:
        (wish,) = wishes(here, 1, soonest=True)
        page = await visit(started, line.port, wish)
        slot = page.locator(f'[data-slot="{wish.slot_id}"]')
        await slot.click()
        await expect(slot).to_have_attribute("data-state", "mine")
        async with onlookers(here.port, [wish.expert_id]) as (other,):
            assert other.states[wish.slot_id] == "held"

            line.swallow()

            await until(lambda: asyncio.sleep(0, other.states[wish.slot_id] == "open"), seconds=DEAD_AFTER_SECONDS + 10)
