import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import bookings, clock, events, holds, policy
from expert_booking.customers import Customer
from expert_booking.errors import SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, SlotNotFound
from expert_booking.holds import Hold
from models import Expert, SlotState, TimeSlot
from models.time_slot import NOT_HELD
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.settled import contradictions

FIVE_MINUTES = policy.BookingPolicy().hold
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def heard() -> Iterator[list[events.SlotChanged]]:
    """Every slot event of the test, in order."""
    told: list[events.SlotChanged] = []
    events.slots.subscribe(events.EVERY_EXPERT, told.append)
    yield told
    events.slots.unsubscribe(events.EVERY_EXPERT, told.append)


async def hold(slot: TimeSlot, visitor: str) -> Hold:
    return await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor)


async def test_hold_takes_an_open_slot_for_five_minutes(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False):
        got = await hold(slot, "alice")

        after = await stored(slot)
        assert got == Hold(expert_id=slot.expert_id, slot_id=slot.id, token=got.token, until=clock.now() + FIVE_MINUTES)
        assert (after.held_by, after.hold_token, after.held_until) == ("alice", got.token, got.until)
        assert after.state_at(clock.now()) is SlotState.HELD


async def test_hold_lasts_as_long_as_the_policy_says(slot: TimeSlot) -> None:
    policy.use(policy.BookingPolicy(hold=timedelta(minutes=12)))

    with time_machine.travel(clock.now(), tick=False):
        got = await hold(slot, "alice")

        assert got.until == clock.now() + timedelta(minutes=12)


async def test_hold_again_by_the_same_visitor_does_not_extend(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES - MOMENT)

        again = await hold(slot, "alice")

    assert again.until == first.until
    assert again.token != first.token


async def test_hold_again_after_it_ran_out_is_a_new_one(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES)

        again = await hold(slot, "alice")

    assert again.until == first.until + FIVE_MINUTES


async def test_second_visitor_is_refused(slot: TimeSlot) -> None:
    first = await hold(slot, "alice")

    with pytest.raises(SlotHeldByAnother):
        await hold(slot, "bob")

    assert (await stored(slot)).hold_token == first.token


async def test_visitor_who_holds_another_slot_lets_go_of_the_first(expert: Expert, make_slot: MakeSlot) -> None:
    first, second = await make_slot(expert, hours=24), await make_slot(expert, hours=25)
    await hold(first, "alice")

    got = await hold(second, "alice")

    assert (await stored(first)).held_until == NOT_HELD
    assert (await stored(second)).hold_token == got.token
    assert await hold(first, "bob")


async def test_refused_visitor_keeps_the_slot_held_before(expert: Expert, make_slot: MakeSlot) -> None:
    mine, theirs = await make_slot(expert, hours=24), await make_slot(expert, hours=25)
    got = await hold(mine, "alice")
    await hold(theirs, "bob")

    with pytest.raises(SlotHeldByAnother):
        await hold(theirs, "alice")

    assert (await stored(mine)).hold_token == got.token


async def test_visitor_who_takes_many_slots_at_once_holds_at_most_one(expert: Expert, make_slot: MakeSlot) -> None:
    slots = [await make_slot(expert, hours=24 + hour) for hour in range(6)]

    for _ in range(5):
        await asyncio.gather(*(hold(slot, "alice") for slot in slots), return_exceptions=True)

        held = [after for slot in slots if (after := await stored(slot)).held_by is not None]
        assert len(held) <= 1
    assert await contradictions() == []


async def test_visitor_who_clicks_twice_at_once_gets_the_hold_both_times(slot: TimeSlot) -> None:
    clicks = await asyncio.gather(*(hold(slot, "alice") for _ in range(5)))

    after = await stored(slot)
    assert {(click.slot_id, click.until) for click in clicks} == {(slot.id, after.held_until)}
    assert clicks[-1].token in {click.token for click in clicks}
    assert after.hold_token in {click.token for click in clicks}


