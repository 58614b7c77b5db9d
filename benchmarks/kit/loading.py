"""Loads the real house as the model is loaded, and says what came of it in the same words."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Self

import aiohttp

from benchmarks.kit.audience import Audience
from benchmarks.kit.house import House, Spent
from benchmarks.kit.house_costs import Load, Outcome

SOON = 8
"""Slots of each expert that are left alone, because they start soon."""


class Slots:
    """Open slots of all experts in a mixed order, those of one watched expert apart; each is booked once."""

    def __init__(self, watched: str, slots: dict[str, list[str]]) -> None:
        self.watched = watched
        unwatched = [(expert, slot) for expert, its in slots.items() if expert != watched for slot in its[SOON:]]
        Random(1).shuffle(unwatched)
        self.unwatched = iter(unwatched)
        self._watched = iter(slots[watched][SOON:])

    @classmethod
    async def of(cls, house: House) -> Self:
        """As they are now; the expert with the most is the watched one."""
        app = house.apps[0]
        listed = await app.server.http.get("/api/experts", params={"limit": 50})
        experts = [expert["_id"] for expert in listed.raise_for_status().json()["experts"]]
        slots = {expert: await app.open_slots(expert) for expert in experts}
        return cls(max(slots, key=lambda expert: len(slots[expert])), slots)

    @property
    def path(self) -> str:
        """Of the watched expert's page."""
        return f"/experts/{self.watched}"

    def next(self, *, is_watched: bool = False) -> tuple[str, str]:
        """One more, by expert and slot."""
        return (self.watched, next(self._watched)) if is_watched else next(self.unwatched)


class Errors:
    """How many requests were not answered well."""

    def __init__(self) -> None:
        self.count = 0


async def audiences(house: House, path: str, viewers: int) -> list[Audience]:
    """Viewers of a page, spread over the processes."""
    share, more = divmod(viewers, len(house.apps))
    return [await house.audience(number, path, share + (number < more)) for number in range(len(house.apps))]


async def tell(house: House, load: Load, slots: Slots, watching: list[Audience]) -> Outcome:
    """Book one slot after the other, asking each process in turn, and see when all viewers have been told."""
    outcome, before = Outcome(seconds=load.seconds), house.spent()
    began = time.perf_counter()
    for number, moment in enumerate(load.booking_arrivals):
        await asyncio.sleep(max(0.0, began + moment - time.perf_counter()))
        expert_id, slot_id = slots.next(is_watched=True)
        here = number % len(house.apps)
        asked_at = time.monotonic()
        heard = await asyncio.gather(
            _hear(watching[here], lambda: house.book(here, expert_id, slot_id), slot_id),  # noqa: B023  # awaited here
            *(_hear(each, _nothing, slot_id) for each in watching[:here] + watching[here + 1 :]),
        )
        outcome.told_here.append(heard[0] - asked_at)
        if heard[1:]:
            outcome.told_elsewhere.append(max(heard[1:]) - asked_at)
    return _with_shares(outcome, house, before)


async def _hear(audience: Audience, cause: Callable[[], Awaitable[object]], slot_id: str) -> float:
    _, heard = await audience.hears(cause, slot_id, "booked")
    if heard.missed:
        raise RuntimeError(f"{heard.missed} viewers missed a booking")
    return max(heard.arrivals)


async def _nothing() -> None:
    """The cause is elsewhere."""


async def carry(house: House, load: Load, slots: Slots, errors: Errors) -> Outcome:
    """Ask for what the load says, and go by what was answered until it ends."""
    outcome, before, began = Outcome(seconds=load.seconds), house.spent(), time.perf_counter()
    booked = count()

    async def page(number: int) -> None:
        await house.load(number, slots.path)

    async def book(number: int) -> None:
        is_watched = load.watched_each > 0 and next(booked) % load.watched_each == 0
        await house.book(number, *slots.next(is_watched=is_watched))

    async def timed(ask: Callable[[int], Awaitable[None]], number: int, into: list[float]) -> None:
        asked_at = time.perf_counter()
        try:
            await ask(number)
        except aiohttp.ClientError:
            errors.count += 1
        answered_at = time.perf_counter()
        if answered_at <= began + load.seconds:
            into.append(answered_at - asked_at)

    async def again_and_again(ask: Callable[[int], Awaitable[None]], number: int, into: list[float]) -> None:
        while time.perf_counter() < began + load.seconds:
            await timed(ask, number, into)

    async def at(moments: tuple[float, ...], ask: Callable[[int], Awaitable[None]], into: list[float]) -> None:
        async with asyncio.TaskGroup() as asking:
            for number, moment in enumerate(moments):
                await asyncio.sleep(began + moment - time.perf_counter())
                asking.create_task(timed(ask, number, into))

    with _no_pauses():
        async with asyncio.TaskGroup() as asking:
            for number in range(load.page_clients):
                asking.create_task(again_and_again(page, number, outcome.pages))
            for number in range(load.booking_clients):
                asking.create_task(again_and_again(book, number, outcome.bookings))
            asking.create_task(at(load.page_arrivals, page, outcome.pages))
            asking.create_task(at(load.booking_arrivals, book, outcome.bookings))
    return _with_shares(outcome, house, before)


@contextmanager
def _no_pauses() -> Iterator[None]:
    """A pause of ours would look like one of theirs."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _with_shares(outcome: Outcome, house: House, before: Spent) -> Outcome:
    spent = house.spent() - before
    outcome.app_share = spent.app / spent.seconds
    outcome.database_share = spent.database / spent.seconds
    outcome.client_share = spent.client / spent.seconds
    return outcome
