"""The feed of an expert: their bookings as one calendar, at an address that only they know.

The end of the address is worked out of the house's secret, the expert's id and a number, so it is stored nowhere; with
another number, the address before it is worthless.
"""

import base64
import hashlib
import hmac
from datetime import timedelta

from beanie import PydanticObjectId
from bson.errors import InvalidId

from expert_booking import bookings, clock, closing, journal
from expert_booking.actors import Actor
from expert_booking.errors import ExpertNotFound
from models import Booking, BookingStatus, Expert

BACK = timedelta(weeks=8)
AHEAD = timedelta(days=400)
"""Longer than the longest booking window."""

_DIGEST_BYTES = 24
_ID_LENGTH = 24
_secret = b""


def use(secret: str) -> None:
    """The house's secret, of which addresses are worked out; the same in all processes."""
    global _secret
    _secret = hashlib.sha256(b"calendar feeds\0" + secret.encode()).digest()


def token_of(expert: Expert) -> str:
    """What opens the feed of an expert, and nothing else."""
    digest = hmac.digest(_secret, f"{expert.id} {expert.feed_number}".encode(), hashlib.sha256)
    return f"{expert.id}{base64.urlsafe_b64encode(digest[:_DIGEST_BYTES]).decode()}"


async def expert_of(token: str) -> Expert:
    """Whose feed it opens.

    Raises:
        ExpertNotFound: it opens none (any more).
    """
    try:
        expert_id = PydanticObjectId(token[:_ID_LENGTH])
    except (InvalidId, ValueError):
        raise ExpertNotFound from None
    expert = await Expert.find_one({"_id": expert_id, "removed_at": None})
    if expert is None or not hmac.compare_digest(token_of(expert).encode(), token.encode(errors="backslashreplace")):
        raise ExpertNotFound
    return expert


async def bookings_of(expert: Expert) -> list[Booking]:
    """What stands in the feed: all that is not cancelled, from some weeks ago on, earliest first."""
    now = clock.now()
    found = await bookings.for_expert(expert.id, after=now - BACK, before=now + AHEAD)
    return [booking for booking in found if booking.status is not BookingStatus.CANCELLED]


@closing.finished_first
async def renew(expert_id: PydanticObjectId, *, by: Actor) -> Expert:
    """Give the feed another address; the one before opens nothing any more.

    Raises:
        ExpertNotFound
    """
    await Expert.find_one({"_id": expert_id}).update({"$inc": {"feed_number": 1}})
    expert = await Expert.find_one({"_id": expert_id})
    if expert is None:
        raise ExpertNotFound
    await journal.write("feed.renewed", by=by, key=f"{expert_id}:{expert.feed_number}", expert_id=expert_id)
    return expert
