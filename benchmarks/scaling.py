"""What one and two processes carry, first predicted, then measured: `python -m benchmarks.scaling --json FILE`.

What a page, a booking, a change and a viewer cost is measured one at a time on one process (`kit/calibration.py`). From
that a simulation (`kit/house_model.py`) predicts what one and two processes carry on this machine; the prediction is
printed, and appended to FILE, before anything else is measured. Then the real ones are loaded: `main.py` with change
streams on one embedded server, asked by this process. They, the database and this process share two cores, which the
simulation knows, and how many threads of others want one too. `--beyond` adds what it says of more processes on as many
cores, with a replica set elsewhere, which nobody has measured. Linux only.
"""

import argparse
import asyncio
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.kit import calibration, loading
from benchmarks.kit.figures import Latencies, Report
from benchmarks.kit.house import Database, House, others
from benchmarks.kit.house_costs import Costs, Load, Outcome, arrivals
from benchmarks.kit.house_model import Machine, predict
from benchmarks.kit.loading import Errors, Slots
from benchmarks.kit.loop import run

PROCESSES = (1, 2)
BEYOND = (1, 2, 4, 10, 20)
REPLICA_SET = (0.001, 0.005)
"""Assumed, not measured: seconds of a reading, and of a write that a majority has in its journals."""
PART_OF_CAPACITY = 0.25
"""Of the pages, and of the bookings, that one process carries: what is asked of the house in the mixture."""
TELLINGS, BETWEEN_SECONDS = 9, 0.4
WATCHED_EACH = 4
SETTLE_SECONDS = 1.5
LONGEST_RUN_SECONDS = 400

