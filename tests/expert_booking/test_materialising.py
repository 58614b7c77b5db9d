"""Slots are made to be what hours offer, and nothing that somebody has is touched."""

import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import (
    actors,
    availability,
    bookings,
    clock,
    database,
    events,
    experts,
    full_days,
    holds,
    materialising,
    openings,
    policy,
    rescheduling,
    schedule,
    time_off,
)
from expert_booking.customers import Customer
from expert_booking.errors import (
    DayIsFull,
    ExpertNotFound,
    InvalidRequest,
    SlotAlreadyBooked,
    SlotUnavailable,
    SlotWithdrawn,
)
from expert_booking.events import SlotChanged
from expert_booking.holds import Hold
from expert_booking.materialising import AT_ONCE, Outcome
from expert_booking.reconciling import Plan
from expert_booking.schedule import Session
from models import DatedHours, Expert, JournalEntry, SessionType, SlotState, TimeOff, TimeSlot, WeeklyHours
from tests.conftest import MakeExpert, MakeSlot, stored

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MORNINGS = [WeeklyHours(weekday=day, opens="09:00", closes="12:00") for day in range(7)]
TYPES = [SessionType(key="intro", name="Intro", minutes=30), SessionType(key="deep", name="Deep dive", minutes=60)]


@pytest.fixture(autouse=True)
def early_on_monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def ann(make_expert: MakeExpert) -> Expert:
    """An expert who works three mornings from now on, an hour at a time."""
    return await make_expert("Ann Baker", weekly_hours=MORNINGS, window_days=3)


@pytest.fixture
def heard() -> Iterator[list[SlotChanged]]:
    told: list[SlotChanged] = []
    events.slots.subscribe(events.EVERY_EXPERT, told.append)
    yield told
    events.slots.unsubscribe(events.EVERY_EXPERT, told.append)


async def everything() -> list[dict[str, object]]:
    """All slots as they are stored."""
    return sorted(await database.collection(TimeSlot).find({}).to_list(None), key=lambda slot: str(slot["_id"]))


async def offered(expert: Expert) -> list[str]:
    """The open slots of an expert: day, time and type."""
    slots = await TimeSlot.find({"expert_id": expert.id, **availability.open_filter()}).to_list()
    return [f"{slot.starts_at:%d %H:%M} {slot.session_type}".strip() for slot in sorted(slots, key=_by_start)]


def _by_start(slot: TimeSlot) -> tuple[datetime, str]:
    return slot.starts_at, slot.session_type


async def change(expert: Expert, **changes: object) -> Outcome:
    return await materialising.set_hours(expert.id, changes, by=actors.EXPERT)


async def slot_at(expert: Expert, hour: int, session_type: str = "", *, minute: int = 0) -> TimeSlot:
    starts_at = MONDAY.replace(hour=hour, minute=minute)
    found = await TimeSlot.find({"expert_id": expert.id, "starts_at": starts_at}).to_list()
    return next(slot for slot in found if slot.session_type == session_type)


async def book(slot: TimeSlot, customer: Customer) -> PydanticObjectId:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=customer.key, customer=customer)
    return booking.id


def three_days(*times: str) -> list[str]:
    return [f"{day} {time}" for day in ("02", "03", "04") for time in times]


async def test_materialising_makes_what_the_hours_offer(ann: Expert) -> None:
    outcome = await materialising.materialise(ann.id)

    assert outcome == Outcome(made=9)
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")


async def test_materialising_twice_equals_once(ann: Expert) -> None:
    await materialising.materialise(ann.id)
    before = await everything()

    assert await materialising.materialise(ann.id) == Outcome()
    assert await everything() == before


