"""A calendar lived through at random: hours change while people hold, book, move, cancel and wait, one by one and at
once.

Whatever is done in whatever order, no two active bookings of an expert share time, every active booking is shown by its
slot, every slot that shows a booking shows an active one that has its time, and what is kept for somebody who waits is
kept for one who does.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, ClassVar, TypeVar

import pytest
import time_machine
from beanie import PydanticObjectId
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from expert_booking import (
    actors,
    availability,
    bookings,
    claims,
    clock,
    database,
    experts,
    holds,
    materialising,
    offering,
    policy,
    recovery,
    rescheduling,
    settling,
    succession,
    telling,
    time_off,
    waiting,
)
from expert_booking.errors import BookingError
from expert_booking.materialising import Outcome
from expert_booking.waiting import Waiter
from models import (
    DOCUMENTS,
    Booking,
    DatedHours,
    Expert,
    SessionType,
    SlotState,
    TimeOff,
    TimeSlot,
    WeeklyHours,
    Wish,
    WishState,
)
from tests.conftest import person
from tests.settled import contradictions

T = TypeVar("T")
BEGINS = datetime.fromisoformat("2036-06-02T06:00:00+00:00")
"""Ahead of the real clock, by which the database forgets those who waited."""

MINUTE = timedelta(minutes=1)


def every_day(opens: str, closes: str) -> list[WeeklyHours]:
    return [WeeklyHours(weekday=day, opens=opens, closes=closes) for day in range(7)]


TYPES = [SessionType(key="intro", name="Intro", minutes=30), SessionType(key="deep", name="Deep dive", minutes=60)]
CHANGES: list[dict[str, Any]] = [
    {"weekly_hours": every_day("09:00", "11:00")},
    {"weekly_hours": every_day("09:30", "11:30")},
    {"weekly_hours": []},
    {"session_types": TYPES},
    {"session_types": TYPES[1:]},
    {"session_types": []},
    {"session_minutes": 45},
    {"session_minutes": 60},
    {"buffer_before": 15, "buffer_after": 10},
    {"buffer_before": 0, "buffer_after": 0},
    {"most_per_day": 1},
    {"most_per_day": None},
    {"minimum_notice": 90},
    {"minimum_notice": 0},
    {"window_days": 1},
    {"window_days": 2},
    {"extra_hours": [DatedHours(on=BEGINS.date(), opens="10:30", closes="12:00")]},
    {"confirms_at_once": True},
]

numbers = st.integers(0, 30)
visitors = st.sampled_from(["alice", "bob", "charlie"])
actions = (
    st.tuples(st.just("change"), st.integers(0, len(CHANGES) - 1))
    | st.tuples(st.just("hold"), visitors, numbers)
    | st.tuples(st.just("book"), visitors, numbers)
    | st.tuples(st.just("book"), visitors, numbers)
    | st.tuples(st.just("cancel"), numbers)
    | st.tuples(st.sampled_from(["confirm", "complete", "delete"]), numbers)
    | st.tuples(st.just("move"), numbers, numbers)
    | st.tuples(st.just("wait"), visitors)
    | st.tuples(st.sampled_from(["take", "pass_on", "leave"]), numbers)
    | st.tuples(st.just("take_time_off"), st.integers(3, 6))
    | st.tuples(st.just("be_there"))
    | st.tuples(st.sampled_from(["roll", "look_at_days", "recover", "look_at_line", "tell"]))
)


@dataclass(frozen=True)
class Seen:
    """Everything as it is stored."""

    slots: dict[PydanticObjectId, TimeSlot]
    active: list[Booking]
    wishes: dict[PydanticObjectId, Wish]


async def look() -> Seen:
    slots = {slot.id: slot for slot in await TimeSlot.find_all().to_list()}
    wishes = {wish.id: wish for wish in await Wish.find_all().to_list()}
    return Seen(slots=slots, active=await Booking.find({"active": True}).to_list(), wishes=wishes)


class Calendars(RuleBasedStateMachine):
    """One expert, three visitors; what is done may be refused, and then nothing is changed by it."""

    runner: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        self.traveller = time_machine.travel(BEGINS, tick=False)
        self.time = self.traveller.start()
        policy.use(policy.BookingPolicy())
        self.expert_id = PydanticObjectId()

    def teardown(self) -> None:
        self.traveller.stop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    @initialize(is_waited_for=st.booleans())
    def open_the_house(self, is_waited_for: bool) -> None:
        self.run(self._open())
        if is_waited_for:
            self.run(self._have_booked_and_waiting())

    async def _have_booked_and_waiting(self) -> None:
        """Every action after this has a booking to free and somebody to keep its time for."""
        for number in (0, 1):
            await self._book("alice", number)
        for visitor in ("bob", "charlie"):
            await self._wait(visitor)

    async def _open(self) -> None:
        for document in DOCUMENTS:
            await database.collection(document).delete_many({})
        details = {"category": "Law", "experience_years": 1, "rating": 4.5, "created_at": clock.now()}
        expert = Expert(name="Ann", weekly_hours=every_day("09:00", "12:00"), window_days=2, **details)
        self.expert_id = expert.id
        await expert.insert()
        await materialising.materialise(expert.id)

    # --- what may happen ---

    @rule(action=actions)
    def one(self, action: tuple[Any, ...]) -> None:
        self.run(self._do(action))

    @rule(some=st.lists(actions, min_size=2, max_size=3))
    def some_at_once(self, some: list[tuple[Any, ...]]) -> None:
        async def at_once() -> None:
            await asyncio.gather(*map(self._do, some))

        self.run(at_once())

    @rule(minutes=st.sampled_from([3, 6, 45, 60 * 24]))
    def let_time_pass(self, minutes: int) -> None:
        self.time.shift(minutes * MINUTE)
        self.run(self._hear_the_clock())

    async def _hear_the_clock(self) -> None:
        await holds.expire()
        await recovery.lapse_unanswered()
        await recovery.complete_past_sessions()
        await materialising.roll_due()
        await self._look_at_line()

    async def _do(self, action: tuple[Any, ...]) -> None:
        verb: Callable[..., Awaitable[object]] = getattr(self, f"_{action[0]}")
        with suppress(BookingError):
            await verb(*action[1:])

    async def _change(self, number: int) -> None:
        await materialising.set_hours(self.expert_id, CHANGES[number], by=actors.EXPERT)

    async def _hold(self, visitor: str, number: int) -> None:
        if slot := await self._slot(number):
            await holds.hold(expert_id=self.expert_id, slot_id=slot.id, visitor=visitor)

    async def _book(self, visitor: str, number: int) -> None:
        if slot := await self._slot(number):
            await bookings.book(expert_id=self.expert_id, slot_id=slot.id, visitor=visitor, customer=person(visitor))

    async def _cancel(self, number: int) -> None:
        if booking := await self._booking(number):
            await bookings.cancel(booking.id, by=actors.EXPERT)

    async def _confirm(self, number: int) -> None:
        if booking := await self._booking(number):
            await bookings.confirm(booking.id, by=actors.EXPERT)

    async def _complete(self, number: int) -> None:
        if booking := await self._booking(number):
            await bookings.complete(booking.id, by=actors.EXPERT)

    async def _delete(self, number: int) -> None:
        if booking := await self._booking(number):
            await bookings.delete(booking.id)

    async def _move(self, number: int, to: int) -> None:
        booking, slot = await self._booking(number), await self._slot(to)
        if booking and slot:
            await rescheduling.reschedule(booking.id, slot.id, by=actors.EXPERT)

    async def _wait(self, visitor: str) -> None:
        today = clock.now().date()
        waiter = Waiter(name=visitor.title(), email=f"{visitor}@example.com", phone="")
        await waiting.join(expert_id=self.expert_id, waiter=waiter, first_on=today, last_on=today + timedelta(days=1))

    async def _take(self, number: int) -> None:
        if wish := await self._wish(number):
            await waiting.take(wish.id, visitor=wish.customer_name.lower())

    async def _pass_on(self, number: int) -> None:
        if wish := await self._wish(number):
            await waiting.decline(wish.id)

    async def _leave(self, number: int) -> None:
        if wish := await self._wish(number):
            await waiting.leave(wish.id)

    async def _look_at_line(self) -> None:
        await waiting.look_for_openings()
        await offering.look_after()

    async def _tell(self) -> None:
        await telling.tell_left()

    async def _take_time_off(self, hours: int) -> None:
        begins = BEGINS + timedelta(hours=hours)
        await time_off.add(self.expert_id, begins, begins + 50 * MINUTE, "", actors.EXPERT)

    async def _be_there(self) -> None:
        if found := await TimeOff.find_one({"expert_id": self.expert_id}):
            await time_off.remove(self.expert_id, found.id, actors.EXPERT)

    async def _roll(self) -> None:
        await materialising.roll(self.expert_id)

    async def _look_at_days(self) -> None:
        await materialising.look_at_noted_days()

    async def _recover(self) -> None:
        await recovery.recover()

    async def _slot(self, number: int) -> TimeSlot | None:
        """One of the slots that can be seen, mostly; now and then one that is withdrawn or past."""
        slots = await TimeSlot.find_all().sort("starts_at", "session_type").to_list()
        seen = [slot for slot in slots if availability.state_of(slot) in (SlotState.OPEN, SlotState.HELD)]
        among = seen if seen and number % 5 else slots
        return among[number % len(among)] if among else None

    async def _booking(self, number: int) -> Booking | None:
        found = await Booking.find({"active": True}).sort("starts_at").to_list()
        return found[number % len(found)] if found else None

    async def _wish(self, number: int) -> Wish | None:
        """Somebody who waits, rather one for whom something is kept."""
        found = await Wish.find({"stands": True}).sort("created_at", "_id").to_list()
        offered = [wish for wish in found if wish.state is WishState.OFFERED]
        among = offered if offered and number % 3 else found
        return among[number % len(among)] if among else None

    # --- what must be so ---

    @invariant()
    def nothing_contradicts_anything(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        await settling.mark_shown()
        seen = await look()
        self._no_two_at_once(seen)
        self._everything_is_shown(seen)
        self._slots_cross_both_ways(seen)
        self._what_is_kept_is_kept_for_one_who_waits(seen)
        assert await contradictions() == []

    def _no_two_at_once(self, seen: Seen) -> None:
        spans = [(seen.slots[one.slot_id].busy_from, seen.slots[one.slot_id].busy_until) for one in seen.active]
        assert [pair for pair in combinations(sorted(spans), 2) if pair[1][0] < pair[0][1]] == []

    def _everything_is_shown(self, seen: Seen) -> None:
        active = {booking.id: booking for booking in seen.active}
        for booking in seen.active:
            slot = seen.slots[booking.slot_id]
            assert (slot.booking_id, slot.starts_at, slot.ends_at) == (booking.id, booking.starts_at, booking.ends_at)
            assert set(claims.of_slot(slot)) <= set(booking.claims)
        taken = {claim: booking.id for booking in seen.active for claim in booking.claims}
        for slot in seen.slots.values():
            owners = {taken[claim] for claim in claims.of_slot(slot) if claim in taken}
            if slot.booking_id is not None:
                assert slot.booking_id in active
                assert slot.booking_id in owners
            elif availability.state_of(slot) is SlotState.OPEN:
                assert owners == set()

    def _slots_cross_both_ways(self, seen: Seen) -> None:
        ahead = [slot for slot in seen.slots.values() if slot.starts_at > clock.now()]
        offered = [slot for slot in ahead if slot.withdrawn_at is None]
        for one, other in combinations(offered, 2):
            overlap = one.busy_from < other.busy_until and other.busy_from < one.busy_until
            assert (other.id in one.crosses, one.id in other.crosses) == (overlap, overlap)

    def _what_is_kept_is_kept_for_one_who_waits(self, seen: Seen) -> None:
        for slot in seen.slots.values():
            if slot.offered_to is not None and slot.held_until > clock.now() + offering.MARGIN:
                wish = seen.wishes[slot.offered_to]
                assert (wish.stands, wish.state, wish.offered_slot_id) == (True, WishState.OFFERED, slot.id)
                assert slot.booking_id is None

    @rule()
    def materialising_twice_equals_once(self) -> None:
        async def again() -> tuple[Outcome, int]:
            await materialising.materialise(self.expert_id)
            return await materialising.materialise(self.expert_id), await _doubles()

        assert self.run(again()) == (Outcome(), 0)

    @rule()
    def nothing_is_open_on_a_full_day(self) -> None:
        assert self.run(self._open_on_full_days()) == []

    async def _open_on_full_days(self) -> list[TimeSlot]:
        await holds.expire()
        await materialising.look_at_noted_days()
        expert, seen = await experts.get(self.expert_id), await look()
        booked = Counter(booking.starts_at.date() for booking in seen.active)
        full = {on for on, number in booked.items() if expert.most_per_day and number >= expert.most_per_day}
        offered = (slot for slot in seen.slots.values() if availability.state_of(slot) is SlotState.OPEN)
        return [slot for slot in offered if slot.starts_at.date() in full]


async def _doubles() -> int:
    slots = await TimeSlot.find_all().to_list()
    return len(slots) - len({(slot.starts_at, slot.session_type) for slot in slots})


def live_through(database_uri: str, database_name: str, *, examples: int, steps: int) -> None:
    """Run the machine against a database of its own."""
    with asyncio.Runner() as runner:
        Calendars.runner = runner
        runner.run(database.connect(database_uri, name=database_name, timeout_seconds=10))
        waiting.use("a secret of the tests")
        succession.ask(waiting)
        try:
            run_state_machine_as_test(
                Calendars,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            succession.ask(None)
            runner.run(_drop(database_name))


async def _drop(database_name: str) -> None:
    await database.collection(Expert).database.client.drop_database(database_name)
    await database.disconnect()


@pytest.mark.slow
def test_calendars_contradict_nothing(database_uri: str, database_name: str) -> None:
    live_through(database_uri, database_name, examples=8, steps=14)
