"""Slots of different session types share time, and are never both taken."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as st
from pymongo import monitoring

from expert_booking import (
    actors,
    bookings,
    claims,
    clock,
    database,
    holds,
    materialising,
    migrations,
    recovery,
    rescheduling,
    settling,
)
from expert_booking.errors import DayIsFull, SlotAlreadyBooked, SlotHeldByAnother, SlotUnavailable
from models import Booking, Expert, SlotState, TimeSlot
from models.booking import NO_TWO_AT_ONCE, time_claims
from tests.conftest import MakeExpert, MakeSlot, person, stored
from tests.settled import contradictions

EXPERT = PydanticObjectId()
NINE = datetime.fromisoformat("2030-01-07T09:00:00+00:00")
MINUTE = timedelta(minutes=1)


class Listener(monitoring.CommandListener):
    """Notes the names of the commands that go to the database while somebody wants them."""

    def __init__(self) -> None:
        self.sent: list[str] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.sent is not None:
            self.sent.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """The answer does not matter."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """The answer does not matter."""


listener = Listener()
monitoring.register(listener)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The commands that are sent meanwhile."""
    listener.sent = sent = []
    try:
        yield sent
    finally:
        listener.sent = None


async def make(expert: Expert, begins: int, minutes: int, kind: str, **details: Any) -> TimeSlot:
    """A slot that starts so many minutes after tomorrow's first full hour."""
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=24, minutes=begins)
    slot = TimeSlot(
        expert_id=expert.id, starts_at=start, ends_at=start + minutes * MINUTE, session_type=kind, **details
    )
    return await slot.insert()


async def cross(*slots: TimeSlot) -> None:
    """Have the slots that share time name each other."""
    for one in slots:
        others = [
            other.id
            for other in slots
            if other.id != one.id and other.busy_from < one.busy_until and one.busy_from < other.busy_until
        ]
        await TimeSlot.find_one({"_id": one.id}).update({"$set": {"crosses": others}})


@pytest.fixture
async def hour(expert: Expert) -> tuple[TimeSlot, TimeSlot, TimeSlot]:
    """A long session, and the two short ones that share its time."""
    slots = (
        await make(expert, 0, 60, "long"),
        await make(expert, 0, 30, "short"),
        await make(expert, 30, 30, "short"),
    )
    await cross(*slots)
    return slots


async def book(slot: TimeSlot, name: str, **details: Any) -> Booking:
    return await bookings.book(
        expert_id=slot.expert_id, slot_id=slot.id, visitor=name, customer=person(name), **details
    )


async def hold(slot: TimeSlot, visitor: str) -> holds.Hold:
    return await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor)


async def state(slot: TimeSlot) -> SlotState:
    return (await stored(slot)).state_at(clock.now())


# --- pieces of time ---


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 100), st.integers(1, 100))
def test_pieces_are_shared_exactly_by_what_overlaps(one: int, length: int, other: int, its_length: int) -> None:
    five = 5 * MINUTE
    first = time_claims(EXPERT, NINE + one * five, NINE + (one + length) * five)
    second = time_claims(EXPERT, NINE + other * five, NINE + (other + its_length) * five)

    assert bool(set(first) & set(second)) == (one < other + its_length and other < one + length)


@given(st.integers(1, 500), st.integers(1, 500))
def test_sessions_that_follow_each_other_share_nothing_whatever_the_minute(length: int, its_length: int) -> None:
    between, end = NINE + length * MINUTE, NINE + (length + its_length) * MINUTE
    shared = set(time_claims(EXPERT, NINE, between)) & set(time_claims(EXPERT, between, end))

    assert not shared or length < 5 or its_length < 5


def test_two_experts_share_no_piece() -> None:
    mine = time_claims(EXPERT, NINE, NINE + timedelta(hours=1))
    assert not set(mine) & set(time_claims(PydanticObjectId(), NINE, NINE + timedelta(hours=1)))


def test_buffers_belong_to_what_is_claimed() -> None:
    slot = TimeSlot.model_construct(
        expert_id=EXPERT, starts_at=NINE, ends_at=NINE + 30 * MINUTE, buffer_before=10, buffer_after=15
    )
    assert claims.of_slot(slot) == time_claims(EXPERT, NINE - 10 * MINUTE, NINE + 45 * MINUTE)


# --- what slots that share time show ---


