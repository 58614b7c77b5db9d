"""The table of who may do what, asked as everybody about everything."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import access, bookings, clock, people
from expert_booking.access import NOBODY, Caller
from expert_booking.customers import Customer
from expert_booking.errors import BookingNotFound, NotAllowed, ProofMissing, ProofRefused, SignInNeeded
from expert_booking.people import Person, Role
from expert_booking.roles import MAY, NEEDS_FRESH_PROOF, Action, Who
from models import ApiToken, Booking, Expert, Scope, TimeSlot

ABOUT_ONESELF = (Action.SIGN_OUT, Action.EXPORT, Action.ERASE)
ABOUT_A_BOOKING = (Action.OPEN, Action.SEE, Action.CANCEL, Action.DELETE, Action.MOVE_ON)
GIVEN_ELSEWHERE = (Who.HOLDER, Who.WATCHER)
"""By a hold's token and by the metrics token, which are asked for where they are used."""


@pytest.fixture
async def booking(expert: Expert, slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)


def somebody(email: str, *roles: Role, expert_id: PydanticObjectId | None = None) -> Person:
    known = frozenset({Role.CUSTOMER, *roles})
    return Person(email=email, key=email, roles=known, expert_id=expert_id, proved_at=clock.now())


def callers(booking: Booking) -> dict[Who, Caller]:
    return {
        Who.ANYBODY: NOBODY,
        Who.MANAGER: Caller(manage_tokens=("another token", booking.manage_token)),
        Who.CUSTOMER: Caller(person=somebody("alice@example.com")),
        Who.EXPERT: Caller(person=somebody("sarah@example.com", Role.EXPERT, expert_id=booking.expert_id)),
        Who.ADMINISTRATOR: Caller(person=somebody("house@example.com", Role.ADMINISTRATOR)),
        Who.OPERATOR: Caller(is_operator=True),
        Who.PROGRAM: Caller(program=program(*Scope)),
    }


def program(*scopes: Scope) -> ApiToken:
    now = clock.now()
    return ApiToken(id="a digest", name="CRM", begins="", scopes=list(scopes), made_by="house", created_at=now)


def strangers() -> dict[str, Caller]:
    return {
        "another customer": Caller(person=somebody("bob@example.com")),
        "another expert": Caller(person=somebody("tom@example.com", Role.EXPERT, expert_id=PydanticObjectId())),
        "an expert who is none any more": Caller(person=somebody("tom@example.com", Role.EXPERT)),
        "the manager of another booking": Caller(manage_tokens=("another token",)),
        "somebody with half a character": Caller(manage_tokens=("\ud800",)),
        "a program without the scope": Caller(program=program(Scope.FIGURES_READ)),
        "whoever typed the address": Caller(typed_email="alice@example.com"),
    }


def is_let(caller: Caller, action: Action, booking: Booking | None) -> bool:
    try:
        access.require(caller, action, booking)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("action", ABOUT_A_BOOKING)
async def test_table_says_who_may_do_what_with_a_booking(booking: Booking, action: Action) -> None:
    let = {who for who, caller in callers(booking).items() if is_let(caller, action, booking)}

    assert let == MAY[action] - set(GIVEN_ELSEWHERE)
    assert [name for name, caller in strangers().items() if is_let(caller, action, booking)] == []


@pytest.mark.parametrize("action", ABOUT_ONESELF)
async def test_whoever_is_signed_in_may_do_what_is_about_themselves(booking: Booking, action: Action) -> None:
    everybody = [*callers(booking).values(), *strangers().values()]

    assert [is_let(caller, action, None) for caller in everybody] == [caller.person is not None for caller in everybody]


async def test_everybody_may_do_what_is_for_anybody(booking: Booking) -> None:
    everybody = [*callers(booking).values(), *strangers().values()]
    free = [action for action, may in MAY.items() if Who.ANYBODY in may]

    assert all(is_let(caller, action, None) for caller, action in itertools.product(everybody, free))
    assert Action.BOOK in free


async def test_what_cannot_be_taken_back_needs_a_fresh_proof(booking: Booking) -> None:
    alice = callers(booking)[Who.CUSTOMER]

    with time_machine.travel(clock.now() + people.FRESH_FOR + timedelta(seconds=1)):
        let = {action for action in ABOUT_ONESELF if is_let(alice, action, None)}
        with pytest.raises(SignInNeeded, match="sign in once more"):
            access.require(alice, Action.ERASE)
    assert let == set(ABOUT_ONESELF) - NEEDS_FRESH_PROOF == {Action.SIGN_OUT, Action.EXPORT}


async def test_address_that_was_typed_counts_in_an_open_house_only(booking: Booking) -> None:
    typed, bobs = Caller(typed_email="ALICE@example.com"), Caller(typed_email="bob@example.com")
    access.use(email_verification="off")
    try:
        assert is_let(typed, Action.CANCEL, booking)
        assert not is_let(bobs, Action.CANCEL, booking)
        assert not is_let(typed, Action.MOVE_ON, booking)
        assert not is_let(typed, Action.ERASE, None)
    finally:
        access.use(email_verification="on")
    assert not is_let(typed, Action.CANCEL, booking)


async def test_refusal_says_what_is_missing(booking: Booking) -> None:
    with pytest.raises(ProofMissing):
        access.require(NOBODY, Action.CANCEL, booking)
    with pytest.raises(ProofRefused):
        access.require(Caller(manage_tokens=("wrong",)), Action.CANCEL, booking)
    with pytest.raises(SignInNeeded):
        access.require(NOBODY, Action.EXPORT)


async def test_booking_that_does_not_exist_is_the_same_as_somebody_elses(booking: Booking) -> None:
    nothing = PydanticObjectId()
    for caller in (*strangers().values(), callers(booking)[Who.MANAGER]):
        for wanted in (nothing, None):
            with pytest.raises(ProofRefused):
                await access.booking_for(caller, Action.CANCEL, wanted)
    for who in (Who.ADMINISTRATOR, Who.OPERATOR):
        with pytest.raises(BookingNotFound):
            await access.booking_for(callers(booking)[who], Action.CANCEL, nothing)
    with pytest.raises(ProofMissing):
        await access.booking_for(NOBODY, Action.CANCEL, booking.id)


async def test_whoever_is_both_is_the_customer_first(booking: Booking) -> None:
    """An expert's own booking with themselves is cancelled, and not declined."""
    alice = callers(booking)[Who.CUSTOMER].person
    assert alice is not None
    both = Caller(person=replace(alice, expert_id=booking.expert_id))

    acting = {who for who, caller in callers(booking).items() if access.acts_for_house(caller, booking)}
    assert {Who.EXPERT, Who.ADMINISTRATOR, Who.OPERATOR} <= acting
    assert not acting & {Who.MANAGER, Who.CUSTOMER}
    assert not access.acts_for_house(both, booking)


@pytest.mark.parametrize(("sent", "expected"), [("", None), ("None", None), ("x", ""), ("é", "e"), ("\ud800", "?")])
def test_token_that_is_not_set_is_nobodys(sent: str, expected: str | None) -> None:
    assert not access.is_same_token(sent, expected)
