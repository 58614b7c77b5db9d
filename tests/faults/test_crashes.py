"""A crash at every step of everything that writes, before and after the database did it; then recovery, then the audit.

Whatever was acknowledged stays; whatever was not is done or not done, never half, and can be asked for again.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import bookings, clock, holds, policy, recovery, settling
from expert_booking.customers import Customer
from expert_booking.errors import BookingError, SlotUnavailable
from models import Booking, BookingStatus, Expert, TimeSlot
from tests.conftest import MakeSlot, stored
from tests.faults.steps import Crash, CrashAt, Moment, stepped
from tests.settled import contradictions

DELETED = None
HOLD = policy.BookingPolicy().hold


@dataclass
class Scene:
    """One slot, whoever wants it, and what has been acknowledged about its bookings."""

    slot: TimeSlot
    alice: Customer
    bob: Customer
    traveller: Any
    key: str
    booking: Booking | None = None
    acknowledged: dict[PydanticObjectId, BookingStatus | None] = field(default_factory=dict)

    async def book(self, customer: Customer, **details: Any) -> Booking:
        """Book the slot; what comes back is acknowledged."""
        asked = {"expert_id": self.slot.expert_id, "slot_id": self.slot.id, "visitor": customer.name, **details}
        booking = await bookings.book(customer=customer, **asked)
        # A repeated request is answered with the booking as it is, which may have been cancelled since.
        self.acknowledged.setdefault(booking.id, booking.status)
        return booking

    async def move(self, verb: str) -> None:
        """Confirm, complete, cancel or delete Alice's booking; what comes back is acknowledged."""
        assert self.booking is not None
        moved = await getattr(bookings, verb)(self.booking.id)
        self.acknowledged[self.booking.id] = DELETED if moved is None else moved.status

    async def hold(self, visitor: str) -> holds.Hold:
        return await holds.hold(expert_id=self.slot.expert_id, slot_id=self.slot.id, visitor=visitor)


Act = Callable[[Scene], Awaitable[Any]]
acts: dict[str, tuple[Act, Act]] = {}


def act(prepare: Act) -> Callable[[Act], Act]:
    """Register something that is crashed at every step; `prepare` is what must have happened before, uncrashed."""

    def register(perform: Act) -> Act:
        acts[perform.__name__] = (prepare, perform)
        return perform

    return register


# --- what happens before ---


async def nothing(scene: Scene) -> None:
    """The slot is open."""


async def held(scene: Scene) -> None:
    await scene.hold(scene.alice.name)


async def booked(scene: Scene) -> None:
    scene.booking = await scene.book(scene.alice)


async def completed(scene: Scene) -> None:
    await booked(scene)
    await scene.move("complete")


async def booked_and_begun(scene: Scene) -> None:
    await booked(scene)
    scene.traveller.move_to(scene.slot.starts_at)


async def confirmed_and_ended(scene: Scene) -> None:
    await booked(scene)
    await scene.move("confirm")
    scene.traveller.move_to(scene.slot.ends_at)


@contextmanager
def dying_before_settling() -> Iterator[None]:
    """Whatever a process writes first is written, and then it dies."""

    async def die(*_: object, **__: object) -> None:
        raise Crash

    settle, bookings.settle = bookings.settle, die
    try:
        with suppress(Crash):
            yield
    finally:
        bookings.settle = settle


async def half_booked(scene: Scene) -> None:
    with dying_before_settling():
        await scene.book(scene.alice)


async def half_cancelled(scene: Scene) -> None:
    await booked(scene)
    with dying_before_settling():
        await scene.move("cancel")


async def half_deleted(scene: Scene) -> None:
    await completed(scene)
    with dying_before_settling():
        await scene.move("delete")


# --- what is crashed ---


@act(nothing)
async def hold(scene: Scene) -> None:
    await scene.hold(scene.alice.name)


@act(nothing)
async def book_without_a_hold(scene: Scene) -> None:
    scene.booking = await scene.book(scene.alice)


@act(held)
async def book_what_is_held(scene: Scene) -> None:
    scene.booking = await scene.book(scene.alice)


