"""One of several processes that book, hold, confirm, complete, cancel, delete and recover at random until ended.

It notes every answer that it got, and every cancellation and deletion before it asks for it, one JSON line each on its
standard output, which survives the process. What it is to do comes as one JSON argument; see `Orders`.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import bookings, customers, database, holds, policy, recovery, settling, slots
from expert_booking.errors import BookingError, IllegalTransition
from models import Booking, TimeSlot
from tests.faults.steps import Call, stepped


@dataclass(frozen=True, kw_only=True)
class Orders:
    """Where to work, and how."""

    uri: str
    name: str
    seed: int
    longest_pause: float
    without_reread: bool


def take_out_the_reread() -> None:
    """Settle as one would at first: show the booking, call it settled, and never look at it again."""

    async def settle_once(booking: Booking, *, slot: TimeSlot | None = None) -> None:
        slot = slot or await TimeSlot.find_one({"_id": booking.slot_id})
        if slot is not None and booking.active:
            await settling._show_new(booking, slot)
        elif slot is not None and slot.booking_id == booking.id:
            await slots.write_onto(slot, {"booking_id": None, **slots.FREE})
        if booking.deleted_at is not None:
            await Booking.find_one({"_id": booking.id}).delete()
        else:
            await Booking.find_one({"_id": booking.id}).update({"$set": {"settled": True}})

    settling.settle = bookings.settle = settle_once  # type: ignore[assignment]  # worse on purpose


class Visitor:
    """Does one thing after another, any of them, to any slot and any booking."""

    def __init__(self, name: str, slots: list[TimeSlot], chance: random.Random) -> None:
        self.name, self.slots, self.chance = name, slots, chance
        self.customer = customers.check(name=name, email="visitor@example.com", phone="+442079460958")
        self.things: list[Callable[[], Coroutine[Any, Any, None]]] = [
            *[self.book] * 4,
            self.hold,
            self.confirm,
            self.complete,
            *[self.cancel] * 3,
            *[self.delete] * 2,
            self.recover,
        ]

    async def live(self) -> None:
        """Until the process is ended."""
        while True:
            try:
                await self.chance.choice(self.things)()
            except BookingError:
                continue
            except database.CONNECTION_ERRORS as error:
                note(failed=type(error).__name__)

    async def book(self) -> None:
        slot = self.chance.choice(self.slots)
        booking = await bookings.book(
            expert_id=slot.expert_id, slot_id=slot.id, visitor=self.name, customer=self.customer
        )
        note(booked=str(booking.id), slot=str(slot.id))

    async def hold(self) -> None:
        slot = self.chance.choice(self.slots)
        got = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=self.name)
        if self.chance.random() < 0.5:
            await holds.release(slot_id=slot.id, token=got.token)

    async def confirm(self) -> None:
        await bookings.confirm(await self.some_booking())

    async def complete(self) -> None:
        await bookings.complete(await self.some_booking())

    async def cancel(self) -> None:
        booking_id = await self.some_booking()
        note(giving_up=str(booking_id))
        await bookings.cancel(booking_id)
        note(cancelled=str(booking_id))

    async def delete(self) -> None:
        booking_id = await self.some_booking()
        note(giving_up=str(booking_id))
        with suppress(
            IllegalTransition
        ):  # it may be Completed already; if nobody deleted those, all would come to a halt
            await bookings.complete(booking_id)
        await bookings.delete(booking_id)
        note(deleted=str(booking_id))

    async def recover(self) -> None:
        await recovery.recover()
        await holds.expire()

    async def some_booking(self) -> PydanticObjectId:
        slot = self.chance.choice(self.slots)
        booking = await Booking.find_one({"slot_id": slot.id, "active": True})
        if booking is None:
            raise BookingError
        return booking.id


def note(**what: str) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def work(orders: Orders) -> None:
    chance = random.Random(orders.seed)
    policy.PROOF = timedelta(milliseconds=60)  # so that holds run out under the very hands of those who book
    policy.use(policy.BookingPolicy(hold=timedelta(milliseconds=100)))
    if orders.without_reread:
        take_out_the_reread()

    async def pause(call: Call) -> Any:
        answer = await call()
        await asyncio.sleep(chance.random() * orders.longest_pause)
        return answer

    await database.connect(orders.uri, name=orders.name, timeout_seconds=10)
    slots = await TimeSlot.find_all().to_list()
    note(ready="yes")
    with stepped(pause):
        visitors = [Visitor(f"visitor {orders.seed} {number}", slots, chance) for number in range(4)]
        await asyncio.gather(*(visitor.live() for visitor in visitors))


if __name__ == "__main__":
    asyncio.run(work(Orders(**json.loads(sys.argv[1]))))
