"""What an open page costs while nothing happens: `make bench`, or `python -m benchmarks.viewer_cost --json FILE`.

An empty page of a bare NiceGUI server, and the list and an expert's page of the real application with the same
settings. In one process of each a crowd opens the page and stays for a while; in another viewers come and go for some
rounds, and what is left of them is counted. Linux only.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.kit import command
from benchmarks.kit.application import Application
from benchmarks.kit.figures import Report
from benchmarks.kit.resources import cpu_seconds, own_kb
from benchmarks.kit.server import Server
from benchmarks.kit.visitors import Visitors, elements_of

RECONNECT_SECONDS = 1
"""How long a page is kept after its line has gone."""
FORGET_SECONDS = RECONNECT_SECONDS + 1.5
SETTLE_SECONDS = 2.0
WARM_UP = 5
LONGEST_RUN_SECONDS = 900
SETTINGS = {"RECONNECT_SECONDS": RECONNECT_SECONDS}

Kind = Callable[[], AbstractAsyncContextManager[tuple[Server, str]]]
"""Starts a server and says where its page is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A process after its garbage was collected: kB of its own, objects that are left, objects that were garbage."""

    kb: int
    objects: int
    garbage: int

    @classmethod
    async def of(cls, server: Server) -> "Rest":
        """As it is now."""
        response = await server.http.get("/measure/rest")
        response.raise_for_status()
        return cls(kb=own_kb(server.pid), **response.json())


def main() -> None:
    """Measure and print."""
    command.report("viewer_cost", _arguments(), _measure)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--viewers", type=int, default=150, help="who open each page (150)")
    parser.add_argument("--seconds", type=float, default=3, help="for which they stay while nothing happens (3)")
    parser.add_argument("--rounds", type=int, default=10, help="of coming and going (10)")
    parser.add_argument("--visitors", type=int, default=10, help="in each round (10)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    kinds = {"bare, empty page": _bare_page, "the list": _list, "an expert's page": _expert_page}
    async with asyncio.timeout(LONGEST_RUN_SECONDS):
        costs = {what: await _cost(kind, arguments) for what, kind in kinds.items()}
    bare_kb = next(iter(costs.values()))["kB_each"]
    for what, cost in costs.items():
        report.add(what=what, **cost, of_bare=cost["kB_each"] / bare_kb)


@asynccontextmanager
async def _bare_page() -> AsyncIterator[tuple[Server, str]]:
    async with Server.running("-m", "benchmarks.kit.bare_pages", "settled", settings=SETTINGS) as server:
        yield server, "/elements/0"


@asynccontextmanager
async def _list() -> AsyncIterator[tuple[Server, str]]:
    async with Application.running(SETTINGS) as application:
        yield application.server, "/"


@asynccontextmanager
async def _expert_page() -> AsyncIterator[tuple[Server, str]]:
    async with Application.running(SETTINGS) as application:
        yield application.server, f"/experts/{await application.busiest_expert()}"


async def _cost(kind: Kind, arguments: argparse.Namespace) -> dict[str, Any]:
    """What a crowd costs, and what is left of those who came and went; each in a process that has seen nobody yet."""
    async with kind() as (server, path):
        elements = await elements_of(server, path)
        crowd = await _crowd(server, path, arguments)
    async with kind() as (server, path):
        left = await _left(server, path, arguments)
    return {"elements": elements, **crowd, **left}


async def _crowd(server: Server, path: str, arguments: argparse.Namespace) -> dict[str, float]:
    await _come_and_go(server, path, rounds=1, visitors=WARM_UP)
    alone = await _core_share(server, arguments.seconds)
    before = await Rest.of(server)
    async with Visitors.of(server.port) as visitors:
        await visitors.come(path, arguments.viewers)
        await asyncio.sleep(SETTLE_SECONDS)
        watched = await _core_share(server, arguments.seconds)
        during = await Rest.of(server)
    return {
        "kB_each": (during.kb - before.kb) / arguments.viewers,
        "objects_each": (during.objects - before.objects) / arguments.viewers,
        "core_%_alone": 100 * alone,
        "core_%_per_1000": 100 * (watched - alone) * 1000 / arguments.viewers,
    }


async def _left(server: Server, path: str, arguments: argparse.Namespace) -> dict[str, float]:
    """By how much the process has grown as it runs, and what is still there after its garbage was collected."""
    await _come_and_go(server, path, rounds=1, visitors=arguments.visitors)
    first = await Rest.of(server)
    await _come_and_go(server, path, rounds=arguments.rounds, visitors=arguments.visitors)
    kb, last = own_kb(server.pid), await Rest.of(server)
    visits = arguments.rounds * arguments.visitors
    return {
        "kB_grown_a_visit": (kb - first.kb) / visits,
        "garbage_a_visit": last.garbage / visits,
        "left_a_visit": (last.objects - first.objects) / visits,
    }


async def _come_and_go(server: Server, path: str, *, rounds: int, visitors: int) -> None:
    """So many come and go, and are forgotten."""
    for _ in range(rounds):
        async with Visitors.of(server.port) as crowd:
            await crowd.come(path, visitors)
    await asyncio.sleep(FORGET_SECONDS)


async def _core_share(server: Server, seconds: float) -> float:
    """The part of a core that the process takes while nobody asks anything."""
    before = cpu_seconds(server.pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(server.pid) - before) / seconds


if __name__ == "__main__":
    main()
