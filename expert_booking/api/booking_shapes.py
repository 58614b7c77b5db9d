"""Bookings on the wire."""

from datetime import datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo

from expert_booking import customers, own_words
from expert_booking.api.hold_proof import HOLD_TOKEN
from expert_booking.api.shape import Shape
from expert_booking.api.slot_shape import local_date, local_time
from expert_booking.api.up_to import UpTo
from expert_booking.countries import country_code, present_name
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert
from models.expert import ZONE_NAMES


def _known_country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise ValueError("country must be an ISO 3166-1 code of two letters, such as GB.")
    return code


def _known_zone(name: str) -> str:
    known = present_name(name)
    if known not in ZONE_NAMES:
        raise ValueError("timeZone must be an IANA time zone, such as Europe/Berlin.")
    return known


def _check_phone(number: str, info: ValidationInfo) -> str:
    return customers.check_phone(number, country=info.data.get("country"))


def checked_reason(text: str) -> str:
    """A reason as it is kept.

    Raises:
        InvalidRequest
    """
    return own_words.check(text, field="reason")


WHY = "why the house does it, for the journal; of what is cancelled, also for the mail to the customer"
WITHOUT = "blank, as are `userEmail`, `userPhone`, `notes` and `message`, for a token without `bookings:read`"

EmailAddress = Annotated[str, AfterValidator(customers.check_email), UpTo(customers.LONGEST_EMAIL)]

Reason = Annotated[
    str,
    AfterValidator(checked_reason),
    UpTo(own_words.LONGEST_MESSAGE),
    Field(description=WHY, examples=["Asked for by phone"]),
]


class BookingRequest(Shape):
    """Who books which slot; all that is wrong is named at once."""

    slot_id: str = Field(examples=["6998151da2703c790995027e"])
    user_name: Annotated[str, AfterValidator(customers.check_name), UpTo(customers.LONGEST_NAME)] = Field(
        examples=["Alice"]
    )
    user_email: EmailAddress = Field(examples=["alice@example.com"])
    # Before the number, whose check reads it.
    country: Annotated[str, AfterValidator(_known_country)] | None = Field(
        default=None,
        description="in which a national phone number is read, ISO 3166-1 alpha-2; the house's default when absent",
        examples=["GB"],
    )
    user_phone: Annotated[str, AfterValidator(_check_phone), UpTo(customers.LONGEST_PHONE)] = Field(
        description="with + and country code, or national as read in `country`", examples=["+44 20 7946 0958"]
    )
    notes: Annotated[str, AfterValidator(customers.check_notes), UpTo(customers.LONGEST_NOTES)] = ""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="in which mails tell the times, an IANA name", examples=["Europe/Berlin"]
    )
    hold_token: str | None = Field(default=None, pattern=HOLD_TOKEN, description="of a hold, if there is one")

    def customer(self, language: str) -> Customer:
        """Who books, every field checked, and the language in which they get mail."""
        return Customer(
            name=self.user_name,
            email=self.user_email,
            phone=self.user_phone,
            notes=self.notes,
            language=language,
            time_zone=self.time_zone,
        )


class StatusRequest(Shape):
    """What a booking shall become."""

    status: BookingStatus
    reason: Reason = ""


class CancelRequest(Shape):
    """Why a booking is cancelled; its customer is not asked, and what they send is not kept."""

    reason: Reason = ""


class RescheduleRequest(Shape):
    """Where a booking shall be moved to."""

    slot_id: str = Field(description="an open slot of the booking's expert", examples=["6998151da2703c790995027e"])
    reason: Reason = ""


class ExpertNameShape(Shape):
    """As much of an expert as a booking needs."""

    mongo_id: str = Field(alias="_id")
    name: str
    category: str


class BookingShape(Shape):
    """A booking; `date` and `time` are local in `timeZone`, which is the expert's."""

    mongo_id: str = Field(alias="_id")
    expert_id: str
    expert: ExpertNameShape | None = Field(description="null when the expert is not here any more")
    expert_name: str | None
    slot_id: str
    date: str = Field(examples=["2026-02-21"])
    time: str = Field(examples=["09:00 AM"])
    time_zone: str = Field(examples=["Europe/London"])
    starts_at: datetime
    ends_at: datetime
    session_type: str = Field(
        description="the key of the session type; blank where there is but one", examples=["intro"]
    )
    session_name: str = Field(description="what it was called when it was booked", examples=["Intro"])
    user_name: str = Field(description=WITHOUT)
    user_email: str
    user_phone: str = Field(description="E.164", examples=["+442079460958"])
    notes: str
    status: BookingStatus
    message: str = Field(description="what whoever cancelled or declined it wrote to the other side")
    created_at: datetime
    confirmed_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, booking: Booking, expert: Expert | None, **more: Any) -> Self:
        """A booking with its expert, if that one is still here; without, times are told in UTC."""
        zone = expert.zone if expert else ZoneInfo("UTC")
        return cls(
            mongo_id=str(booking.id),
            expert_id=str(booking.expert_id),
            expert=expert and ExpertNameShape(mongo_id=str(expert.id), name=expert.name, category=expert.category),
            expert_name=expert and expert.name,
            slot_id=str(booking.slot_id),
            date=local_date(booking.starts_at, zone),
            time=local_time(booking.starts_at, zone),
            time_zone=zone.key,
            user_name=booking.customer_name,
            user_email=booking.customer_email,
            user_phone=booking.customer_phone,
            **booking.model_dump(include=SAME_NAMES),
            **more,
        )

    def without_customer(self) -> Self:
        """For whoever may change it and not read it: nothing of the customer's, and no word that somebody wrote."""
        return self.model_copy(update=dict.fromkeys(OF_CUSTOMER, ""))


OF_CUSTOMER = ("user_name", "user_email", "user_phone", "notes", "message")
SAME_NAMES = {
    "starts_at", "ends_at", "session_type", "session_name", "notes", "status", "message",
    "created_at", "confirmed_at", "completed_at", "cancelled_at",
}  # fmt: skip


class BookingMadeShape(BookingShape):
    """A booking as its maker sees it."""

    manage_token: str = Field(description="keep it: it shows, moves, cancels and deletes this one booking")
    manage_url: str = Field(
        description="the booking's page, for whoever has the address",
        examples=["https://booking.example.org/bookings/-wYkSEc0LsO1lVCh6bdjWw"],
    )


class DoneShape(Shape):
    """That something is done, in words."""

    message: str
