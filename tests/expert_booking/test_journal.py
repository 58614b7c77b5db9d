"""Every change is in the journal: who, when, from what, to what, and why; once, whatever crashes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import (
    actors,
    answers,
    bookings,
    clock,
    database,
    journal,
    privacy,
    recovery,
    rescheduling,
    sign_in,
    telling,
)
from expert_booking.customers import Customer
from models import (
    ActorKind,
    Booking,
    BookingStatus,
    ChangeKind,
    Expert,
    JournalEntry,
    Message,
    MessageKind,
    TimeSlot,
)
from tests.conftest import MakeExpert, MakeSlot
from tests.settled import contradictions

ADA = actors.administrator("ada@example.com")


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


Entry = tuple[str, str, str, str, str, str]


async def entered(booking_id: PydanticObjectId) -> list[Entry]:
    """What is in the journal itself."""
    found = await JournalEntry.find({"booking_id": booking_id}).sort("at", "_id").to_list()
    return [(each.what, each.by, each.who, each.was, each.became, each.reason) for each in found]


async def test_life_of_a_booking_is_told_step_by_step(booking: Booking) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        for step in (
            lambda: bookings.confirm(booking.id, by=actors.EXPERT),
            lambda: bookings.complete(booking.id),
            lambda: bookings.delete(booking.id, by=replace(ADA, reason="asked by phone")),
        ):
            time.shift(60)
            await step()  # type: ignore[no-untyped-call]  # one of three verbs
    await telling.tell_left()

    assert await entered(booking.id) == [
        ("booking.made", "customer", "", "", "Pending", ""),
        ("booking.confirmed", "expert", "", "Pending", "Confirmed", ""),
        ("booking.completed", "house", "", "Confirmed", "Completed", ""),
        ("booking.deleted", "administrator", "ada@example.com", "Completed", "", "asked by phone"),
    ]
    assert await Booking.find_one({"_id": booking.id}) is None


@pytest.mark.parametrize("verb", [bookings.confirm, bookings.complete])
async def test_administrator_says_why(booking: Booking, verb: Callable[..., Awaitable[Booking]]) -> None:
    await verb(booking.id, by=replace(ADA, reason="she said so"))
    await telling.tell_left()

    [_, done] = await entered(booking.id)
    assert (done[1:3], done[-1]) == (("administrator", "ada@example.com"), "she said so")


@pytest.mark.parametrize(
    ("by", "name", "reason"), [(actors.EXPERT, "", ""), (ADA, "ada@example.com", "The house is closed.")]
)
async def test_house_gives_reasons_and_what_experts_write_is_for_the_customer_alone(
    booking: Booking, by: actors.Actor, name: str, reason: str
) -> None:
    await bookings.cancel(booking.id, is_refusal=True, by=by, message="The house is closed.")
    await telling.tell_left()

    [_, declined] = await entered(booking.id)
    assert declined == ("booking.declined", by.kind, name, "Pending", "Cancelled", reason)
    assert (await bookings.get(booking.id)).message == "The house is closed."


async def test_what_is_not_entered_yet_is_read_all_the_same(booking: Booking) -> None:
    before = [entry.what for entry in await journal.of_booking(booking.id)]
    await telling.tell_left()

    assert before == ["booking.made"]
    assert [entry.what for entry in await journal.of_booking(booking.id)] == before


async def test_crash_while_it_is_entered_loses_nothing_and_doubles_nothing(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all: Callable[..., Awaitable[None]] = journal.put_all

    async def and_crash(entries: Any) -> None:
        await put_all(entries)
        raise database.CONNECTION_ERRORS[0]("gone")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "put_all", and_crash)
        with pytest.raises(database.CONNECTION_ERRORS):
            await telling.tell_left()
    await bookings.confirm(booking.id)
    await telling.tell_left()

    assert [what for what, *_ in await entered(booking.id)] == ["booking.made", "booking.confirmed"]


async def test_change_that_comes_while_others_are_entered_is_entered_next(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all = journal.put_all

    async def and_meanwhile(entries: Any) -> None:
        await put_all(entries)
        monkeypatch.setattr(journal, "put_all", put_all)
        await bookings.complete(booking.id)  # which nobody is told of by mail

    monkeypatch.setattr(journal, "put_all", and_meanwhile)
    await telling.tell_left()
    await telling.tell_left()

    assert [what for what, *_ in await entered(booking.id)] == ["booking.made", "booking.completed"]


async def test_same_entry_is_made_once(connected: None) -> None:
    for _ in range(2):
        await journal.write("expert.hidden", by=ADA, key="1", reason="on leave")
    for _ in range(2):
        await journal.write("expert.hidden", by=ADA)

    assert await JournalEntry.count() == 3


async def test_journal_names_no_customer(booking: Booking, slot: TimeSlot, alice: Customer) -> None:
    await telling.tell_left()
    person, _ = await _signed_in(alice.email)
    await privacy.erase(person)
    await telling.tell_left()

    raw = str(await database.collection(JournalEntry).find({}).to_list(None))
    assert "booking.cancelled" in raw
    assert not any(each in raw for each in (alice.name, alice.email, alice.phone, alice.key))


async def _signed_in(email: str) -> tuple[Any, str]:
    await sign_in.send_code(email, language="en")
    code = await sign_in.SignInCode.find_one({"_id": email})
    assert code is not None
    new = await sign_in.verify(email, sign_in.code_of(code.nonce))
    person = await sign_in.person_of(new.token)
    return person, new.token


# --- requests that nobody answers, and customers who do not come ---


async def test_request_that_nobody_answers_lapses_and_frees_its_slot(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(slot.starts_at - timedelta(hours=60), tick=False) as time:
        booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
        time.shift(timedelta(hours=47))
        assert await recovery.lapse_unanswered() == 0
        time.shift(timedelta(hours=2))

        assert await recovery.lapse_unanswered() == 1
        assert await recovery.lapse_unanswered() == 0

    lapsed = await bookings.get(booking.id)
    assert (lapsed.status, lapsed.active, lapsed.changes[-1].kind) == (
        BookingStatus.CANCELLED,
        False,
        ChangeKind.LAPSED,
    )
    after = await TimeSlot.find_one({"_id": slot.id})
    assert after is not None
    assert after.booking_id is None


async def test_request_lapses_when_its_session_begins_and_its_customer_is_told(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(slot.starts_at - timedelta(hours=5), tick=False) as time:
        booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
        time.move_to(answers.answer_by(booking) - timedelta(milliseconds=1))
        assert await recovery.lapse_unanswered() == 0
        time.move_to(slot.starts_at)

        assert await recovery.lapse_unanswered() == 1
        await telling.tell_left()

    lapsed = await bookings.get(booking.id)
    assert (lapsed.status, lapsed.active) == (BookingStatus.CANCELLED, False)
    assert await Message.find({"kind": MessageKind.LAPSED, "to": alice.email}).count() == 1
    assert await contradictions() == []


async def test_request_whose_session_is_long_over_lapses_and_is_not_completed(slot: TimeSlot, alice: Customer) -> None:
    """The house was closed for a day."""
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    with time_machine.travel(slot.ends_at + timedelta(days=1), tick=False):
        assert await recovery.complete_past_sessions() == 0
        assert await recovery.lapse_unanswered() == 1

    assert (await bookings.get(booking.id)).changes[-1].kind is ChangeKind.LAPSED
    assert await contradictions() == []


async def test_answer_at_the_last_moment_or_the_lapse_counts_and_not_both(
    make_slot: MakeSlot, make_expert: MakeExpert, alice: Customer
) -> None:
    expert = await make_expert()
    for number in range(6):
        slot = await make_slot(expert, hours=24 + number)
        booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
        steps = [bookings.confirm(booking.id, by=actors.EXPERT), bookings.lapse(booking.id)]

        outcomes = await asyncio.gather(*(steps if number % 2 else steps[::-1]), return_exceptions=True)

        [became] = [each.status for each in outcomes if isinstance(each, Booking)]
        assert sum(isinstance(each, bookings.IllegalTransition) for each in outcomes) == 1
        kept = await bookings.get(booking.id)
        assert (kept.status, len(kept.changes)) == (became, 2)
    assert await contradictions() == []


async def test_request_that_is_moved_while_it_is_looked_at_does_not_lapse(
    slot: TimeSlot, make_slot: MakeSlot, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the process that moves it is behind."""
    later = await make_slot(await Expert.get(slot.expert_id), hours=40)
    lapse = bookings.lapse

    async def be_overtaken(*args: Any, **asked: Any) -> Booking:
        with time_machine.travel(slot.starts_at - timedelta(minutes=1), tick=False):
            await rescheduling.reschedule(booking.id, later.id, by=actors.CUSTOMER)
        return await lapse(*args, **asked)

    monkeypatch.setattr(bookings, "lapse", be_overtaken)
    with time_machine.travel(slot.starts_at, tick=False):
        assert await recovery.lapse_unanswered() == 0

    kept = await bookings.get(booking.id)
    assert (kept.status, kept.starts_at) == (BookingStatus.PENDING, later.starts_at)


