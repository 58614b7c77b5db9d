"""Webhooks: addresses of other systems that are told what becomes of bookings, and what was sent to each."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class WebhookEvent(StrEnum):
    """What a webhook can be told of, in the words that receivers see."""

    MADE = "booking.made"
    CONFIRMED = "booking.confirmed"
    COMPLETED = "booking.completed"
    DECLINED = "booking.declined"
    CANCELLED = "booking.cancelled"
    LAPSED = "booking.lapsed"
    NO_SHOW = "booking.no_show"
    RESCHEDULED = "booking.rescheduled"
    DELETED = "booking.deleted"


class Webhook(Document):
    """An address that is told of bookings.

    What its messages are signed with is nowhere: it is worked out of the house's secret, the id and `secret_number`,
    which is raised to have another one. Times are aware UTC.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    name: str
    url: str
    events: list[WebhookEvent]
    is_active: bool = True
    with_customer: bool = Field(
        default=False, description="whether messages say who booked: name, e-mail, phone, notes"
    )
    secret_number: int = 1
    rotated_at: datetime | None = Field(default=None, description="when the secret was last changed for another")
    created_at: datetime

    class Settings:
        name = "webhooks"
        indexes: ClassVar = [IndexModel([("created_at", ASCENDING)], name="webhooks_by_creation")]


class DeliveryState(StrEnum):
    """How far a message to a webhook has come.

    WAITING -> SENDING -> SENT, or back to WAITING to be tried again, or FAILED when it has been tried for long enough.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Attempt(BaseModel):
    """One try to send: the HTTP status of the answer, or what kind of failure kept an answer from coming."""

    at: datetime
    status: int | None = None
    problem: str = ""
    milliseconds: int = 0


class WebhookDelivery(Document):
    """One message to one webhook.

    Its id is made of the webhook, the booking and the number of the booking's change, so that the same is never told
    twice: writing it again is a duplicate key. `payload` is what is sent, JSON, without the customer: who that is, is
    read from the booking when it is sent, so that nothing about a person is kept here. Times are aware UTC.
    """

    id: str  # type: ignore[assignment]  # what it tells, and to whom; Beanie expects an ObjectId unless told otherwise
    webhook_id: PydanticObjectId
    booking_id: PydanticObjectId | None = Field(default=None, description="none for a test")
    event: str
    payload: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: list[Attempt] = Field(default_factory=list)
    tries: int = Field(default=0, description="how often it was tried since it was last asked for by hand")
    claim: str = Field(default="", description="who sends it; until `due_at` nobody else may")
    due_at: datetime = Field(description="when it may be sent, the claim on it runs out, or it has ended")
    created_at: datetime

    class Settings:
        name = "webhook_deliveries"
        indexes: ClassVar = [
            IndexModel([("webhook_id", ASCENDING), ("created_at", DESCENDING)], name="deliveries_by_webhook"),
            IndexModel([("state", ASCENDING), ("due_at", ASCENDING)], name="deliveries_by_state"),
        ]
