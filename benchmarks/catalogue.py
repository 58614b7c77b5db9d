"""Lists, searches and experts' pages among many experts: `make bench`, or `python -m benchmarks.catalogue --json FILE`.

The real application, with its own embedded server, is asked over HTTP by eight at a time, through the JSON API and for
whole pages. Every request asks for another page, letter or expert, chosen at random; the first kind asks for nothing
that takes work, and says what the machine was worth meanwhile. With `--experts 10000 100000 --slots 40 4` it says how
times grow from one size to the next.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.kit import command
from benchmarks.kit.catalogue_house import CatalogueHouse
from benchmarks.kit.figures import Latencies, Report
from expert_booking import clock
from expert_booking.demo_trades import TRADES

SLOTS_A_DAY = 2.4
FIRST_PAGES = 20
VOWELS = "aeiou"
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Address = Callable[[Random, list[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of one kind of request."""

    latencies: Latencies
    a_second: float
    readings_each: float


def main() -> None:
    """Measure and print; fails when an answer is not 200."""
    command.report("catalogue", _arguments(), _measure, run=asyncio.run)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--experts", type=int, nargs="+", default=[1000], help="one size after another (1000)")
    parser.add_argument("--slots", type=int, nargs="+", default=[40], help="an expert has, about, for each size (40)")
    parser.add_argument("--requests", type=int, default=160, help="of each kind (160)")
    parser.add_argument("--concurrency", type=int, default=8, help="requests at the same time (8)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep filled databases there, to measure again sooner")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    with TemporaryDirectory(prefix="expert-booking-") as temporary:
        await _measure_sizes(arguments, report, arguments.keep or Path(temporary))


async def _measure_sizes(arguments: argparse.Namespace, report: Report, folder: Path) -> None:
    first: dict[str, Latencies] = {}
    for experts, slots in _sizes(arguments):
        days = max(1, round(slots / SLOTS_A_DAY))
        async with CatalogueHouse.running(folder, experts=experts, days=days) as house:
            ids = await _some_ids(house)
            nothing: Latencies | None = None
            for what, address in KINDS.items():
                asked = await _ask(house, address, ids, arguments)
                base = first.setdefault(what, asked.latencies)
                nothing = nothing or asked.latencies
                report.add(
                    what=what,
                    experts=experts,
                    **asked.latencies.in_columns(),
                    of_nothing=asked.latencies.p50 / nothing.p50,
                    of_first=asked.latencies.p50 / base.p50,
                    a_second=asked.a_second,
                    reads=asked.readings_each,
                    own_mb=house.kb_at_rest / 1024,
                    settled_s=house.settled_after,
                )


def _sizes(arguments: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """Each number of experts with its number of slots; the last number of slots stands for all that follow."""
    for place, experts in enumerate(arguments.experts):
        yield experts, arguments.slots[min(place, len(arguments.slots) - 1)]


async def _some_ids(house: CatalogueHouse) -> list[str]:
    listed = [await house.server.http.get("/api/experts", params={"limit": 50, "page": page}) for page in (1, 2, 3)]
    return [expert["_id"] for answer in listed for expert in answer.raise_for_status().json()["experts"]]


async def _ask(house: CatalogueHouse, address: Address, ids: list[str], arguments: argparse.Namespace) -> Asked:
    chance = Random(address.__code__.co_firstlineno)
    wanted = iter([address(chance, ids) for _ in range(arguments.requests)])
    times: list[float] = []

    async def ask_in_turn() -> None:
        for path in wanted:
            began = time.perf_counter()
            (await house.server.http.get(path)).raise_for_status()
            times.append(time.perf_counter() - began)

    before, began = await house.readings(), time.perf_counter()
    await asyncio.gather(*(ask_in_turn() for _ in range(arguments.concurrency)))
    seconds = time.perf_counter() - began
    readings = await house.readings() - before - seconds * house.readings_at_rest
    return Asked(
        latencies=Latencies.of(times), a_second=len(times) / seconds, readings_each=max(0.0, readings / len(times))
    )


def _page(chance: Random) -> int:
    return chance.randint(1, FIRST_PAGES)


def _typed(chance: Random) -> str:
    """What somebody has typed of a name so far."""
    return chance.choice(LETTERS) + chance.choice(["", chance.choice(VOWELS), chance.choice(VOWELS)])


def _soon(chance: Random) -> str:
    """A moment within the next week."""
    return f"{clock.now() + timedelta(hours=chance.randint(1, 7 * 24)):%Y-%m-%dT%H:%M:%SZ}"


def _category(chance: Random) -> str:
    return chance.choice(sorted(TRADES))


KINDS: dict[str, Address] = {
    "nothing": lambda chance, ids: "/healthz",
    "list, API": lambda chance, ids: f"/api/experts?page={_page(chance)}",
    "filtered, API": lambda chance, ids: f"/api/experts?category={_category(chance)}&page={_page(chance)}",
    "searched, API": lambda chance, ids: f"/api/experts?search={_typed(chance)}",
    "open soon, API": lambda chance, ids: f"/api/experts?openBefore={_soon(chance)}&page={_page(chance)}",
    "soonest, API": lambda chance, ids: f"/api/experts?sort=soonest&page={_page(chance)}",
    "expert, API": lambda chance, ids: f"/api/experts/{chance.choice(ids)}",
    "list, page": lambda chance, ids: f"/?page={_page(chance)}",
    "searched, page": lambda chance, ids: f"/?search={_typed(chance)}",
    "soonest, page": lambda chance, ids: f"/?sort=soonest&page={_page(chance)}",
    "expert, page": lambda chance, ids: f"/experts/{chance.choice(ids)}",
}


if __name__ == "__main__":
    main()
