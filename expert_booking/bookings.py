"""Booking a time slot, and what becomes of the booking.

Locking: there is none. Inserting the booking is the one moment at which somebody owns a slot, because a unique
index allows one active booking per slot. Everything after that is settled forward, never undone.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from beanie import PydanticObjectId
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import clock, closing, database, events, holds, metrics, slots, statuses, telling
from expert_booking.customers import Customer, customer_key
from expert_booking.errors import (
    BookingNotFound,
    IdempotencyKeyReused,
    IllegalTransition,
    SlotAlreadyBooked,
    SlotUnavailable,
)
from expert_booking.sentence import Sentence
from expert_booking.settling import settle
from expert_booking.together import Together
from models import Booking, BookingStatus, NewsKind, TimeSlot
from models.booking import TRANSITIONS

log = logging.getLogger(__name__)


@closing.finished_first
@metrics.counting_conflicts
async def book(
    *,
    expert_id: PydanticObjectId,
    slot_id: PydanticObjectId,
    visitor: str,
    customer: Customer,
    idempotency_key: str | None = None,
    made_by: str = "",
) -> Booking:
    """Make the slot the customer's own; once this returns, nothing takes it away again.

    The visitor need not hold the slot, but nobody else may. The same idempotency key with the same request gives
    the booking that it made before, so that a request whose answer was lost can be sent again.

    Args:
        expert_id: whose slot it is.
        slot_id: which.
        visitor: who may hold it.
        customer: whose it will be.
        idempotency_key: made up by whoever asks.
        made_by: the `made_by_digest` of the browser that books; blank for a program.

    Raises:
        SlotNotFound, SlotAlreadyBooked, SlotHeldByAnother, SlotInThePast, IdempotencyKeyReused
    """
    key = idempotency_key or secrets.token_urlsafe(24)
    digest = _digest(expert_id, slot_id, customer)
    if idempotency_key and (booking := await _made_before(key, digest)):
        return booking
    try:
        slot = await holds.prove(expert_id=expert_id, slot_id=slot_id, visitor=visitor)
        return await _insert(_new_booking(slot, customer, key=key, digest=digest, made_by=made_by), slot)
    except SlotUnavailable:
        # The same request may have been sent twice at the same moment, and the other one have won.
        if idempotency_key and (booking := await _made_before(key, digest)):
            return booking
        raise


async def _store_each(documents: list[RawBSONDocument]) -> list[Exception | None]:
    return await database.insert_each(Booking, documents)


_store: Together[RawBSONDocument, None] = Together(_store_each)


async def _insert(booking: Booking, slot: TimeSlot) -> Booking:
    try:
        await _store(RawBSONDocument(encode(booking.model_dump(by_alias=True, exclude={"revision_id"}))))
    except database.DuplicateKeyError:
        await _give_way(slot)
        raise SlotAlreadyBooked from None
    telling.note(booking.id)
    _announce(booking, booking.status)
    with _left_to_recovery(booking):
        await settle(booking, slot=slot)
    return booking


def _new_booking(slot: TimeSlot, customer: Customer, *, key: str, digest: str, made_by: str) -> Booking:
    return Booking(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_key=customer.key,
        customer_phone=customer.phone,
        notes=customer.notes,
        language=customer.language,
        time_zone=customer.time_zone,
        made_by=made_by,
        news=[NewsKind.RECEIVED],
        is_told=False,
        idempotency_key=key,
        request_digest=digest,
        manage_token=secrets.token_urlsafe(32),
        created_at=clock.now(),
    )


def made_by_digest(visitor: str) -> str:
    """What a booking keeps of the browser that made it: enough to know it again, and nothing to act with."""
    return hashlib.sha256(b"made by\0" + visitor.encode(errors="replace")).hexdigest()


def _digest(expert_id: PydanticObjectId, slot_id: PydanticObjectId, customer: Customer) -> str:
    asked = [str(expert_id), str(slot_id), customer.name, customer.email, customer.phone, customer.notes]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


async def _made_before(key: str, digest: str) -> Booking | None:
    booking = await Booking.find_one({"idempotency_key": key})
    if booking is not None and booking.request_digest != digest:
        raise IdempotencyKeyReused
    return booking


async def _give_way(slot: TimeSlot) -> None:
    """Let the slot show who won, so that it does not look open until the winner or recovery gets there."""
    seen = await slots.read(slot.id)
    if seen is None or seen.booking_id is not None:
        return
    winner = await Booking.find_one({"slot_id": slot.id, "active": True})
    if winner is not None:
        with _left_to_recovery(winner):
            await settle(winner)
    if slot.hold_token is not None:
        await holds.release(slot_id=slot.id, token=slot.hold_token)


@contextmanager
def _left_to_recovery(booking: Booking) -> Iterator[None]:
    """The booking is durable already: a database that goes away now must not turn a yes into a no."""
    try:
        yield
    except database.CONNECTION_ERRORS:
        log.warning("booking %s is made but not settled yet; recovery will settle it", booking.id)


async def get(booking_id: PydanticObjectId) -> Booking:
    """A booking by its id.

    Raises:
        BookingNotFound
    """
    booking = await Booking.find_one({"_id": booking_id, "deleted_at": None})
    if booking is None:
        raise BookingNotFound
    return booking


async def by_manage_token(token: str) -> Booking:
    """The one booking that a manage token opens.

    Raises:
        BookingNotFound
    """
    booking = await Booking.find_one({"manage_token": token, "deleted_at": None})
    if booking is None:
        raise BookingNotFound
    return booking


async def made_with(idempotency_key: str) -> Booking | None:
    """The booking that a request with this key made, whether or not its answer arrived."""
    return await Booking.find_one({"idempotency_key": idempotency_key, "deleted_at": None})


async def for_customer(email: str) -> list[Booking]:
    """A customer's bookings, newest first; addresses are compared without regard to case."""
    found = Booking.find({"customer_key": customer_key(email), "deleted_at": None})
    return await found.sort("-created_at", "-_id").to_list()


