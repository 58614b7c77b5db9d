"""What change streams cost and how late they are: `make bench`, or `python -m benchmarks.streams --json FILE`.

On an embedded server whose writes are journaled, slots are written one after another and by several at the same time,
while none, one and two other processes follow. Each other process tells when its bus was told; nothing may be missed.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from beanie import PydanticObjectId

from benchmarks.kit import command
from benchmarks.kit.figures import Latencies, Report
from expert_booking import clock, database
from expert_booking.embedded_server import EmbeddedServer
from models import TimeSlot

NAME = "benchmark"
PATIENCE_SECONDS = 10
LONGEST_RUN_SECONDS = 300

Written = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Writes a second, how long a write took, and how long after it was sent the followers' buses were told."""

    a_second: float
    write: Latencies
    told: Latencies | None


Measured = dict[tuple[int, int], list[Round]]
"""Rounds by the number of streams and of writes at the same time."""


class Follower:
    """Another process, and when it was told of which slot's version."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: dict[Written, float] = {}

    async def read(self, *, count: int) -> None:
        """Read until it was told of so many versions more."""
        assert self._process.stdout is not None
        for _ in range(count):
            slot_id, version, at = json.loads(await self._process.stdout.readline())
            self.told[slot_id, version] = at

    async def be_live(self) -> None:
        """Wait until nothing is missed from here on."""
        assert self._process.stdout is not None
        await self._process.stdout.readline()


@asynccontextmanager
async def following(uri: str) -> AsyncIterator[Follower]:
    """A process that follows until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.kit.follower", uri, NAME]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        follower = Follower(process)
        await follower.be_live()
        yield follower
    finally:
        process.kill()
        await process.wait()


def main() -> None:
    """Measure and print; fails when a follower missed something."""
    command.report("streams", _arguments(), _measure, run=asyncio.run)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each kind; medians are printed (5)")
    parser.add_argument("--writes", type=int, default=300, help="in a round (300)")
    parser.add_argument("--concurrency", type=int, default=8, help="writes at the same time (8)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    measured: Measured = {(streams, each): [] for each in (1, arguments.concurrency) for streams in (0, 1, 2)}
    with TemporaryDirectory(prefix="expert-booking-") as folder:
        server = await EmbeddedServer.start(Path(folder))
        try:
            await database.connect(server.uri, name=NAME, timeout_seconds=10)
            slots = await _slots(arguments.writes)
            await _round(slots, [], arguments.concurrency)  # to warm up
            async with asyncio.timeout(LONGEST_RUN_SECONDS):
                for _ in range(arguments.rounds):
                    await _compare(server.uri, slots, measured)
        finally:
            await database.disconnect()
            await server.stop()
    for (streams, concurrency), rounds in measured.items():
        alone = median(each.a_second for each in measured[0, concurrency])
        _add_row(report, f"{streams} streams, {concurrency} at a time", rounds, alone=alone)


async def _compare(uri: str, slots: list[TimeSlot], measured: Measured) -> None:
    """One round of all kinds in turn, so that what else the machine does meets each."""
    async with AsyncExitStack() as stack:
        followers: list[Follower] = []
        for wanted in (0, 1, 2):
            if wanted:
                followers.append(await stack.enter_async_context(following(uri)))
            for streams, concurrency in measured:
                if streams == wanted:
                    measured[streams, concurrency].append(await _round(slots, followers, concurrency))


async def _slots(count: int) -> list[TimeSlot]:
    start = clock.now() + timedelta(days=1)
    slots = [TimeSlot(expert_id=PydanticObjectId(), starts_at=start, ends_at=start) for _ in range(count)]
    await TimeSlot.insert_many(slots)
    return slots


def _add_row(report: Report, what: str, rounds: list[Round], *, alone: float) -> None:
    a_second = median(each.a_second for each in rounds)
    told = [each.told for each in rounds if each.told]
    late = Latencies.median_of(told).in_columns() if told else {}
    report.add(
        what=what,
        a_second=a_second,
        of_alone=a_second / alone,
        write_p50_ms=median(each.write.p50 for each in rounds),
        **{f"told_{name}": late.get(name) for name in ("p50_ms", "p95_ms", "p99_ms")},
    )


async def _round(slots: list[TimeSlot], followers: list[Follower], concurrency: int) -> Round:
    sent: dict[Written, float] = {}
    took: list[float] = []
    wanted = iter(slots)

    async def write_in_turn() -> None:
        for slot in wanted:
            slot.version += 1
            sent[str(slot.id), slot.version] = began = time.monotonic()
            await database.collection(TimeSlot).update_one({"_id": slot.id}, {"$inc": {"version": 1}})
            took.append(time.monotonic() - began)

    started = time.monotonic()
    reading = [asyncio.create_task(follower.read(count=len(slots))) for follower in followers]
    await asyncio.gather(*(write_in_turn() for _ in range(concurrency)))
    seconds = time.monotonic() - started
    async with asyncio.timeout(PATIENCE_SECONDS):  # nobody may miss anything
        await asyncio.gather(*reading)
    delays = [follower.told[written] - at for follower in followers for written, at in sent.items()]
    return Round(a_second=len(slots) / seconds, write=Latencies.of(took), told=Latencies.of(delays) if delays else None)


if __name__ == "__main__":
    main()
