"""Bookings a second, beside the raw driver: `make bench`, or `python -m benchmarks.booking_throughput --json FILE`.

Distinct slots are booked through `bookings.book` on an embedded server of its own, whose writes are journaled, and
in the same run through the bare driver, which does no more than the two writes without which there is no booking:
insert it, show it on its slot. Visitors of the pages hold a slot before they book it, clients of the API need not;
both are measured. Then many contend for one slot, of whom exactly one may win. Nobody watches the slots.
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

from benchmarks.kit import command, raw_booking
from benchmarks.kit.figures import Latencies, Report
from expert_booking import background, bookings, bulk, clock, customers, database, holds, settling
from expert_booking.embedded_server import EmbeddedServer
from expert_booking.errors import SlotUnavailable
from expert_booking.lifecycle import MARK_SECONDS
from expert_booking.settings import Settings
from models import Booking, TimeSlot

ALICE = customers.check(name="Alice", email="alice@example.com", phone="+442079460958")
LONGEST_RUN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Way:
    """One way to book a slot; whether it won."""

    name: str
    book: Callable[[TimeSlot], Awaitable[bool]]
    holds_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How many bookings were asked for, how many were made, how many ended in an error, and how long that took."""

    asked: int
    won: int
    errors: int
    seconds: float
    latencies: Latencies


def main() -> None:
    """Measure and print; fails when there was another number of winners than of slots, or an error."""
    errors = command.report("booking_throughput", _arguments(), _measure, run=asyncio.run)
    if errors:
        sys.exit(f"{errors} bookings ended in an error")


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each kind; medians are printed (5)")
    parser.add_argument("--slots", type=int, default=160, help="distinct slots in a round (160)")
    parser.add_argument("--concurrency", type=int, default=32, help="bookings of distinct slots at the same time (32)")
    parser.add_argument("--contenders", type=int, default=200, help="for one slot (200)")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> int:
    """The number of errors."""
    async with asyncio.timeout(LONGEST_RUN_SECONDS), _empty_database():
        ways = [RAW, HOUSE, HOUSE_HELD]
        await _compare(ways, rounds=1, slots=arguments.concurrency, concurrency=arguments.concurrency)  # to warm up
        distinct = await _compare(
            ways, rounds=arguments.rounds, slots=arguments.slots, concurrency=arguments.concurrency
        )
        one = await _compare([RAW, HOUSE], rounds=arguments.rounds, slots=1, concurrency=arguments.contenders)
    for what, measured in (("distinct slots", distinct), ("one slot", one)):
        _add_rows(report, what, measured)
    return sum(each.errors for measured in (distinct, one) for rounds in measured.values() for each in rounds)


@asynccontextmanager
async def _empty_database() -> AsyncIterator[None]:
    """An embedded server, and the application's own connection to it with the time-outs it has by default."""
    with TemporaryDirectory(prefix="expert-booking-") as folder:
        server = await EmbeddedServer.start(Path(folder))
        try:
            timeout = Settings.model_fields["database_timeout_seconds"].default
            await database.connect(server.uri, name="benchmark", timeout_seconds=timeout)
            marking = asyncio.create_task(background.repeat(settling.mark_shown, every_seconds=MARK_SECONDS))
            yield
            await background.stop([marking])
        finally:
            await database.disconnect()
            await server.stop()


async def _compare(ways: list[Way], *, rounds: int, slots: int, concurrency: int) -> dict[str, list[Round]]:
    """Rounds of all ways in turn, so that what else the machine does meets each."""
    measured: dict[str, list[Round]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            measured[way.name].append(await _round(way, slots=slots, concurrency=concurrency))
    return measured


async def _round(way: Way, *, slots: int, concurrency: int) -> Round:
    """Each slot is asked for once, or as many times as it takes to have `concurrency` contenders."""
    opened = await _open_slots(slots)
    for slot in opened if way.holds_before else ():
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=str(slot.id))
    wanted = iter(opened * max(1, concurrency // slots))
    answers: list[tuple[bool | None, float]] = []

    async def ask_in_turn() -> None:
        for slot in wanted:
            started = time.perf_counter()
            has_won = await _answer(way, slot)
            answers.append((has_won, time.perf_counter() - started))

    started = time.perf_counter()
    await asyncio.gather(*(ask_in_turn() for _ in range(concurrency)))
    await settling.mark_shown()  # what is left to do after the answers belongs to the round
    seconds = time.perf_counter() - started
    won, errors = (sum(has_won is one for has_won, _ in answers) for one in (True, None))
    await _audit(opened, won, errors)
    latencies = Latencies.of(took for _, took in answers)
    return Round(asked=len(answers), won=won, errors=errors, seconds=seconds, latencies=latencies)


async def _answer(way: Way, slot: TimeSlot) -> bool | None:
    """Whether it won; none when the answer was an error."""
    try:
        return await way.book(slot)
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return None


async def _open_slots(count: int) -> list[TimeSlot]:
    """Slots of an expert of their own, far enough ahead, one after another."""
    expert_id, first = PydanticObjectId(), clock.now() + timedelta(days=1)
    starts = [first + timedelta(hours=offset) for offset in range(count)]
    await bulk.add_all(
        TimeSlot,
        (bulk.open_slot(expert_id=expert_id, starts_at=at, ends_at=at + timedelta(hours=1)) for at in starts),
    )
    return await TimeSlot.find({"expert_id": expert_id}).to_list()


async def _audit(slots: list[TimeSlot], won: int, errors: int) -> None:
    owners = await Booking.find({"expert_id": slots[0].expert_id, "active": True}).to_list()
    shown = await TimeSlot.find({"expert_id": slots[0].expert_id, "booking_id": {"$ne": None}}).to_list()
    owned = {booking.slot_id: booking.id for booking in owners}
    is_right = len(owned) == len(owners) and won <= len(owners) <= won + errors and len(slots) <= won + errors
    if not is_right or owned != {slot.id: slot.booking_id for slot in shown}:
        sys.exit(f"{len(slots)} slots: {won} told that they won, {len(owners)} own one, {len(shown)} slots show it")
    if not all(booking.settled for booking in owners):
        sys.exit("some bookings are not settled")


async def _book_through_house(slot: TimeSlot, visitor: str | None = None) -> bool:
    try:
        await bookings.book(
            expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor or token_urlsafe(8), customer=ALICE
        )
    except SlotUnavailable:
        return False
    return True


async def _book_what_is_held(slot: TimeSlot) -> bool:
    return await _book_through_house(slot, visitor=str(slot.id))


async def _book_raw(slot: TimeSlot) -> bool:
    return await raw_booking.book(slot, ALICE)


RAW = Way("raw driver", _book_raw)
HOUSE = Way("bookings.book", _book_through_house)
HOUSE_HELD = Way("bookings.book, held before", _book_what_is_held, holds_before=True)


def _add_rows(report: Report, what: str, measured: dict[str, list[Round]]) -> None:
    rates = {name: median(each.asked / each.seconds for each in rounds) for name, rounds in measured.items()}
    for name, rounds in measured.items():
        report.add(
            what=f"{what}, {name}",
            rounds=len(rounds),
            asked=rounds[0].asked,
            won=rounds[0].won,
            errors=sum(each.errors for each in rounds),
            a_second=rates[name],
            of_raw=rates[name] / rates[RAW.name],
            **Latencies.median_of([each.latencies for each in rounds]).in_columns(),
        )


if __name__ == "__main__":
    main()