@act(held)
async def book_with_a_key(scene: Scene) -> None:
    scene.booking = await scene.book(scene.alice, idempotency_key=scene.key)


@act(half_booked)
async def lose(scene: Scene) -> None:
    """Bob gets past the hold of a booking that is not shown yet, and loses at the index."""
    scene.traveller.shift(HOLD)
    with pytest.raises(SlotUnavailable):
        await scene.book(scene.bob)


@act(booked)
async def mark_what_is_shown(scene: Scene) -> None:
    await settling.mark_shown()


@act(half_cancelled)
async def mark_what_moved_on(scene: Scene) -> None:
    """The booking was cancelled after it was shown, and its canceller died before the slot was freed."""
    await settling.mark_shown()


@act(booked)
async def confirm(scene: Scene) -> None:
    await scene.move("confirm")


@act(booked)
async def complete(scene: Scene) -> None:
    await scene.move("complete")


@act(booked)
async def cancel(scene: Scene) -> None:
    await scene.move("cancel")


@act(completed)
async def delete(scene: Scene) -> None:
    await scene.move("delete")


@act(booked_and_begun)
async def have_what_is_unanswered_lapse(scene: Scene) -> None:
    await recovery.lapse_unanswered()
    assert scene.booking is not None
    scene.acknowledged[scene.booking.id] = BookingStatus.CANCELLED


@act(confirmed_and_ended)
async def complete_what_has_ended(scene: Scene) -> None:
    await recovery.complete_past_sessions()
    assert scene.booking is not None
    scene.acknowledged[scene.booking.id] = BookingStatus.COMPLETED


@act(half_booked)
async def recover_what_is_half_booked(scene: Scene) -> None:
    await recovery.recover()


@act(half_cancelled)
async def recover_what_is_half_cancelled(scene: Scene) -> None:
    await recovery.recover()


@act(half_deleted)
async def recover_what_is_half_deleted(scene: Scene) -> None:
    await recovery.recover()


@act(held)
async def expire(scene: Scene) -> None:
    scene.traveller.shift(HOLD)
    await holds.expire()


# --- what somebody else does before recovery comes ---


async def nobody(scene: Scene) -> None:
    """Recovery comes first."""


async def another_visitor_books(scene: Scene) -> None:
    scene.traveller.shift(HOLD)
    with suppress(SlotUnavailable):
        await scene.book(scene.bob)


async def the_owner_cancels(scene: Scene) -> None:
    for booking in await Booking.find({"slot_id": scene.slot.id, "active": True}).to_list():
        with suppress(BookingError):
            await bookings.cancel(booking.id)
            scene.acknowledged[booking.id] = BookingStatus.CANCELLED


async def the_owner_cancels_and_another_visitor_books(scene: Scene) -> None:
    await the_owner_cancels(scene)
    await another_visitor_books(scene)


MEANWHILE: list[Act] = [
    nobody,
    another_visitor_books,
    the_owner_cancels,
    the_owner_cancels_and_another_visitor_books,
]


