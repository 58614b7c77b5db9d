"""Bookings a second, beside the raw driver: `make bench`, or `python -m benchmarks.booking_throughput --json FILE`.

Distinct slots are booked through `bookings.book` on an embedded server of its own, whose writes are journaled, and
in the same run through the bare driver, which does no more than the two writes without which there is no booking:
insert it, show it on its slot. Then many contend for one slot, of whom exactly one may win. Nobody watches the slots.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from statistics import median
from tempfile import TemporaryDirectory

from beanie import PydanticObjectId

from benchmarks.kit import raw_booking
from benchmarks.kit.figures import Latencies, Report
from expert_booking import bookings, bulk, clock, customers, database
from expert_booking.embedded_server import EmbeddedServer
from expert_booking.errors import SlotUnavailable
from expert_booking.settings import Settings
from models import Booking, TimeSlot

ALICE = customers.check(name="Alice", email="alice@example.com", phone="+442079460958")
LONGEST_RUN_SECONDS = 180

Book = Callable[[TimeSlot], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How many bookings were asked for, how many were made, and how long that took."""

    asked: int
    won: int
    seconds: float
    latencies: Latencies


def main() -> None:
    """Measure and print; fails when there was another number of winners than of slots."""
    arguments = _arguments()
    report = Report("booking_throughput", arguments=sys.argv[1:])
    asyncio.run(_measure(arguments, report))
    report.print()
    if arguments.json:
        report.append_to(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of each kind; medians are printed (5)")
    parser.add_argument("--slots", type=int, default=160, help="distinct slots in a round (160)")
    parser.add_argument("--concurrency", type=int, default=32, help="bookings of distinct slots at the same time (32)")
    parser.add_argument("--contenders", type=int, default=200, help="for one slot (200)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append the figures to it, one JSON object a line")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    async with asyncio.timeout(LONGEST_RUN_SECONDS), _empty_database():
        await _compare(rounds=1, slots=arguments.concurrency, concurrency=arguments.concurrency)  # to open connections
        raw, house = await _compare(rounds=arguments.rounds, slots=arguments.slots, concurrency=arguments.concurrency)
        _add_rows(report, "distinct slots", raw, house)
        raw, house = await _compare(rounds=arguments.rounds, slots=1, concurrency=arguments.contenders)
        _add_rows(report, "one slot", raw, house)


@asynccontextmanager
async def _empty_database() -> AsyncIterator[None]:
    """An embedded server, and the application's own connection to it with the time-outs it has by default."""
    with TemporaryDirectory(prefix="expert-booking-") as folder:
        server = await EmbeddedServer.start(Path(folder))
        try:
            timeout = Settings.model_fields["database_timeout_seconds"].default
            await database.connect(server.uri, name="benchmark", timeout_seconds=timeout)
            yield
        finally:
            await database.disconnect()
            await server.stop()


async def _compare(*, rounds: int, slots: int, concurrency: int) -> tuple[list[Round], list[Round]]:
    """Rounds of both ways in turn, so that what else the machine does meets both."""
    raw, house = [], []
    for _ in range(rounds):
        raw.append(await _round(_book_raw, slots=slots, concurrency=concurrency))
        house.append(await _round(_book_through_house, slots=slots, concurrency=concurrency))
    return raw, house


async def _round(book: Book, *, slots: int, concurrency: int) -> Round:
    """Each slot is asked for once, or as many times as it takes to have `concurrency` contenders."""
    opened = await _open_slots(slots)
    wanted = iter(opened * max(1, concurrency // slots))
    answers: list[tuple[bool, float]] = []

    async def ask_in_turn() -> None:
        for slot in wanted:
            started = time.perf_counter()
            has_won = await book(slot)
            answers.append((has_won, time.perf_counter() - started))

    started = time.perf_counter()
    await asyncio.gather(*(ask_in_turn() for _ in range(concurrency)))
    seconds = time.perf_counter() - started
    won = sum(has_won for has_won, _ in answers)
    await _audit(opened, won)
    return Round(asked=len(answers), won=won, seconds=seconds, latencies=Latencies.of(took for _, took in answers))


async def _open_slots(count: int) -> list[TimeSlot]:
    """Slots of an expert of their own, far enough ahead, one after another."""
    expert_id, first = PydanticObjectId(), clock.now() + timedelta(days=1)
    starts = [first + timedelta(hours=offset) for offset in range(count)]
    await bulk.add_all(
        TimeSlot,
        (bulk.open_slot(expert_id=expert_id, starts_at=at, ends_at=at + timedelta(hours=1)) for at in starts),
    )
    return await TimeSlot.find({"expert_id": expert_id}).to_list()


async def _audit(slots: list[TimeSlot], won: int) -> None:
    owners = await Booking.find({"expert_id": slots[0].expert_id, "active": True}).to_list()
    shown = await TimeSlot.find({"expert_id": slots[0].expert_id, "booking_id": {"$ne": None}}).to_list()
    owned = {booking.slot_id: booking.id for booking in owners}
    if not won == len(owners) == len(slots) or owned != {slot.id: slot.booking_id for slot in shown}:
        sys.exit(f"{len(slots)} slots: {won} told that they won, {len(owners)} own one, {len(shown)} slots show it")


async def _book_through_house(slot: TimeSlot) -> bool:
    assert slot.id is not None
    try:
        await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=token_urlsafe(8), customer=ALICE)
    except SlotUnavailable:
        return False
    return True


async def _book_raw(slot: TimeSlot) -> bool:
    return await raw_booking.book(slot, ALICE)


def _add_rows(report: Report, what: str, raw: list[Round], house: list[Round]) -> None:
    raw_rate, house_rate = (median(each.asked / each.seconds for each in rounds) for rounds in (raw, house))
    for name, rounds, rate in (("raw driver", raw, raw_rate), ("bookings.book", house, house_rate)):
        report.add(
            what=f"{what}, {name}",
            rounds=len(rounds),
            asked=rounds[0].asked,
            won=rounds[0].won,
            a_second=rate,
            of_raw=rate / raw_rate,
            **Latencies.median_of([each.latencies for each in rounds]).in_columns(),
        )


if __name__ == "__main__":
    main()