Loads = dict[str, Load]
Outcomes = dict[str, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What is asked in the mixture, a second."""

    pages: float
    bookings: float


def main() -> None:
    """Calibrate, predict, measure, compare; fails when a request was answered by an error."""
    arguments = _arguments()
    errors = run(_scale(arguments))
    if errors.count:
        sys.exit(f"{errors.count} requests were answered by an error")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="of each load (5)")
    parser.add_argument("--viewers", type=int, default=300, help="of one expert's page (300)")
    parser.add_argument("--page-clients", type=int, default=8, help="for each process (8)")
    parser.add_argument("--booking-clients", type=int, default=16, help="for each process (16)")
    parser.add_argument("--beyond", action="store_true", help="add predictions that are not measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append the figures to it, one JSON object a line")
    return parser.parse_args()


async def _scale(arguments: argparse.Namespace) -> Errors:
    errors = Errors()
    async with asyncio.timeout(LONGEST_RUN_SECONDS), Database.running() as database:
        busy = await others()
        costs, slots = await _calibrate(database)
        busy = (busy + await others()) / 2
        _tell(arguments, _in_rows(costs, busy))
        rates = _rates(costs, arguments, busy)
        predicted = {count: _predict(costs, count, rates, arguments, busy) for count in PROCESSES}
        _tell(arguments, [{"what": what, "predicted": figure} for what, figure in _figures(predicted).items()])
        measured, found = {}, {}
        for count in PROCESSES:
            async with House.running(database, count) as house:
                await house.calm()
                found[count] = await others()
                measured[count] = await _measure(house, slots, rates, arguments, errors)
        afterwards = {count: _predict(costs, count, rates, arguments, found[count]) for count in PROCESSES}
        _tell(arguments, list(_compared(_figures(predicted), _figures(measured), _figures(afterwards), found)))
    if arguments.beyond:
        _tell(arguments, [_beyond(costs, count, arguments) for count in BEYOND])
    return errors


def _tell(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    report = Report("scaling", arguments=sys.argv[1:])
    for row in rows:
        report.add(**row)
    report.print()
    if arguments.json:
        report.append_to(arguments.json)


async def _calibrate(database: Database) -> tuple[Costs, Slots]:
    commands = await calibration.measure_commands(database)
    async with House.running(database, 1) as house:
        slots = await Slots.of(house)
        return await calibration.measure(house, commands, slots), slots


def _in_rows(costs: Costs, busy: float) -> list[dict[str, Any]]:
    """Each cost by itself, in milliseconds or as the share of a core."""
    rows = [{"what": "threads of others that want a core", "figure": busy}]
    for name, cost in asdict(costs).items():
        parts = cost.items() if isinstance(cost, dict) else [("", cost)]
        for part, figure in parts:
            if part == "spread":
                continue
            what = f"{name} {part}".replace("_", " ").strip()
            is_share = name.startswith("rest")
            rows.append(
                {
                    "what": f"{what}, {'% of a core' if is_share else 'ms'}",
                    "figure": figure * (100 if is_share else 1000),
                }
            )
    return rows


def _machine(busy: float) -> Machine:
    return Machine(cores=os.cpu_count() or 1, others=busy)


def _loads(count: int, rates: Rates, arguments: argparse.Namespace) -> Loads:
    seconds, mixed_seconds = arguments.seconds, arguments.seconds * 1.5
    return {
        "telling": Load(
            seconds=(TELLINGS + 1) * BETWEEN_SECONDS,
            booking_arrivals=tuple((number + 1) * BETWEEN_SECONDS for number in range(TELLINGS)),
            viewers=arguments.viewers,
            watched_each=1,
        ),
        "mixture": Load(
            seconds=mixed_seconds,
            page_arrivals=arrivals(a_second=rates.pages, seconds=mixed_seconds, seed=1),
            booking_arrivals=arrivals(a_second=rates.bookings, seconds=mixed_seconds, seed=2),
            viewers=arguments.viewers,
            watched_each=WATCHED_EACH,
        ),
        "pages": Load(seconds=seconds, page_clients=count * arguments.page_clients),
        "bookings": Load(seconds=seconds, booking_clients=count * arguments.booking_clients),
    }


def _rates(costs: Costs, arguments: argparse.Namespace, busy: float) -> Rates:
    alone = _loads(1, Rates(pages=1, bookings=1), arguments)
    carried = {name: predict(costs, alone[name], processes=1, machine=_machine(busy)) for name in ("pages", "bookings")}
    return Rates(
        pages=PART_OF_CAPACITY * len(carried["pages"].pages) / arguments.seconds,
        bookings=PART_OF_CAPACITY * len(carried["bookings"].bookings) / arguments.seconds,
    )


def _predict(costs: Costs, count: int, rates: Rates, arguments: argparse.Namespace, busy: float) -> Outcomes:
    loads = _loads(count, rates, arguments)
    return {name: predict(costs, load, processes=count, machine=_machine(busy)) for name, load in loads.items()}


async def _measure(house: House, slots: Slots, rates: Rates, arguments: argparse.Namespace, errors: Errors) -> Outcomes:
    loads = _loads(len(house.apps), rates, arguments)
    watching = await loading.audiences(house, slots.path, arguments.viewers)
    await asyncio.sleep(SETTLE_SECONDS)
    outcomes = {"telling": await loading.tell(house, loads["telling"], slots, watching)}
    outcomes["mixture"] = await loading.carry(house, loads["mixture"], slots, errors)
    for audience in watching:
        audience.leave()
    for name in ("bookings", "pages"):
        await asyncio.sleep(SETTLE_SECONDS)
        outcomes[name] = await loading.carry(house, loads[name], slots, errors)
    return outcomes


def _figures(outcomes: dict[int, Outcomes]) -> dict[str, float]:
    """By what it is that was predicted and measured."""
    figures: dict[str, float] = {}
    for count, by_load in outcomes.items():
        pages, bookings, mixture, telling = (by_load[name] for name in ("pages", "bookings", "mixture", "telling"))
        for what, of, times in (("pages", pages, pages.pages), ("bookings", bookings, bookings.bookings)):
            figures[f"{count}: {what} a second"] = len(times) / of.seconds
            figures |= {f"{count}: {what} {name}": figure for name, figure in _latencies(times).items()}
            figures |= {f"{count}: {what}, {who}": share for who, share in _shares(of).items()}
        for what, times in (("pages", mixture.pages), ("bookings", mixture.bookings)):
            figures |= {f"{count}: mixture, {what} {name}": figure for name, figure in _latencies(times).items()}
        figures |= {f"{count}: mixture, {who}": share for who, share in _shares(mixture).items()}
        figures[f"{count}: last viewer told here, ms"] = 1000 * median(telling.told_here)
        if telling.told_elsewhere:
            figures[f"{count}: last viewer told elsewhere, ms"] = 1000 * median(telling.told_elsewhere)
    return figures


def _latencies(times: list[float]) -> dict[str, float]:
    found = Latencies.of(times or [float("nan")])
    return {"p50, ms": found.p50, "p95, ms": found.p95}


def _shares(outcome: Outcome) -> dict[str, float]:
    return {
        "application, % of a core": 100 * outcome.app_share,
        "database, % of a core": 100 * outcome.database_share,
        "client, % of a core": 100 * outcome.client_share,
    }


def _compared(
    predicted: dict[str, float], measured: dict[str, float], afterwards: dict[str, float], busy: dict[int, float]
) -> list[dict[str, Any]]:
    """The prediction, what came, and what the model says once it knows how busy the machine was by then."""
    rows = []
    for what, figure in measured.items():
        rows.append(
            {
                "what": what,
                "predicted": predicted[what],
                "measured": figure,
                "error_%": 100 * (predicted[what] / figure - 1),
                "afterwards": afterwards[what],
                "afterwards_error_%": 100 * (afterwards[what] / figure - 1),
                "others": busy[int(what.split(":")[0])],
            }
        )
    return rows


def _beyond(costs: Costs, count: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """So many processes with a core each, everything else on other machines."""
    machine = Machine(cores=count, replica_set=REPLICA_SET, is_client_elsewhere=True)
    loads = _loads(count, Rates(pages=1, bookings=1), arguments)
    pages, bookings = (predict(costs, loads[name], processes=count, machine=machine) for name in ("pages", "bookings"))
    return {
        "what": f"{count}, with a core each and a replica set",
        "pages_a_second": len(pages.pages) / pages.seconds,
        "bookings_a_second": len(bookings.bookings) / bookings.seconds,
        "bookings_p95_ms": Latencies.of(bookings.bookings).p95,
        "bookings_of_one": count,
    }


if __name__ == "__main__":
    main()