async def test_request_that_was_answered_does_not_lapse(slot: TimeSlot, alice: Customer) -> None:
    with time_machine.travel(slot.starts_at - timedelta(hours=60), tick=False) as time:
        booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
        await bookings.confirm(booking.id)
        time.shift(timedelta(hours=50))
        assert await recovery.lapse_unanswered() == 0


async def test_expert_who_confirms_by_themselves_is_not_asked(
    make_slot: MakeSlot, make_expert: MakeExpert, alice: Customer
) -> None:
    slot = await make_slot(await make_expert(), confirms_at_once=True)

    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    assert (booking.status, booking.confirmed_at, booking.news) == (
        BookingStatus.CONFIRMED,
        booking.created_at,
        ["confirmed"],
    )


async def test_no_show_is_said_once_the_session_has_begun_and_once_only(slot: TimeSlot, booking: Booking) -> None:
    with pytest.raises(bookings.IllegalTransition):
        await bookings.mark_no_show(booking.id, by=actors.EXPERT)

    with time_machine.travel(slot.starts_at + timedelta(minutes=10), tick=False):
        missed = await bookings.mark_no_show(booking.id, by=actors.EXPERT)
        with pytest.raises(bookings.IllegalTransition):
            await bookings.mark_no_show(booking.id, by=actors.EXPERT)

        assert (missed.status, missed.no_show_at) == (BookingStatus.COMPLETED, clock.now())
    assert missed.changes[-1].by is ActorKind.EXPERT


