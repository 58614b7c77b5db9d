"""The waiting list: what opens goes to the first in line, then to the next, and is open to nobody else in between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from expert_booking import (
    actors,
    bookings,
    clock,
    database,
    deletions,
    events,
    full_days,
    holds,
    letters,
    offering,
    policy,
    recovery,
    rescheduling,
    succession,
    telling,
    waiting,
)
from expert_booking.administration import staff
from expert_booking.customers import Customer
from expert_booking.errors import InvalidRequest, OfferIsOver, SlotHeldByAnother, TooManyWishes, WishNotFound
from expert_booking.waiting import Waiter
from models import Booking, Expert, Message, MessageKind, SlotState, TimeSlot, Wish, WishState
from tests.conftest import MakeExpert, MakeSlot, person, stored
from tests.settled import contradictions

OFFER = policy.BookingPolicy().offer
HOUSE = actors.administrator("house@example.com")

Meanwhile = Callable[[Callable[[], Awaitable[object]]], None]


@pytest.fixture(autouse=True)
def line(connected: None) -> Iterator[None]:
    """Those who free slots ask the waiting list, as in the running house."""
    waiting.use("a secret of the tests")
    succession.ask(waiting)
    yield
    succession.ask(None)


@pytest.fixture
def seen(slot: TimeSlot) -> Iterator[list[SlotState]]:
    """What everybody saw of the slot, in order."""
    states: list[SlotState] = []

    def note(event: events.SlotChanged) -> None:
        states.append(event.state)

    events.slots.subscribe(slot.id, note)
    yield states
    events.slots.unsubscribe(slot.id, note)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen once, after wishes were read and before the first of them is ended."""
    end = waiting._end

    def arrange(happens: Callable[[], Awaitable[object]]) -> None:
        left = [happens]

        async def ended(wish: Wish, state: WishState) -> bool:
            while left:
                await left.pop()()
            return await end(wish, state)

        monkeypatch.setattr(waiting, "_end", ended)

    return arrange


async def wait(name: str, slot: TimeSlot, *, days: int = 2, session_type: str = "") -> Wish:
    """Somebody joins the line for the days around a slot."""
    today = clock.now().date()
    return await waiting.join(
        expert_id=slot.expert_id,
        waiter=Waiter(name=name.title(), email=f"{name}@example.com"),
        first_on=today,
        last_on=today + timedelta(days=days),
        session_type=session_type,
    )


async def full(slot: TimeSlot) -> Booking:
    """The slot is booked, by somebody who is not in line."""
    return await bookings.book(
        expert_id=slot.expert_id, slot_id=slot.id, visitor="owner", customer=person("owner"), idempotency_key=None
    )


async def now(wish: Wish) -> Wish:
    found = await Wish.find_one({"_id": wish.id})
    assert found is not None
    return found


async def states(*wishes: Wish) -> list[WishState]:
    return [(await now(wish)).state for wish in wishes]


async def mails(kind: MessageKind = MessageKind.OFFER) -> list[tuple[str, int]]:
    """To whom offers, or other mails, were sent, and which of theirs."""
    found = await Message.find({"kind": kind}).to_list()
    return sorted((message.to, message.sequence) for message in found)


async def offered(slot: TimeSlot, *names: str) -> list[Wish]:
    """These wait in this order, and what was booked is cancelled: the first has the offer, and the mail."""
    booking = await full(slot)
    wishes = [await wait(name, slot) for name in names]
    await bookings.cancel(booking.id)
    await offering.look_after()
    return wishes


async def test_cancelled_slot_is_held_for_the_first_in_line_and_never_open(
    slot: TimeSlot, seen: list[SlotState]
) -> None:
    booking = await full(slot)
    first, second = await wait("alice", slot), await wait("bob", slot)
    seen.clear()

    await bookings.cancel(booking.id)

    kept = await stored(slot)
    assert (await states(first, second), set(seen)) == ([WishState.OFFERED, WishState.WAITING], {SlotState.HELD})
    assert (kept.booking_id, kept.offered_to, kept.held_by) == (None, first.id, f"offer:{first.id}")
    assert kept.held_until == (await now(first)).offered_until + offering.MARGIN
    assert await contradictions() == []


async def test_offered_slot_cannot_be_held_or_booked_by_anybody_else(slot: TimeSlot, charlie: Customer) -> None:
    await offered(slot, "alice")

    with pytest.raises(SlotHeldByAnother):
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie")
    with pytest.raises(SlotHeldByAnother):
        await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie", customer=charlie)


