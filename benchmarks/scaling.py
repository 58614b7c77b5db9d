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
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from benchmarks.kit import calibration, command, loading
from benchmarks.kit.figures import Latencies, Report
from benchmarks.kit.house import Database, House
from benchmarks.kit.house_costs import Command, Costs, Load, Outcome, arrivals
from benchmarks.kit.house_model import Machine, predict
from benchmarks.kit.loading import Errors, Slots
from benchmarks.kit.loop import run

CORES = os.cpu_count() or 1
PROCESSES = (1, 2)
BEYOND = (1, 2, 4, 10, 20)
REPLICA_SET = (0.001, 0.005)
"""Assumed, not measured: seconds of a reading, and of a write that a majority has in its journals."""
PART_OF_CAPACITY = 0.25
"""Of the pages, and of the bookings, that one process carries: what is asked of the house in the mixture."""
VIEWERS_OF_ONE = 1000
"""Viewers of each process, where that is not measured."""
STAMPEDE, STAMPEDE_SECONDS = 10_000, 60.0
"""Pages of one expert, and the seconds within which they are asked for."""
TELLINGS, BETWEEN_SECONDS = 9, 0.4
WATCHED_EACH = 8
SETTLE_SECONDS = 1.5
LONGEST_RUN_SECONDS = 400