@pytest.mark.parametrize("steps", [[], ["confirm"], ["complete"], ["confirm", "complete"]])
async def test_no_show_keeps_when_it_was_completed_and_knows_what_it_was(
    slot: TimeSlot, booking: Booking, steps: list[str]
) -> None:
    with time_machine.travel(slot.ends_at, tick=False) as time:
        for step in steps:
            await getattr(bookings, step)(booking.id, by=actors.EXPERT)
        before = await bookings.get(booking.id)
        time.shift(timedelta(minutes=5))

        missed = await bookings.mark_no_show(booking.id, by=actors.EXPERT)

        assert missed.completed_at == (before.completed_at or clock.now())
    assert (missed.changes[-1].was, missed.changes[-1].became) == (before.status, BookingStatus.COMPLETED)


async def test_no_show_is_entered_after_what_came_before_it_whoever_was_quicker(
    slot: TimeSlot, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is confirmed right after somebody who marks a no-show has read it."""
    get = bookings.get

    async def read_then_confirm(booking_id: PydanticObjectId) -> Booking:
        found = await get(booking_id)
        monkeypatch.undo()
        with suppress(bookings.IllegalTransition):
            await bookings.confirm(booking_id, by=actors.EXPERT)
        return found

    monkeypatch.setattr(bookings, "get", read_then_confirm)
    with time_machine.travel(slot.ends_at, tick=False):
        await bookings.mark_no_show(booking.id, by=actors.EXPERT)

    changes = (await bookings.get(booking.id)).changes
    assert changes[-1].kind is ChangeKind.NO_SHOW
    assert all(later.was == earlier.became for earlier, later in pairwise(changes))
