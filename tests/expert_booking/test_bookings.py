import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId
from pymongo.errors import AutoReconnect

from expert_booking import actors, bookings, claims, clock, database, holds, lifecycle, policy, recovery, settling
from expert_booking.customers import Customer
from expert_booking.errors import (
    BookingNotFound,
    IdempotencyKeyReused,
    IllegalTransition,
    SlotAlreadyBooked,
    SlotHeldByAnother,
    SlotInThePast,
    SlotNotFound,
    SlotUnavailable,
    TooLateToChange,
)
from expert_booking.settings import Settings
from models import Booking, BookingChange, BookingStatus, Expert, NewsKind, TimeSlot
from models.time_slot import NOT_HELD
from tests.conftest import MakeExpert, MakeSlot, person, stored
from tests.settled import contradictions

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def traveller() -> Iterator[Any]:
    """Time stands still until the test moves it."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


async def book(slot: TimeSlot, customer: Customer, **details: Any) -> Booking:
    """Book as the visitor who has the customer's name, unless told otherwise."""
    asked = {"expert_id": slot.expert_id, "slot_id": slot.id, "visitor": customer.name.lower(), **details}
    return await bookings.book(customer=customer, **asked)


async def hold(slot: TimeSlot, visitor: str) -> holds.Hold:
    return await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor=visitor)


async def kept(booking: Booking) -> Booking:
    """A booking as it is in the database now."""
    found = await Booking.find_one({"_id": booking.id})
    assert found is not None
    return found


# --- booking ---


async def test_book_stores_who_when_and_what(slot: TimeSlot) -> None:
    customer = Customer(
        name="Alice",
        email="Alice@Example.com",
        phone="+442079460958",
        notes="By the window",
        language="de",
        time_zone="Europe/Berlin",
    )

    with time_machine.travel(clock.now(), tick=False):
        made = await book(slot, customer, made_by=bookings.made_by_digest("alice's browser"))
        await settling.mark_shown()
        booking = await kept(made)

        assert booking.model_dump(exclude={"id", "idempotency_key", "request_digest", "manage_token"}) == {
            "expert_id": slot.expert_id,
            "slot_id": slot.id,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "customer_name": "Alice",
            "customer_email": "Alice@Example.com",
            "customer_key": "alice@example.com",
            "customer_phone": "+442079460958",
            "notes": "By the window",
            "language": "de",
            "time_zone": "Europe/Berlin",
            "made_by": bookings.made_by_digest("alice's browser"),
            "sequence": 0,
            "news": [NewsKind.RECEIVED],
            "is_told": False,
            "changes": [BookingChange(kind="made", at=clock.now(), by="customer", became="Pending").model_dump()],
            "changed": 1,
            "message": "",
            "no_show_at": None,
            "session_type": "",
            "session_name": "",
            "claims": claims.of_slot(slot),
            "found_by": None,
            "vacated": [],
            "status": BookingStatus.PENDING,
            "active": True,
            "settled": True,
            "created_at": clock.now(),
            "confirmed_at": None,
            "completed_at": None,
            "cancelled_at": None,
            "deleted_at": None,
        }


async def test_book_without_a_hold_takes_an_open_slot(slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)

    after = await stored(slot)
    assert (after.booking_id, after.held_by, after.held_until) == (booking.id, None, NOT_HELD)
    assert await contradictions() == []


async def test_book_uses_up_the_hold(slot: TimeSlot, alice: Customer) -> None:
    await hold(slot, "alice")

    booking = await book(slot, alice)

    after = await stored(slot)
    assert (after.booking_id, after.held_by, after.hold_token, after.held_until) == (booking.id, None, None, NOT_HELD)