async def test_sessions_are_worked_out_beside_the_loop(ann: Expert, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions, threads = schedule.sessions, list[threading.Thread]()

    def noting(*asked: Any, **more: Any) -> list[Session]:
        threads.append(threading.current_thread())
        return sessions(*asked, **more)

    monkeypatch.setattr(schedule, "sessions", noting)
    await materialising.materialise(ann.id)

    assert threads
    assert threading.current_thread() not in threads


async def test_materialising_makes_nothing_that_has_begun(ann: Expert, early_on_monday: time_machine.Traveller) -> None:
    early_on_monday.move_to(MONDAY.replace(hour=10))

    await materialising.materialise(ann.id)

    assert (await offered(ann))[:2] == ["02 11:00", "03 09:00"]


async def test_what_is_not_offered_any_more_is_withdrawn_and_may_come_back(ann: Expert) -> None:
    await materialising.materialise(ann.id)
    before = {slot["_id"]: slot for slot in await everything()}

    outcome = await change(ann, weekly_hours=[hours for hours in MORNINGS if hours.weekday != 0])
    withdrawn = await TimeSlot.find({"withdrawn_at": MONDAY}).to_list()
    back = await change(ann, weekly_hours=MORNINGS)

    assert outcome == Outcome(withdrawn=3)
    assert [availability.state_of(slot) for slot in withdrawn] == [SlotState.WITHDRAWN] * 3
    assert back == Outcome(changed=3)
    after = {slot["_id"]: slot for slot in await everything()}
    assert after.keys() == before.keys()
    assert [after[slot.id]["version"] for slot in withdrawn] == [2] * 3
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")


async def test_a_withdrawn_slot_cannot_be_taken_and_is_shown_to_nobody_new(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 9)

    await change(ann, weekly_hours=[])

    with pytest.raises(SlotWithdrawn):
        await holds.hold(expert_id=ann.id, slot_id=slot.id, visitor="alice")
    with pytest.raises(SlotWithdrawn):
        await book(slot, alice)
    assert await availability.calendar_of(ann.id) == []


async def test_a_booked_slot_outlives_its_hours_and_is_withdrawn_once_given_back(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 9)
    booking_id = await book(slot, alice)

    await change(ann, weekly_hours=[])
    while_booked = await stored(slot)
    await bookings.cancel(booking_id)

    assert (while_booked.booking_id, while_booked.starts_at, while_booked.ends_at) == (
        booking_id,
        slot.starts_at,
        slot.ends_at,
    )
    assert availability.state_of(while_booked) is SlotState.BOOKED
    assert availability.state_of(await stored(slot)) is SlotState.WITHDRAWN


async def test_whoever_holds_a_slot_may_still_book_it(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 9)
    await holds.hold(expert_id=ann.id, slot_id=slot.id, visitor=alice.key)

    await change(ann, weekly_hours=[])
    booking_id = await book(slot, alice)

    assert (await stored(slot)).booking_id == booking_id


async def test_a_free_slot_takes_another_length_and_a_booked_one_keeps_its_own(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    booked = await slot_at(ann, 10)
    await book(booked, alice)

    await change(ann, session_minutes=45, buffer_after=15)

    assert await offered(ann) == ["02 09:00", "02 11:00", *three_days("09:00", "10:00", "11:00")[3:]]
    free, still = await slot_at(ann, 9), await stored(booked)
    assert (free.ends_at - free.starts_at, free.buffer_after) == (timedelta(minutes=45), 15)
    assert (still.ends_at - still.starts_at, still.buffer_after) == (timedelta(minutes=60), 0)


async def test_a_booked_slot_keeps_the_buffers_that_were_booked(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 9)
    booking_id = await book(slot, alice)

    await change(ann, buffer_after=15)
    while_booked = await stored(slot)
    await bookings.cancel(booking_id)
    await materialising.materialise(ann.id)

    assert (while_booked.buffer_after, while_booked.withdrawn_at) == (0, None)
    assert (await stored(slot)).buffer_after == 15


async def test_what_overlaps_a_booking_shows_it_until_it_is_cancelled(
    ann: Expert, alice: Customer, bob: Customer
) -> None:
    await materialising.materialise(ann.id)
    booking_id = await book(await slot_at(ann, 10), alice)

    await change(ann, session_types=TYPES)
    late_intro = await slot_at(ann, 10, "intro", minute=30)
    with pytest.raises(SlotUnavailable):
        await book(late_intro, bob)
    shown = [slot.booking_id for slot in (late_intro, await slot_at(ann, 10, "intro"), await slot_at(ann, 10, "deep"))]
    today = [time for time in await offered(ann) if time.startswith("02")]
    await bookings.cancel(booking_id)

    assert shown == [booking_id] * 3
    assert today == [
        "02 09:00 deep",
        "02 09:00 intro",
        "02 09:30 intro",
        "02 11:00 deep",
        "02 11:00 intro",
        "02 11:30 intro",
    ]
    assert len([time for time in await offered(ann) if time.startswith("02 10")]) == 3


async def test_types_cross_in_both_directions_and_only_one_is_taken(
    make_expert: MakeExpert, alice: Customer, bob: Customer
) -> None:
    expert = await make_expert("Ann Baker", weekly_hours=MORNINGS, window_days=1, session_types=TYPES)
    await materialising.materialise(expert.id)
    slots = {slot.id: slot for slot in await TimeSlot.find_all().to_list()}

    crossing = {(one, other) for one, slot in slots.items() for other in slot.crosses}
    overlapping = {
        (one.id, other.id)
        for one in slots.values()
        for other in slots.values()
        if one.id != other.id and one.busy_from < other.busy_until and other.busy_from < one.busy_until
    }
    await book(await slot_at(expert, 9, "deep"), alice)

    assert crossing == overlapping != set()
    with pytest.raises(SlotAlreadyBooked):
        await book(await slot_at(expert, 9, "intro", minute=30), bob)


async def test_time_off_is_left_out(ann: Expert) -> None:
    await TimeOff(
        expert_id=ann.id, starts_at=MONDAY.replace(hour=10, minute=30), ends_at=MONDAY.replace(hour=11)
    ).insert()

    await materialising.materialise(ann.id)

    assert [time for time in await offered(ann) if time.startswith("02")] == ["02 09:00", "02 11:00"]


async def test_extra_hours_are_added_to_one_date(ann: Expert) -> None:
    await change(ann, extra_hours=[DatedHours(on=date(2026, 3, 3), opens="18:00", closes="19:00")])

    assert [time for time in await offered(ann) if time.startswith("03")][-1] == "03 18:00"
    assert len(await offered(ann)) == 10


async def test_notice_closes_slots_before_they_start(ann: Expert, early_on_monday: time_machine.Traveller) -> None:
    await change(ann, minimum_notice=120)
    early_on_monday.move_to(MONDAY.replace(hour=8))

    assert (await offered(ann))[:2] == ["02 11:00", "03 09:00"]
    assert availability.state_of(await slot_at(ann, 10)) is SlotState.PAST


async def test_a_full_day_offers_nothing_until_one_is_cancelled(ann: Expert, alice: Customer, bob: Customer) -> None:
    await change(ann, most_per_day=1)
    booking_id = await book(await slot_at(ann, 10), alice)

    await materialising.materialise_day(ann.id, date(2026, 3, 2))
    while_full = await offered(ann)
    await bookings.cancel(booking_id)
    await materialising.materialise_day(ann.id, date(2026, 3, 2))

    assert while_full == three_days("09:00", "10:00", "11:00")[3:]
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")


async def choices(booking_id: PydanticObjectId) -> list[str]:
    """Where a booking can be moved to: day and time."""
    return [f"{slot.starts_at:%d %H:%M}" for slot in await rescheduling.choices(await bookings.get(booking_id))]


async def test_a_booking_may_move_within_its_day_though_that_is_full(
    ann: Expert, alice: Customer, bob: Customer, heard: list[SlotChanged]
) -> None:
    await change(ann, most_per_day=1)
    early, late = await slot_at(ann, 10), await slot_at(ann, 11)
    booking_id = await book(early, alice)
    await materialising.look_at_noted_days()
    before = await choices(booking_id)
    with pytest.raises(SlotWithdrawn):
        await holds.hold(expert_id=ann.id, slot_id=late.id, visitor=bob.key)
    with pytest.raises(SlotWithdrawn):
        await book(late, bob)
    heard.clear()

    await rescheduling.reschedule(booking_id, late.id, by=actors.CUSTOMER)
    at_once, told = await offered(ann), [event.state for event in heard if event.slot_id == early.id]
    await materialising.look_at_noted_days()

    others = three_days("09:00", "10:00", "11:00")[3:]
    assert before == ["02 09:00", "02 11:00", *others]
    assert (await stored(late)).booking_id == booking_id
    assert (at_once, await offered(ann), set(told)) == (others, others, {SlotState.WITHDRAWN})
    assert await choices(booking_id) == ["02 09:00", "02 10:00", *others]
    await bookings.cancel(booking_id)
    await materialising.look_at_noted_days()
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")


async def test_a_booking_of_another_day_may_not_move_to_one_that_is_full(
    ann: Expert, alice: Customer, bob: Customer
) -> None:
    await change(ann, most_per_day=1)
    tomorrow = await TimeSlot.find_one({"starts_at": MONDAY.replace(day=3, hour=9)})
    assert tomorrow is not None
    await book(await slot_at(ann, 10), alice)
    booking_id = await book(tomorrow, bob)
    await materialising.look_at_noted_days()

    with pytest.raises(SlotWithdrawn):
        await rescheduling.reschedule(booking_id, (await slot_at(ann, 9)).id, by=actors.EXPERT)

    assert await choices(booking_id) == three_days("09:00", "10:00", "11:00")[4:]


async def test_what_is_not_offered_on_a_full_day_is_no_choice(ann: Expert, alice: Customer) -> None:
    await change(ann, most_per_day=1)
    booking_id = await book(await slot_at(ann, 10), alice)
    await materialising.look_at_noted_days()

    later = [hours.model_copy(update={"opens": "10:00", "closes": "13:00"}) for hours in MORNINGS]
    await change(ann, weekly_hours=later)

    assert [time for time in await choices(booking_id) if time.startswith("02")] == ["02 11:00", "02 12:00"]
    with pytest.raises(SlotWithdrawn):
        await rescheduling.reschedule(booking_id, (await slot_at(ann, 9)).id, by=actors.CUSTOMER)


async def test_a_booking_may_move_on_its_full_day_to_time_that_it_has_itself(ann: Expert, alice: Customer) -> None:
    await change(ann, most_per_day=1, session_types=TYPES)
    booking_id = await book(await slot_at(ann, 10, "intro"), alice)
    await materialising.look_at_noted_days()

    for session_type, minute in (("deep", 0), ("intro", 30)):
        slot = await slot_at(ann, 10, session_type, minute=minute)
        await rescheduling.reschedule(booking_id, slot.id, by=actors.EXPERT)
        assert (await stored(slot)).booking_id == booking_id

    assert [time for time in await offered(ann) if time.startswith("02")] == []


async def _bob_releases(held: Hold, bob: Customer, time: time_machine.Traveller) -> None:
    assert await holds.release(slot_id=held.slot_id, token=held.token)


async def _bobs_hold_runs_out(held: Hold, bob: Customer, time: time_machine.Traveller) -> None:
    time.shift(policy.current().hold)
    assert await holds.expire() == 1


async def _bob_fills_in_the_form(held: Hold, bob: Customer, time: time_machine.Traveller) -> None:
    with pytest.raises(DayIsFull):
        await bookings.book(expert_id=held.expert_id, slot_id=held.slot_id, visitor=bob.key, customer=bob)


@pytest.mark.parametrize("ends", [_bob_releases, _bobs_hold_runs_out, _bob_fills_in_the_form])
async def test_a_slot_that_was_held_when_its_day_became_full_is_not_offered_after_that(
    ann: Expert,
    alice: Customer,
    bob: Customer,
    early_on_monday: time_machine.Traveller,
    ends: Callable[[Hold, Customer, time_machine.Traveller], Awaitable[None]],
) -> None:
    await change(ann, most_per_day=1)
    slot = await slot_at(ann, 10)
    held = await holds.hold(expert_id=ann.id, slot_id=slot.id, visitor=bob.key)
    await book(await slot_at(ann, 9), alice)
    await materialising.look_at_noted_days()
    while_held = availability.state_of(await stored(slot))

    await ends(held, bob, early_on_monday)
    await materialising.look_at_noted_days()

    assert while_held is SlotState.HELD
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")[3:]


async def test_what_was_noted_by_a_process_that_died_is_looked_at_by_the_next(ann: Expert, alice: Customer) -> None:
    await change(ann, most_per_day=1)
    booking_id = await book(await slot_at(ann, 10), alice)
    await materialising.look_at_noted_days()
    await bookings.cancel(booking_id)
    full_days.take()

    await materialising.doubt_full_days()

    assert await materialising.roll_due() == 1
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")


async def test_slots_that_do_not_come_from_hours_are_left_alone(expert: Expert, make_slot: MakeSlot) -> None:
    await make_slot(expert)
    before = await everything()

    assert await materialising.materialise(expert.id) == Outcome()
    assert await change(expert, buffer_after=15) == Outcome()
    assert await everything() == before


async def test_setting_hours_for_the_first_time_takes_over(expert: Expert, make_slot: MakeSlot) -> None:
    imported = await make_slot(expert, starts_at=MONDAY + timedelta(days=40))

    await change(expert, weekly_hours=MORNINGS, window_days=1)

    assert (await stored(imported)).withdrawn_at == MONDAY
    assert await offered(expert) == ["02 09:00", "02 10:00", "02 11:00"]


async def test_a_hidden_expert_is_left_alone_and_a_removed_one_offers_nothing(ann: Expert) -> None:
    await materialising.materialise(ann.id)

    await Expert.find_one({"_id": ann.id}).update({"$set": {"is_hidden": True, "weekly_hours": []}})
    hidden = await materialising.materialise(ann.id)
    await Expert.find_one({"_id": ann.id}).update({"$set": {"removed_at": clock.now()}})
    removed = await materialising.materialise(ann.id)

    assert (hidden, removed) == (Outcome(), Outcome(withdrawn=9))
    with pytest.raises(ExpertNotFound):
        await change(ann, weekly_hours=MORNINGS)


async def test_everybody_is_told_of_what_changes(ann: Expert, heard: list[SlotChanged]) -> None:
    kept = openings.Openings()
    events.slots.subscribe(events.EVERY_EXPERT, kept.apply)
    await materialising.materialise(ann.id)
    told = [(event.state, event.version) for event in heard]
    number, first = kept.of(ann.id, after=MONDAY)
    heard.clear()

    await change(ann, weekly_hours=MORNINGS[1:])
    events.slots.unsubscribe(events.EVERY_EXPERT, kept.apply)

    assert told == [(SlotState.OPEN, 0)] * 9
    assert (number, first and first[0]) == (9, MONDAY.replace(hour=9))
    assert [(event.state, event.version) for event in heard] == [(SlotState.WITHDRAWN, 1)] * 3
    assert kept.of(ann.id, after=MONDAY)[0] == 6


# --- at the same moment ---


@pytest.fixture
def just_before_writing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[object]]], None]:
    """Have something else done between what materialising reads first and what it writes first."""

    def arrange(something: Callable[[], Awaitable[object]]) -> None:
        carry_out = materialising._carry_out

        async def later(plan: Plan) -> None:
            monkeypatch.setattr(materialising, "_carry_out", carry_out)
            await something()
            await carry_out(plan)

        monkeypatch.setattr(materialising, "_carry_out", later)

    return arrange


