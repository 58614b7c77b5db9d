"""Looks for contradictions in the whole database; an empty list means that bookings and slots tell the same story."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from expert_booking import database
from models import Booking, BookingStatus, TimeSlot
from models.time_slot import NOT_HELD

Document = dict[str, Any]

STAMPS = {
    BookingStatus.CONFIRMED: "confirmed_at",
    BookingStatus.COMPLETED: "completed_at",
    BookingStatus.CANCELLED: "cancelled_at",
}


async def contradictions(*, recovered: bool = True) -> list[str]:
    """Every contradiction in words; read it while nobody writes.

    Args:
        recovered: whether recovery has run since the last crash, so that nothing may be left half done.
    """
    slots = await database.collection(TimeSlot).find({}).to_list(None)
    bookings = await database.collection(Booking).find({}).to_list(None)
    found = [*_owners(slots, bookings, recovered), *_bookings(slots, bookings, recovered)]
    found += [*_slots(slots), *_overlaps("slots", slots)]
    return found + list(_overlaps("active bookings", [booking for booking in bookings if booking["active"]]))


def _owners(slots: list[Document], bookings: list[Document], recovered: bool) -> Iterator[str]:
    by_id = {booking["_id"]: booking for booking in bookings}
    for slot in slots:
        if slot["booking_id"] is None:
            continue
        booking = by_id.get(slot["booking_id"])
        if booking is None:
            yield f"slot {slot['_id']} carries booking {slot['booking_id']}, which does not exist"
        elif booking["slot_id"] != slot["_id"]:
            yield f"slot {slot['_id']} carries booking {booking['_id']} of slot {booking['slot_id']}"
        elif not booking["active"] and (recovered or booking["settled"]):
            yield f"slot {slot['_id']} carries booking {booking['_id']}, which is not active"


def _bookings(slots: list[Document], bookings: list[Document], recovered: bool) -> Iterator[str]:
    by_id = {slot["_id"]: slot for slot in slots}
    owners = Counter(booking["slot_id"] for booking in bookings if booking["active"])
    yield from (f"slot {slot_id} has {count} active bookings" for slot_id, count in owners.items() if count > 1)
    for booking in bookings:
        yield from (f"booking {booking['_id']} {problem}" for problem in _one_booking(booking, by_id, recovered))


def _one_booking(booking: Document, slots: dict[Any, Document], recovered: bool) -> Iterator[str]:
    slot = slots.get(booking["slot_id"])
    if slot is None:
        yield "is for a slot that does not exist"
    elif (slot["expert_id"], slot["starts_at"], slot["ends_at"]) != (
        booking["expert_id"],
        booking["starts_at"],
        booking["ends_at"],
    ):
        yield "has another expert or other times than its slot"
    elif booking["active"] and (recovered or booking["settled"]) and slot["booking_id"] != booking["_id"]:
        yield f"is active, and its slot carries {slot['booking_id']}"
    if recovered and not booking["settled"]:
        yield "is not settled"
    if recovered and booking["deleted_at"] is not None:
        yield "was deleted and is still there"
    may_be_active = booking["status"] != BookingStatus.CANCELLED and booking["deleted_at"] is None
    if booking["active"] != may_be_active:
        yield f"is {booking['status']}, deleted at {booking['deleted_at']}, and active: {booking['active']}"
    stamp = STAMPS.get(BookingStatus(booking["status"]))
    if stamp and booking[stamp] is None:
        yield f"is {booking['status']} without {stamp}"


def _slots(slots: list[Document]) -> Iterator[str]:
    for slot in slots:
        if not isinstance(slot["held_until"], datetime):
            yield f"slot {slot['_id']} has no held_until"
            continue
        marks = {slot["held_by"] is not None, slot["hold_token"] is not None, slot["held_until"] != NOT_HELD}
        if len(marks) > 1:
            yield f"slot {slot['_id']} is half held"
        elif marks == {True} and slot["booking_id"] is not None:
            yield f"slot {slot['_id']} is held and booked"


def _overlaps(what: str, spans: Iterable[Document]) -> Iterator[str]:
    ordered = sorted(spans, key=lambda span: (span["expert_id"], span["starts_at"]))
    for earlier, later in pairwise(ordered):
        if earlier["expert_id"] == later["expert_id"] and later["starts_at"] < earlier["ends_at"]:
            yield f"two {what} of expert {later['expert_id']} overlap: {earlier['_id']} and {later['_id']}"
