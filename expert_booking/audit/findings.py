"""What an audit can find."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is wrong; the words are in `MEANINGS`."""

    TWO_OWNERS = "two_owners"
    BOOKING_WITHOUT_SLOT = "booking_without_slot"
    BOOKING_NOT_SHOWN = "booking_not_shown"
    BOOKING_OF_OTHER_TIMES = "booking_of_other_times"
    BOOKING_UNSETTLED = "booking_unsettled"
    BOOKING_NOT_REMOVED = "booking_not_removed"
    BOOKING_WITHOUT_KEY = "booking_without_key"
    STATUS_CONTRADICTS = "status_contradicts"
    OWNED_BY_NOBODY = "owned_by_nobody"
    OWNED_BY_ANOTHER_SLOTS_BOOKING = "owned_by_another_slots_booking"
    HOLD_OVERDUE = "hold_overdue"
    HALF_HELD = "half_held"
    HELD_AND_BOOKED = "held_and_booked"
    DUPLICATE_START = "duplicate_start"
    OVERLAP = "overlap"
    OVERLAPPING_BOOKINGS = "overlapping_bookings"
    INDEX_MISSING = "index_missing"
    INDEX_INCOMPLETE = "index_incomplete"


MEANINGS = {
    Kind.TWO_OWNERS: "slots with more than one active booking",
    Kind.BOOKING_WITHOUT_SLOT: "bookings whose slot does not exist",
    Kind.BOOKING_NOT_SHOWN: "active bookings that their slot does not show",
    Kind.BOOKING_OF_OTHER_TIMES: "bookings with another expert or other times than their slot",
    Kind.BOOKING_UNSETTLED: "bookings that recovery should have settled",
    Kind.BOOKING_NOT_REMOVED: "deleted bookings whose record is still there",
    Kind.BOOKING_WITHOUT_KEY: "bookings without an idempotency key",
    Kind.STATUS_CONTRADICTS: "bookings whose status, times and activity contradict each other",
    Kind.OWNED_BY_NOBODY: "slots that show a booking which does not exist or is not active",
    Kind.OWNED_BY_ANOTHER_SLOTS_BOOKING: "slots that show another slot's booking",
    Kind.HOLD_OVERDUE: "holds that should have ended",
    Kind.HALF_HELD: "slots that carry some marks of a hold and not the others",
    Kind.HELD_AND_BOOKED: "slots that are held and booked",
    Kind.DUPLICATE_START: "slots of one expert and session type that start at the same time",
    Kind.OVERLAP: "slots of one expert and session type that overlap",
    Kind.OVERLAPPING_BOOKINGS: "active bookings of one expert that overlap",
    Kind.INDEX_MISSING: "indexes that are missing",
    Kind.INDEX_INCOMPLETE: "indexes that lack documents",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One contradiction; `about` holds ids, or the names of a collection and an index, and never personal data."""

    kind: Kind
    about: tuple[str, ...]
    words: str

    @classmethod
    def of(cls, kind: Kind, *about: Any, words: str) -> "Finding":
        """A finding about things whose ids are written as text."""
        return cls(kind=kind, about=tuple(str(each) for each in about), words=words)


def counted(findings: Iterable[Finding]) -> dict[Kind, list[Finding]]:
    """The findings by kind, in the order in which the kinds stand above; kinds without any are left out."""
    found = list(findings)
    by_kind = {kind: [finding for finding in found if finding.kind is kind] for kind in Kind}
    return {kind: of_kind for kind, of_kind in by_kind.items() if of_kind}
