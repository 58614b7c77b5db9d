"""Answering a request from its mail: a link that is good for the answer to this one request, and for nothing else.

The link is worked out of the house's secret and the booking, so nothing is stored for it. Looking at it changes
nothing, because programs that check mail follow links. It is used up by the booking itself: only a Pending one can be
answered, and once it is answered, by whichever way, it is not Pending any more.
"""

import hashlib
import hmac
from datetime import datetime

from beanie import PydanticObjectId

from expert_booking import access, actors, bookings, clock, own_words, policy
from expert_booking.errors import BookingNotFound, IllegalTransition
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus

TOO_LATE = Sentence("The time of this session has come: it is too late to answer.")

_secret = b""


def use(secret: str) -> None:
    """The house's secret, of which the links are worked out; the same in all processes."""
    global _secret
    _secret = hashlib.sha256(b"answers to requests\0" + secret.encode()).digest()


def token(booking_id: PydanticObjectId) -> str:
    """What the link to a request has besides its id; for the mail to its expert alone."""
    return hmac.digest(_secret, booking_id.binary, hashlib.sha256).hex()


async def find(booking_id: PydanticObjectId, sent: str) -> Booking:
    """The request that a link is for, whatever has become of it.

    Raises:
        BookingNotFound: there is none, or the token is not its.
    """
    if not access.is_same_token(sent, token(booking_id)):
        raise BookingNotFound
    return await bookings.get(booking_id)


def answer_by(booking: Booking) -> datetime:
    """Until when a request can be answered (aware UTC): then it lapses, at the latest when its session begins."""
    return min(booking.created_at + policy.current().request_lapses, booking.starts_at)


def can_be_answered(booking: Booking) -> bool:
    """Whether nobody has answered, and the session is still ahead."""
    return booking.status is BookingStatus.PENDING and booking.starts_at > clock.now()


async def answer(booking_id: PydanticObjectId, sent: str, *, confirms: bool, message: str = "") -> Booking:
    """Confirm or decline as the expert; only the first answer counts.

    Args:
        booking_id: which request.
        sent: the token of its link.
        confirms: or else declines.
        message: what the expert wants to say to the customer when declining.

    Raises:
        BookingNotFound, IllegalTransition, InvalidRequest
    """
    booking = await find(booking_id, sent)
    if booking.status is BookingStatus.PENDING and not can_be_answered(booking):
        raise IllegalTransition(TOO_LATE)
    if confirms:
        return await bookings.confirm(booking_id, by=actors.EXPERT)
    return await bookings.decline(booking_id, by=actors.EXPERT, message=own_words.check(message, field="message"))