async def test_expired_hold_is_free_without_any_clean_up(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES - MOMENT)
        with pytest.raises(SlotHeldByAnother):
            await hold(slot, "bob")
        traveller.shift(MOMENT)

        await hold(slot, "bob")

    assert (await stored(slot)).held_by == "bob"


async def test_expire_clears_and_announces_what_has_run_out(slot: TimeSlot, heard: list[events.SlotChanged]) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES)
        heard.clear()

        opened = await holds.expire()

        after = await stored(slot)
        assert (opened, after.held_by, after.hold_token, after.held_until) == (1, None, None, NOT_HELD)
        assert [(event.slot_id, event.state, event.held_until, event.version) for event in heard] == [
            (slot.id, SlotState.OPEN, None, after.version)
        ]
        assert await holds.expire() == 0


async def test_expire_in_several_processes_tells_once(slot: TimeSlot, heard: list[events.SlotChanged]) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES)
        heard.clear()

        opened = await asyncio.gather(*(holds.expire() for _ in range(4)))

    assert (sum(opened), len(heard)) == (1, 1)


async def test_expire_leaves_holds_that_still_stand(slot: TimeSlot, heard: list[events.SlotChanged]) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        got = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES - MOMENT)
        heard.clear()

        assert await holds.expire() == 0

    assert (await stored(slot)).hold_token == got.token
    assert heard == []


async def test_release_frees_the_slot_and_announces_it(slot: TimeSlot, heard: list[events.SlotChanged]) -> None:
    got = await hold(slot, "alice")

    assert await holds.release(slot_id=slot.id, token=got.token)

    after = await stored(slot)
    assert (after.held_by, after.hold_token, after.held_until) == (None, None, NOT_HELD)
    assert [(event.state, event.version) for event in heard] == [(SlotState.HELD, 1), (SlotState.OPEN, 2)]


async def test_release_by_a_stale_token_does_nothing(slot: TimeSlot, heard: list[events.SlotChanged]) -> None:
    first = await hold(slot, "alice")
    second = await hold(slot, "alice")
    heard.clear()

    assert not await holds.release(slot_id=slot.id, token=first.token)

    assert (await stored(slot)).hold_token == second.token
    assert heard == []


async def test_release_after_the_hold_passed_on_frees_nobody_elses(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES)
        second = await hold(slot, "bob")

        assert not await holds.release(slot_id=slot.id, token=first.token)

    assert (await stored(slot)).hold_token == second.token


async def test_release_of_a_hold_that_has_run_out_is_no_release(
    slot: TimeSlot, heard: list[events.SlotChanged]
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        got = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES)
        heard.clear()

        assert not await holds.release(slot_id=slot.id, token=got.token)

        assert heard == []
        assert await holds.expire() == 1


async def test_release_of_a_booked_slot_does_nothing(slot: TimeSlot, alice: Customer) -> None:
    got = await hold(slot, "alice")
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    assert not await holds.release(slot_id=slot.id, token=got.token)

    assert (await stored(slot)).booking_id == booking.id


async def test_hold_of_a_slot_that_has_begun_is_refused(expert: Expert, make_slot: MakeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False):
        slot = await make_slot(expert, starts_at=clock.now())

        with pytest.raises(SlotInThePast):
            await hold(slot, "alice")

    assert (await stored(slot)).version == 0


@pytest.mark.parametrize(("ahead", "taken"), [(timedelta(0), False), (MOMENT, True)])
async def test_hold_within_the_minimum_notice_is_refused(
    expert: Expert, make_slot: MakeSlot, ahead: timedelta, taken: bool
) -> None:
    notice = timedelta(hours=2)
    policy.use(policy.BookingPolicy(minimum_notice=notice))
    with time_machine.travel(clock.now(), tick=False):
        slot = await make_slot(expert, starts_at=clock.now() + notice + ahead)

        if taken:
            await hold(slot, "alice")
        else:
            with pytest.raises(SlotInThePast):
                await hold(slot, "alice")

    assert ((await stored(slot)).held_by == "alice") is taken