async def test_slots_around_a_session_are_settled_by_few_commands(expert: Expert) -> None:
    slots = [await make(expert, 0, 120, "long"), *[await make(expert, 10 * n, 10, "short") for n in range(12)]]
    await cross(*slots)
    with counted() as sent:
        await hold(slots[0], "alice")
        held = len(sent)
        booking = await book(slots[0], "alice")
        booked = len(sent) - held
        await bookings.cancel(booking.id)
        cancelled = len(sent) - held - booked

    assert [await state(slot) for slot in slots] == [SlotState.OPEN] * len(slots)
    assert max(held, booked, cancelled) < 20
    assert await contradictions() == []


async def test_what_was_read_before_a_booking_was_cancelled_is_shown_nowhere(
    hour: tuple[TimeSlot, TimeSlot, TimeSlot], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, left = claims.near, [hour[0]]

    async def cancelled_meanwhile(slots: Sequence[TimeSlot]) -> list[Booking]:
        found = await near(slots)
        while left:
            booking = await Booking.find_one({"slot_id": left.pop().id, "active": True})
            assert booking is not None
            await bookings.cancel(booking.id)
        return found

    monkeypatch.setattr(claims, "near", cancelled_meanwhile)

    await book(hour[0], "alice")

    assert not left
    assert [await state(slot) for slot in hour] == [SlotState.OPEN] * 3
    assert await contradictions() == []


async def test_what_was_read_before_a_hold_was_given_back_is_shown_nowhere(
    hour: tuple[TimeSlot, TimeSlot, TimeSlot], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, left = settling._read, [hour[0]]

    async def released_meanwhile(slot_ids: Iterable[PydanticObjectId]) -> list[TimeSlot]:
        found = await read(slot_ids)
        held = [slot for slot in found if slot.hold_token is not None]
        while left and held:
            left.pop()
            await holds.release(slot_id=held[0].id, token=held[0].hold_token or "")
        return found

    monkeypatch.setattr(settling, "_read", released_meanwhile)

    with pytest.raises(SlotHeldByAnother):
        await hold(hour[0], "alice")

    assert not left
    assert [await state(slot) for slot in hour] == [SlotState.OPEN] * 3


async def test_slot_that_shares_its_time_no_more_shows_no_hold_of_another(hour: list[TimeSlot]) -> None:
    """As when hours change between a hold and its end."""
    long, half, _ = hour
    held = await hold(half, "alice")
    assert await state(long) is SlotState.HELD
    await TimeSlot.find_one({"_id": long.id}).update({"$set": {"crosses": []}, "$inc": {"version": 1}})

    await settling.reflect([long.id, half.id])

    assert await state(long) is SlotState.OPEN
    assert (await stored(half)).hold_token == held.token
    assert await contradictions() == []


# --- the race ---


@pytest.mark.slow
async def test_fifty_contenders_for_slots_that_overlap_leave_one_booking_or_two_that_do_not(expert: Expert) -> None:
    """As for one slot: half of them want the long session, the others one of the two short ones."""
    customers = [f"visitor{number}" for number in range(50)]
    for round_number in range(12):
        begins = round_number * 120
        slots = [
            await make(expert, begins + at, length, kind) for at, length, kind in ((0, 60, "long"), (0, 30, "short"))
        ]
        slots.append(await make(expert, begins + 30, 30, "short"))
        if round_number % 2:  # what decides is the claims, whether the slots know of each other or not
            await cross(*slots)

        outcomes = await asyncio.gather(
            *(book(slots[number % 3], name) for number, name in enumerate(customers)), return_exceptions=True
        )

        won = [outcome for outcome in outcomes if isinstance(outcome, Booking)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, SlotUnavailable)]
        assert len(won) + len(lost) == 50
        taken = {booking.session_type: 0 for booking in won} | {
            kind: sum(booking.session_type == kind for booking in won) for kind in {one.session_type for one in won}
        }
        assert taken in ({"long": 1}, {"short": 1}, {"short": 2})
    assert await contradictions() == []


async def test_holds_race_for_what_overlaps_too(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    """Whoever lost the courtesy is told so, and of those who both had it one alone can book."""
    outcomes = await asyncio.gather(
        *(hold(hour[number % 2], f"visitor{number}") for number in range(20)), return_exceptions=True
    )
    holding = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, holds.Hold)]
    booked = await asyncio.gather(
        *(book(hour[number % 2], f"visitor{number}") for number in holding), return_exceptions=True
    )

    assert all(isinstance(outcome, holds.Hold | SlotUnavailable) for outcome in outcomes)
    assert sum(isinstance(outcome, Booking) for outcome in booked) == 1
    assert await contradictions() == []


