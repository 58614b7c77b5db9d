"""Who may see and do what: by an address that was proved, by a booking's manage token, or by running the house."""

import asyncio
from dataclasses import dataclass

from expert_booking import bookings, customers
from expert_booking.errors import BookingNotFound, SignInNeeded
from expert_booking.people import Person
from models import Booking

_is_open = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the address that they have proved, if any, and the manage tokens that their browser or program has."""

    person: Person | None = None
    manage_tokens: tuple[str, ...] = ()


NOBODY = Caller()


def use(*, email_verification: str) -> None:
    """Whether whoever types an address sees its bookings, which only a demo on this machine may allow."""
    global _is_open
    _is_open = email_verification == "off"


def is_open() -> bool:
    """Whether bookings are shown to whoever types their address."""
    return _is_open


async def bookings_of(caller: Caller, *, email: str | None = None) -> list[Booking]:
    """What the caller may see, newest first: their own address's bookings, and those whose manage tokens they have.

    Args:
        caller: who asks.
        email: only this address's; without proof of it that is refused, unless the house is open.

    Raises:
        SignInNeeded
    """
    if email is not None:
        key = customers.customer_key(email)
        if not (_is_open or (caller.person is not None and caller.person.key == key)):
            raise SignInNeeded
        return await bookings.for_customer(email)
    own = await bookings.for_customer(caller.person.email) if caller.person is not None else []
    managed = await asyncio.gather(*map(_managed, caller.manage_tokens))
    found = {booking.id: booking for booking in (*own, *managed) if booking is not None}
    return sorted(found.values(), key=lambda booking: (booking.created_at, booking.id), reverse=True)


async def _managed(token: str) -> Booking | None:
    try:
        return await bookings.by_manage_token(token)
    except BookingNotFound:
        return None
