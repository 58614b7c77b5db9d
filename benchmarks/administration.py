"""Looking through all bookings, however many there are: `python -m benchmarks.administration --bookings 10000 100000`.

Bookings of made-up customers are put into an embedded server, then pages of them are asked for as an administrator
does. `of nothing` is the median over that of reading one booking by its id in the same run, `of first` over the same
question among the first, smaller number of bookings.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from beanie import PydanticObjectId
from bson import ObjectId

from benchmarks.kit import command
from benchmarks.kit.figures import Latencies, Report
from expert_booking import bookings, bulk, clock, database
from expert_booking.administration import all_bookings
from expert_booking.administration.all_bookings import MadeBy, Order, Wanted
from expert_booking.embedded_server import EmbeddedServer
from models import Booking, BookingStatus, finding

DAYS_BACK, DAYS_AHEAD, DAYS_BEFORE = 60, 30, 14
EXPERTS = 500
SYLLABLES = ("ka", "lo", "mi", "ra", "ten", "vo", "shu", "bel", "dor", "ni", "ala", "eri", "gus", "ho", "jan")
MANY_YEARS_AGO = timedelta(days=900)

Ask = Callable[[], Awaitable[object]]


def main() -> None:
    """Measure and print."""
    command.report("administration", _arguments(), _measure, run=asyncio.run)


def _arguments() -> argparse.Namespace:
    parser = command.options(__doc__)
    parser.add_argument("--bookings", type=int, nargs="+", default=[10_000], help="one number after another (10000)")
    parser.add_argument("--rounds", type=int, default=12, help="of each question (12)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep filled databases there, to measure again sooner")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, report: Report) -> None:
    first: dict[str, float] = {}
    with TemporaryDirectory(prefix="expert-booking-") as temporary:
        for number in arguments.bookings:
            async with _filled((arguments.keep or Path(temporary)) / f"bookings-{number}", number):
                nothing: float | None = None
                for what, ask in (await _questions()).items():
                    found = Latencies.of([await _timed(ask) for _ in range(arguments.rounds)])
                    nothing = nothing or found.p50
                    report.add(
                        what=what,
                        bookings=number,
                        **found.in_columns(),
                        of_nothing=found.p50 / nothing,
                        of_first=found.p50 / first.setdefault(what, found.p50),
                    )


async def _timed(ask: Ask) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


@asynccontextmanager
async def _filled(folder: Path, number: int) -> AsyncIterator[None]:
    is_new = not folder.exists()
    server = await EmbeddedServer.start(folder)
    try:
        await database.connect(server.uri, name="expert_booking", timeout_seconds=60)
        if is_new:
            with database.patiently():  # with its indexes: to build the large one afterwards takes longer
                await bulk.add_all(Booking, _made_up(number))
        yield
    finally:
        await database.disconnect()
        await server.stop()


def _made_up(number: int) -> Iterator[dict[str, Any]]:
    chance, now = Random(7), clock.now().replace(minute=0, second=0, microsecond=0)
    template = _template(now)
    experts = [ObjectId() for _ in range(EXPERTS)]
    for count in range(number):
        starts_at = now + timedelta(hours=chance.randint(-24 * DAYS_BACK, 24 * DAYS_AHEAD))
        made_at = min(starts_at, now) - timedelta(minutes=chance.randint(1, 24 * 60 * DAYS_BEFORE))
        name = " ".join("".join(chance.choices(SYLLABLES, k=3)).capitalize() for _ in range(2))
        email = f"{name.replace(' ', '.').lower()}{count}@example.com"
        phone = f"+4420{count:08}"
        status = BookingStatus.COMPLETED if starts_at < now else chance.choice(list(BookingStatus))
        booking_id = PydanticObjectId()
        yield {
            **template,
            "_id": booking_id,
            "expert_id": chance.choice(experts),
            "slot_id": ObjectId(),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "customer_name": name,
            "customer_email": email,
            "customer_key": email,
            "customer_phone": phone,
            "made_by": "a browser" if count % 50 else "",
            "status": status,
            "active": status is not BookingStatus.CANCELLED,
            "claims": [str(booking_id)],
            "idempotency_key": f"key {count}",
            "manage_token": f"token {count}",
            "created_at": made_at,
            "found_by": finding.keys(booking_id, name=name, email=email, phone=phone, created_at=made_at),
        }


def _template(now: datetime) -> dict[str, Any]:
    one = Booking(
        expert_id=PydanticObjectId(),
        slot_id=PydanticObjectId(),
        starts_at=now,
        ends_at=now,
        customer_name="",
        customer_email="",
        customer_key="",
        customer_phone="",
        settled=True,
        idempotency_key="",
        request_digest="",
        manage_token="",
        created_at=now,
    )
    return dict(one.model_dump(by_alias=True, exclude={"revision_id"}))


async def _questions() -> dict[str, Ask]:
    newest = (await all_bookings.find(Wanted())).bookings[0]
    second = (await all_bookings.find(Wanted())).after

    def page(after: str = "", **wanted: Any) -> Ask:
        return lambda: all_bookings.find(Wanted(**wanted), after=after)

    return {
        "nothing: one by id": lambda: bookings.get(newest.id),
        "newest": page(),
        "newest, next page": page(second),
        "newest, cancelled": page(status=BookingStatus.CANCELLED),
        "newest, by programs": page(made_by=MadeBy.PROGRAM),
        "soonest": page(order=Order.SOONEST),
        "soonest, pending": page(order=Order.SOONEST, status=BookingStatus.PENDING),
        "latest": page(order=Order.LATEST),
        "one expert's": page(expert_id=newest.expert_id),
        "code": page(text=str(newest.id)[-finding.CODE_LENGTH :]),
        "address": page(text=newest.customer_email),
        "beginning of an address": page(text=newest.customer_email.partition("@")[0] + "@ex"),
        "phone": page(text=newest.customer_phone),
        "name": page(text=newest.customer_name),
        "beginning of a name": page(text=newest.customer_name[: finding.LETTERS]),
        "a name that nobody has": page(text="Xyzzy"),
        "dates long ago": page(order=Order.SOONEST, starts_from=clock.now() - MANY_YEARS_AGO),
    }


if __name__ == "__main__":
    main()