async def test_slots_that_do_not_know_of_each_other_show_who_won(expert: Expert) -> None:
    long, short = await make(expert, 0, 60, "long"), await make(expert, 0, 30, "short")
    won = await book(long, "alice")

    with pytest.raises(SlotAlreadyBooked):
        await book(short, "bob")

    assert (await stored(short)).booking_id == won.id


# --- what the others see ---


async def test_booked_time_is_booked_on_every_slot_that_needs_it(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    long, early, late = hour
    booking = await book(early, "alice")

    assert [await state(slot) for slot in hour] == [SlotState.BOOKED, SlotState.BOOKED, SlotState.OPEN]
    second = await book(late, "bob")
    await bookings.cancel(booking.id)

    # The long one cannot be had as long as one of the two is booked.
    assert [await state(slot) for slot in hour] == [SlotState.BOOKED, SlotState.OPEN, SlotState.BOOKED]
    assert (await stored(long)).booking_id == second.id
    await bookings.cancel(second.id)
    assert [await state(slot) for slot in hour] == [SlotState.OPEN] * 3
    assert await contradictions() == []


async def test_held_time_is_held_on_every_slot_that_needs_it(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    long, early, late = hour
    taken = await hold(early, "alice")

    assert [await state(slot) for slot in hour] == [SlotState.HELD, SlotState.HELD, SlotState.OPEN]
    with pytest.raises(SlotHeldByAnother):
        await hold(long, "bob")
    await hold(late, "bob")
    await holds.release(slot_id=early.id, token=taken.token)

    assert [await state(slot) for slot in hour] == [SlotState.HELD, SlotState.OPEN, SlotState.HELD]
    assert (await holds.of_visitor("bob") or long).id == late.id


async def test_whoever_holds_may_change_to_what_overlaps(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    long, early, _ = hour
    await hold(early, "alice")
    await hold(long, "alice")

    assert [(await stored(slot)).hold_token is not None for slot in hour] == [True, False, False]
    assert [await state(slot) for slot in hour] == [SlotState.HELD] * 3
    booking = await book(long, "alice")
    assert [(await stored(slot)).booking_id for slot in hour] == [booking.id] * 3
    assert await contradictions() == []


async def test_hold_that_ends_opens_every_slot_that_showed_it(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    await hold(hour[0], "alice")
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        await holds.expire()
        assert [await state(slot) for slot in hour] == [SlotState.OPEN] * 3
        assert {(await stored(slot)).held_by for slot in hour} == {None}


async def test_crash_before_the_neighbours_show_it_is_put_right(
    hour: tuple[TimeSlot, TimeSlot, TimeSlot], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise database.CONNECTION_ERRORS[0]("gone")

    with monkeypatch.context() as broken:
        broken.setattr("expert_booking.settling.reflect", crash)
        booking = await book(hour[1], "alice")
    assert await state(hour[0]) is SlotState.OPEN

    await recovery.recover()

    assert (await stored(hour[0])).booking_id == booking.id
    assert await contradictions() == []


# --- so many a day ---


async def test_day_takes_so_many_bookings_and_no_more(expert: Expert) -> None:
    slots = [await make(expert, number * 60, 30, "", day_limit=3, local_day="2030-01-07") for number in range(10)]

    outcomes = await asyncio.gather(*(book(slot, f"visitor{slot.id}") for slot in slots), return_exceptions=True)

    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, DayIsFull) for outcome in outcomes) == 7
    gone = next(outcome for outcome in outcomes if isinstance(outcome, Booking))
    await bookings.cancel(gone.id)
    left = next(slot for slot, outcome in zip(slots, outcomes, strict=True) if isinstance(outcome, DayIsFull))
    assert (await book(left, "alice")).active
    assert await contradictions() == []


@given(st.frozensets(st.integers(1, 12)), st.integers(0, 12), st.integers(1, 12))
def test_places_that_are_offered_may_all_be_taken_and_there_are_as_many_as_may_be(
    held: frozenset[int], without: int, limit: int
) -> None:
    free = claims.free_places(set(held), without=without, limit=limit)

    assert len(set(free)) == len(free)
    assert not held.intersection(free)
    standing = len(held) + without
    assert standing + len(free) == max(limit, standing)


@given(st.data(), st.frozensets(st.integers(1, 8)), st.integers(0, 4), st.integers(1, 8))
def test_whoever_reads_early_and_writes_late_exceeds_no_limit(
    data: st.DataObject, held: frozenset[int], without: int, limit: int
) -> None:
    """Any number of processes read at one time and write at another; a place that somebody has is refused."""
    standing, chosen = set(held), set[int]()
    most = max(limit, len(held) + without)
    for step in data.draw(st.lists(st.sampled_from(["read", "write", "cancel"]), max_size=30)):
        if step == "read":
            chosen |= set(claims.free_places(standing, without=without, limit=limit)[:1])
        elif step == "write" and chosen:
            standing.add(data.draw(st.sampled_from(sorted(chosen))))
        elif step == "cancel" and standing:
            standing.remove(data.draw(st.sampled_from(sorted(standing))))
        assert len(standing) + without <= most


async def test_limit_that_was_lowered_counts_the_places_above_it(expert: Expert) -> None:
    slots = [await make(expert, number * 60, 30, "", day_limit=5, local_day="2030-01-07") for number in range(8)]
    made = [await book(slot, f"visitor{number}") for number, slot in enumerate(slots[:5])]
    for booking in made[:2]:
        await bookings.cancel(booking.id)
    await TimeSlot.find({"expert_id": expert.id}).update({"$set": {"day_limit": 3}})

    with pytest.raises(DayIsFull):
        await book(slots[5], "alice")

    await bookings.cancel(made[2].id)
    outcomes = await asyncio.gather(*(book(slot, f"visitor{slot.id}") for slot in slots[5:]), return_exceptions=True)
    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == 1
    assert await Booking.find({"active": True}).count() == 3
    assert await contradictions() == []


async def test_who_booked_before_there_was_a_limit_counts(expert: Expert, make_slot: MakeSlot) -> None:
    before = await make_slot(expert, hours=24)
    await book(before, "alice")
    day = before.starts_at.date().isoformat()
    after = await make_slot(expert, starts_at=before.starts_at + timedelta(hours=1), day_limit=1, local_day=day)

    if after.starts_at.date() == before.starts_at.date():
        with pytest.raises(DayIsFull):
            await book(after, "bob")
    else:
        assert (await book(after, "bob")).active


# --- databases of before ---


async def test_bookings_of_before_get_claims(expert: Expert, make_slot: MakeSlot) -> None:
    slot = await make_slot(expert)
    booking = await book(slot, "alice")
    old = database.collection(Booking)
    await old.update_one({"_id": booking.id}, {"$unset": {"claims": ""}})
    twin = {**await old.find_one({"_id": booking.id}), "_id": PydanticObjectId(), "slot_id": PydanticObjectId()}
    await old.insert_one({**twin, "idempotency_key": "another", "manage_token": "another"})
    await database.collection(TimeSlot).create_index(
        [("expert_id", 1), ("starts_at", 1)], name=migrations.OUTGROWN, unique=True
    )

    await migrations.bring_up_to_date()
    await migrations.bring_up_to_date()

    claimed = await old.count_documents({"claims": {"$exists": True}})
    assert claimed == 1  # of two that overlap, one; the other stays what it was
    assert migrations.OUTGROWN not in await database.collection(TimeSlot).index_information()
    assert NO_TWO_AT_ONCE in await old.index_information()


# --- moving ---


async def test_moving_to_time_that_overlaps_ones_own_is_possible(hour: tuple[TimeSlot, TimeSlot, TimeSlot]) -> None:
    long, early, late = hour
    booking = await book(early, "alice")

    await rescheduling.reschedule(booking.id, long.id, by=actors.EXPERT)

    assert [(await stored(slot)).booking_id for slot in hour] == [booking.id] * 3
    await rescheduling.reschedule(booking.id, late.id, by=actors.EXPERT)
    assert [await state(slot) for slot in hour] == [SlotState.BOOKED, SlotState.OPEN, SlotState.BOOKED]
    assert await contradictions() == []


async def test_full_day_is_not_offered_any_more_until_somebody_cancels(make_expert: MakeExpert) -> None:
    hours = [{"weekday": weekday, "opens": "00:00", "closes": "24:00"} for weekday in range(7)]
    expert = await make_expert(weekly_hours=hours, window_days=3, most_per_day=1)
    await materialising.materialise(expert.id)
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    day = await TimeSlot.find({"expert_id": expert.id, "local_day": tomorrow}).sort("starts_at").to_list()

    booking = await book(day[10], "alice")
    await materialising.look_at_noted_days()
    assert {await state(slot) for slot in day if slot.id != booking.slot_id} == {SlotState.WITHDRAWN}

    await bookings.cancel(booking.id)
    await materialising.look_at_noted_days()
    assert {await state(slot) for slot in day} == {SlotState.OPEN}
