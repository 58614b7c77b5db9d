"""What one of each costs, measured one at a time, so that nothing waits for anything else.

Costs are processor time, which other work on the machine changes little; how long something took is asked only where
nobody works: at the journal, and on the way of a change to another process.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from statistics import mean
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
WARM_UP, PAGES, SPREAD, BOOKINGS, FLIPS = 10, 80, 40, 50, 15
VIEWERS = 100
REST_SECONDS = 2.0
SETTLE_SECONDS = 1.5
APART_SECONDS = 0.03


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

    async def read(count: int) -> None:
        await database.collection(TimeSlot).find({"_id": {"$in": ids[:count]}}).to_list(None)

    async def insert(count: int) -> None:
        await database.collection(Booking).insert_many([_booking() for _ in range(count)], ordered=False)

    return Commands(
        read=await _command(server, read, waits=False),
        write=await _command(server, lambda count: _raise_versions(ids[:count]), waits=True),
        insert=await _command(server, insert, waits=True),
    )


async def _raise_versions(ids: list[PydanticObjectId]) -> None:
    """Write one slot as it is written when it is booked, or many as bookings are marked settled."""
    collection, change = database.collection(TimeSlot), {"$inc": {"version": 1}}
    if len(ids) == 1:
        await collection.update_one({"_id": ids[0]}, change)
    else:
        await collection.update_many({"_id": {"$in": ids}}, change)


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
    return _Took(database=worked / times, driver=own / times, seconds=_undisturbed(took))


def _undisturbed(times: list[float]) -> float:
    """The lower quartile: on a busy machine the slower ones have waited for a core as well."""
    return sorted(times)[len(times) // 4]


async def measure(house: House, commands: Commands, slots: Slots) -> Costs:
    """The rest, on one process that follows changes."""
    await house.calm()
    rest = await _rest(house)
    echo = await _echo(house, commands.write, rest)
    page = await _page(house, slots.path, rest)
    booking = await _each(house, lambda: house.book(0, *slots.next()), BOOKINGS, rest)
    # A slot is held, a booking is inserted, its slot shows it; that it is settled is marked with many others.
    known = 2 * commands.read.driver + 2 * commands.write.driver + commands.insert.driver
    known += 3 * echo.driver + echo.driver_each
    return Costs(
        page=page,
        booking_app=_beyond(booking.app, known),
        booking_client=booking.client,
        read=commands.read,
        write=commands.write,
        insert=commands.insert,
        rest_app=rest.app / rest.seconds,
        **await _watched(house, slots, rest, echo, commands.write),
    )


async def _rest(house: House) -> Spent:
    before = house.spent()
    await asyncio.sleep(REST_SECONDS)
    return house.spent() - before


async def _each(house: House, do: Callable[[], Awaitable[object]], times: int, rest: Spent) -> Spent:
    """What one of several took beyond what is spent at rest."""
    before = house.spent()
    for _ in range(times):
        await do()
    spent = house.spent() - before
    lasted = spent.seconds / rest.seconds
    return Spent(
        app=(spent.app - rest.app * lasted) / times,
        database=(spent.database - rest.database * lasted) / times,
        client=(spent.client - rest.client * lasted) / times,
        seconds=spent.seconds / times,
    )


def _beyond(whole: float, known: float) -> float:
    return max(0.0, whole - known)


async def _echo(house: House, write: Command, rest: Spent) -> Command:
    """What it takes to hear of a change that the raw driver makes, and of many at once."""
    ids = [slot.id for slot in await _slots_of_nobody(MANY)]

    async def change(count: int) -> None:
        await _raise_versions(ids[:count])
        await asyncio.sleep(APART_SECONDS)

    one = await _each(house, lambda: change(1), ONES, rest)
    many = await _each(house, lambda: change(MANY), MANIES, rest)
    read = _beyond(one.database, write.database)
    read_many = _beyond(many.database, write.database + (MANY - 1) * write.database_each)
    return Command(
        database=read,
        driver=one.app,
        database_each=_beyond(read_many, read) / (MANY - 1),
        driver_each=_beyond(many.app, one.app) / (MANY - 1),
    )


async def _page(house: House, path: str, rest: Spent) -> Page:
    for _ in range(WARM_UP):
        await house.load(0, path)
    page = await _each(house, lambda: house.load(0, path), PAGES, rest)
    alone = [await _each(house, lambda: house.load(0, path), 1, rest) for _ in range(SPREAD)]
    usual = mean(one.app for one in alone)
    return Page(
        app=page.app, database=page.database, client=page.client, spread=tuple(one.app / usual for one in alone)
    )


async def _watched(house: House, slots: Slots, rest: Spent, echo: Command, write: Command) -> dict[str, Any]:
    """What viewers add: at rest, and when a change is told, which the raw driver makes."""
    slot_id = (await house.apps[0].open_slots(slots.watched))[-1]
    audience = await house.audience(0, slots.path, 1)
    await asyncio.sleep(SETTLE_SECONDS)
    numbers = count()
    ways = [await _flip(audience, slot_id, next(numbers)) for _ in range(FLIPS)]
    await audience.grow(VIEWERS)
    await asyncio.sleep(SETTLE_SECONDS)
    watched = await _rest(house)
    told = await _each(house, lambda: _flip(audience, slot_id, next(numbers)), FLIPS, watched)
    audience.leave()
    return {
        "echo": replace(echo, wait=_beyond(_undisturbed(ways), echo.database + echo.driver)),
        "told_app": _beyond(told.app, echo.driver) / VIEWERS,
        "told_client": _beyond(told.client, write.driver) / VIEWERS,
        "rest_viewer": _beyond(watched.app / watched.seconds, rest.app / rest.seconds) / VIEWERS,
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
