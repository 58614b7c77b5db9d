"""Slots and bookings lived through at random, beside a model of what must be; the audit after every step."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
import time_machine
from beanie import PydanticObjectId
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pymongo.errors import AutoReconnect

from expert_booking import availability, bookings, clock, database, holds, policy, recovery, telling
from expert_booking.errors import (
    BookingError,
    BookingNotFound,
    IllegalTransition,
    SlotAlreadyBooked,
    SlotHeldByAnother,
    SlotInThePast,
    TooLateToChange,
)
from models import Booking, BookingStatus, Expert, Message, SlotState, TimeSlot
from tests.conftest import person
from tests.settled import contradictions

T = TypeVar("T")
VISITORS = ["alice", "bob", "charlie"]
SLOTS = 3
MINUTE = timedelta(minutes=1)
HOLD = policy.BookingPolicy().hold
NOTICE = timedelta(minutes=7)
PENDING, CONFIRMED, COMPLETED, CANCELLED = BookingStatus


@dataclass
class ModelSlot:
    """What a slot must be: who holds it until when, and whose it is."""

    id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    holder: str | None = None
    token: str | None = None
    until: datetime | None = None
    owner: PydanticObjectId | None = None

    def is_held(self) -> bool:
        return self.owner is None and self.until is not None and self.until > clock.now()

    def free(self) -> None:
        self.holder = self.token = self.until = None

    def refusal(self, visitor: str) -> type[BookingError] | None:
        """Why this visitor can neither hold nor book it now; none when nothing is in the way."""
        if self.owner is not None:
            return SlotAlreadyBooked
        if self.starts_at <= clock.now() + NOTICE:
            return SlotInThePast
        return SlotHeldByAnother if self.is_held() and self.holder != visitor else None


class Lifecycles(RuleBasedStateMachine):
    """Three visitors, three slots; every rule does one thing through the services and once more in the model."""

    runner: ClassVar[asyncio.Runner]
    tokens: Bundle[tuple[int, str]] = Bundle("tokens")
    made: Bundle[PydanticObjectId] = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        # Ahead of the clock on the wall, by which the database forgets what is over.
        self.traveller = time_machine.travel(datetime.fromisoformat("2037-06-01T08:00:00+00:00"), tick=False)
        self.time = self.traveller.start()
        policy.use(policy.BookingPolicy(hold=HOLD, minimum_notice=NOTICE))
        self.slots: list[ModelSlot] = []
        self.statuses: dict[PydanticObjectId, BookingStatus] = {}
        self.slot_of: dict[PydanticObjectId, ModelSlot] = {}
        self.unsettled: set[PydanticObjectId] = set()
        self.news: dict[PydanticObjectId, list[str]] = {}

    def teardown(self) -> None:
        self.traveller.stop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def refused(self, coroutine: Coroutine[Any, Any, Any], error: type[BookingError]) -> None:
        with pytest.raises(error):
            self.run(coroutine)

    @initialize()
    def open_the_house(self) -> None:
        async def fill() -> list[TimeSlot]:
            for document in (Expert, TimeSlot, Booking, Message):
                await database.collection(document).delete_many({})
            self.expert_id = PydanticObjectId()
            starts = [clock.now() + timedelta(minutes=20 + 30 * number) for number in range(SLOTS)]
            return [
                await TimeSlot(expert_id=self.expert_id, starts_at=start, ends_at=start + 25 * MINUTE).insert()
                for start in starts
            ]

        self.slots = [ModelSlot(slot.id, slot.starts_at, slot.ends_at) for slot in self.run(fill())]

    # --- rules ---

    @rule(minutes=st.sampled_from([1, 2, HOLD // MINUTE, 20]))
    def let_time_pass(self, minutes: int) -> None:
        self.time.shift(minutes * MINUTE)

    @rule(target=tokens, visitor=st.sampled_from(VISITORS), number=st.integers(0, SLOTS - 1))
    def hold(self, visitor: str, number: int) -> Any:
        slot = self.slots[number]
        holding = holds.hold(expert_id=self.expert_id, slot_id=slot.id, visitor=visitor)
        if error := slot.refusal(visitor):
            self.refused(holding, error)
            return multiple()
        until = slot.until if slot.is_held() else clock.now() + HOLD
        got = self.run(holding)
        assert got.until == until
        for other in self.slots:
            if other is not slot and other.holder == visitor and other.is_held():
                other.free()
        slot.holder, slot.token, slot.until = visitor, got.token, until
        return number, got.token

    @rule(token=tokens)
    def release(self, token: tuple[int, str]) -> None:
        number, text = token
        slot = self.slots[number]
        mine = slot.token == text and slot.is_held()

        assert self.run(holds.release(slot_id=slot.id, token=text)) is mine

        if mine:
            slot.free()

    @rule()
    def expire(self) -> None:
        self.run(holds.expire())
        for slot in self.slots:
            if slot.token is not None and not slot.is_held():
                slot.free()

    @rule(target=made, visitor=st.sampled_from(VISITORS), number=st.integers(0, SLOTS - 1), crash=st.booleans())
    def book(self, visitor: str, number: int, crash: bool) -> Any:
        slot = self.slots[number]
        booking = bookings.book(expert_id=self.expert_id, slot_id=slot.id, visitor=visitor, customer=person(visitor))
        if error := slot.refusal(visitor):
            self.refused(booking, error)
            return multiple()
        got = self.crashing(booking) if crash else self.run(booking)
        assert (got.status, got.customer_name) == (PENDING, visitor.title())
        self.statuses[got.id], self.slot_of[got.id] = PENDING, slot
        self.news[got.id] = ["received"]
        slot.free()
        slot.owner = got.id
        if crash:
            self.unsettled.add(got.id)
            self.recover()
        return got.id

    @rule(booking_id=made)
    def confirm(self, booking_id: PydanticObjectId) -> None:
        self.move("confirm", booking_id, {PENDING}, CONFIRMED)

    @rule(booking_id=made)
    def complete(self, booking_id: PydanticObjectId) -> None:
        self.move("complete", booking_id, {PENDING, CONFIRMED}, COMPLETED)

    @rule(booking_id=made, crash=st.booleans())
    def cancel(self, booking_id: PydanticObjectId, crash: bool) -> None:
        if self.statuses.get(booking_id) in {PENDING, CONFIRMED} and self.has_begun(booking_id):
            self.refused(bookings.cancel(booking_id), TooLateToChange)
        elif self.move("cancel", booking_id, {PENDING, CONFIRMED}, CANCELLED, crash=crash):
            self.let_go(booking_id)

    @rule(booking_id=made, crash=st.booleans())
    def delete(self, booking_id: PydanticObjectId, crash: bool) -> None:
        if self.move("delete", booking_id, {COMPLETED}, None, crash=crash):
            self.let_go(booking_id)

    @rule()
    def tell(self) -> None:
        """No change goes untold, and none is told that was not; of what is deleted, what was told before stays."""
        self.run(telling.tell_left())

        messages = self.run(Message.find_all().to_list())
        told = {(message.booking_id, message.sequence, str(message.kind)) for message in messages}
        changes = {(booking, number, kind) for booking, kinds in self.news.items() for number, kind in enumerate(kinds)}
        assert {change for change in changes if change[0] in self.statuses} <= told <= changes

    @rule(booking_id=consumes(made))
    def forget(self, booking_id: PydanticObjectId) -> None:
        """So that the bookings that are left to choose from are not all old ones."""

    @rule()
    def complete_past_sessions(self) -> None:
        ended = [
            booking_id
            for booking_id, status in self.statuses.items()
            if status is CONFIRMED and self.slot_of[booking_id].ends_at <= clock.now()
        ]

        assert self.run(recovery.complete_past_sessions()) == len(ended)

        self.statuses.update(dict.fromkeys(ended, COMPLETED))

    @rule()
    def lapse_unanswered(self) -> None:
        unanswered = [each for each, status in self.statuses.items() if status is PENDING and self.has_begun(each)]

        assert self.run(recovery.lapse_unanswered()) == len(unanswered)

        self.statuses.update(dict.fromkeys(unanswered, CANCELLED))
        for booking_id in unanswered:
            self.news[booking_id].append("lapsed")
            self.let_go(booking_id)

    @precondition(lambda self: self.slots)
    @rule()
    def recover(self) -> None:
        assert self.run(recovery.recover()) == len(self.unsettled)
        self.unsettled.clear()

    # --- what the rules share ---

    def move(
        self,
        verb: str,
        booking_id: PydanticObjectId,
        before: set[BookingStatus],
        after: BookingStatus | None,
        *,
        crash: bool = False,
    ) -> bool:
        """Whether the booking moved on; refused where the model says so."""
        moving = getattr(bookings, verb)(booking_id)
        if booking_id not in self.statuses:
            self.refused(moving, BookingNotFound)
            return False
        if self.statuses[booking_id] not in before:
            self.refused(moving, IllegalTransition)
            return False
        if crash:
            self.crashing(moving)
            self.unsettled.add(booking_id)
            self.recover()
        else:
            self.run(moving)
        if after is None:
            del self.statuses[booking_id]
        else:
            self.statuses[booking_id] = after
            self.news[booking_id] += [] if after is COMPLETED else [after.lower()]
        return True

    def has_begun(self, booking_id: PydanticObjectId) -> bool:
        return self.slot_of[booking_id].starts_at <= clock.now()

    def let_go(self, booking_id: PydanticObjectId) -> None:
        slot = self.slot_of[booking_id]
        if slot.owner == booking_id:
            slot.owner = None

    def crashing(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it with a database that goes away after the first write."""

        async def gone(*_: object, **__: object) -> None:
            raise AutoReconnect("the connection broke")

        settle, bookings.settle = bookings.settle, gone  # type: ignore[assignment]  # only for this one call
        try:
            return self.run(coroutine)
        finally:
            bookings.settle = settle

    # --- what always holds ---

    @invariant()
    def database_agrees_with_itself(self) -> None:
        assert self.run(contradictions()) == []

    @invariant()
    def slots_agree_with_the_model(self) -> None:
        stored = {slot.id: slot for slot in self.run(TimeSlot.find_all().to_list())}
        for slot in self.slots:
            expected = SlotState.BOOKED if slot.owner else SlotState.HELD if slot.is_held() else SlotState.OPEN
            if slot.owner is None and slot.starts_at <= clock.now() + NOTICE:
                expected = SlotState.PAST
            found = stored[slot.id]
            assert (availability.state_of(found), found.booking_id) == (expected, slot.owner)

    @invariant()
    def bookings_agree_with_the_model(self) -> None:
        stored = {booking.id: booking.status for booking in self.run(Booking.find_all().to_list())}
        assert stored == self.statuses

    @invariant()
    def visitor_holds_one_slot_at_most(self) -> None:
        for visitor in VISITORS:
            mine = self.run(holds.of_visitor(visitor))
            held = [slot.id for slot in self.slots if slot.holder == visitor and slot.is_held()]
            assert ([mine.id] if mine else []) == held


@pytest.mark.slow
def test_lifecycles_agree_with_the_model(database_uri: str, database_name: str) -> None:
    with asyncio.Runner() as runner:
        Lifecycles.runner = runner
        runner.run(database.connect(database_uri, name=database_name, timeout_seconds=10))
        try:
            run_state_machine_as_test(
                Lifecycles,
                settings=settings(
                    max_examples=16,
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(_drop(database_name))


async def _drop(database_name: str) -> None:
    await database.collection(Expert).database.client.drop_database(database_name)
    await database.disconnect()
