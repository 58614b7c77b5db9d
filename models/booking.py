"""Bookings: who owns a time slot, and how far the session has come."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field, model_validator
from pymongo import ASCENDING, DESCENDING, IndexModel

ONE_ACTIVE_BOOKING_PER_SLOT = "one_active_booking_per_slot"
NO_TWO_AT_ONCE = "no_two_active_bookings_at_once"

ERASED = "erased:"
"""What the customer key of a booking begins with whose customer has been forgotten; no address begins so."""


class BookingStatus(StrEnum):
    """The lifecycle of a booking, in the words of the original application."""

    PENDING = "Pending"
    CONFIRMED = "Confirmed"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


class NewsKind(StrEnum):
    """What happened to a booking that people are told of by mail."""

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    LAPSED = "lapsed"


class ActorKind(StrEnum):
    """As whom somebody changes something."""

    CUSTOMER = "customer"
    EXPERT = "expert"
    ADMINISTRATOR = "administrator"
    PROGRAM = "program"
    HOUSE = "house"


class ChangeKind(StrEnum):
    """What was done to a booking."""

    MADE = "made"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    NO_SHOW = "no_show"
    RESCHEDULED = "rescheduled"
    DELETED = "deleted"
    ERASED = "erased"


class BookingChange(BaseModel):
    """One change of a booking, kept with it by the same write until it is in the journal.

    Its number is its place in the list, counted back from `Booking.changed`.

    `who` names an administrator or a program; customers and experts are known by the booking. `was` and `became` are
    statuses, or starts (ISO 8601 in UTC) where the session was moved. `at` is aware UTC.
    """

    kind: ChangeKind
    at: datetime
    by: ActorKind
    who: str = ""
    was: str = ""
    became: str = ""
    reason: str = ""


TRANSITIONS: dict[BookingStatus, frozenset[BookingStatus]] = {
    BookingStatus.PENDING: frozenset({BookingStatus.CONFIRMED, BookingStatus.COMPLETED, BookingStatus.CANCELLED}),
    BookingStatus.CONFIRMED: frozenset({BookingStatus.COMPLETED, BookingStatus.CANCELLED}),
    BookingStatus.COMPLETED: frozenset(),
    BookingStatus.CANCELLED: frozenset(),
}
"""Which status may follow which; anything else is refused.

By the clock, Pending becomes Cancelled (it lapses) and Confirmed becomes Completed; the rest takes somebody to say so.
"""


PIECE = timedelta(minutes=5)


def time_claims(expert_id: PydanticObjectId, begins: datetime, ends: datetime) -> list[str]:
    """The pieces of five minutes of an expert's time from one aware moment to another, by name; at least one.

    What the house offers begins and ends between two pieces. What was imported may not: it is rounded, so that sessions
    that follow each other never share a piece.
    """
    first, last = _piece(begins), _piece(ends)
    return [f"{expert_id}/{piece:x}" for piece in range(first, max(last, first + 1))]


def _piece(moment: datetime) -> int:
    return int(moment.timestamp() / PIECE.total_seconds() + 0.5)


class Booking(Document):
    """A customer's claim on a time slot; inserting it is the one moment at which somebody owns the time.

    `active` bookings own their slot: Pending, Confirmed and Completed ones do, Cancelled and deleted ones do not,
    and an inactive booking never becomes active again. At most one booking per slot is active
    (`one_active_booking_per_slot`), and no two active ones share one of their `claims`
    (`no_two_active_bookings_at_once`): a piece of the expert's time, buffers included, or a place on a day that has
    only so many. `settled` says that the slot shows this booking as it is; `recovery` finishes
    those that are not. A booking with `deleted_at` is on its way out: its record goes as soon as its slot is free.
    All times are aware UTC.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    slot_id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    session_type: str = Field(default="", description="the key of the expert's session type")
    session_name: str = Field(
        default="", description="what the type was called when it was booked; blank for the only one"
    )
    claims: list[str] = Field(
        default_factory=list, description="what no other active booking may have; by default, its own time"
    )
    vacated: list[PydanticObjectId] = Field(
        default_factory=list, description="slots that the booking was moved away from and that may still show it"
    )
    customer_name: str
    customer_email: str = Field(description="as typed")
    customer_key: str = Field(description="the e-mail address as it is compared: in small letters")
    customer_phone: str = Field(description="E.164")
    notes: str = ""
    language: str = Field(default="en", description="in which the customer read when booking")
    time_zone: str = Field(default="UTC", description="in which the customer saw the times (IANA)")
    made_by: str = Field(default="", description="a digest of the browser that made it; blank for a program")
    status: BookingStatus = BookingStatus.PENDING
    active: bool = True
    settled: bool = False
    sequence: int = Field(default=0, description="raised by every change that calendars are told of (RFC 5545)")
    news: list[NewsKind] = Field(
        default_factory=list, description="what is not told yet; the last one has the number `sequence`"
    )
    is_told: bool = Field(default=True, description="whether there is neither news nor a change left to hand on")
    changes: list[BookingChange] = Field(default_factory=list, description="what is not in the journal yet")
    changed: int = Field(default=0, description="how many changes there were; the number of the last one")
    message: str = Field(default="", description="what whoever cancelled or declined it wrote to the other side")
    found_by: list[str] | None = Field(
        default=None, description="see `finding`; none until it is told of, or from before there were keys"
    )
    idempotency_key: str
    request_digest: str = Field(
        description="SHA-256 of what was asked for, to tell a repeated request from another one"
    )
    manage_token: str = Field(description="unguessable; whoever has it may see and manage this one booking")
    created_at: datetime
    confirmed_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    no_show_at: datetime | None = Field(default=None, description="when the expert said that the customer did not come")
    deleted_at: datetime | None = None

    @model_validator(mode="after")
    def _claim_its_time(self) -> Self:
        self.claims = self.claims or time_claims(self.expert_id, self.starts_at, self.ends_at)
        return self

    @property
    def is_erased(self) -> bool:
        """Whether its customer has been forgotten."""
        return self.customer_key.startswith(ERASED)

    class Settings:
        name = "bookings"
        indexes: ClassVar = [
            IndexModel(
                [("slot_id", ASCENDING)],
                name=ONE_ACTIVE_BOOKING_PER_SLOT,
                unique=True,
                partialFilterExpression={"active": True},
            ),
            IndexModel(
                [("claims", ASCENDING)],
                name=NO_TWO_AT_ONCE,
                unique=True,
                partialFilterExpression={"active": True, "claims": {"$exists": True}},
            ),
            IndexModel([("idempotency_key", ASCENDING)], name="one_booking_per_idempotency_key", unique=True),
            IndexModel([("manage_token", ASCENDING)], name="one_booking_per_manage_token", unique=True),
            IndexModel([("customer_key", ASCENDING), ("created_at", DESCENDING)], name="bookings_by_customer"),
            IndexModel([("expert_id", ASCENDING), ("starts_at", ASCENDING)], name="bookings_by_expert_and_start"),
            IndexModel([("settled", ASCENDING)], name="unsettled_bookings", partialFilterExpression={"settled": False}),
            IndexModel([("is_told", ASCENDING)], name="untold_bookings", partialFilterExpression={"is_told": False}),
            IndexModel([("status", ASCENDING), ("ends_at", ASCENDING)], name="bookings_by_status_and_end"),
            IndexModel([("found_by", ASCENDING)], name="bookings_by_what_they_are_found_by"),
        ]