Arrange = Callable[[Callable[[], Awaitable[object]]], None]


async def test_a_slot_that_is_booked_while_hours_change_keeps_its_length(
    ann: Expert, alice: Customer, just_before_writing: Arrange
) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 10)
    just_before_writing(lambda: book(slot, alice))

    await change(ann, session_minutes=45, buffer_after=15)

    booked, free = await stored(slot), await slot_at(ann, 11)
    assert availability.state_of(booked) is SlotState.BOOKED
    assert (booked.ends_at, booked.buffer_after) == (slot.ends_at, 0)
    assert (free.ends_at - free.starts_at, free.buffer_after) == (timedelta(minutes=45), 15)


async def test_a_slot_that_is_held_while_it_is_withdrawn_stays_with_who_holds_it(
    ann: Expert, alice: Customer, just_before_writing: Arrange
) -> None:
    await materialising.materialise(ann.id)
    slot = await slot_at(ann, 10)
    just_before_writing(lambda: holds.hold(expert_id=ann.id, slot_id=slot.id, visitor=alice.key))

    await change(ann, session_types=TYPES)
    held = await stored(slot)
    shown = [availability.state_of(await slot_at(ann, 10, key)) for key in ("intro", "deep")]
    booking_id = await book(slot, alice)

    assert (availability.state_of(held), held.withdrawn_at) == (SlotState.HELD, MONDAY)
    assert shown == [SlotState.HELD] * 2
    assert (await slot_at(ann, 10, "deep")).booking_id == booking_id