async def test_slot_opens_for_everybody_when_nobody_wants_it(slot: TimeSlot, make_slot: MakeSlot) -> None:
    booking = await full(slot)
    elsewhen = await make_slot(await Expert.get(slot.expert_id), hours=24 * 20)
    await waiting.join(
        expert_id=slot.expert_id,
        waiter=Waiter(name="Alice", email="alice@example.com"),
        first_on=elsewhen.starts_at.date(),
        last_on=elsewhen.starts_at.date(),
    )
    await wait("bob", slot, session_type="intro")

    await bookings.cancel(booking.id)

    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN


@pytest.mark.parametrize("way", ["cancelled", "declined", "lapsed", "deleted"])
async def test_every_way_of_freeing_a_slot_asks_the_line(slot: TimeSlot, way: str) -> None:
    booking = await full(slot)
    wish = await wait("alice", slot)

    if way == "cancelled":
        await bookings.cancel(booking.id)
    elif way == "declined":
        await bookings.cancel(booking.id, is_refusal=True)
    elif way == "lapsed":
        await bookings.lapse(booking.id)
    else:
        await bookings.complete(booking.id)
        await deletions.begin(booking.id)
        await deletions.carry_out_now([booking.id])

    assert (await stored(slot)).offered_to == wish.id


async def test_time_of_a_request_that_lapses_as_it_begins_is_offered_to_nobody(slot: TimeSlot) -> None:
    await full(slot)
    wish = await wait("alice", slot)

    with time_machine.travel(slot.starts_at, tick=False):
        assert await recovery.lapse_unanswered() == 1
        await waiting.look_for_openings()

    freed = await stored(slot)
    assert (freed.booking_id, freed.offered_to, freed.held_by) == (None, None, None)
    assert await states(wish) == [WishState.WAITING]


async def test_hold_that_merely_ends_is_no_offer(slot: TimeSlot) -> None:
    held = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie")
    wish = await wait("alice", slot)

    await holds.release(slot_id=slot.id, token=held.token)
    await waiting.look_for_openings()

    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN
    assert await states(wish) == [WishState.WAITING]


async def test_two_slots_that_open_at_once_go_to_two_who_wait(slot: TimeSlot, make_slot: MakeSlot) -> None:
    other = await make_slot(await Expert.get(slot.expert_id), hours=25)
    made = [await full(slot), await full(other)]
    wishes = [await wait("alice", slot), await wait("bob", slot)]

    await asyncio.gather(*(bookings.cancel(booking.id) for booking in made))

    assert await states(*wishes) == [WishState.OFFERED, WishState.OFFERED]
    assert {(await stored(one)).offered_to for one in (slot, other)} == {wish.id for wish in wishes}


async def test_many_who_free_and_claim_at_once_make_one_offer(slot: TimeSlot) -> None:
    booking = await full(slot)
    wishes = [await wait(name, slot) for name in ("alice", "bob", "charlie")]
    await database.collection(Booking).update_one(
        {"_id": booking.id}, {"$set": {"active": False, "status": "Cancelled", "settled": False}}
    )

    as_it_was = await stored(slot)

    await asyncio.gather(*(offering.hold_for_next(as_it_was) for _ in range(5)), recovery.recover())

    assert await states(*wishes) == [WishState.OFFERED, WishState.WAITING, WishState.WAITING]
    assert (await stored(slot)).offered_to == wishes[0].id


async def test_unique_index_lets_no_slot_be_offered_to_two(slot: TimeSlot) -> None:
    (first, second) = await offered(slot, "alice", "bob")

    with pytest.raises(database.DuplicateKeyError):
        await database.collection(Wish).update_one(
            {"_id": second.id}, {"$set": {"state": WishState.OFFERED, "offered_slot_id": slot.id}}
        )
    assert await states(first) == [WishState.OFFERED]


async def test_mail_is_sent_once_for_each_offer_and_says_until_when(slot: TimeSlot) -> None:
    (wish,) = await offered(slot, "alice")

    await asyncio.gather(offering.look_after(), offering.look_after())

    assert await mails() == [("alice@example.com", 1)]
    (message,) = await Message.find({"kind": MessageKind.OFFER}).to_list()
    assert (message.useful_until, message.wish_id) == ((await now(wish)).offered_until, wish.id)
    assert (await now(wish)).is_told