@closing.finished_first
async def confirm(booking_id: PydanticObjectId) -> Booking:
    """Pending becomes Confirmed.

    Raises:
        BookingNotFound, IllegalTransition
    """
    return await _move_on(booking_id, BookingStatus.CONFIRMED, "confirmed_at", news=NewsKind.CONFIRMED)


@closing.finished_first
async def complete(booking_id: PydanticObjectId) -> Booking:
    """Pending or Confirmed becomes Completed; the slot stays the customer's.

    Raises:
        BookingNotFound, IllegalTransition
    """
    return await _move_on(booking_id, BookingStatus.COMPLETED, "completed_at")


@closing.finished_first
async def cancel(booking_id: PydanticObjectId, *, is_refusal: bool = False) -> Booking:
    """Pending or Confirmed becomes Cancelled, and the slot is free again.

    Args:
        booking_id: which.
        is_refusal: whether the house or the expert does it: a Pending booking is then told of as declined.

    Raises:
        BookingNotFound, IllegalTransition
    """
    step = partial(_move_on, booking_id, BookingStatus.CANCELLED, "cancelled_at", active=False, settled=False)
    if is_refusal:
        with suppress(IllegalTransition):
            return await step(news=NewsKind.DECLINED, before=[BookingStatus.PENDING])
    return await step(news=NewsKind.CANCELLED)


async def _move_on(
    booking_id: PydanticObjectId,
    status: BookingStatus,
    at: str,
    *,
    news: NewsKind | None = None,
    before: list[BookingStatus] | None = None,
    **changes: bool,
) -> Booking:
    """Change the status, and by the same write keep what is to be told of it: a crash cannot come between."""
    before = before or [earlier for earlier, later in TRANSITIONS.items() if status in later]
    result = await Booking.find_one({"_id": booking_id, "status": {"$in": before}, "deleted_at": None}).update(
        _with_news({"$set": {"status": status, at: clock.now(), **changes}}, news)
    )
    booking = await get(booking_id)
    if not result.modified_count:
        raise _cannot_become(booking, status)
    if news is not None:
        telling.note(booking.id)
    # Its status as it was read, which may have moved on again: the last event must not be an older one.
    _announce(booking, booking.status)
    if not booking.active:
        with _left_to_recovery(booking):
            await settle(booking)
    return booking


def _with_news(update: dict[str, dict[str, Any]], news: NewsKind | None) -> dict[str, dict[str, Any]]:
    """A change that calendars are told of has a number of its own."""
    if news is None:
        return update
    changed = {**update["$set"], "is_told": False}
    return {**update, "$set": changed, "$push": {"news": news}, "$inc": {"sequence": 1}}


async def deletable(booking_id: PydanticObjectId) -> Booking:
    """A booking that may be deleted.

    Raises:
        BookingNotFound, IllegalTransition
    """
    booking = await get(booking_id)
    if booking.status is not BookingStatus.COMPLETED:
        status = statuses.NAMES[booking.status]
        raise IllegalTransition(
            Sentence("This booking is {status}; only a Completed one can be deleted.", status=status)
        )
    return booking


@closing.finished_first
async def delete(booking_id: PydanticObjectId) -> None:
    """Remove a Completed booking; its slot opens again if it is still ahead.

    Raises:
        BookingNotFound, IllegalTransition
    """
    completed = {"_id": booking_id, "status": BookingStatus.COMPLETED, "deleted_at": None}
    booking = await deletable(booking_id)
    result = await Booking.find_one(completed).update(
        {"$set": {"deleted_at": clock.now(), "active": False, "settled": False}}
    )
    if not result.modified_count:  # another one was quicker
        raise BookingNotFound
    _announce(booking, None)
    with _left_to_recovery(booking):
        await settle(booking)


def _cannot_become(booking: Booking, wanted: BookingStatus) -> IllegalTransition:
    names = {"status": statuses.NAMES[booking.status], "wanted": statuses.NAMES[wanted]}
    return IllegalTransition(Sentence("This booking is {status}; it cannot become {wanted}.", **names))


def _announce(booking: Booking, status: BookingStatus | None) -> None:
    metrics.booking_changed(status)
    events.booking_changed(booking.customer_key, events.BookingChanged(booking_id=booking.id, status=status))