async def test_hours_that_change_while_others_are_carried_out_are_the_ones_that_count(
    ann: Expert, just_before_writing: Arrange
) -> None:
    await materialising.materialise(ann.id)
    just_before_writing(lambda: change(ann, weekly_hours=[]))

    await change(ann, weekly_hours=[hours.model_copy(update={"closes": "13:00"}) for hours in MORNINGS])

    assert await offered(ann) == []


# --- rolling forward ---


async def test_a_day_is_added_when_the_experts_own_day_begins(
    make_expert: MakeExpert, early_on_monday: time_machine.Traveller
) -> None:
    expert = await make_expert("Ann", weekly_hours=MORNINGS, window_days=2, time_zone="America/New_York")
    await materialising.materialise(expert.id)
    before = await everything()

    early_on_monday.move_to(datetime(2026, 3, 3, 4, 59, tzinfo=UTC))
    still_monday = await materialising.roll_due()
    early_on_monday.move_to(datetime(2026, 3, 3, 5, 0, tzinfo=UTC))
    tuesday = await materialising.roll_due()
    again = await materialising.roll_due()

    assert (still_monday, tuesday, again) == (0, 1, 0)
    after = await everything()
    assert [slot for slot in after if slot in before] == before
    assert {slot["starts_at"] for slot in after if slot not in before} == {
        datetime(2026, 3, 4, hour, tzinfo=UTC) for hour in (14, 15, 16)
    }