async def test_declined_offer_goes_to_the_next_and_whoever_declined_waits_on(
    slot: TimeSlot, seen: list[SlotState]
) -> None:
    first, second = await offered(slot, "alice", "bob")
    seen.clear()

    await waiting.decline(first.id)
    await offering.look_after()

    assert await states(first, second) == [WishState.WAITING, WishState.OFFERED]
    assert ((await stored(slot)).offered_to, set(seen)) == (second.id, {SlotState.HELD})
    assert await mails() == [("alice@example.com", 1), ("bob@example.com", 1)]


async def test_slot_that_all_have_declined_opens_and_is_not_offered_to_them_again(slot: TimeSlot) -> None:
    first, second = await offered(slot, "alice", "bob")
    await waiting.decline(first.id)

    await waiting.decline(second.id)

    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN
    booking = await full(slot)
    await bookings.cancel(booking.id)
    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN
    assert await states(first, second) == [WishState.WAITING, WishState.WAITING]


async def test_only_one_of_two_answers_to_an_offer_counts(slot: TimeSlot) -> None:
    (wish,) = await offered(slot, "alice")

    answers = await asyncio.gather(*(waiting.decline(wish.id) for _ in range(2)), return_exceptions=True)

    assert sorted(type(answer) for answer in answers if answer is not None) == [OfferIsOver]


async def test_slot_that_is_left_on_a_day_that_stays_full_is_offered_to_nobody(
    make_slot: MakeSlot, expert: Expert
) -> None:
    left, taken = [await make_slot(expert, hours=hours, day_limit=1, local_day="2026-06-01") for hours in (24, 25)]
    booking = await full(left)
    wish = await wait("alice", left)

    await rescheduling.reschedule(booking.id, taken.id, by=actors.EXPERT)

    assert (await stored(left)).state_at(clock.now()) is SlotState.WITHDRAWN
    assert await states(wish) == [WishState.WAITING]


async def test_slot_that_nobody_wants_any_more_has_its_day_looked_at(make_slot: MakeSlot, expert: Expert) -> None:
    """While it was kept for them its day may have become full."""
    slot = await make_slot(expert, hours=24, day_limit=1, local_day="2026-06-01")
    [first] = await offered(slot, "alice")
    full_days.take()

    await waiting.decline(first.id)

    assert full_days.take() == [(expert.id, date(2026, 6, 1))]


async def test_who_leaves_while_they_have_an_offer_hands_it_on(slot: TimeSlot) -> None:
    first, second = await offered(slot, "alice", "bob")

    await waiting.leave(first.id)

    assert await states(first, second) == [WishState.ENDED, WishState.OFFERED]
    assert (await stored(slot)).offered_to == second.id
    with pytest.raises(OfferIsOver):
        await waiting.take(first.id, visitor="alice")


