"""What one of each costs, measured one at a time, so that nothing waits for anything else.

Costs are processor time, which other work on the machine changes little; how long something took is asked only where
nobody works: at the journal, and on the way of a change to another process.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import mean, median
from typing import Any

from beanie import PydanticObjectId

from benchmarks.kit.audience import Audience
from benchmarks.kit.house import Database, House, Spent
from benchmarks.kit.house_costs import Command, Costs, Page
from benchmarks.kit.loading import Slots
from benchmarks.kit.resources import cpu_seconds
from expert_booking import bulk, clock, database
from models import Booking, TimeSlot
from models.time_slot import NOT_HELD

MANY = 16
ONES, MANIES = 80, 15
WARM_UP, PAGES, SPREAD, BOOKINGS, ECHOES, FLIPS = 10, 60, 40, 30, 100, 15
VIEWERS = 100
REST_SECONDS = 2.0
SETTLE_SECONDS = 1.5
CHANGES_OF_A_BOOKING = 4
"""Its slot is held, it is inserted, its slot shows it, it is marked settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What the raw driver and the database take for a command, while no process follows changes."""

    read: Command
    write: Command
    insert: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class _Took:
    database: float
    driver: float
    seconds: float


async def measure_commands(server: Database) -> Commands:
    """On slots of an expert whom nobody knows."""
    slots = await _slots_of_nobody(MANY)
    ids = [slot.id for slot in slots]
    collection = database.collection(TimeSlot)

    async def read(count: int) -> None:
        await collection.find({"_id": {"$in": ids[:count]}}).to_list(None)

    async def write(count: int) -> None:
        if count == 1:
            await collection.update_one({"_id": ids[0]}, {"$inc": {"version": 1}})
        else:
            await collection.update_many({"_id": {"$in": ids[:count]}}, {"$inc": {"version": 1}})

    async def insert(count: int) -> None:
        await database.collection(Booking).insert_many([_booking() for _ in range(count)], ordered=False)

    return Commands(
        read=await _command(server, read, waits=False),
        write=await _command(server, write, waits=True),
        insert=await _command(server, insert, waits=True),
    )


async def _slots_of_nobody(count: int) -> list[TimeSlot]:
    expert_id, first = PydanticObjectId(), clock.now() + timedelta(days=365)
    starts = [first + timedelta(hours=offset) for offset in range(count)]
    await bulk.add_all(
        TimeSlot,
        (bulk.open_slot(expert_id=expert_id, starts_at=at, ends_at=at + timedelta(hours=1)) for at in starts),
    )
    return await TimeSlot.find({"expert_id": expert_id}).to_list()


def _booking() -> dict[str, Any]:
    """One that has been over for a year."""
    ended = clock.now() - timedelta(days=365)
    booking = Booking(
        expert_id=PydanticObjectId(),
        slot_id=PydanticObjectId(),
        starts_at=ended - timedelta(hours=1),
        ends_at=ended,
        customer_name="Alice",
        customer_email="alice@example.com",
        customer_key="alice@example.com",
        customer_phone="+442079460958",
        active=False,
        settled=True,
        idempotency_key=secrets.token_urlsafe(24),
        request_digest=secrets.token_hex(32),
        manage_token=secrets.token_urlsafe(32),
        created_at=ended,
    )
    document: dict[str, Any] = booking.model_dump(by_alias=True, exclude={"revision_id"})
    return document


async def _command(server: Database, ask: Callable[[int], Awaitable[None]], *, waits: bool) -> Command:
    one = await _took(server, lambda: ask(1), ONES)
    many = await _took(server, lambda: ask(MANY), MANIES)
    return Command(
        database=one.database,
        driver=one.driver,
        wait=max(0.0, one.seconds - one.database - one.driver) if waits else 0.0,
        database_each=max(0.0, many.database - one.database) / (MANY - 1),
        driver_each=max(0.0, many.driver - one.driver) / (MANY - 1),
    )


async def _took(server: Database, ask: Callable[[], Awaitable[None]], times: int) -> _Took:
    await ask()
    took = []
    worked, own = cpu_seconds(server.pid), time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    worked, own = cpu_seconds(server.pid) - worked, time.process_time() - own
    return _Took(database=worked / times, driver=own / times, seconds=median(took))


async def measure(house: House, commands: Commands, slots: Slots) -> Costs:
    """The rest, on one process that follows changes."""
    await house.calm()
    rest = await _spent(house, asyncio.sleep(REST_SECONDS))
    rest_app = rest.app / rest.seconds
    echo = await _spent(house, _write_slots_of_nobody(ECHOES))
    echo_app = _beyond(echo.app, rest_app * echo.seconds) / ECHOES
    page = await _page(house, slots.path, rest_app)
    booking = await _spent(house, _book(house, slots, BOOKINGS))
    of_commands = 2 * commands.read.driver + 3 * commands.write.driver + commands.insert.driver
    own = booking.app - rest_app * booking.seconds
    watched = await _watched(house, slots, rest_app, echo_app, commands.write)
    return Costs(
        page=page,
        booking_app=_beyond(own / BOOKINGS, of_commands + CHANGES_OF_A_BOOKING * echo_app),
        booking_client=booking.client / BOOKINGS,
        read=commands.read,
        write=commands.write,
        insert=commands.insert,
        echo_app=echo_app,
        echo_database=_beyond(echo.database / ECHOES, commands.write.database),
        rest_app=rest_app,
        **watched,
    )


def _beyond(whole: float, known: float) -> float:
    return max(0.0, whole - known)


async def _spent(house: House, doing: Awaitable[object]) -> Spent:
    before = house.spent()
    await doing
    return house.spent() - before


async def _write_slots_of_nobody(count: int) -> None:
    (slot,) = await _slots_of_nobody(1)
    for _ in range(count):
        await database.collection(TimeSlot).update_one({"_id": slot.id}, {"$inc": {"version": 1}})


async def _book(house: House, slots: Slots, count: int) -> None:
    for _ in range(count):
        await house.book(0, *slots.next())


async def _page(house: House, path: str, rest_app: float) -> Page:
    await _load(house, path, WARM_UP)
    spent = await _spent(house, _load(house, path, PAGES))
    each = [await _spent(house, _load(house, path, 1)) for _ in range(SPREAD)]  # asking each time is work as well
    return Page(
        app=(spent.app - rest_app * spent.seconds) / PAGES,
        database=spent.database / PAGES,
        client=spent.client / PAGES,
        spread=tuple(one.app / mean(other.app for other in each) for one in each),
    )


async def _load(house: House, path: str, count: int) -> None:
    for _ in range(count):
        await house.load(0, path)


async def _watched(house: House, slots: Slots, rest_app: float, echo_app: float, write: Command) -> dict[str, float]:
    """What viewers add: at rest, and when a change is told, which the raw driver makes."""
    slot_id = (await house.apps[0].open_slots(slots.watched))[-1]
    audience = await house.audience(0, slots.path, 1)
    await asyncio.sleep(SETTLE_SECONDS)
    ways = [await _flip(audience, slot_id, number) for number in range(FLIPS)]
    await audience.grow(VIEWERS)
    await asyncio.sleep(SETTLE_SECONDS)
    rest = await _spent(house, asyncio.sleep(REST_SECONDS))
    rest_viewer = _beyond(rest.app / rest.seconds, rest_app) / VIEWERS
    before = house.spent()
    for number in range(FLIPS, 2 * FLIPS):
        await _flip(audience, slot_id, number)
    told = house.spent() - before
    audience.leave()
    app = told.app - rest.app / rest.seconds * told.seconds
    client = told.client - rest.client / rest.seconds * told.seconds
    return {
        "echo_wait": _beyond(median(ways), echo_app),
        "told_app": _beyond(app / FLIPS, echo_app) / VIEWERS,
        "told_client": _beyond(client / FLIPS, write.driver) / VIEWERS,
        "rest_viewer": rest_viewer,
    }


async def _flip(audience: Audience, slot_id: str, number: int) -> float:
    """Hold a slot, or let go of it, as another process would; the seconds from the write to the last viewer."""
    held_until = clock.now() + timedelta(minutes=5) if number % 2 == 0 else NOT_HELD
    change = {"$set": {"held_until": held_until}, "$inc": {"version": 1}}

    async def write() -> float:
        await database.collection(TimeSlot).update_one({"_id": PydanticObjectId(slot_id)}, change)
        return time.monotonic()

    written_at, heard = await audience.hears(write, slot_id, "open" if number % 2 else "held")
    return max(0.0, max(heard.arrivals) - written_at)
