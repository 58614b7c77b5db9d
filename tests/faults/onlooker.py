"""Somebody who keeps an expert's page open through everything, as a browser does, at the price of a socket."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from benchmarks.kit.viewer import PageViewer, browser, zone_cookie
from benchmarks.kit.watch import Watch
from tests.faults.house import House, until

TRUE_AGAIN_SECONDS = 10.0
# A browser waits this long for the server's ping (interval and patience) before it takes the line for dead.
SILENCE_SECONDS = 12.5
# A socket.io client waits a second or so, more or less at random, before it tries again.
PAUSE_SECONDS = 0.7
DRAWN = re.compile(r'data-slot="([0-9a-f]{24})".{0,200}?data-state="(\w+)"', re.DOTALL)
TOLD = re.compile(r"([0-9a-f]{24})\W+(\d+)\W+data-state\W+(\w+)")


class Onlooker:
    """What one page shows, by what it was drawn with and what it was told since."""

    def __init__(self, port: int, expert_id: str, *, cookie: str = "") -> None:
        self.states: dict[str, str] = {}
        self.is_live = False
        self._versions: dict[str, int] = {}
        self._port, self._path = port, f"/experts/{expert_id}"
        self._cookie = "; ".join(filter(None, [zone_cookie("UTC"), cookie]))

    async def look_on(self) -> None:
        """Until cancelled."""
        async with browser(self._port) as http:
            http.event_hooks["response"].append(self._draw)
            while True:
                line = _Line(self)
                with suppress(httpx.HTTPError, OSError, TimeoutError, ValueError):
                    await line.visit(http, self._port, self._path, cookie=self._cookie)
                    self.is_live = True
                    await line.falls_silent()
                self.is_live = False
                line.hang_up()
                await asyncio.sleep(PAUSE_SECONDS)

    async def _draw(self, page: httpx.Response) -> None:
        await page.aread()
        if page.is_success:
            text = html.unescape(page.text).replace("\\", "")
            self.states, self._versions = dict(DRAWN.findall(text)), {}

    def hear(self, text: str) -> None:
        """Take in how slots are now; what is older than what is known is dropped, as the browser does."""
        for slot_id, number, state in TOLD.findall(text):
            if int(number) > self._versions.get(slot_id, 0):
                self._versions[slot_id] = int(number)
                self.states[slot_id] = state


class _Line(PageViewer):
    """One connection of a page."""

    def __init__(self, onlooker: Onlooker) -> None:
        super().__init__(Watch())
        self._onlooker = onlooker
        self._heard_at = asyncio.get_running_loop().time()
        self._is_lost = asyncio.Event()

    def take(self, text: bytes, at: float) -> None:
        super().take(text, at)
        self._heard_at = asyncio.get_running_loop().time()
        self._onlooker.hear(text.decode(errors="replace"))

    def lost(self) -> None:
        super().lost()
        self._is_lost.set()

    async def falls_silent(self) -> None:
        """Wait until the line is lost, or nothing has come for so long that it must be."""
        now = asyncio.get_running_loop().time
        while not self._is_lost.is_set() and now() - self._heard_at < SILENCE_SECONDS:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_lost.wait(), timeout=0.5)

    def hang_up(self) -> None:
        """Let go of the connection, if there is one."""
        if (transport := getattr(self, "_transport", None)) is not None:
            transport.abort()


@asynccontextmanager
async def onlookers(port: int, expert_ids: list[str]) -> AsyncIterator[list[Onlooker]]:
    """One for each of the experts' ids, all of whom see something."""
    looking = [Onlooker(port, expert_id) for expert_id in expert_ids]
    tasks = [asyncio.create_task(one.look_on()) for one in looking]
    try:
        await until(lambda: asyncio.sleep(0, all(one.states for one in looking)), seconds=60 + len(looking) / 5)
        yield looking
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pages_are_true(here: House, looking: list[Onlooker], expert_ids: list[str]) -> None:
    """Wait until every page shows what is so; that takes ten seconds at the most."""
    now = asyncio.get_running_loop().time
    ends_at = now() + TRUE_AGAIN_SECONDS
    while wrong := await _wrong(here, looking, expert_ids):
        assert now() < ends_at, f"{len(wrong)} pages are not true, one of them: {wrong[0]}"
        await asyncio.sleep(0.1)


async def _wrong(here: House, looking: list[Onlooker], expert_ids: list[str]) -> list[dict[str, tuple[str, str]]]:
    """Of each page that is not true, what it shows and what is so, by slot."""
    truth: dict[str, str] = {}
    for expert_id in set(expert_ids):
        expert = await asyncio.to_thread(here.get, f"/api/experts/{expert_id}")
        truth |= {slot["id"]: slot["state"] for slot in expert["timeSlots"]}
    errors = [
        {
            of_id: (shown, truth[of_id])
            for of_id, shown in one.states.items()
            if of_id in truth and shown != truth[of_id]
        }
        if one.states
        else {"": ("nothing", "something")}
        for one in looking
    ]
    return [error for error in errors if error]