async def test_offer_that_runs_out_goes_to_the_next_before_the_slot_opens(
    slot: TimeSlot, seen: list[SlotState]
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first, second = await offered(slot, "alice", "bob")
        seen.clear()
        traveller.shift(OFFER - timedelta(seconds=1))
        await holds.expire()
        assert (await stored(slot)).offered_to == first.id

        traveller.shift(timedelta(seconds=2))
        await holds.expire()

        assert await states(first, second) == [WishState.WAITING, WishState.OFFERED]
        kept = await stored(slot)
        assert (kept.offered_to, kept.held_until) == (second.id, clock.now() + OFFER + offering.MARGIN)
        assert set(seen) == {SlotState.HELD}


async def test_offer_that_runs_out_with_nobody_left_opens_the_slot(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        (wish,) = await offered(slot, "alice")
        traveller.shift(OFFER + offering.MARGIN)

        await holds.expire()

        after = await stored(slot)
        assert (after.state_at(clock.now()), after.offered_to) == (SlotState.OPEN, None)
        assert await states(wish) == [WishState.WAITING]


async def test_hold_after_an_offer_has_run_out_is_a_hold_like_any_other(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await offered(slot, "alice")
        traveller.shift(OFFER + offering.MARGIN)

        held = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie")
        await holds.release(slot_id=slot.id, token=held.token)

        assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN


async def test_offer_ends_when_the_slot_closes(expert: Expert, make_slot: MakeSlot) -> None:
    with time_machine.travel(clock.now().replace(minute=50, second=0, microsecond=0), tick=False):
        slot = await make_slot(expert, hours=1)
        (wish,) = await offered(slot, "alice")

        assert (await now(wish)).offered_until == slot.starts_at - offering.MARGIN


async def test_whoever_takes_it_holds_it_and_books_it(slot: TimeSlot, alice: Customer) -> None:
    (wish,) = await offered(slot, "alice")

    taken = await waiting.take(wish.id, visitor="alice's browser")
    held = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice's browser")
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice's browser", customer=alice)
    await telling.tell_left()

    assert (taken.id, held.until) == (slot.id, (await now(wish)).forgotten_at and taken.held_until)
    assert await states(wish) == [WishState.TAKEN]
    assert (await stored(slot)).state_at(clock.now()) is SlotState.BOOKED
    assert await contradictions() == []


async def test_whoever_takes_it_lets_go_of_what_they_held(slot: TimeSlot, make_slot: MakeSlot) -> None:
    (wish,) = await offered(slot, "alice")
    other = await make_slot(await Expert.get(slot.expert_id), hours=26)
    await holds.hold(expert_id=other.expert_id, slot_id=other.id, visitor="alice's browser")

    await waiting.take(wish.id, visitor="alice's browser")

    found = await holds.of_visitor("alice's browser")
    assert found is not None
    assert found.id == slot.id
    assert (await stored(other)).state_at(clock.now()) is SlotState.OPEN


async def test_offer_can_be_taken_in_another_browser_as_well(slot: TimeSlot) -> None:
    (wish,) = await offered(slot, "alice")
    await waiting.take(wish.id, visitor="phone")

    await waiting.take(wish.id, visitor="computer")

    assert (await stored(slot)).held_by == "computer"


async def test_whoever_lets_go_of_the_form_keeps_the_offer(slot: TimeSlot, seen: list[SlotState]) -> None:
    (wish,) = await offered(slot, "alice")
    before = await stored(slot)
    await waiting.take(wish.id, visitor="alice's browser")
    held = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice's browser")
    seen.clear()

    assert await holds.release(slot_id=slot.id, token=held.token)

    after = await stored(slot)
    assert (after.held_by, after.held_until, after.offered_to) == (before.held_by, before.held_until, wish.id)
    assert set(seen) <= {SlotState.HELD}
    assert await holds.of_visitor("alice's browser") is None
    assert (await waiting.take(wish.id, visitor="alice's browser")).id == slot.id


async def test_who_books_the_offered_slot_under_another_address_waits_no_more(
    slot: TimeSlot, charlie: Customer
) -> None:
    (wish,) = await offered(slot, "alice")
    await waiting.take(wish.id, visitor="alice's browser")

    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice's browser", customer=charlie)
    await telling.tell_left()

    assert await states(wish) == [WishState.TAKEN]


async def test_who_books_another_time_in_these_days_hands_the_offer_on(
    slot: TimeSlot, make_slot: MakeSlot, alice: Customer
) -> None:
    first, second = await offered(slot, "alice", "bob")
    other = await make_slot(await Expert.get(slot.expert_id), hours=26)

    await bookings.book(expert_id=other.expert_id, slot_id=other.id, visitor="alice's browser", customer=alice)
    await telling.tell_left()

    assert await states(first, second) == [WishState.TAKEN, WishState.OFFERED]
    assert (await stored(slot)).offered_to == second.id


async def test_what_was_booked_before_somebody_waited_fulfils_nothing(
    slot: TimeSlot, make_slot: MakeSlot, alice: Customer
) -> None:
    other = await make_slot(await Expert.get(slot.expert_id), hours=26)
    booking = await bookings.book(expert_id=other.expert_id, slot_id=other.id, visitor="alice", customer=alice)
    wish = await wait("alice", slot)

    await bookings.confirm(booking.id)
    await telling.tell_left()

    assert await states(wish) == [WishState.WAITING]


async def test_crash_between_claim_and_hold_is_put_right_by_recovery(
    slot: TimeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await full(slot)
    first, second = await wait("alice", slot), await wait("bob", slot)

    async def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("expert_booking.slots.write_onto", dies)
        with pytest.raises(KeyboardInterrupt):
            await bookings.cancel(booking.id)
    await offering.look_after()
    assert (await states(first), await mails()) == ([WishState.OFFERED], [])

    await recovery.recover()
    await offering.look_after()

    assert await states(first, second) == [WishState.OFFERED, WishState.WAITING]
    assert (await stored(slot)).offered_to == first.id
    assert await mails() == [("alice@example.com", 1)]


async def test_crash_while_an_offer_is_handed_on_is_put_right_by_the_next_tick(
    slot: TimeSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first, second = await offered(slot, "alice", "bob")
        traveller.shift(OFFER + timedelta(seconds=1))

        async def dies(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr("expert_booking.slots.write_onto", dies)
            with pytest.raises(KeyboardInterrupt):
                await holds.expire()
        assert (await stored(slot)).offered_to == first.id

        await holds.expire()

        assert await states(first, second) == [WishState.WAITING, WishState.OFFERED]
        assert (await stored(slot)).offered_to == second.id


async def test_claim_that_came_to_nothing_is_taken_back_without_a_mail(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        wish = await wait("alice", slot)
        await offering.hold_for_next(await stored(slot))  # and whoever asked has died, or lost the slot
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie")
        await offering.look_after()
        assert await states(wish) == [WishState.OFFERED]

        traveller.shift(offering.PATIENCE + timedelta(seconds=1))
        await offering.look_after()

        assert (await states(wish), await mails(), (await now(wish)).passed) == ([WishState.WAITING], [], [])


async def test_slots_that_appear_where_there_was_nothing_are_offered(
    expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    await full(slot)
    wish = await wait("alice", slot)

    new = await make_slot(expert, hours=26)
    later = await make_slot(expert, hours=27)

    assert await waiting.look_for_openings() == 1
    assert ((await stored(new)).offered_to, (await stored(later)).offered_to) == (wish.id, None)


async def test_slots_that_appear_beside_open_ones_are_for_everybody(
    expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    wish = await wait("alice", slot)

    new = await make_slot(expert, hours=26)

    assert await waiting.look_for_openings() == 0
    assert (await states(wish), (await stored(new)).offered_to) == ([WishState.WAITING], None)


async def test_days_that_fill_up_later_count_as_having_nothing(
    expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    wish = await wait("alice", slot)
    await full(slot)
    await waiting.look_for_openings()

    new = await make_slot(expert, hours=26)
    await waiting.look_for_openings()

    assert (await stored(new)).offered_to == wish.id


async def test_wish_ends_with_its_days(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        wish = await wait("alice", slot)
        traveller.shift(timedelta(days=4))

        await waiting.look_for_openings()

        assert (await states(wish), await waiting.count_for(slot.expert_id)) == ([WishState.ENDED], 0)


async def test_link_opens_one_place_and_no_other(slot: TimeSlot) -> None:
    mine, yours = await wait("alice", slot), await wait("bob", slot)
    token, other = waiting.token_of(mine), waiting.token_of(yours)

    assert (await waiting.by_token(token)).id == mine.id
    for wrong in ("", "x", str(mine.id), f"{mine.id}{other[24:]}", token[:-1], f"{token}x", "\ud800" * 56):
        with pytest.raises(WishNotFound):
            await waiting.by_token(wrong)
    everything = str(await Wish.find_all().to_list())
    assert token[24:] not in everything


async def test_link_is_worth_nothing_under_another_secret(slot: TimeSlot) -> None:
    token = waiting.token_of(await wait("alice", slot))

    waiting.use("another secret")

    with pytest.raises(WishNotFound):
        await waiting.by_token(token)


async def test_who_waits_for_the_same_keeps_their_place(slot: TimeSlot) -> None:
    first = await wait("alice", slot)
    await wait("bob", slot)

    again = await wait("Alice", slot)

    assert (again.id, await waiting.count_for(slot.expert_id)) == (first.id, 2)


async def test_place_counts_those_who_want_the_same_times(slot: TimeSlot) -> None:
    first = await wait("alice", slot, session_type="intro")
    second = await wait("bob", slot, session_type="deep")
    third = await wait("charlie", slot)

    assert [await waiting.place_of(wish) for wish in (first, second, third)] == [1, 1, 3]
    await waiting.leave(first.id)
    assert await waiting.place_of(third) == 2


async def test_an_address_stands_in_ten_lines_at_most(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    slots = [await make_slot(await make_expert(f"Expert {number}")) for number in range(waiting.MOST_OF_ADDRESS + 1)]
    wishes = [await wait("alice", slot) for slot in slots[:-1]]

    with pytest.raises(TooManyWishes):
        await wait("alice", slots[-1])
    await waiting.leave(wishes[0].id)
    assert (await wait("alice", slots[-1])).stands


@pytest.mark.parametrize(
    ("first_on", "last_on", "wrong"),
    [
        ("", "2026-06-03", "first_on"),
        ("2026-06-01", "soon", "last_on"),
        ("2026-06-03", "2026-06-02", "last_on"),
        ("2026-05-01", "2026-05-02", "last_on"),
        ("2026-06-01", "2028-06-01", "last_on"),
    ],
)
@time_machine.travel("2026-06-01T12:00Z")
def test_days_that_make_no_sense_are_refused(first_on: str, last_on: str, wrong: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        waiting.check_days(first_on, last_on, zone=ZoneInfo("UTC"))

    assert [problem.field for problem in refused.value.problems] == [wrong]


async def test_days_are_those_of_the_zone_in_which_they_were_chosen(expert: Expert) -> None:
    on = clock.now().date() + timedelta(days=5)
    wish = await waiting.join(
        expert_id=expert.id,
        waiter=Waiter(name="Alice", email="alice@example.com", time_zone="Asia/Kolkata"),
        first_on=on,
        last_on=on,
    )

    assert (wish.first_on, wish.last_on) == (on, on)
    midnight = datetime.combine(on, datetime.min.time(), wish.begins_at.tzinfo)
    assert wish.begins_at == midnight - timedelta(hours=5, minutes=30)
    assert wish.ends_at - wish.begins_at == timedelta(days=1)


async def test_offer_that_is_over_is_not_written_about(slot: TimeSlot) -> None:
    (wish,) = await offered(slot, "alice")
    (message,) = await Message.find({"kind": MessageKind.OFFER}).to_list()
    assert list(await letters.look_up([message])) == [message.id]

    await waiting.decline(wish.id)

    assert await letters.look_up([message]) == {}


async def test_who_is_forgotten_leaves_nothing_and_hands_the_offer_on(slot: TimeSlot) -> None:
    first, second = await offered(slot, "alice", "bob")

    await waiting.forget(first.customer_key)

    assert await Wish.find_one({"_id": first.id}) is None
    assert (await stored(slot)).offered_to == second.id


async def test_who_leaves_while_something_is_offered_to_them_leaves_and_it_goes_to_the_next(
    slot: TimeSlot, meanwhile: Meanwhile
) -> None:
    booking = await full(slot)
    first, second = await wait("alice", slot), await wait("bob", slot)
    meanwhile(lambda: bookings.cancel(booking.id))

    await waiting.leave(first.id)
    await offering.look_after()

    assert await states(first, second) == [WishState.ENDED, WishState.OFFERED]
    assert (await stored(slot)).offered_to == second.id
    assert await mails() == [("bob@example.com", 1)]


async def test_who_leaves_between_claim_and_hold_gets_no_hold(slot: TimeSlot, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = await full(slot)
    first, second = await wait("alice", slot), await wait("bob", slot)

    async def claims_and_loses(slot: TimeSlot) -> dict[str, Any]:
        hold = await offering.hold_for_next(slot)
        if (await now(first)).stands:
            await waiting.leave(first.id)
        return hold

    monkeypatch.setattr(waiting, "hold_for_next", claims_and_loses)

    await bookings.cancel(booking.id)

    assert await states(first, second) == [WishState.ENDED, WishState.OFFERED]
    assert (await stored(slot)).offered_to == second.id


async def test_who_has_booked_waits_no_more_though_something_is_offered_to_them_meanwhile(
    slot: TimeSlot, make_slot: MakeSlot, alice: Customer, meanwhile: Meanwhile
) -> None:
    booking = await full(slot)
    await telling.tell_left()
    first, second = await wait("alice", slot), await wait("bob", slot)
    other = await make_slot(await Expert.get(slot.expert_id), hours=26)
    await bookings.book(expert_id=other.expert_id, slot_id=other.id, visitor="alice", customer=alice)
    meanwhile(lambda: bookings.cancel(booking.id))

    await telling.tell_left()

    assert await states(first, second) == [WishState.TAKEN, WishState.OFFERED]
    assert (await stored(slot)).offered_to == second.id


async def test_who_is_forgotten_while_something_is_offered_to_them_hands_it_on(
    slot: TimeSlot, meanwhile: Meanwhile
) -> None:
    booking = await full(slot)
    first, second = await wait("alice", slot), await wait("bob", slot)
    meanwhile(lambda: bookings.cancel(booking.id))

    await waiting.forget(first.customer_key)

    assert await Wish.find_one({"_id": first.id}) is None
    assert (await stored(slot)).offered_to == second.id


async def test_booking_that_is_cancelled_while_it_is_told_of_takes_nobodys_place(slot: TimeSlot) -> None:
    booking = await full(slot)
    as_read = await bookings.get(booking.id)
    wish = await wait("alice", slot)
    await bookings.cancel(booking.id)
    await offering.look_after()

    await waiting.fulfil([as_read])

    assert await states(wish) == [WishState.OFFERED]
    assert (await stored(slot)).offered_to == wish.id


async def test_who_was_claimed_for_a_slot_that_another_was_quicker_with_waits_on(
    slot: TimeSlot, charlie: Customer
) -> None:
    wish = await wait("alice", slot)
    await offering.hold_for_next(await stored(slot))  # and loses the slot
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="charlie", customer=charlie)

    await telling.tell_left()

    assert await states(wish) == [WishState.OFFERED]
    with time_machine.travel(clock.now() + offering.PATIENCE + timedelta(seconds=1), tick=False):
        await offering.look_after()
    assert (await states(wish), await mails()) == ([WishState.WAITING], [])


async def booked_but_not_shown(slot: TimeSlot, wish: Wish, customer: Customer, patch: pytest.MonkeyPatch) -> None:
    """Who was offered the slot takes and books it, and it does not show that yet."""
    taken = await waiting.take(wish.id, visitor="alice")
    await book_and_die(slot, customer, patch, visitor="alice")
    assert (await stored(slot)).version == taken.version


async def book_and_die(slot: TimeSlot, customer: Customer, patch: pytest.MonkeyPatch, *, visitor: str) -> None:
    """The slot is booked, and the process dies before the slot shows it."""

    async def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with patch.context() as broken:
        broken.setattr("expert_booking.settling._show_new", dies)
        with pytest.raises(KeyboardInterrupt):
            await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor, customer=customer)


async def test_booked_slot_that_does_not_show_it_yet_is_not_handed_on(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await offered(slot, "alice", "bob")
    await booked_but_not_shown(slot, first, alice, monkeypatch)

    await telling.tell_left()
    await offering.look_after()

    assert await states(first, second) == [WishState.TAKEN, WishState.WAITING]
    assert (await stored(slot)).state_at(clock.now()) is SlotState.BOOKED
    assert await mails() == [("alice@example.com", 1)]


async def test_booked_slot_that_does_not_show_it_yet_runs_out_for_nobody(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first, second = await offered(slot, "alice", "bob")
        await booked_but_not_shown(slot, first, alice, monkeypatch)
        traveller.shift(OFFER + timedelta(seconds=1))

        await holds.expire()

        assert await states(first, second) == [WishState.OFFERED, WishState.WAITING]
        assert (await stored(slot)).state_at(clock.now()) is SlotState.BOOKED
        await telling.tell_left()
        assert await states(first, second) == [WishState.TAKEN, WishState.WAITING]


async def test_booked_slot_that_does_not_show_it_yet_is_no_opening(
    slot: TimeSlot, charlie: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = await wait("alice", slot)
    await book_and_die(slot, charlie, monkeypatch, visitor="charlie")

    with time_machine.travel(slot.starts_at - timedelta(hours=1), tick=False):
        assert not await offering.offer(await stored(slot))

    assert await states(wish) == [WishState.WAITING]
    assert (await stored(slot)).state_at(clock.now()) is SlotState.BOOKED


async def test_nothing_is_offered_while_visitors_do_not_find_the_expert(slot: TimeSlot) -> None:
    booking = await full(slot)
    wish = await wait("alice", slot)
    await staff.hide(slot.expert_id, by=HOUSE)

    await bookings.cancel(booking.id)
    await waiting.look_for_openings()
    await offering.look_after()

    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN
    assert (await states(wish), await mails()) == ([WishState.WAITING], [])


async def test_what_is_open_once_the_expert_is_shown_again_is_offered(slot: TimeSlot) -> None:
    booking = await full(slot)
    wish = await wait("alice", slot)
    await staff.hide(slot.expert_id, by=HOUSE)
    await bookings.cancel(booking.id)
    await waiting.look_for_openings()

    await staff.show(slot.expert_id, by=HOUSE)
    await waiting.look_for_openings()

    assert (await stored(slot)).offered_to == wish.id


async def test_what_is_offered_when_the_expert_is_hidden_is_kept_no_more_and_not_in_vain(slot: TimeSlot) -> None:
    (wish,) = await offered(slot, "alice")
    await waiting.look_for_openings()
    (message,) = await Message.find({"kind": MessageKind.OFFER}).to_list()
    await staff.hide(slot.expert_id, by=HOUSE)
    with pytest.raises(OfferIsOver):
        await waiting.take(wish.id, visitor="alice")

    await offering.look_after()

    assert (await stored(slot)).state_at(clock.now()) is SlotState.OPEN
    assert await letters.look_up([message]) == {}
    await staff.show(slot.expert_id, by=HOUSE)
    await waiting.look_for_openings()
    assert (await stored(slot)).offered_to == wish.id


async def test_who_has_the_form_open_when_the_expert_is_hidden_may_still_book(slot: TimeSlot, alice: Customer) -> None:
    (wish,) = await offered(slot, "alice")
    taken = await waiting.take(wish.id, visitor="alice")
    await staff.hide(slot.expert_id, by=HOUSE)

    await offering.look_after()

    assert (await stored(slot)).hold_token == taken.hold_token
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await telling.tell_left()
    assert await states(wish) == [WishState.TAKEN]


async def test_line_ends_when_the_expert_leaves_and_everybody_in_it_is_told_once(slot: TimeSlot) -> None:
    first, second = await offered(slot, "alice", "bob")

    for _ in range(2):
        await staff.remove(slot.expert_id, cancels=False, message="", by=HOUSE)

    assert await states(first, second) == [WishState.ENDED, WishState.ENDED]
    assert (await stored(slot)).offered_to is None
    assert await mails(MessageKind.LINE_CLOSED) == [("alice@example.com", 0), ("bob@example.com", 0)]
    told = await Message.find({"kind": MessageKind.LINE_CLOSED}).to_list()
    assert set(await letters.look_up(told)) == {message.id for message in told}


async def test_line_that_a_crash_left_when_the_expert_left_ends_by_itself(slot: TimeSlot) -> None:
    wish = await wait("alice", slot)
    await database.collection(Expert).update_one(
        {"_id": slot.expert_id}, {"$set": {"removed_at": clock.now(), "is_hidden": True}}
    )

    await waiting.look_for_openings()

    assert await states(wish) == [WishState.ENDED]
    assert await mails(MessageKind.LINE_CLOSED) == [("alice@example.com", 0)]


async def test_who_is_forgotten_is_not_told_that_the_expert_has_left(slot: TimeSlot) -> None:
    wish = await wait("alice", slot)
    await waiting.close(slot.expert_id)
    (message,) = await Message.find({"kind": MessageKind.LINE_CLOSED}).to_list()

    await waiting.forget(wish.customer_key)

    assert await letters.look_up([message]) == {}


async def test_only_days_for_which_somebody_waits_are_looked_at(slot: TimeSlot, make_slot: MakeSlot) -> None:
    expert = await Expert.get(slot.expert_id)
    await full(slot)
    wish = await wait("alice", slot)
    later = await make_slot(expert, hours=24 * 9)
    ours = await make_slot(expert, hours=26, buffer_after=5)

    found = await waiting._unbooked(expert.id, [wish])

    assert [opening.id for opening in found] == [ours.id]
    assert later.starts_at > wish.ends_at


async def test_slots_that_share_time_open_one_after_the_other_and_are_not_offered_both(
    expert: Expert, make_slot: MakeSlot
) -> None:
    long = await make_slot(expert, session_type="long")
    half, minutes = timedelta(minutes=30), timedelta(minutes=15)
    short = await make_slot(expert, starts_at=long.starts_at, session_type="short")
    odd = await make_slot(expert, starts_at=long.starts_at + minutes, session_type="odd")
    for one, ends_at in ((short, short.starts_at + half), (odd, odd.starts_at + half)):
        await one.set({"ends_at": ends_at})
    for one in (long, short, odd):
        await one.set({"crosses": [other.id for other in (long, short, odd) if other.id != one.id]})
    booking = await full(long)
    first, second = await wait("alice", long, session_type="short"), await wait("bob", long, session_type="odd")

    await bookings.cancel(booking.id)

    assert await states(first, second) == [WishState.OFFERED, WishState.WAITING]
    assert [(await stored(one)).offered_to for one in (long, short, odd)] == [None, first.id, None]
    assert {(await stored(one)).state_at(clock.now()) for one in (long, short, odd)} == {SlotState.HELD}
