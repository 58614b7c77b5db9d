"""One page loading in a real browser: what comes over the wire, and from when on it can be used."""

from dataclasses import dataclass, field
from typing import Any, Self

from playwright.async_api import BrowserContext, CDPSession, Page

SLOWDOWN = 4
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""1.6 Mbit/s down, 150 ms for an answer: a phone in a train."""
PATIENCE_MILLISECONDS = 60_000
SETTLED_MILLISECONDS = 400
LOOK_MILLISECONDS = 50
"""What moves, moves when the page comes to life or when the font arrives; both are over by then."""

# From when on something stands where a finger finds it; a button, moreover, only once the line to the server stands.
_WATCH = """
window.found = {};
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifted += entry.value)))
  .observe({ type: "layout-shift", buffered: true });
const isInReach = (selector) => [...document.querySelectorAll(selector)].slice(0, 3).some((it) => {
  const { left, top, width, height } = it.getBoundingClientRect();
  const hit = width && document.elementFromPoint(left + width / 2, top + height / 2);
  return !!hit && (it === hit || it.contains(hit));
});
const look = () => {
  if (performance.getEntriesByName("first-contentful-paint").length) {
    const now = performance.now();
    if (!window.found.link && isInReach(LINKS)) window.found.link = now;
    if (!window.found.button && window.did_handshake && isInReach(BUTTONS)) window.found.button = now;
  }
  if (!window.found.link || !window.found.button) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_LINKS, _BUTTONS = 'a[href^="/"]:not([href="#"])', "[data-pick]:not(:disabled)"
_FIGURES = """() => ({
  fcp_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  link_ms: window.found.link,
  button_ms: window.found.button,
  layout_shift: window.shifted,
  began: performance.timeOrigin,
})"""


@dataclass(kw_only=True)
class Wire:
    """What came over the network since the last question."""

    sent: dict[str, str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    size: float = 0

    def follow(self, line: CDPSession) -> None:
        """Count what the browser says of its network."""
        line.on("Network.requestWillBeSent", lambda said: self.sent.update({said["requestId"]: said["request"]["url"]}))
        line.on("Network.requestServedFromCache", lambda said: self.cached.add(said["requestId"]))
        line.on("Network.responseReceived", self._answered)
        line.on("Network.loadingFinished", self._finished)

    def _answered(self, said: dict[str, Any]) -> None:
        if said["response"].get("fromDiskCache") or said["response"].get("fromPrefetchCache"):
            self.cached.add(said["requestId"])

    def _finished(self, said: dict[str, Any]) -> None:
        if said["requestId"] not in self.cached:
            self.size += said["encodedDataLength"]

    @property
    def requests(self) -> int:
        """How many requests were made, apart from what was in the cache or in the page itself."""
        return sum(url.startswith("http") for key, url in self.sent.items() if key not in self.cached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab in which pages are loaded, one after another."""

    page: Page
    line: CDPSession

    @classmethod
    async def of(cls, context: BrowserContext, *, is_slow: bool) -> Self:
        """A new tab, on a slow machine and a slow network perhaps."""
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = await context.new_page()
        line = await context.new_cdp_session(page)
        await line.send("Network.enable")
        if is_slow:
            await line.send("Network.emulateNetworkConditions", NETWORK)
            await line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        watch = _WATCH.replace("LINKS", f"{_LINKS!r}").replace("BUTTONS", f"{_BUTTONS!r}")
        await page.add_init_script(watch)
        return cls(page=page, line=line)

    async def load(self, address: str) -> dict[str, float]:
        """Load a page; times in milliseconds from the start of the navigation."""
        wire = Wire()
        wire.follow(self.line)
        await self.page.goto(address, wait_until="commit")
        figures = await self.figures()
        return {"kB": wire.size / 1000, "requests": wire.requests, **figures}

    async def figures(self) -> dict[str, float]:
        """What this page says of itself, once it is ready and has settled."""
        while not await self.page.evaluate("Boolean(window.found?.link && window.found?.button)"):
            await self.page.wait_for_timeout(LOOK_MILLISECONDS)
        await self.page.wait_for_timeout(SETTLED_MILLISECONDS)
        figures: dict[str, float] = await self.page.evaluate(_FIGURES)
        return figures

    async def go_on(self, link: str, *, hover_seconds: float) -> dict[str, float]:
        """Click a link, having looked at it for so long, and count from the click."""
        await self.page.hover(link)
        await self.page.wait_for_timeout(hover_seconds * 1000)
        clicked = await self.page.evaluate("performance.timeOrigin + performance.now()")
        await self.page.click(link)
        await self.page.wait_for_url("**/experts/*", wait_until="commit")
        figures = await self.figures()
        late = figures.pop("began") - clicked
        return {name: time + late if name.endswith("_ms") else time for name, time in figures.items()}
