"""One's own data: everything that the house has about an address, to take away or to have erased.

Erasing is a row of steps, each of which can be done again, and the proof of the address goes last: whoever is cut off
in the middle is still signed in and asks again.
"""

import logging
import secrets
from contextlib import suppress
from typing import Any

from expert_booking import (
    actors,
    bookings,
    client_notes,
    clock,
    closing,
    deletions,
    events,
    outbox,
    outside_calendars,
    waiting,
)
from expert_booking.errors import BookingNotFound, IllegalTransition
from expert_booking.people import Person
from models import Booking, BookingStatus, Expert, Message, Recipient, SignIn, SignInCode, TimeOff, finding
from models.booking import ERASED

log = logging.getLogger(__name__)

NOBODYS_NAME = "(erased)"
"""What stands in place of a name, in the expert's calendar too."""

_OF_A_BOOKING = {
    "id", "expert_id", "slot_id", "starts_at", "ends_at", "customer_name", "customer_email", "customer_phone", "notes",
    "language", "time_zone", "made_by", "status", "sequence", "created_at", "confirmed_at", "completed_at",
    "cancelled_at", "no_show_at", "deleted_at", "session_type", "session_name", "message",
}  # fmt: skip
_OF_A_MESSAGE = {
    "id", "kind", "recipient", "to", "language", "time_zone", "booking_id", "wish_id", "sequence", "state", "attempts",
    "due_at", "created_at", "refusal",
}  # fmt: skip
_OF_A_WISH = {
    "id", "expert_id", "customer_name", "customer_email", "customer_phone", "language", "time_zone", "session_type",
    "begins_at", "ends_at", "state", "offers", "offered_slot_id", "offered_until", "created_at", "forgotten_at",
}  # fmt: skip
_OF_TIME_OFF = {"id", "starts_at", "ends_at", "note", "source"}
_OF_A_CALENDAR = {
    "id", "name", "address", "time_zone", "read_at", "read_until", "stretches", "problem", "failures", "next_at",
    "created_at",
}  # fmt: skip
_OF_A_SIGN_IN = {"email", "created_at", "expires_at"}
_OF_A_NOTE = {"expert_id", "text", "changed_at"}
_OF_A_CODE = {"email", "tries", "sent", "created_at", "expires_at"}
_OF_AN_EXPERT = {
    "id", "name", "category", "headline", "bio", "experience_years", "rating", "email", "avatar", "time_zone",
    "weekly_hours", "session_minutes", "session_types", "extra_hours", "buffer_before", "buffer_after",
    "minimum_notice", "window_days", "most_per_day", "confirms_at_once", "language", "is_hidden", "removed_at",
    "created_at",
}  # fmt: skip
"""What a person gets to see of each; not what opens something: tokens, keys, digests and nonces."""


async def export(person: Person) -> dict[str, Any]:
    """Everything the house has about the address, fit for JSON; moments are ISO 8601 in UTC."""
    mine = {"customer_key": person.key}
    booked = await Booking.find(mine).sort("-created_at").to_list()
    messages = await Message.find({"to_key": person.key}).to_list()
    sign_ins = await SignIn.find(mine).to_list()
    code = await SignInCode.find_one({"_id": person.key})
    notes = await client_notes.about(person.key)
    expert = await Expert.find_one({"email_key": person.key})
    away = await TimeOff.find({"expert_id": expert.id}).to_list() if expert is not None else []
    calendars = await outside_calendars.of_expert(expert.id) if expert is not None else []
    return {
        "email": person.email,
        "roles": sorted(person.roles),
        "exported_at": clock.now().isoformat(),
        "bookings": [booking.model_dump(mode="json", include=_OF_A_BOOKING) for booking in booked],
        "messages": [_without_nonce(message) for message in messages],
        "wishes": [wish.model_dump(mode="json", include=_OF_A_WISH) for wish in await waiting.of_customer(person.key)],
        "sign_ins": [sign_in.model_dump(mode="json", include=_OF_A_SIGN_IN) for sign_in in sign_ins],
        "codes": [code.model_dump(mode="json", include=_OF_A_CODE)] if code is not None else [],
        "notes_about_you": [note.model_dump(mode="json", include=_OF_A_NOTE) for note in notes],
        "expert": expert.model_dump(mode="json", include=_OF_AN_EXPERT) if expert is not None else None,
        "time_off": [one.model_dump(mode="json", include=_OF_TIME_OFF) for one in away],
        "outside_calendars": [one.model_dump(mode="json", include=_OF_A_CALENDAR) for one in calendars],
    }


def _without_nonce(message: Message) -> dict[str, Any]:
    """What a message's code is worked out of is a part of its id."""
    told = message.model_dump(mode="json", include=_OF_A_MESSAGE)
    return {**told, "id": told["id"].replace(message.nonce, "...") if message.nonce else told["id"]}


@closing.finished_first
async def erase(person: Person) -> None:
    """Forget the address: what is ahead is cancelled, what is past has no name any more, and all sign-ins end.

    The expert is told of what is cancelled, and not by whom. An expert's own profile, and the mail that they get as an
    expert, is not a customer's and stays; their calendars of elsewhere, whose addresses are secrets, do not.
    """
    while mine := await Booking.find({"customer_key": person.key}).to_list():  # one may be made meanwhile
        await deletions.carry_out_now(booking.id for booking in mine)
        for booking in mine:
            await _cancel_if_ahead(booking)
            await _anonymise(booking)
    await client_notes.forget(person.key)
    await waiting.forget(person.key)
    if person.expert_id is not None:
        await outside_calendars.forget(person.expert_id)
    await outbox.forget(person.key, only=Recipient.CUSTOMER if person.expert_id is not None else None)
    await SignInCode.find_one({"_id": person.key}).delete()
    await SignIn.find({"customer_key": person.key}).delete()
    log.info("an address was erased")


async def _cancel_if_ahead(booking: Booking) -> None:
    if booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED) and booking.starts_at > clock.now():
        with suppress(BookingNotFound, IllegalTransition):  # it moved on by itself
            await bookings.cancel(booking.id, by=actors.HOUSE)


async def _anonymise(booking: Booking) -> None:
    """Take away everything that says whose it was, also what is worked out of it."""
    nobodys = {
        "customer_name": NOBODYS_NAME,
        "customer_email": "",
        "customer_key": f"{ERASED}{booking.id}",
        "customer_phone": "",
        "notes": "",
        "found_by": finding.keys(booking.id, name="", email="", phone="", created_at=booking.created_at),
        "message": "",
        "language": "en",
        "time_zone": "UTC",
        "made_by": "",
        "idempotency_key": f"{ERASED}{booking.id}",
        "request_digest": "",
        "manage_token": secrets.token_urlsafe(32),
    }
    await Booking.find_one({"_id": booking.id, "customer_key": booking.customer_key}).update({"$set": nobodys})
    gone = events.BookingChanged(booking_id=booking.id, status=None)
    events.booking_changed(booking.customer_key, gone, expert_id=booking.expert_id)