async def test_hold_again_within_the_minimum_notice_is_refused(expert: Expert, make_slot: MakeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        slot = await make_slot(expert, starts_at=clock.now() + timedelta(minutes=2))
        await hold(slot, "alice")
        traveller.shift(timedelta(minutes=2))

        with pytest.raises(SlotInThePast):
            await hold(slot, "alice")


async def test_hold_of_a_booked_slot_is_refused(slot: TimeSlot, alice: Customer) -> None:
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    for visitor in ("alice", "bob"):
        with pytest.raises(SlotAlreadyBooked):
            await hold(slot, visitor)


async def test_hold_of_an_unknown_slot_is_refused(expert: Expert) -> None:
    with pytest.raises(SlotNotFound):
        await holds.hold(expert_id=expert.id, slot_id=PydanticObjectId(), visitor="alice")


async def test_hold_under_another_expert_is_refused(slot: TimeSlot, make_expert: MakeExpert) -> None:
    other = await make_expert("Bob Miller")

    with pytest.raises(SlotNotFound):
        await holds.hold(expert_id=other.id, slot_id=slot.id, visitor="alice")

    assert (await stored(slot)).version == 0


async def test_hold_again_under_another_expert_is_refused(slot: TimeSlot, make_expert: MakeExpert) -> None:
    other = await make_expert("Bob Miller")
    got = await hold(slot, "alice")

    with pytest.raises(SlotNotFound):
        await holds.hold(expert_id=other.id, slot_id=slot.id, visitor="alice")

    assert (await stored(slot)).hold_token == got.token


async def prove(slot: TimeSlot, visitor: str) -> TimeSlot:
    return await holds.prove(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor)


async def test_proof_of_a_hold_that_lasts_writes_nothing(slot: TimeSlot) -> None:
    got = await hold(slot, "alice")

    proved = await prove(slot, "alice")

    assert proved == await stored(slot)
    assert (proved.hold_token, proved.version) == (got.token, 1)


async def test_proof_lengthens_a_hold_that_is_about_to_end(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        got = await hold(slot, "alice")
        traveller.shift(FIVE_MINUTES - MOMENT)

        proved = await prove(slot, "alice")

        assert proved == await stored(slot)
        assert (proved.hold_token, proved.held_until) == (got.token, clock.now() + policy.PROOF)


async def test_proof_of_an_open_slot_takes_it(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False):
        proved = await prove(slot, "alice")

        assert proved == await stored(slot)
        assert (proved.held_by, proved.held_until, proved.version) == ("alice", clock.now() + policy.PROOF, 1)


async def test_fifty_proofs_of_one_visitor_write_once(slot: TimeSlot) -> None:
    proved = await asyncio.gather(*(prove(slot, "alice") for _ in range(50)))

    assert {each.version for each in proved} == {1}
    assert (await stored(slot)).version == 1


async def test_of_visitor_is_the_slot_held_right_now(slot: TimeSlot) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        mine, theirs = await holds.of_visitor("alice"), await holds.of_visitor("bob")
        traveller.shift(FIVE_MINUTES)
        later = await holds.of_visitor("alice")

    assert mine is not None
    assert (mine.id, theirs, later) == (slot.id, None, None)


async def test_fifty_contenders_for_a_hold_leave_one_holder(slot: TimeSlot) -> None:
    visitors = [f"visitor {number}" for number in range(50)]

    outcomes = await asyncio.gather(*(hold(slot, visitor) for visitor in visitors), return_exceptions=True)

    won = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, SlotHeldByAnother)]
    after = await stored(slot)
    assert (len(won), len(refused)) == (1, 49)
    assert (after.hold_token, after.version) == (won[0].token, 1)