async def test_days_that_nobody_rolled_are_made_up_for(ann: Expert, early_on_monday: time_machine.Traveller) -> None:
    await materialising.materialise(ann.id)
    early_on_monday.move_to(MONDAY + timedelta(days=20))

    await materialising.roll_due()

    assert await offered(ann) == [f"{day} {hour}:00" for day in (22, 23, 24) for hour in ("09", "10", "11")]


async def test_rolling_leaves_what_is_there_alone(
    ann: Expert, make_slot: MakeSlot, early_on_monday: time_machine.Traveller
) -> None:
    await materialising.materialise(ann.id)
    odd = await make_slot(ann, starts_at=MONDAY + timedelta(days=3, minutes=7))
    early_on_monday.move_to(MONDAY + timedelta(days=1))

    await materialising.roll_due()

    assert (await stored(odd)).withdrawn_at is None


async def test_hours_that_were_saved_and_not_carried_out_are_carried_out(ann: Expert) -> None:
    await materialising.materialise(ann.id)
    await Expert.find_one({"_id": ann.id}).update({"$set": {"weekly_hours": [], "rolls_at": AT_ONCE}})

    assert await materialising.roll_due() == 1
    assert await offered(ann) == []


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Awaitable[object]], Awaitable[None]]:
    """Have something done by a process that dies before it comes to making the slots."""

    async def gone(expert_id: PydanticObjectId) -> Outcome:
        raise database.CONNECTION_ERRORS[0](f"nobody makes the slots of {expert_id}")

    async def crash(something: Awaitable[object]) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(materialising, "materialise", gone)
            with pytest.raises(database.CONNECTION_ERRORS[0]):
                await something

    return crash


