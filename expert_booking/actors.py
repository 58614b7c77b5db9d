"""Who changes something, as the journal remembers it: customers and experts by what they changed, others by name."""

from dataclasses import dataclass

from models import ActorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """As whom somebody acts; `name` is an administrator's address or a program's name, and blank for everybody else."""

    kind: ActorKind
    name: str = ""


HOUSE = Actor(kind=ActorKind.HOUSE)
CUSTOMER = Actor(kind=ActorKind.CUSTOMER)
EXPERT = Actor(kind=ActorKind.EXPERT)


def administrator(email: str) -> Actor:
    """An administrator, by their address."""
    return Actor(kind=ActorKind.ADMINISTRATOR, name=email)


def program(name: str) -> Actor:
    """A program that has a token, by the name of the token."""
    return Actor(kind=ActorKind.PROGRAM, name=name)
