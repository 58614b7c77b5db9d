"""What programs that help to run the house send and get."""

from datetime import datetime
from typing import Self

from pydantic import Field, StrictBool

from expert_booking import webhooks
from expert_booking.administration.roster import Row, Standing
from expert_booking.api.booking_shapes import BookingShape
from expert_booking.api.shape import Shape
from expert_booking.webhooks import Wanted
from models import ActorKind, JournalEntry, Webhook, WebhookEvent


class BookingPageShape(Shape):
    """Bookings of all, a page of them."""

    bookings: list[BookingShape]
    after: str | None = Field(description="send it to get the next page; null at the end")
    is_cut: bool = Field(description="whether the search found more than it looks through")


class HouseExpertShape(Shape):
    """An expert as those who run the house see them."""

    mongo_id: str = Field(alias="_id")
    name: str
    category: str
    email: str | None
    time_zone: str
    standing: Standing
    open_slots: int
    next_open_at: datetime | None
    bookings_ahead: int

    @classmethod
    def of(cls, row: Row) -> Self:
        """A line of the roster."""
        expert = row.expert
        return cls(
            mongo_id=str(expert.id),
            name=expert.name,
            category=expert.category,
            email=expert.email,
            time_zone=expert.time_zone,
            standing=row.standing,
            open_slots=row.open_slots,
            next_open_at=row.next_open_at,
            bookings_ahead=row.bookings_ahead,
        )


class RosterShape(Shape):
    """Experts, a page of them."""

    experts: list[HouseExpertShape]
    page: int
    pages: int
    total: int


class NewExpertRequest(Shape):
    """Somebody to be invited; visitors find them when they are shown."""

    name: str = Field(max_length=200, examples=["Sarah Johnson"])
    category: str = Field(max_length=200, examples=["Technology"])
    email: str = Field(max_length=320, json_schema_extra={"format": "email"})
    time_zone: str = Field(default="UTC", max_length=64, description="IANA", examples=["Europe/London"])
    language: str = Field(default="en", max_length=8, description="of the invitation")


class ExpertChangeRequest(Shape):
    """What is to become of an expert."""

    is_hidden: StrictBool = Field(description="whether visitors find them no more")


class JournalEntryShape(Shape):
    """Who changed what, from what and to what; nothing of a customer's."""

    mongo_id: str = Field(alias="_id")
    at: datetime
    by: ActorKind
    who: str = Field(description="the administrator's address, or the program's name")
    what: str = Field(examples=["booking.confirmed"])
    booking_id: str | None
    expert_id: str | None
    was: str = Field(description="a word, a moment, or a JSON object of the fields that differ")
    became: str
    reason: str

    @classmethod
    def of(cls, entry: JournalEntry) -> Self:
        """An entry."""
        same = entry.model_dump(include={"at", "by", "who", "what", "was", "became", "reason"})
        booking_id = str(entry.booking_id) if entry.booking_id is not None else None
        expert_id = str(entry.expert_id) if entry.expert_id is not None else None
        return cls(mongo_id=entry.id, booking_id=booking_id, expert_id=expert_id, **same)


class JournalShape(Shape):
    """Entries, the newest first."""

    entries: list[JournalEntryShape]
    after: datetime | None = Field(
        description="send it as `before` to get the next page; null at the end, and not for a short page alone"
    )


class WebhookRequest(Shape):
    """An address that is to be told of bookings."""

    name: str = Field(max_length=200, examples=["CRM"])
    url: str = Field(max_length=webhooks.LONGEST_URL, examples=["https://crm.example.org/hooks"])
    events: list[WebhookEvent] = Field(min_length=1, max_length=50)
    with_customer: StrictBool = Field(
        default=False, description="whether messages say who booked; a token needs `bookings:read` for it"
    )

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(name=self.name, url=self.url, events=tuple(self.events), with_customer=self.with_customer)


class WebhookShape(Shape):
    """An address that is told of bookings."""

    mongo_id: str = Field(alias="_id")
    name: str
    url: str
    events: list[WebhookEvent]
    is_active: bool
    with_customer: bool
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, **more: str) -> Self:
        """A webhook, without its secret unless that is given."""
        include = {"name", "url", "events", "is_active", "with_customer", "created_at"}
        return cls(mongo_id=str(webhook.id), **webhook.model_dump(include=include), **more)


class WebhookMadeShape(WebhookShape):
    """A webhook as its maker sees it."""

    secret: str = Field(description="keep it: messages are signed with it, and it is shown here only")


class FiguresShape(Shape):
    """A table: the first row of the file is `columns`."""

    name: str
    days: int
    counted_at: datetime
    columns: list[str]
    rows: list[list[str | int | float]]
    is_cut: bool = Field(description="whether there were more bookings of a status than are counted")