Crash = Callable[[Awaitable[object]], Awaitable[None]]
LATE_HOURS = [WeeklyHours(weekday=day, opens="11:00", closes="12:00") for day in range(7)]


def two_hours_off(expert: Expert) -> Awaitable[TimeOff]:
    """Time off from 9 to 11 on the first day."""
    return time_off.add(expert.id, MONDAY.replace(hour=9), MONDAY.replace(hour=11), "", actors.EXPERT)


@pytest.mark.parametrize(
    ("change_of", "becomes"),
    [
        (lambda expert: change(expert, weekly_hours=LATE_HOURS), three_days("11:00")),
        (two_hours_off, three_days("09:00", "10:00", "11:00")[2:]),
    ],
    ids=["hours", "time off"],
)
async def test_an_earlier_run_does_not_say_that_what_was_changed_since_is_made(
    ann: Expert,
    crashing: Crash,
    monkeypatch: pytest.MonkeyPatch,
    change_of: Callable[[Expert], Awaitable[object]],
    becomes: list[str],
) -> None:
    note_roll = materialising._note_roll
    await materialising.materialise(ann.id)
    await materialising.have_made_anew(ann.id)

    async def late(expert: Expert) -> None:
        monkeypatch.setattr(materialising, "_note_roll", note_roll)
        await crashing(change_of(ann))
        await note_roll(expert)

    monkeypatch.setattr(materialising, "_note_roll", late)
    await materialising.materialise(ann.id)
    before = await offered(ann)

    assert before == three_days("09:00", "10:00", "11:00")
    assert (await materialising.roll_due(), await offered(ann)) == (1, becomes)


async def test_a_run_that_did_not_see_the_time_off_does_not_say_that_it_is_made(
    ann: Expert, crashing: Crash, monkeypatch: pytest.MonkeyPatch
) -> None:
    materialise, insert = materialising.materialise, TimeOff.insert
    await materialise(ann.id)

    async def late(added: TimeOff) -> None:
        monkeypatch.setattr(TimeOff, "insert", insert)
        await materialise(ann.id)
        await added.insert()

    monkeypatch.setattr(TimeOff, "insert", late)
    await crashing(two_hours_off(ann))

    assert await materialising.roll_due() == 1
    assert await offered(ann) == three_days("09:00", "10:00", "11:00")[2:]


