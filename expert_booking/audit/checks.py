"""What must hold of a slot, of a booking, and of everything that one expert has; nothing here reads the database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from expert_booking.audit.findings import Finding, Kind
from expert_booking.audit.records import Record
from models import BookingStatus
from models.time_slot import NOT_HELD

# The tick looks once a second, and the clocks of several machines are not quite the same.
OVERDUE = timedelta(seconds=10)

STAMPS = {
    BookingStatus.CONFIRMED: "confirmed_at",
    BookingStatus.COMPLETED: "completed_at",
    BookingStatus.CANCELLED: "cancelled_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """What counts as not wrong yet: nothing, or what is younger than an aware moment, or all that is half done."""

    settled_before: datetime | None = None
    """Bookings that moved on later than this may be unsettled; none when every one must be settled."""
    holds_before: datetime | None = None
    """Holds that ended before this must be gone; none when they may stay for ever."""
    allows_unsettled: bool = False

    def may_be_unsettled(self, booking: Record) -> bool:
        """Whether it is too early to expect this booking to be settled."""
        if self.allows_unsettled:
            return True
        moments = (booking[name] for name in ("created_at", "cancelled_at", "deleted_at"))
        return self.settled_before is not None and max(filter(None, moments)) > self.settled_before


def of_slot(slot: Record, owner: Record | None, leniency: Leniency) -> Iterator[Finding]:
    """What is wrong with a slot, given the booking that it shows, if that exists."""
    slot_id, booking_id = slot["_id"], slot["booking_id"]
    if booking_id is None:
        pass
    elif owner is None:
        words = f"slot {slot_id} carries booking {booking_id}, which does not exist"
        yield Finding.of(Kind.OWNED_BY_NOBODY, slot_id, booking_id, words=words)
    elif owner["slot_id"] not in (slot_id, *(slot["crosses"] or ())) and not _share_time(slot, owner):
        words = f"slot {slot_id} carries booking {booking_id} of slot {owner['slot_id']}"
        yield Finding.of(Kind.OWNED_BY_ANOTHER_SLOTS_BOOKING, slot_id, booking_id, words=words)
    elif not owner["active"] and (owner["settled"] or not leniency.may_be_unsettled(owner)):
        words = f"slot {slot_id} carries booking {booking_id}, which is not active"
        yield Finding.of(Kind.OWNED_BY_NOBODY, slot_id, booking_id, words=words)
    yield from _of_hold(slot, leniency)


def _share_time(slot: Record, owner: Record) -> bool:
    """Whether a booking of another slot keeps this one from being taken, if both have the same buffers.

    Where buffers were changed in between, the slot says with which others it shares time.
    """
    before, after = (timedelta(minutes=slot[name] or 0) for name in ("buffer_before", "buffer_after"))
    gap = before + after
    return bool(slot["starts_at"] < owner["ends_at"] + gap and owner["starts_at"] < slot["ends_at"] + gap)


def _of_hold(slot: Record, leniency: Leniency) -> Iterator[Finding]:
    slot_id, held_until = slot["_id"], slot["held_until"]
    if not isinstance(held_until, datetime):
        yield Finding.of(Kind.HALF_HELD, slot_id, words=f"slot {slot_id} has no held_until")
        return
    if slot["crosses"] and slot["hold_token"] is None and slot["held_by"] is not None:
        return  # it shows the hold on another slot that it shares time with
    marks = {slot["held_by"] is not None, slot["hold_token"] is not None, held_until != NOT_HELD}
    if len(marks) > 1:
        yield Finding.of(Kind.HALF_HELD, slot_id, words=f"slot {slot_id} is half held")
    elif marks == {True} and slot["booking_id"] is not None:
        yield Finding.of(Kind.HELD_AND_BOOKED, slot_id, words=f"slot {slot_id} is held and booked")
    elif marks == {True} and leniency.holds_before is not None and held_until < leniency.holds_before:
        yield Finding.of(Kind.HOLD_OVERDUE, slot_id, words=f"slot {slot_id} is still held, though its time is up")


def of_booking(booking: Record, slot: Record | None, leniency: Leniency) -> Iterator[Finding]:
    """What is wrong with a booking, given its slot, if that exists."""
    for kind, problem in _of_booking(booking, slot, leniency):
        yield Finding.of(kind, booking["_id"], booking["slot_id"], words=f"booking {booking['_id']} {problem}")


def _of_booking(booking: Record, slot: Record | None, leniency: Leniency) -> Iterator[tuple[Kind, str]]:
    is_due = not leniency.may_be_unsettled(booking)
    if slot is None:
        yield Kind.BOOKING_WITHOUT_SLOT, "is for a slot that does not exist"
    elif booking["active"] and _span(slot) != _span(booking):  # of a free slot, the expert may change the length
        yield Kind.BOOKING_OF_OTHER_TIMES, "has another expert or other times than its slot"
    elif booking["active"] and (is_due or booking["settled"]) and slot["booking_id"] != booking["_id"]:
        yield Kind.BOOKING_NOT_SHOWN, f"is active, and its slot carries {slot['booking_id']}"
    if is_due and not booking["settled"]:
        yield Kind.BOOKING_UNSETTLED, "is not settled"
    if is_due and booking["deleted_at"] is not None:
        yield Kind.BOOKING_NOT_REMOVED, "was deleted and is still there"
    if not booking["has_key"]:
        yield Kind.BOOKING_WITHOUT_KEY, "has no idempotency key"
    yield from _of_status(booking)


def _of_status(booking: Record) -> Iterator[tuple[Kind, str]]:
    status, active = booking["status"], booking["active"]
    may_be_active = status != BookingStatus.CANCELLED and booking["deleted_at"] is None
    if active != may_be_active:
        yield Kind.STATUS_CONTRADICTS, f"is {status}, deleted at {booking['deleted_at']}, and active: {active}"
    stamp = STAMPS.get(BookingStatus(status))
    if stamp and booking[stamp] is None:
        yield Kind.STATUS_CONTRADICTS, f"is {status} without {stamp}"


def of_owners(slot_id: Any, owners: Iterable[Any]) -> Iterator[Finding]:
    """What is wrong with the active bookings of one slot, given their ids."""
    ids = sorted(map(str, owners))
    if len(ids) > 1:
        yield Finding.of(Kind.TWO_OWNERS, slot_id, *ids, words=f"slot {slot_id} has {len(ids)} active bookings")


def of_calendar(expert_id: Any, slots: Iterable[Record], *, bookings: Iterable[Record] = ()) -> Iterator[Finding]:
    """What is wrong with the times of one expert's offered slots of one type, and of the active bookings."""
    for one, other in _overlaps(slots):
        words = f"two slots of expert {expert_id} overlap: {one['_id']} and {other['_id']}"
        kind = Kind.DUPLICATE_START if one["starts_at"] == other["starts_at"] else Kind.OVERLAP
        yield Finding.of(kind, one["_id"], other["_id"], words=words)
    for one, other in _overlaps(bookings):
        words = f"two active bookings of expert {expert_id} overlap: {one['_id']} and {other['_id']}"
        yield Finding.of(Kind.OVERLAPPING_BOOKINGS, one["_id"], other["_id"], words=words)


def _overlaps(spans: Iterable[Record]) -> Iterator[tuple[Record, Record]]:
    ordered = sorted(spans, key=lambda span: (span["starts_at"], span["_id"]))
    return ((one, other) for one, other in pairwise(ordered) if other["starts_at"] < one["ends_at"])


def _span(record: Record) -> tuple[Any, datetime, datetime]:
    return record["expert_id"], record["starts_at"], record["ends_at"]
