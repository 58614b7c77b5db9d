"""How soon every open page shows a booking: `make bench`, or `python -m benchmarks.fan_out --json FILE`.

Viewers have one expert's page open in the real application; a booking is made through the JSON API, and each viewer
notes when the message with the slot's change arrives. In the same run, in turn, a bare Socket.IO server sends a
message of the same bytes to as many clients: once to a room, once as a frame made beforehand that a plain loop writes
to every transport, which is the floor of the runtime. `--viewers 1000` takes about two minutes.
"""

import argparse
import asyncio
import resource
import sys
from statistics import median

from benchmarks.kit import command
from benchmarks.kit.figures import Latencies, Report
from benchmarks.kit.stage import ZONES, Spread, Stage

APPLICATION, BROADCAST, FLOOR = "application", "raw broadcast", "floor"
WEBSOCKETS = ("wsproto", "websockets-sansio", "websockets")
LONGEST_RUN_SECONDS = 120
SECONDS_PER_VIEWER = 0.3


def main() -> None:
    """Measure and print; fails when a viewer missed a change."""
    arguments = _arguments()
    _allow_connections(max(arguments.viewers))
    missed = command.report("fan_out", arguments, _measure)
    if missed:
        sys.exit(f"{missed} times a viewer missed a change.")


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--viewers", type=int, nargs="+", default=[100, 300], help="open pages (100 300)")
    parser.add_argument("--rounds", type=int, default=9, help="bookings at each number; medians are printed (9)")
    parser.add_argument("--zones", type=int, choices=range(1, len(ZONES) + 1), default=1, help="of the viewers (1)")
    parser.add_argument("--ws", choices=WEBSOCKETS, default=WEBSOCKETS[0], help="under the bare server (wsproto)")
    return parser.parse_args()


def _allow_connections(viewers: int) -> None:
    """Here and in the servers, which inherit it."""
    wanted, (soft, hard) = 2 * viewers + 500, resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


async def _measure(arguments: argparse.Namespace, report: Report) -> int:
    missed = 0
    limit = LONGEST_RUN_SECONDS + SECONDS_PER_VIEWER * max(arguments.viewers)
    async with asyncio.timeout(limit), Stage.running(zones=arguments.zones, websockets=arguments.ws) as stage:
        for viewers in sorted(arguments.viewers):
            await stage.grow(viewers)
            spreads = await _rounds(stage, arguments.rounds)
            _add_rows(report, viewers, spreads)
            missed += sum(each.missed for rounds in spreads.values() for each in rounds)
    return missed


async def _rounds(stage: Stage, count: int) -> dict[str, list[Spread]]:
    """Rounds of all three in turn, after one of each that does not count."""
    spreads: dict[str, list[Spread]] = {APPLICATION: [], BROADCAST: [], FLOOR: []}
    for number in range(count + 1):
        booked = await stage.booking()
        emitted = await stage.emitted(booked.message)
        written = await stage.written(booked.message)
        if number:
            spreads[APPLICATION].append(booked)
            spreads[BROADCAST].append(emitted)
            spreads[FLOOR].append(written)
    return spreads


def _add_rows(report: Report, viewers: int, spreads: dict[str, list[Spread]]) -> None:
    from_write = {name: Latencies.median_of([each.from_write for each in rounds]) for name, rounds in spreads.items()}
    from_request = {
        name: Latencies.median_of([each.from_request for each in rounds]) for name, rounds in spreads.items()
    }
    for name, rounds in spreads.items():
        report.add(
            what=f"{viewers}, {name}",
            rounds=len(rounds),
            missed=sum(each.missed for each in rounds),
            bytes=len(rounds[-1].message),
            **from_write[name].in_columns(),
            last_of_raw=from_write[name].last / from_write[BROADCAST].last,
            last_of_floor=from_write[name].last / from_write[FLOOR].last,
            call_ms=_sending_ms(rounds),
            asked_p50_ms=from_request[name].p50,
            asked_last_ms=from_request[name].last,
            asked_of_raw=from_request[name].last / from_request[BROADCAST].last,
        )


def _sending_ms(rounds: list[Spread]) -> float | None:
    known = [each.sending_seconds * 1000 for each in rounds if each.sending_seconds is not None]
    return median(known) if known else None


if __name__ == "__main__":
    main()