# --- before it is saved ---


async def test_preview_says_what_goes_and_what_stays_outside(ann: Expert, alice: Customer) -> None:
    await materialising.materialise(ann.id)
    booking_id = await book(await slot_at(ann, 9), alice)
    before = await everything()
    hours = [hours.model_copy(update={"opens": "11:00"}) for hours in MORNINGS]

    preview = await materialising.preview(schedule.edited(ann, {"weekly_hours": hours}))

    monday, tuesday, wednesday = (date(2026, 3, day) for day in (2, 3, 4))
    assert {on: len(sessions) for on, sessions in preview.offered.items()} == {monday: 1, tuesday: 1, wednesday: 1}
    assert preview.withdrawn == {monday: 1, tuesday: 2, wednesday: 2}
    assert [(booking.id, booking.starts_at) for booking in preview.outside] == [(booking_id, MONDAY.replace(hour=9))]
    assert await everything() == before


LATER = [hours.model_copy(update={"opens": "10:00"}) for hours in MORNINGS]
MONDAY_TO_WEDNESDAY = tuple(date(2026, 3, day) for day in (2, 3, 4))


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"weekly_hours": LATER}, (1, 1, 1)),
        ({"extra_hours": []}, (0, 1, 0)),
        ({"session_types": TYPES}, (2, 4, 3)),
        ({"session_minutes": 90}, (2, 3, 2)),
        ({"buffer_before": 15}, (1, 2, 2)),
        ({"buffer_after": 15}, (2, 2, 2)),
        ({"minimum_notice": 180}, (1, 0, 0)),
        ({"most_per_day": 1}, (2, 0, 0)),
        ({"window_days": 1}, (0, 4, 3)),
        ({"time_zone": "America/New_York"}, (2, 4, 3)),
        ({"confirms_at_once": True}, (0, 0, 0)),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
async def test_preview_says_of_each_setting_what_goes_and_just_that_goes(
    ann: Expert, alice: Customer, changes: dict[str, Any], lost: tuple[int, int, int]
) -> None:
    """Monday has a booking from 10 to 11, Tuesday an hour in the evening besides."""
    await change(ann, extra_hours=[DatedHours(on=date(2026, 3, 3), opens="18:00", closes="19:00")])
    await book(await slot_at(ann, 10), alice)
    before = await offered(ann)

    preview = await materialising.preview(schedule.edited(await experts.get(ann.id), changes))

    assert preview.withdrawn == {on: number for on, number in zip(MONDAY_TO_WEDNESDAY, lost, strict=True) if number}
    await change(ann, **changes)
    gone = Counter(time[:2] for time in set(before) - set(await offered(ann)))
    assert tuple(gone[f"{on:%d}"] for on in MONDAY_TO_WEDNESDAY) == lost


async def test_preview_counts_what_a_hold_would_keep_from_being_offered(ann: Expert) -> None:
    await materialising.materialise(ann.id)
    await holds.hold(expert_id=ann.id, slot_id=(await slot_at(ann, 10)).id, visitor="bob")

    preview = await materialising.preview(schedule.edited(ann, {"buffer_after": 15, "window_days": 1}))

    assert preview.withdrawn[MONDAY_TO_WEDNESDAY[0]] == 2


async def test_setting_hours_is_in_the_journal(ann: Expert) -> None:
    await change(ann, minimum_notice=60)

    [entry] = await JournalEntry.find_all().to_list()
    assert (entry.what, entry.expert_id, entry.was, entry.became) == (
        "expert.hours",
        ann.id,
        '{"minimum_notice": 0}',
        '{"minimum_notice": 60}',
    )


async def test_hours_that_are_none_are_not_saved(ann: Expert) -> None:
    with pytest.raises(InvalidRequest):
        await change(ann, session_minutes=47)

    assert await JournalEntry.find_all().count() == 0


@pytest.fixture(autouse=True)
async def nobody_is_left(connected: None) -> AsyncIterator[None]:
    yield
    assert await _contradictions() == []


async def _contradictions() -> list[str]:
    """Slots of one expert with the same start and type."""
    slots = await TimeSlot.find_all().to_list()
    keys = [(slot.expert_id, slot.starts_at, slot.session_type) for slot in slots]
    return [str(key) for key in set(keys) if keys.count(key) > 1]