Loads = dict[str, Load]
Outcomes = dict[str, Outcome]
What = tuple[int, str, str]
"""Of how many processes, under which load, which figure."""


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
    parser = command.options(__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each load (5)")
    parser.add_argument("--viewers", type=int, default=300, help="of one expert's page (300)")
    parser.add_argument("--page-clients", type=int, default=8, help="for each process (8)")
    parser.add_argument("--booking-clients", type=int, default=16, help="for each process (16)")
    parser.add_argument("--beyond", action="store_true", help="add predictions that are not measured")
    return parser.parse_args()


async def _scale(arguments: argparse.Namespace) -> Errors:
    errors = Errors()
    async with asyncio.timeout(LONGEST_RUN_SECONDS), Database.running() as database:
        costs, slots, others = await _calibrate(database)
        machine = Machine(cores=CORES, others=others)
        _tell(arguments, _in_rows(costs, machine))
        rates = _rates(costs, machine, arguments)
        loads = {count: _loads(count, rates, arguments) for count in PROCESSES}
        predicted = _predict(costs, loads, lambda _count, _load: machine)
        _tell(arguments, [{"what": _named(what), "predicted": figure} for what, figure in _figures(predicted).items()])
        measured = {}
        for count in PROCESSES:
            async with House.running(database, count) as house:
                await house.calm()
                measured[count] = await _measure(house, slots, loads[count], errors)
        _tell(arguments, _compared(predicted, measured, _predict(costs, loads, _machine_as_it_was(measured))))
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


async def _calibrate(database: Database) -> tuple[Costs, Slots, float]:
    """What things cost, what there is to book, and how many threads of others wanted a core meanwhile."""
    commands = await calibration.measure_commands(database)
    async with House.running(database, 1) as house:
        slots = await Slots.of(house)
        async with house.others() as others:
            return await calibration.measure(house, commands, slots), slots, others.wanting


def _in_rows(costs: Costs, machine: Machine) -> list[dict[str, Any]]:
    """Each cost by itself, in milliseconds or as the share of a core."""
    rows = [{"what": "threads of others that want a core", "figure": machine.others}]
    for name, cost in asdict(costs).items():
        for part, figure in (cost if isinstance(cost, dict) else {"": cost}).items():
            if part != "spread":
                unit, times = ("% of a core", 100) if name.startswith("rest") else ("ms", 1000)
                what = f"{name} {part}".replace("_", " ").strip()
                rows.append({"what": f"{what}, {unit}", "figure": figure * times})
    return rows


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


def _rates(costs: Costs, machine: Machine, arguments: argparse.Namespace) -> Rates:
    """A part of what one process carries, as far as is predicted."""
    alone = _loads(1, Rates(pages=1, bookings=1), arguments)
    pages, bookings = (predict(costs, alone[name], processes=1, machine=machine) for name in ("pages", "bookings"))
    return Rates(
        pages=PART_OF_CAPACITY * len(pages.pages) / pages.seconds,
        bookings=PART_OF_CAPACITY * len(bookings.bookings) / bookings.seconds,
    )


def _predict(costs: Costs, loads: dict[int, Loads], machine: Callable[[int, str], Machine]) -> dict[int, Outcomes]:
    return {
        count: {
            name: predict(costs, load, processes=count, machine=machine(count, name)) for name, load in by_name.items()
        }
        for count, by_name in loads.items()
    }


def _machine_as_it_was(measured: dict[int, Outcomes]) -> Callable[[int, str], Machine]:
    """With as many threads of others as there were during each load."""
    return lambda count, name: Machine(cores=CORES, others=measured[count][name].others)


async def _measure(house: House, slots: Slots, loads: Loads, errors: Errors) -> Outcomes:
    watching = await loading.audiences(house, slots.path, loads["mixture"].viewers)
    await asyncio.sleep(SETTLE_SECONDS)
    async with house.others() as others:
        outcomes = {"telling": await loading.tell(house, loads["telling"], slots, watching)}
    outcomes["telling"].others = others.wanting
    for name in ("mixture", "bookings", "pages"):
        async with house.others() as others:
            outcomes[name] = await loading.carry(house, loads[name], slots, errors)
        outcomes[name].others = others.wanting
        if name == "mixture":
            for audience in watching:
                audience.leave()
        await asyncio.sleep(SETTLE_SECONDS)
    return outcomes


def _figures(outcomes: dict[int, Outcomes]) -> dict[What, float]:
    return {
        (count, name, what): figure
        for count, by_name in outcomes.items()
        for name, outcome in by_name.items()
        for what, figure in (_when_told(outcome) if name == "telling" else _how_answered(name, outcome)).items()
    }


def _when_told(outcome: Outcome) -> dict[str, float]:
    told = {"here": outcome.told_here, "elsewhere": outcome.told_elsewhere}
    return {f"last viewer {where}, ms": 1000 * median(times) for where, times in told.items() if times}


def _how_answered(load: str, outcome: Outcome) -> dict[str, float]:
    figures: dict[str, float] = {}
    for what, times in (("pages", outcome.pages), ("bookings", outcome.bookings)):
        if what == load:
            figures["a second"] = len(times) / outcome.seconds
        if times:
            latencies = Latencies.of(times)
            figures |= {f"{what} p50, ms": latencies.p50, f"{what} p95, ms": latencies.p95}
    return figures | {
        "application, % of a core": 100 * outcome.app_share,
        "database, % of a core": 100 * outcome.database_share,
        "client, % of a core": 100 * outcome.client_share,
    }


def _named(what: What) -> str:
    count, load, figure = what
    return f"{count}: {load}, {figure}"


def _compared(
    predicted: dict[int, Outcomes], measured: dict[int, Outcomes], afterwards: dict[int, Outcomes]
) -> list[dict[str, Any]]:
    """The prediction, what came, and what the model says once it knows how many others wanted a core meanwhile."""
    before, after = _figures(predicted), _figures(afterwards)
    rows: list[dict[str, Any]] = [
        {
            "what": _named(what),
            "predicted": before[what],
            "measured": figure,
            "error_%": 100 * (before[what] / figure - 1),
            "others": measured[what[0]][what[1]].others,
            "afterwards": after[what],
            "afterwards_error_%": 100 * (after[what] / figure - 1),
        }
        for what, figure in _figures(measured).items()
    ]
    columns = dict.fromkeys(rows[0])
    errors = {error: median(abs(row[error]) for row in rows) for error in columns if error.endswith("error_%")}
    return [*rows, {**columns, "what": "median, whichever way", **errors}]


def _beyond(costs: Costs, count: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """So many processes with a core each, everything else on other machines, and as many viewers more."""
    nobodys = replace(costs, page=replace(costs.page, client=0.0), booking_client=0.0, told_client=0.0)
    deaf = replace(nobodys, echo=Command(database=0.0, driver=0.0))
    machine = Machine(cores=count, replica_set=REPLICA_SET)
    loads = _loads(count, Rates(pages=1, bookings=1), arguments)
    loads["telling"] = replace(loads["telling"], viewers=count * VIEWERS_OF_ONE)
    pages, bookings, telling = (
        predict(nobodys, loads[name], processes=count, machine=machine) for name in ("pages", "bookings", "telling")
    )
    crowd = arrivals(a_second=STAMPEDE / STAMPEDE_SECONDS, seconds=STAMPEDE_SECONDS, seed=1)
    stampede = predict(nobodys, Load(seconds=STAMPEDE_SECONDS, page_arrivals=crowd), processes=count, machine=machine)
    unheard = predict(deaf, loads["bookings"], processes=count, machine=machine)
    return {
        "what": f"{count}, with a core each and a replica set",
        "pages_a_second": len(pages.pages) / pages.seconds,
        "bookings_a_second": len(bookings.bookings) / bookings.seconds,
        "bookings_p95_ms": Latencies.of(bookings.bookings).p95,
        "if_nobody_heard": len(unheard.bookings) / unheard.seconds,
        "stampede_p95_ms": Latencies.of(stampede.pages).p95,
        "viewers": count * VIEWERS_OF_ONE,
        "last_here_ms": 1000 * median(telling.told_here),
        "last_elsewhere_ms": 1000 * median(telling.told_elsewhere) if telling.told_elsewhere else None,
    }


if __name__ == "__main__":
    main()
