"""What it takes to build a page: `make bench`, or `python -m benchmarks.pages --json FILE`.

The list and an expert's page of the real application, in turn with two pages of a bare NiceGUI server that hold as many
plain elements as those pages had when they were first written, in a process whose memory is left as Python sets it.
Each page is built inside the process, where the work of the event loop is timed, and asked for over HTTP.
"""

import argparse
import asyncio
import gzip
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.kit import command
from benchmarks.kit.application import Application
from benchmarks.kit.figures import Latencies, Report
from benchmarks.kit.server import Server
from benchmarks.kit.visitors import COOKIE, elements_of

NAIVE_LIST, NAIVE_EXPERT = "/elements/485", "/elements/125"
MANY = 8
WARM_UP = 10
LONGEST_RUN_SECONDS = 600


@dataclass(kw_only=True)
class Page:
    """One page, and what was measured of it; times in seconds, rates a second."""

    what: str
    server: Server
    path: str
    naive: str
    work: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    crowded: list[float] = field(default_factory=list)
    rates_alone: list[float] = field(default_factory=list)
    rates_crowded: list[float] = field(default_factory=list)

    async def build(self, count: int) -> list[float]:
        """The work of the event loop on each of so many builds."""
        query: dict[str, str | int] = {"path": self.path, "count": count}
        response = await self.server.http.get("/measure/builds", params=query, headers={"Cookie": COOKIE})
        response.raise_for_status()
        times: list[float] = response.json()
        return times

    async def ask(self, count: int, *, at_once: int) -> tuple[list[float], float]:
        """How long each of so many requests took, and how many were answered a second."""
        times: list[float] = []
        left = iter(range(count))

        async def ask_in_turn() -> None:
            for _ in left:
                began = time.monotonic()
                (await self.server.http.get(self.path, headers={"Cookie": COOKIE})).raise_for_status()
                times.append(time.monotonic() - began)

        began = time.monotonic()
        await asyncio.gather(*(ask_in_turn() for _ in range(at_once)))
        return times, count / (time.monotonic() - began)

    async def turn(self, count: int) -> None:
        """One round of everything."""
        self.work += await self.build(count)
        times, rate = await self.ask(count, at_once=1)
        self.alone += times
        self.rates_alone.append(rate)
        times, rate = await self.ask(count, at_once=MANY)
        self.crowded += times
        self.rates_crowded.append(rate)


def main() -> None:
    """Measure and print."""
    command.report("pages", _arguments(), _measure)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="in which all pages take turns (4)")
    parser.add_argument("--builds", type=int, default=12, help="of each kind and page in a round (12)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    async with (
        asyncio.timeout(LONGEST_RUN_SECONDS),
        Application.running() as application,
        Server.running("-m", "benchmarks.kit.bare_pages") as bare,
    ):
        expert = f"/experts/{await application.busiest_expert()}"
        pages = [
            Page(what="the list", server=application.server, path="/", naive=NAIVE_LIST),
            Page(what="the list, naive", server=bare, path=NAIVE_LIST, naive=NAIVE_LIST),
            Page(what="an expert's page", server=application.server, path=expert, naive=NAIVE_EXPERT),
            Page(what="an expert's page, naive", server=bare, path=NAIVE_EXPERT, naive=NAIVE_EXPERT),
        ]
        for page in pages:
            await page.build(WARM_UP)
        for _ in range(arguments.rounds):
            for page in pages:
                await page.turn(arguments.builds)
        by_path = {page.path: page for page in pages}
        for page in pages:
            report.add(what=page.what, **await _size(page), **_figures(page, by_path[page.naive]))


async def _size(page: Page) -> dict[str, int]:
    response = await page.server.http.get(page.path, headers={"Cookie": COOKIE, "Accept-Encoding": "identity"})
    return {
        "elements": await elements_of(page.server, page.path),
        "bytes": len(response.content),
        "bytes_gzip": len(gzip.compress(response.content)),
    }


def _figures(page: Page, naive: Page) -> dict[str, Any]:
    work, alone, crowded = Latencies.of(page.work), Latencies.of(page.alone), Latencies.of(page.crowded)
    rate, rate_crowded = median(page.rates_alone), median(page.rates_crowded)
    return {
        "loop_p50_ms": work.p50,
        "loop_p95_ms": work.p95,
        "p50_ms": alone.p50,
        "p95_ms": alone.p95,
        "a_second": rate,
        "of_naive": rate / median(naive.rates_alone),
        f"p50_at_{MANY}_ms": crowded.p50,
        f"p95_at_{MANY}_ms": crowded.p95,
        f"a_second_at_{MANY}": rate_crowded,
        f"of_naive_at_{MANY}": rate_crowded / median(naive.rates_crowded),
    }


if __name__ == "__main__":
    main()
