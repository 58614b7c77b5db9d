"""Who somebody is, once they have proved that an e-mail address is theirs, and what they may be here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from beanie import PydanticObjectId

from expert_booking import clock
from expert_booking.customers import customer_key
from models import Expert

FRESH_FOR = timedelta(minutes=15)
"""For so long after the proof may be done what cannot be taken back."""

_administrators: frozenset[str] = frozenset()


class Role(StrEnum):
    """What somebody is to the house; everybody with an address may be a customer."""

    CUSTOMER = "customer"
    EXPERT = "expert"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has proved an address at `proved_at` (aware UTC), if they have; `key` is how it is compared."""

    email: str
    key: str
    roles: frozenset[Role]
    expert_id: PydanticObjectId | None = None
    proved_at: datetime | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether the address was proved a moment ago, and not by whoever sat here before."""
        return self.proved_at is not None and abs(clock.now() - self.proved_at) < FRESH_FOR


def use(admin_emails: tuple[str, ...]) -> None:
    """Who runs the house, from the settings."""
    global _administrators
    _administrators = frozenset(customer_key(email) for email in admin_emails)


async def of_address(email: str, *, proved_at: datetime | None = None) -> Person:
    """Whoever the address belongs to; whether it was proved is for the caller to know.

    The roles are those of this moment: whoever is no expert or administrator any more has lost the right at once.
    """
    key = customer_key(email)
    expert = await Expert.find_one({"email_key": key})
    roles = {Role.CUSTOMER}
    roles |= {Role.EXPERT} if expert is not None else set()
    roles |= {Role.ADMINISTRATOR} if key in _administrators else set()
    expert_id = expert.id if expert is not None else None
    return Person(email=email, key=key, roles=frozenset(roles), expert_id=expert_id, proved_at=proved_at)
