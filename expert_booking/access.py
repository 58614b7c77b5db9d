"""Who may see and do what: by an address that was proved, by a booking's manage token, or by running the house.

The rule is the table in `roles`; whoever serves a request says who calls, and asks here before anything is done.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace

from beanie import PydanticObjectId

from expert_booking import actors, bookings, customers
from expert_booking.actors import Actor
from expert_booking.errors import BookingNotFound, ProofMissing, ProofRefused, ScopeMissing, SignInNeeded
from expert_booking.people import Person, Role
from expert_booking.roles import MAY, NEEDS_FRESH_PROOF, SCOPES, Action, Who
from expert_booking.sentence import Sentence
from models import ApiToken, Booking

SIGN_IN_ANEW = Sentence("This cannot be taken back. Please sign in once more first, so that we know it is you.")

OPERATOR = "operator"
"""What the journal calls whoever has the admin token."""

_PERSONAL = frozenset({Who.CUSTOMER})
_is_open = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    `person` is whoever has proved an address; `manage_tokens` are those that their browser or program has; `program` is
    one that has an API token, and `is_operator` says that the admin token came along. `typed_email` is not proved: it
    counts in an open house only.
    """

    person: Person | None = None
    manage_tokens: tuple[str, ...] = ()
    is_operator: bool = False
    program: ApiToken | None = None
    typed_email: str | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether nothing at all says who this is."""
        return self == NOBODY


NOBODY = Caller()


def use(*, email_verification: str) -> None:
    """Whether whoever types an address sees its bookings, which only a demo on this machine may allow."""
    global _is_open
    _is_open = email_verification == "off"


def is_open() -> bool:
    """Whether bookings are shown to whoever types their address."""
    return _is_open


def require(caller: Caller, action: Action, booking: Booking | None = None) -> None:
    """Let the caller do it, with a booking or without.

    Raises:
        ProofMissing, ProofRefused, ScopeMissing, SignInNeeded
    """
    may = MAY[action]
    if not is_allowed(caller, action, booking):
        if may == _PERSONAL:
            raise SignInNeeded
        if caller.program is not None and Who.PROGRAM in may:
            raise ScopeMissing(Sentence("This needs a token with the scope {scope}.", scope=SCOPES[action]))
        raise ProofMissing if caller.is_nobody else ProofRefused
    if action in NEEDS_FRESH_PROOF and not (caller.person is not None and caller.person.is_fresh):
        raise SignInNeeded(SIGN_IN_ANEW)


def is_allowed(caller: Caller, action: Action, booking: Booking | None = None) -> bool:
    """Whether the table lets the caller do it; how fresh the proof is, `require` asks in addition."""
    return bool(MAY[action] & (what_is(caller, booking) | _as_program(caller, action)))


def what_is(caller: Caller, booking: Booking | None = None) -> frozenset[Who]:
    """What the caller is to a booking or, without one, to what is their own."""
    found = {Who.ANYBODY}
    if caller.is_operator:
        found.add(Who.OPERATOR)
    if caller.person is not None:
        found |= _as_person(caller.person, booking)
    if booking is not None and any(is_same_token(token, booking.manage_token) for token in caller.manage_tokens):
        found.add(Who.MANAGER)
    if booking is not None and _is_open and caller.typed_email is not None:
        found |= {Who.CUSTOMER} if customers.customer_key(caller.typed_email) == booking.customer_key else set()
    return frozenset(found)


def _as_program(caller: Caller, action: Action) -> set[Who]:
    return {Who.PROGRAM} if caller.program is not None and SCOPES.get(action) in caller.program.scopes else set()


def _as_person(person: Person, booking: Booking | None) -> set[Who]:
    found = {Who.ADMINISTRATOR} if Role.ADMINISTRATOR in person.roles else set()
    if booking is None or person.key == booking.customer_key:
        found.add(Who.CUSTOMER)
    if person.expert_id is not None and (booking is None or person.expert_id == booking.expert_id):
        found.add(Who.EXPERT)
    return found


def acts_for_house(caller: Caller, booking: Booking) -> bool:
    """Whether the caller does something with a booking as its expert or for the house, and not as its customer."""
    return not what_is(caller, booking) & {Who.MANAGER, Who.CUSTOMER}


def actor_of(caller: Caller, booking: Booking, *, reason: str = "") -> Actor:
    """As whom the caller does something with a booking: what they are to it themselves counts first.

    The reason is the house's to give.
    """
    person = caller.person
    if not acts_for_house(caller, booking):
        return actors.CUSTOMER
    if person is not None and person.expert_id == booking.expert_id:
        return actors.EXPERT
    return replace(actor_for_house(caller), reason=reason)


def actor_for_house(caller: Caller) -> Actor:
    """As whom the caller runs the house, once it is known that they may."""
    if caller.person is not None:
        return actors.administrator(caller.person.email)
    return actors.program(caller.program.name if caller.program is not None else OPERATOR)


def is_same_token(sent: str, expected: str | None) -> bool:
    """Compared in constant time, so that a token cannot be found out character by character."""
    return expected is not None and secrets.compare_digest(
        sent.encode(errors="backslashreplace"), expected.encode(errors="backslashreplace")
    )


async def booking_for(caller: Caller, action: Action, booking_id: PydanticObjectId | None) -> Booking:
    """A booking, for whoever may do this with it.

    A booking that is not the caller's and one that does not exist are the same to them, so that nobody can learn which
    ids there are; those who run the house, and may see them all, are told.

    Args:
        caller: who asks.
        action: what for.
        booking_id: which; none for what is no id at all.

    Raises:
        ProofMissing, ProofRefused, BookingNotFound
    """
    if caller.is_nobody:
        raise ProofMissing
    try:
        if booking_id is None:
            raise BookingNotFound
        booking = await bookings.get(booking_id)
    except BookingNotFound:
        if (what_is(caller) | _as_program(caller, action)) & {Who.ADMINISTRATOR, Who.OPERATOR, Who.PROGRAM}:
            raise
        raise ProofRefused from None
    require(caller, action, booking)
    return booking


async def bookings_of(caller: Caller, *, email: str | None = None) -> list[Booking]:
    """What the caller may see, newest first: their own address's bookings, and those whose manage tokens they have.

    Args:
        caller: who asks.
        email: only this address's; refused unless it is the caller's own, they run the house, or the house is open.

    Raises:
        SignInNeeded
    """
    if email is not None:
        if not (_is_open or _may_list(caller, customers.customer_key(email))):
            raise SignInNeeded
        return await bookings.for_customer(email)
    own = await bookings.for_customer(caller.person.email) if caller.person is not None else []
    managed = await asyncio.gather(*map(_managed, caller.manage_tokens))
    found = {booking.id: booking for booking in (*own, *managed) if booking is not None}
    return sorted(found.values(), key=lambda booking: (booking.created_at, booking.id), reverse=True)


def _may_list(caller: Caller, key: str) -> bool:
    is_own = caller.person is not None and caller.person.key == key
    others = what_is(caller) | _as_program(caller, Action.LIST)
    return bool(MAY[Action.LIST] & (others - (frozenset() if is_own else _PERSONAL)))


async def _managed(token: str) -> Booking | None:
    try:
        return await bookings.by_manage_token(token)
    except BookingNotFound:
        return None
