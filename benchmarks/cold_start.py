"""How soon the house is open, how fast it is filled: `make bench`, or `python -m benchmarks.cold_start --json FILE`.

From the start of `main.py` to the first page, with an existing data directory and with an empty one, which is filled
with demo experts first, in turn with a bare NiceGUI server; and what the processes hold in memory then, while nobody is
there. Then `seed.py` fills an empty directory, and the raw driver stores as many slots, with the same indexes on the
same kind of server, in one collection. Linux only.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.kit import command
from benchmarks.kit.figures import Report
from benchmarks.kit.processes import child
from benchmarks.kit.resources import children, own_kb
from benchmarks.kit.server import ROOT, Server, environment_of
from expert_booking import database
from expert_booking.embedded_server import EmbeddedServer
from expert_booking.settings import Settings
from models import TimeSlot

BATCH = 1000
TIMEOUT_SECONDS = 60
LONGEST_RUN_SECONDS = 900
DATABASE = str(Settings.model_fields["database_name"].default)

T = TypeVar("T")


@dataclass(kw_only=True)
class Start:
    """One way to start, and how it went: seconds to the first page, kB of the process and of what it has started."""

    what: str
    seconds: list[float] = field(default_factory=list)
    kb: list[int] = field(default_factory=list)
    database_kb: list[int] = field(default_factory=list)

    def note(self, server: Server) -> None:
        """Take down what one start came to."""
        self.seconds.append(server.ready_after)
        self.kb.append(own_kb(server.pid))
        self.database_kb.append(sum(own_kb(pid) for pid in children(server.pid)))


def main() -> None:
    """Measure and print."""
    command.report("cold_start", _arguments(), _measure)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of starting each way; medians are printed (3)")
    parser.add_argument("--experts", type=int, default=200, help="that seed.py makes (200)")
    parser.add_argument("--days", type=int, default=14, help="of open times that they get (14)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    async with asyncio.timeout(LONGEST_RUN_SECONDS):
        starts = await _starts(arguments.rounds)
        bare = median(starts[0].seconds)
        for start in starts:
            seconds = median(start.seconds)
            report.add(
                what=start.what,
                seconds=seconds,
                of_bare=seconds / bare,
                MB=median(start.kb) / 1024,
                database_MB=median(start.database_kb) / 1024 or None,
                slots=None,
                slots_a_second=None,
                of_raw=None,
            )
        await _add_seeding(arguments, report)


async def _starts(rounds: int) -> list[Start]:
    bare, existing, empty = (Start(what=what) for what in ("bare, first page", "existing data", "empty, demo experts"))
    with tempfile.TemporaryDirectory(prefix="expert-booking-") as kept:
        async with _house(Path(kept)):
            pass
        for _ in range(rounds):
            async with Server.running("-m", "benchmarks.kit.bare_pages", "settled", ready="/elements/0") as server:
                bare.note(server)
            async with _house(Path(kept)) as server:
                existing.note(server)
            async with _house(None) as server:
                empty.note(server)
    return [bare, existing, empty]


@asynccontextmanager
async def _house(folder: Path | None) -> AsyncIterator[Server]:
    async with Server.running(ROOT / "main.py", ready="/", folder=folder) as server:
        yield server


async def _add_seeding(arguments: argparse.Namespace, report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="expert-booking-") as name:
        options = ("--experts", str(arguments.experts), "--days", str(arguments.days))
        seconds = await _seed(Path(name), options)
        slots = await _with_database(Path(name) / "data", lambda: database.collection(TimeSlot).find().to_list(None))
    with tempfile.TemporaryDirectory(prefix="expert-booking-") as name:
        raw_seconds = await _with_database(Path(name) / "data", lambda: _store(slots))
    for what, taken in {"seed.py": seconds, "raw driver, slots only": raw_seconds}.items():
        report.add(
            what=what,
            seconds=taken,
            of_bare=None,
            MB=None,
            database_MB=None,
            slots=len(slots),
            slots_a_second=len(slots) / taken,
            of_raw=raw_seconds / taken,
        )


async def _seed(folder: Path, options: tuple[str, ...]) -> float:
    """The seconds that seed.py takes from its start to its end."""
    log, began = folder / "seed.log", time.monotonic()
    async with child(ROOT / "seed.py", *options, folder=folder, environment=environment_of({}), log=log) as process:
        if await process.wait():
            sys.exit(f"seed.py failed:\n{log.read_text()[-2000:]}")
    return time.monotonic() - began


async def _with_database(data_dir: Path, work: Callable[[], Awaitable[T]]) -> T:
    """What the work came to, done on a server of its own that journals, with all collections and indexes."""
    server = await EmbeddedServer.start(data_dir)
    try:
        await database.connect(server.uri, name=DATABASE, timeout_seconds=TIMEOUT_SECONDS)
        return await work()
    finally:
        await database.disconnect()
        await server.stop()


async def _store(slots: list[dict[str, Any]]) -> float:
    """The seconds in which the driver stores the same slots, a thousand at a time."""
    began = time.monotonic()
    for first in range(0, len(slots), BATCH):
        await database.collection(TimeSlot).insert_many(slots[first : first + BATCH], ordered=False)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
