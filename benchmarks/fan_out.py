"""How soon every open page shows a booking: `make bench`, or `python -m benchmarks.fan_out --json FILE`.

Viewers have one expert's page open in the real application; a booking is made through the JSON API, and each viewer
notes when the update with the slot's change arrives. In the same run, in turn, a bare Socket.IO server is asked over
HTTP to send a message of the same bytes to one room of as many viewers. `--viewers 1000` takes a minute or two.
"""

import argparse
import asyncio
import resource
import sys
from pathlib import Path
from statistics import median

from benchmarks.kit.audience import Heard
from benchmarks.kit.figures import Latencies, Report
from benchmarks.kit.stage import Stage

APPLICATION, BROADCAST = "application", "raw broadcast"
LONGEST_RUN_SECONDS = 120
SECONDS_PER_VIEWER = 0.3


def main() -> None:
    """Measure and print; fails when a viewer missed a change."""
    arguments = _arguments()
    _allow_connections(max(arguments.viewers))
    report = Report("fan_out", arguments=sys.argv[1:])
    missed = asyncio.run(_measure(arguments, report))
    report.print()
    if arguments.json:
        report.append_to(arguments.json)
    if missed:
        sys.exit(f"{missed} times a viewer missed a change.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, nargs="+", default=[50, 100, 300], help="open pages (50 100 300)")
    parser.add_argument("--rounds", type=int, default=9, help="bookings at each number; medians are printed (9)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append the figures to it, one JSON object a line")
    return parser.parse_args()


def _allow_connections(viewers: int) -> None:
    """Here and in the servers, which inherit it."""
    wanted, (soft, hard) = 2 * viewers + 500, resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


async def _measure(arguments: argparse.Namespace, report: Report) -> int:
    missed = 0
    limit = LONGEST_RUN_SECONDS + SECONDS_PER_VIEWER * max(arguments.viewers)
    async with asyncio.timeout(limit), Stage.running() as stage:
        alone = await _rounds(stage, 1, arguments.rounds)
        _add_rows(report, 1, alone, alone)
        for viewers in sorted(arguments.viewers):
            heard = await _rounds(stage, viewers, arguments.rounds)
            _add_rows(report, viewers, heard, alone)
            missed += sum(each.missed for rounds in heard.values() for each in rounds)
    return missed


async def _rounds(stage: Stage, viewers: int, count: int) -> dict[str, list[Heard]]:
    """Rounds of both servers in turn, after one of each that does not count."""
    await stage.grow(viewers)
    heard: dict[str, list[Heard]] = {APPLICATION: [], BROADCAST: []}
    for number in range(count + 1):
        booked = await stage.booking()
        sent = await stage.same_bytes(booked.message)
        if number:
            heard[APPLICATION].append(booked)
            heard[BROADCAST].append(sent)
    return heard


def _add_rows(report: Report, viewers: int, heard: dict[str, list[Heard]], alone: dict[str, list[Heard]]) -> None:
    last = {name: _last(rounds) for name, rounds in heard.items()}
    spread = {name: last[name] - _last(alone[name]) for name in heard}
    for name, rounds in heard.items():
        report.add(
            what=f"{viewers}, {name}",
            rounds=len(rounds),
            missed=sum(each.missed for each in rounds),
            bytes=len(rounds[-1].message),
            **Latencies.median_of([each.latencies for each in rounds]).in_columns(),
            last_of_raw=last[name] / last[BROADCAST],
            spread_ms=spread[name] if viewers > 1 else None,
            spread_of_raw=spread[name] / spread[BROADCAST] if viewers > 1 else None,
        )


def _last(rounds: list[Heard]) -> float:
    return median(each.latencies.last for each in rounds)


if __name__ == "__main__":
    main()