@pytest.fixture
def traveller() -> Iterator[Any]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
async def scenes(
    expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer, traveller: Any
) -> Callable[[], Awaitable[Scene]]:
    """Makes scenes, each with a slot of its own and today as its day."""
    today, numbers = clock.now(), count(1)

    async def make() -> Scene:
        traveller.move_to(today)
        number = next(numbers)
        return Scene(await make_slot(expert, hours=24 + 2 * number), alice, bob, traveller, f"key {number}")

    return make


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda act: act.__name__)
@pytest.mark.parametrize("name", list(acts))
async def test_crash_at_every_step_is_recovered(
    scenes: Callable[[], Awaitable[Scene]], name: str, meanwhile: Act
) -> None:
    prepare, perform = acts[name]
    crashes = 0
    for step in count(1):
        scene = await scenes()
        await prepare(scene)
        before = dict(scene.acknowledged)
        crash = CrashAt((step + 1) // 2, Moment.BEFORE if step % 2 else Moment.AFTER)
        try:
            with stepped(crash):
                await perform(scene)
        except Crash:
            crashes += 1
            settling._shown.clear()  # it died with the process
        else:
            break
        assert scene.acknowledged == before

        await meanwhile(scene)
        await recovery.recover()

        assert await contradictions() == []
        await _nothing_acknowledged_is_lost(scene, name, before)
    fewest = {"expire": 2, "confirm": 2, "complete": 2, "mark_what_is_shown": 1}
    assert crashes >= 2 * fewest.get(name, 3)


async def _nothing_acknowledged_is_lost(scene: Scene, name: str, before: dict[Any, Any]) -> None:
    kept = {booking.id: booking.status for booking in await Booking.find({"slot_id": scene.slot.id}).to_list()}
    crashed = {
        "confirm": BookingStatus.CONFIRMED,
        "complete": BookingStatus.COMPLETED,
        "complete_what_has_ended": BookingStatus.COMPLETED,
        "cancel": BookingStatus.CANCELLED,
        "have_what_is_unanswered_lapse": BookingStatus.CANCELLED,
        "delete": DELETED,
        "mark_what_moved_on": BookingStatus.CANCELLED,
        "recover_what_is_half_cancelled": BookingStatus.CANCELLED,
        "recover_what_is_half_deleted": DELETED,
    }
    for booking_id, status in scene.acknowledged.items():
        allowed = {status}
        if name in crashed and booking_id in before and scene.acknowledged[booking_id] == before[booking_id]:
            allowed.add(crashed[name])
        assert kept.get(booking_id, DELETED) in allowed


@pytest.mark.parametrize("name", ["book_without_a_hold", "book_what_is_held", "book_with_a_key"])
async def test_crashed_booking_can_be_asked_for_again_with_its_key(
    scenes: Callable[[], Awaitable[Scene]], name: str
) -> None:
    prepare, _ = acts[name]
    for step in count(1):
        scene = await scenes()
        await prepare(scene)
        crash = CrashAt((step + 1) // 2, Moment.BEFORE if step % 2 else Moment.AFTER)
        try:
            with stepped(crash):
                await scene.book(scene.alice, idempotency_key=scene.key)
        except Crash:
            pass
        else:
            break

        again = await scene.book(scene.alice, idempotency_key=scene.key)
        await recovery.recover()

        assert await Booking.find({"slot_id": scene.slot.id}).count() == 1
        assert (await stored(scene.slot)).booking_id == again.id
        assert await contradictions() == []
    assert step > 8


@pytest.mark.parametrize(("verb", "left"), [("cancel", BookingStatus.CANCELLED), ("delete", DELETED)])
async def test_crashed_cancel_and_delete_can_be_asked_for_again(
    scenes: Callable[[], Awaitable[Scene]], verb: str, left: BookingStatus | None
) -> None:
    prepare, _ = acts[verb]
    for step in count(1):
        scene = await scenes()
        await prepare(scene)
        assert scene.booking is not None
        crash = CrashAt((step + 1) // 2, Moment.BEFORE if step % 2 else Moment.AFTER)
        try:
            with stepped(crash):
                await scene.move(verb)
        except Crash:
            pass
        else:
            break

        with suppress(BookingError):
            await scene.move(verb)
        await recovery.recover()

        kept = await Booking.find_one({"_id": scene.booking.id})
        assert (kept and kept.status) == left
        assert (await stored(scene.slot)).booking_id is None
        assert await contradictions() == []
    assert step > 8


async def test_session_that_ends_while_its_booking_is_half_made_is_completed(
    scenes: Callable[[], Awaitable[Scene]],
) -> None:
    scene = await scenes()
    await half_booked(scene)
    (made,) = await Booking.find({"slot_id": scene.slot.id}).to_list()
    await bookings.confirm(made.id)
    scene.traveller.move_to(scene.slot.ends_at + timedelta(minutes=1))

    await recovery.recover()
    await recovery.complete_past_sessions()

    (booking,) = await Booking.find({"slot_id": scene.slot.id}).to_list()
    assert (booking.status, booking.settled) == (BookingStatus.COMPLETED, True)
    assert (await stored(scene.slot)).booking_id == booking.id
    assert await contradictions() == []