async def test_book_gives_every_booking_a_token_of_its_own(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    tokens = {(await book(await make_slot(expert, hours=24 + hour), alice)).manage_token for hour in range(3)}

    assert len(tokens) == 3
    assert min(len(token) for token in tokens) >= 40


async def test_book_of_a_slot_that_another_holds_is_refused(slot: TimeSlot, bob: Customer) -> None:
    theirs = await hold(slot, "alice")

    with pytest.raises(SlotHeldByAnother):
        await book(slot, bob)

    assert (await stored(slot)).hold_token == theirs.token
    assert await Booking.count() == 0


async def test_book_after_the_hold_ran_out_takes_a_slot_that_is_still_free(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        traveller.shift(policy.current().hold + timedelta(hours=1))

        booking = await book(slot, alice)

    assert (await stored(slot)).booking_id == booking.id


async def test_book_after_the_hold_passed_to_another_is_refused(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        await hold(slot, "alice")
        traveller.shift(policy.current().hold)
        theirs = await hold(slot, "bob")

        with pytest.raises(SlotHeldByAnother):
            await book(slot, alice)

    assert (await stored(slot)).hold_token == theirs.token


async def test_book_while_the_hold_passes_to_another_is_refused(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch, traveller: Any
) -> None:
    """Alice gives the hold up in another tab, and Bob takes it, just after her request has read the slot."""
    hers = await hold(slot, "alice")
    keep = holds._keep

    async def lose_then_keep(slot: TimeSlot, **kept: Any) -> TimeSlot | None:
        monkeypatch.setattr(holds, "_keep", keep)
        await holds.release(slot_id=slot.id, token=hers.token)
        await hold(slot, "bob")
        return await keep(slot, **kept)

    monkeypatch.setattr(holds, "_keep", lose_then_keep)
    traveller.shift(policy.current().hold - policy.PROOF / 3)  # so little is left that it must be lengthened

    with pytest.raises(SlotHeldByAnother):
        await book(slot, alice)

    assert (await stored(slot)).held_by == "bob"
    assert await Booking.count() == 0


async def test_book_of_a_booked_slot_is_refused(slot: TimeSlot, alice: Customer, bob: Customer) -> None:
    booking = await book(slot, alice)

    for customer in (alice, bob):
        with pytest.raises(SlotAlreadyBooked):
            await book(slot, customer)

    assert [found.id for found in await Booking.find_all().to_list()] == [booking.id]


async def test_book_of_an_unknown_slot_is_refused(expert: Expert, alice: Customer) -> None:
    with pytest.raises(SlotNotFound):
        await bookings.book(expert_id=expert.id, slot_id=PydanticObjectId(), visitor="alice", customer=alice)


async def test_book_under_another_expert_is_refused(slot: TimeSlot, make_expert: MakeExpert, alice: Customer) -> None:
    other = await make_expert("Bob Miller")
    await hold(slot, "alice")

    with pytest.raises(SlotNotFound):
        await book(slot, alice, expert_id=other.id)

    assert await Booking.count() == 0


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("notice", [timedelta(0), timedelta(hours=2)])
async def test_book_within_the_minimum_notice_is_refused(
    expert: Expert, make_slot: MakeSlot, alice: Customer, notice: timedelta, held: bool
) -> None:
    policy.use(policy.BookingPolicy(minimum_notice=notice))
    with time_machine.travel(clock.now(), tick=False) as traveller:
        slot = await make_slot(expert, starts_at=clock.now() + notice + timedelta(minutes=1))
        if held:
            await hold(slot, "alice")
        traveller.shift(timedelta(minutes=1))

        with pytest.raises(SlotInThePast):
            await book(slot, alice)

    assert await Booking.count() == 0


async def test_book_at_the_last_moment_before_the_notice_works(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    policy.use(policy.BookingPolicy(minimum_notice=timedelta(hours=2)))
    with time_machine.travel(clock.now(), tick=False):
        slot = await make_slot(expert, starts_at=clock.now() + timedelta(hours=2) + MOMENT)

        assert (await book(slot, alice)).status is BookingStatus.PENDING


async def test_book_answers_yes_when_the_database_goes_away_after_the_insert(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise AutoReconnect("the connection broke")

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", gone)
        booking = await book(slot, alice)
    assert ((await stored(slot)).booking_id, (await kept(booking)).settled) == (None, False)

    assert await recovery.recover() == 1

    assert (await stored(slot)).booking_id == booking.id
    assert await contradictions() == []


async def test_loser_makes_the_slot_show_a_winner_that_a_crash_left_unsettled(
    slot: TimeSlot, alice: Customer, bob: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crashed(*_: object, **__: object) -> None:
        """The process of the winner died between its insert and its projection."""

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", crashed)
        winner = await book(slot, alice)
    with time_machine.travel(clock.now() + policy.PROOF, tick=False), pytest.raises(SlotAlreadyBooked):
        await book(slot, bob)

    after = await stored(slot)
    assert (after.booking_id, after.held_by, after.held_until) == (winner.id, None, NOT_HELD)
    assert await contradictions() == []


async def test_booking_is_marked_settled_after_the_answer(expert: Expert, make_slot: MakeSlot, alice: Customer) -> None:
    made = [await book(await make_slot(expert, hours=24 + hour), alice) for hour in range(3)]
    before = [(await kept(booking)).settled for booking in made]

    await settling.mark_shown()

    assert before == [False] * 3
    assert [(await kept(booking)).settled for booking in made] == [True] * 3
    assert await recovery.recover() == 0


async def test_booking_that_moved_on_before_it_was_marked_is_settled_anew(
    expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its canceller died between its two writes."""

    async def crashed(*_: object, **__: object) -> None:
        """The process of the canceller died here."""

    cancelled, other = [await book(await make_slot(expert, hours=24 + hour), alice) for hour in range(2)]
    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", crashed)
        await bookings.cancel(cancelled.id)

    await settling.mark_shown()

    slots = [await TimeSlot.find_one({"_id": booking.slot_id}) for booking in (cancelled, other)]
    assert [slot and slot.booking_id for slot in slots] == [None, other.id]
    assert await contradictions() == []


async def test_house_that_closes_marks_what_is_shown(
    database_uri: str, database_name: str, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing() -> None:
        """Nobody waits for the first connection here."""

    monkeypatch.setattr(lifecycle, "MARK_SECONDS", 3600)
    settings = Settings(mongo_uri=database_uri, database_name=database_name)
    async with lifecycle.open_house(settings, when_connected=nothing):
        await asyncio.sleep(0)  # the first marking finds nothing
        booking = await book(slot, alice)
    await database.connect(database_uri, name=database_name, timeout_seconds=10)

    assert (await kept(booking)).settled


# --- idempotency ---


async def test_same_key_and_request_give_the_booking_made_before(slot: TimeSlot, alice: Customer) -> None:
    first = await book(slot, alice, idempotency_key="a key")

    again = await book(slot, alice, idempotency_key="a key")

    assert (again.id, again.manage_token) == (first.id, first.manage_token)
    assert await Booking.count() == 1


async def test_same_key_and_request_from_a_new_visit_give_the_booking_made_before(
    slot: TimeSlot, alice: Customer
) -> None:
    first = await book(slot, alice, idempotency_key="a key", visitor="alice at noon")

    again = await book(slot, alice, idempotency_key="a key", visitor="alice at one")

    assert again.id == first.id


@pytest.mark.parametrize("different", ["customer", "notes", "slot"])
async def test_same_key_with_another_request_is_refused(
    expert: Expert, make_slot: MakeSlot, slot: TimeSlot, alice: Customer, different: str
) -> None:
    await book(slot, alice, idempotency_key="a key")
    customer, wanted = alice, slot
    if different == "customer":
        customer = person("bob")
    elif different == "notes":
        customer = Customer(name=alice.name, email=alice.email, phone=alice.phone, notes="Another wish")
    else:
        wanted = await make_slot(expert, hours=48)

    with pytest.raises(IdempotencyKeyReused):
        await book(wanted, customer, idempotency_key="a key")

    assert await Booking.count() == 1


async def test_same_key_sent_twenty_times_at_once_makes_one_booking(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    for round_number in range(5):
        slot = await make_slot(expert, hours=24 + round_number)
        key = f"key {round_number}"

        answers = await asyncio.gather(*(book(slot, alice, idempotency_key=key) for _ in range(20)))

        assert {answer.id for answer in answers} == {(await stored(slot)).booking_id}
        assert await Booking.find({"slot_id": slot.id}).count() == 1
    assert await contradictions() == []


@pytest.mark.parametrize("limited", [{}, {"day_limit": 20, "local_day": "2030-01-07"}])
async def test_same_key_for_two_slots_at_once_makes_one_booking_and_holds_nothing(
    expert: Expert, make_slot: MakeSlot, alice: Customer, limited: dict[str, Any]
) -> None:
    for round_number in range(5):
        slots = [await make_slot(expert, hours=24 + 2 * round_number + half, **limited) for half in range(2)]
        key = f"key {round_number}"

        answers = await asyncio.gather(
            *(book(slot, alice, idempotency_key=key) for slot in slots), return_exceptions=True
        )

        assert sorted(type(answer).__name__ for answer in answers) == ["Booking", "IdempotencyKeyReused"]
        assert [(await stored(slot)).held_until for slot in slots] == [NOT_HELD, NOT_HELD]
    assert await Booking.count() == 5
    assert await contradictions() == []


async def test_same_request_whose_booking_is_cancelled_meanwhile_gives_that_booking(
    expert: Expert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = await make_slot(expert, day_limit=3, local_day="2030-01-07")
    made: list[Booking] = []

    async def prove_and_be_overtaken(**asked: Any) -> TimeSlot:
        monkeypatch.undo()
        made.append(await book(slot, alice, idempotency_key="a key"))
        await bookings.cancel(made[0].id)
        return await holds.prove(**asked)

    monkeypatch.setattr(holds, "prove", prove_and_be_overtaken)

    again = await book(slot, alice, idempotency_key="a key")

    assert (again.id, again.status) == (made[0].id, BookingStatus.CANCELLED)
    assert (await stored(slot)).held_until == NOT_HELD
    assert await contradictions() == []


async def test_place_of_the_day_that_is_lost_again_and_again_is_given_up(
    expert: Expert, make_slot: MakeSlot, slot: TimeSlot, alice: Customer, bob: Customer
) -> None:
    """As it would be if others were quicker every time: the place is taken, and nothing near the slot says so."""
    far = await make_slot(expert, hours=24 * 20)
    theirs = await book(far, bob)
    place = f"{expert.id}/2030-01-07/1"
    await Booking.find_one({"_id": theirs.id}).update({"$push": {"claims": place}})
    await TimeSlot.find_one({"_id": slot.id}).update({"$set": {"day_limit": 3, "local_day": "2030-01-07"}})

    with pytest.raises(SlotUnavailable):
        await book(slot, alice)

    assert (await stored(slot)).held_until == NOT_HELD


# --- the race ---


@pytest.mark.slow
async def test_fifty_contenders_for_one_slot_leave_one_booking(expert: Expert, make_slot: MakeSlot) -> None:
    customers = [person(f"visitor{number}") for number in range(50)]
    for round_number in range(20):
        slot = await make_slot(expert, hours=24 + round_number)

        outcomes = await asyncio.gather(*(book(slot, customer) for customer in customers), return_exceptions=True)

        won = [outcome for outcome in outcomes if isinstance(outcome, Booking)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, SlotUnavailable)]
        after = await stored(slot)
        assert (len(won), len(lost)) == (1, 49)
        assert [booking.id for booking in await Booking.find({"slot_id": slot.id}).to_list()] == [won[0].id]
        assert (after.booking_id, after.held_by, after.held_until) == (won[0].id, None, NOT_HELD)
    assert await contradictions() == []


async def test_fifty_requests_of_one_visitor_for_one_slot_leave_one_booking(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    """All of them prove the same hold, so that the index alone decides."""
    for round_number in range(5):
        slot = await make_slot(expert, hours=24 + round_number)
        await hold(slot, "alice")

        outcomes = await asyncio.gather(*(book(slot, alice) for _ in range(50)), return_exceptions=True)

        won = [outcome for outcome in outcomes if isinstance(outcome, Booking)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, SlotAlreadyBooked)]
        assert (len(won), len(lost)) == (1, 49)
        assert (await stored(slot)).booking_id == won[0].id
    assert await Booking.count() == 5
    assert await contradictions() == []


# --- moving on ---


async def test_confirm_then_complete_keeps_the_slot(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(clock.now(), tick=False):
        booking = await book(slot, alice)

        confirmed = await bookings.confirm(booking.id)
        completed = await bookings.complete(booking.id)

        assert (confirmed.status, confirmed.confirmed_at) == (BookingStatus.CONFIRMED, clock.now())
        assert (completed.status, completed.completed_at) == (BookingStatus.COMPLETED, clock.now())
    assert (await stored(slot)).booking_id == booking.id
    assert await contradictions() == []


@pytest.mark.parametrize(
    ("confirmed", "is_refusal", "told"),
    [
        (False, False, NewsKind.CANCELLED),
        (False, True, NewsKind.DECLINED),
        (True, False, NewsKind.CANCELLED),
        (True, True, NewsKind.CANCELLED),
    ],
)
async def test_every_change_is_kept_as_news_with_its_number(
    slot: TimeSlot, alice: Customer, confirmed: bool, is_refusal: bool, told: NewsKind
) -> None:
    booking = await book(slot, alice)
    news = [NewsKind.RECEIVED]
    if confirmed:
        await bookings.confirm(booking.id)
        news.append(NewsKind.CONFIRMED)

    await bookings.cancel(booking.id, is_refusal=is_refusal)

    left = await kept(booking)
    assert (left.news, left.sequence, left.is_told) == ([*news, told], len(news), False)


async def test_completing_is_no_news(slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)

    completed = await bookings.complete(booking.id)

    assert (completed.news, completed.sequence) == ([NewsKind.RECEIVED], 0)


async def test_refusal_of_what_is_over_is_refused(slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)
    await bookings.complete(booking.id)

    with pytest.raises(IllegalTransition):
        await bookings.cancel(booking.id, is_refusal=True)


@pytest.mark.parametrize("confirmed", [False, True])
async def test_cancel_opens_the_slot_again(slot: TimeSlot, alice: Customer, bob: Customer, confirmed: bool) -> None:
    booking = await book(slot, alice)
    if confirmed:
        await bookings.confirm(booking.id)

    cancelled = await bookings.cancel(booking.id)

    assert (cancelled.status, cancelled.active) == (BookingStatus.CANCELLED, False)
    assert (await stored(slot)).booking_id is None
    assert (await book(slot, bob)).slot_id == slot.id
    assert await contradictions() == []


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        (["confirm"], "confirm"),
        (["complete"], "confirm"),
        (["complete"], "complete"),
        (["complete"], "cancel"),
        (["cancel"], "confirm"),
        (["cancel"], "complete"),
        (["cancel"], "cancel"),
        (["cancel"], "delete"),
        (["confirm"], "delete"),
        ([], "delete"),
    ],
)
async def test_move_that_the_status_does_not_allow_is_refused(
    slot: TimeSlot, alice: Customer, moves: list[str], refused: str
) -> None:
    booking = await book(slot, alice)
    for move in moves:
        await getattr(bookings, move)(booking.id)
    before, slot_before = await kept(booking), await stored(slot)

    with pytest.raises(IllegalTransition, match=f"This booking is {before.status}"):
        await getattr(bookings, refused)(booking.id)

    assert (await kept(booking), await stored(slot)) == (before, slot_before)


@pytest.mark.parametrize("move", ["get", "confirm", "complete", "cancel", "delete"])
async def test_move_of_an_unknown_booking_is_refused(connected: None, move: str) -> None:
    with pytest.raises(BookingNotFound):
        await getattr(bookings, move)(PydanticObjectId())


async def test_moves_at_the_same_moment_end_in_one_of_them(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    for round_number in range(10):
        slot = await make_slot(expert, hours=24 + round_number)
        booking = await book(slot, alice)

        outcomes = await asyncio.gather(
            *(move(booking.id) for move in (bookings.cancel, bookings.complete) * 5), return_exceptions=True
        )

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Booking"] + ["IllegalTransition"] * 9
        owner = None if (await kept(booking)).status is BookingStatus.CANCELLED else booking.id
        assert (await stored(slot)).booking_id == owner
    assert await contradictions() == []


@pytest.mark.parametrize("confirmed", [False, True])
async def test_customers_cancel_until_the_session_begins_and_no_longer(
    slot: TimeSlot, alice: Customer, confirmed: bool
) -> None:
    booking = await book(slot, alice)
    if confirmed:
        await bookings.confirm(booking.id)
    before = await kept(booking)

    for moment in (slot.starts_at, slot.ends_at, slot.ends_at + timedelta(days=1)):
        with time_machine.travel(moment, tick=False), pytest.raises(TooLateToChange):
            await bookings.cancel(booking.id, by=actors.CUSTOMER)
    assert await kept(booking) == before

    with time_machine.travel(slot.starts_at - MOMENT, tick=False):
        cancelled = await bookings.cancel(booking.id, by=actors.CUSTOMER)
    assert cancelled.status is BookingStatus.CANCELLED


async def test_experts_call_off_what_has_begun(slot: TimeSlot, alice: Customer) -> None:
    booking = await book(slot, alice)

    with time_machine.travel(slot.starts_at, tick=False):
        cancelled = await bookings.cancel(booking.id, is_refusal=True, by=actors.EXPERT)

    assert cancelled.status is BookingStatus.CANCELLED


# --- deleting ---


async def completed_booking(slot: TimeSlot, customer: Customer) -> Booking:
    booking = await book(slot, customer)
    return await bookings.complete(booking.id)


async def test_delete_removes_a_completed_booking_and_opens_its_slot(
    slot: TimeSlot, alice: Customer, bob: Customer
) -> None:
    booking = await completed_booking(slot, alice)

    await bookings.delete(booking.id)

    assert await Booking.count() == 0
    assert (await stored(slot)).booking_id is None
    assert (await book(slot, bob)).slot_id == slot.id
    assert await contradictions() == []


async def test_delete_of_a_past_session_does_not_open_it(expert: Expert, make_slot: MakeSlot, alice: Customer) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        slot = await make_slot(expert, starts_at=clock.now() + timedelta(hours=1))
        booking = await completed_booking(slot, alice)
        traveller.shift(timedelta(hours=1))

        await bookings.delete(booking.id)

        assert (await stored(slot)).booking_id is None
        with pytest.raises(SlotInThePast):
            await book(slot, alice)


async def test_repeated_delete_never_frees_somebody_elses_slot(slot: TimeSlot, alice: Customer, bob: Customer) -> None:
    booking = await completed_booking(slot, alice)
    await bookings.delete(booking.id)
    theirs = await book(slot, bob)

    with pytest.raises(BookingNotFound):
        await bookings.delete(booking.id)

    assert (await stored(slot)).booking_id == theirs.id
    assert await contradictions() == []


async def test_repeated_cancel_never_frees_somebody_elses_slot(slot: TimeSlot, alice: Customer, bob: Customer) -> None:
    booking = await book(slot, alice)
    await bookings.cancel(booking.id)
    theirs = await book(slot, bob)

    with pytest.raises(IllegalTransition):
        await bookings.cancel(booking.id)

    assert (await stored(slot)).booking_id == theirs.id
    assert await contradictions() == []


@pytest.mark.parametrize("last", ["cancel", "delete"])
async def test_stale_settling_never_frees_somebody_elses_slot(
    slot: TimeSlot, alice: Customer, bob: Customer, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Alice's process stalls after it gave the booking up; recovery frees the slot, and Bob takes it."""
    booking = await book(slot, alice)
    if last == "delete":
        await bookings.complete(booking.id)
    stalled = await stored(slot)

    async def stall(booking: Booking, slot: TimeSlot | None = None) -> None:
        """The process stalls here."""

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", stall)
        await getattr(bookings, last)(booking.id)
    given_up = await kept(booking)
    await recovery.recover()
    theirs = await book(slot, bob)

    await settling.settle(given_up, slot=stalled)

    assert (await stored(slot)).booking_id == theirs.id
    assert await contradictions() == []


async def test_stale_projection_never_puts_back_what_was_cancelled(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice's process stalls after the insert; the booking is cancelled and freed before it goes on."""
    stalled: list[Any] = []

    async def stall(booking: Booking, slot: TimeSlot | None = None) -> None:
        stalled.extend([booking, slot])

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", stall)
        booking = await book(slot, alice)
    await bookings.cancel(booking.id)

    await settling.settle(stalled[0], slot=stalled[1])

    assert (await stored(slot)).booking_id is None
    assert await contradictions() == []


async def test_deletes_at_the_same_moment_delete_once(expert: Expert, make_slot: MakeSlot, alice: Customer) -> None:
    for round_number in range(5):
        slot = await make_slot(expert, hours=24 + round_number)
        booking = await completed_booking(slot, alice)

        outcomes = await asyncio.gather(*(bookings.delete(booking.id) for _ in range(10)), return_exceptions=True)

        assert outcomes.count(None) == 1
        assert {type(outcome) for outcome in outcomes} == {type(None), BookingNotFound}
    assert await Booking.count() == 0
    assert await contradictions() == []


# --- finding ---


async def test_by_manage_token_finds_the_one_booking(expert: Expert, make_slot: MakeSlot, alice: Customer) -> None:
    mine, _ = [await book(await make_slot(expert, hours=24 + hour), alice) for hour in range(2)]

    assert (await bookings.by_manage_token(mine.manage_token)).id == mine.id


@pytest.mark.parametrize("token", ["", "x", '{"$ne": null}'])
async def test_by_manage_token_refuses_what_is_none(slot: TimeSlot, alice: Customer, token: str) -> None:
    await book(slot, alice)

    with pytest.raises(BookingNotFound):
        await bookings.by_manage_token(token)


async def test_for_customer_lists_newest_first_and_nobody_elses(
    expert: Expert, make_slot: MakeSlot, alice: Customer, bob: Customer
) -> None:
    made = []
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for hour in range(3):
            made.append((await book(await make_slot(expert, hours=24 + hour), alice)).id)
            await book(await make_slot(expert, hours=48 + hour), bob)
            traveller.shift(timedelta(minutes=1))

    assert [booking.id for booking in await bookings.for_customer(alice.email)] == made[::-1]


@pytest.mark.parametrize("typed", ["alice@example.com", " ALICE@Example.COM ", "aLiCe@example.com\n"])
async def test_for_customer_compares_without_regard_to_case(slot: TimeSlot, typed: str) -> None:
    customer = Customer(name="Alice", email="Alice@example.com", phone="+442079460958")
    booking = await book(slot, customer)

    assert [found.id for found in await bookings.for_customer(typed)] == [booking.id]


@pytest.mark.parametrize(
    "typed", ["", "alice", "alice@example.co", ".*", "alice@example.com\x00", "\ud800@example.com"]
)
async def test_for_customer_finds_nothing_for_what_is_not_the_address(
    slot: TimeSlot, alice: Customer, typed: str
) -> None:
    await book(slot, alice)

    assert await bookings.for_customer(typed) == []


# --- time ---


async def test_complete_past_sessions_completes_what_has_ended_and_no_more(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = clock.now() + timedelta(hours=1)
        slots = [await make_slot(expert, starts_at=first + timedelta(hours=hour)) for hour in range(4)]
        pending, confirmed, cancelled, later = [await book(slot, alice) for slot in slots]
        await bookings.confirm(confirmed.id)
        await bookings.cancel(cancelled.id)
        await bookings.confirm(later.id)
        traveller.move_to(later.ends_at - MOMENT)

        completed = await recovery.complete_past_sessions()

        statuses = [(await kept(booking)).status for booking in (pending, confirmed, cancelled, later)]
        assert completed == 1
        assert statuses == [
            BookingStatus.PENDING,  # which nobody has answered, and which lapses
            BookingStatus.COMPLETED,
            BookingStatus.CANCELLED,
            BookingStatus.CONFIRMED,
        ]
        assert (await kept(confirmed)).completed_at == clock.now()
        traveller.shift(MOMENT)
        assert await recovery.complete_past_sessions() == 1
    assert await contradictions() == []


async def test_complete_past_sessions_in_several_processes_completes_each_once(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = clock.now() + timedelta(hours=1)
        for hour in range(5):
            booking = await book(await make_slot(expert, starts_at=first + timedelta(hours=hour)), alice)
            await bookings.confirm(booking.id)
        traveller.shift(timedelta(hours=10))

        completed = await asyncio.gather(*(recovery.complete_past_sessions() for _ in range(3)))

    assert sum(completed) == 5
    assert await Booking.find({"status": BookingStatus.COMPLETED}).count() == 5
