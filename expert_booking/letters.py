"""Letters: what a message is about is looked up when it is sent, and whoever draws letters puts it into words.

What has been overtaken by then is not written: a code that is no longer good, a reminder of a session that was moved,
news of a booking that is cancelled, deleted or erased.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from expert_booking import clock, experts, sign_in, waiting
from expert_booking.customers import customer_key
from expert_booking.mail import Letter
from expert_booking.settings import Settings
from models import (
    Booking,
    BookingStatus,
    Expert,
    Message,
    MessageKind,
    Recipient,
    SignInCode,
    TimeSlot,
    Wish,
    WishState,
)

UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # where one listens is not where one goes
_OF_WHAT_STANDS = frozenset({MessageKind.RECEIVED, MessageKind.CONFIRMED, MessageKind.RESCHEDULED})


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where links in letters lead, and who they come from.

    Attributes:
        address: of the house, such as "https://booking.example.org", without a slash at its end.
        sender: the e-mail address that mail comes from, and answers to invitations go to.
        name: what the house is called everywhere.
    """

    address: str
    sender: str
    name: str = "Expert Booking"

    @property
    def host(self) -> str:
        """What names this house among all others in calendars, wherever it was asked from."""
        return urlsplit(self.address).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """All that a letter is drawn from; a booking's letter has a booking, a code's the code, an offer's what is offered.

    `offered` is kept for whoever has the `wish`, whose link ends with `token`; a wish that was ended has no more.
    """

    message: Message
    house: House
    booking: Booking | None = None
    expert: Expert | None = None
    code: str = ""
    wish: Wish | None = None
    offered: TimeSlot | None = None
    token: str = ""


Draw = Callable[[Matter], Letter]

NO_SENDER = "booking@expert-booking.example"
_house = House(address="http://127.0.0.1:8080", sender=NO_SENDER)
_draw: Draw | None = None


def use(settings: Settings) -> None:
    """Where the house stands, from the settings."""
    global _house
    host = UNSPECIFIED.get(settings.host, settings.host)
    _house = House(
        address=settings.public_url or f"http://{host}:{settings.port}", sender=settings.mail_from or NO_SENDER
    )


def house() -> House:
    """Where the house stands."""
    return _house


def draw_with(draw: Draw) -> None:
    """Who puts letters into words and forms; this package knows neither."""
    global _draw
    _draw = draw


async def write(matter: Matter) -> Letter:
    """The letter; drawn beside the event loop, because it takes a few milliseconds."""
    if _draw is None:
        raise RuntimeError("nobody was named who draws letters: letters.draw_with")
    return await asyncio.to_thread(_draw, matter)


async def look_up(messages: Sequence[Message]) -> dict[str, Matter]:
    """What the messages are about, by their ids; those that were overtaken are left out."""
    ids = {message.booking_id for message in messages if message.booking_id is not None}
    found = await Booking.find({"_id": {"$in": list(ids)}, "deleted_at": None}).to_list() if ids else []
    known = {booking.id: booking for booking in found}
    people = await experts.by_ids({booking.expert_id for booking in found})
    matters = {}
    for message in messages:
        if message.kind is MessageKind.SIGN_IN_CODE:
            if await _is_good(message):
                code = sign_in.code_of(message.nonce)
                matters[message.id] = Matter(message=message, house=_house, code=code)
            continue
        if message.kind is MessageKind.INVITATION:
            if (invited := await _invited(message)) is not None:
                matters[message.id] = Matter(message=message, house=_house, expert=invited)
            continue
        if message.kind is MessageKind.OFFER:
            if (offer := await _offer(message)) is not None:
                matters[message.id] = offer
            continue
        if message.kind is MessageKind.LINE_CLOSED:
            if (farewell := await _farewell(message)) is not None:
                matters[message.id] = farewell
            continue
        booking = known.get(message.booking_id) if message.booking_id else None
        if booking is not None and not is_overtaken(message, booking, now=clock.now()):
            expert = people.get(booking.expert_id)
            matters[message.id] = Matter(message=message, house=_house, booking=booking, expert=expert)
    return matters


def is_overtaken(message: Message, booking: Booking, *, now: datetime) -> bool:
    """Whether what a message says of a booking is not so any more, or of no use to anybody."""
    if message.useful_until is not None and message.useful_until <= now:
        return True
    if message.recipient is Recipient.CUSTOMER and booking.is_erased:
        return True
    if message.kind is MessageKind.REMINDER:
        is_as_it_was = booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED)
        return not is_as_it_was or booking.starts_at != message.session_at or booking.starts_at <= now
    if message.kind in _OF_WHAT_STANDS:
        return booking.status is BookingStatus.CANCELLED or booking.ends_at <= now
    return booking.ends_at <= now - timedelta(days=1)


async def _invited(message: Message) -> Expert | None:
    """Who is asked in; none when the address is theirs no more."""
    return await Expert.find_one({"email_key": customer_key(message.to)})


async def _offer(message: Message) -> Matter | None:
    """What is offered and to whom; none when it is not any more."""
    found = await waiting.offer_of(message.wish_id, number=message.sequence) if message.wish_id else None
    if found is None:
        return None
    wish, slot = found
    expert = (await experts.by_ids({wish.expert_id})).get(wish.expert_id)
    token = waiting.token_of(wish)
    return Matter(message=message, house=_house, expert=expert, wish=wish, offered=slot, token=token)


async def _farewell(message: Message) -> Matter | None:
    """Whose line is closed; none when its recipient has booked after all, or was forgotten."""
    wish = await Wish.find_one({"_id": message.wish_id}) if message.wish_id else None
    if wish is None or wish.state is WishState.TAKEN:
        return None
    expert = (await experts.by_ids({wish.expert_id})).get(wish.expert_id)
    is_over = not wish.stands or (expert is not None and expert.removed_at is not None)
    return Matter(message=message, house=_house, expert=expert, wish=wish) if is_over else None


async def _is_good(message: Message) -> bool:
    """Whether the code that a message brings still opens what it is for."""
    known = await SignInCode.find_one({"_id": customer_key(message.to), "nonce": message.nonce})
    return known is not None and known.expires_at > clock.now()
