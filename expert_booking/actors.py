"""Who changes something, as the journal remembers it: customers and experts by what they changed, others by name."""

from dataclasses import dataclass

from models import ActorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """As whom somebody acts.

    Attributes:
        kind: in which part.
        name: an administrator's address or a program's name; blank for everybody else.
        reason: why, in words that the journal keeps; nothing of a customer's.
    """

    kind: ActorKind
    name: str = ""
    reason: str = ""


HOUSE = Actor(kind=ActorKind.HOUSE)
CUSTOMER = Actor(kind=ActorKind.CUSTOMER)
EXPERT = Actor(kind=ActorKind.EXPERT)


def administrator(email: str, *, reason: str = "") -> Actor:
    """An administrator, by their address, and why they do it."""
    return Actor(kind=ActorKind.ADMINISTRATOR, name=email, reason=reason)


def program(name: str) -> Actor:
    """A program that has a token, by the name of the token."""
    return Actor(kind=ActorKind.PROGRAM, name=name)
