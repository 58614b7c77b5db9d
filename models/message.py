"""Messages: the mail that is to be sent, was sent, or could not be sent."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, IndexModel


class MessageKind(StrEnum):
    """What a message is about."""

    SIGN_IN_CODE = "sign_in_code"
    RECEIVED = "received"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    REMINDER = "reminder"


class Recipient(StrEnum):
    """As whom somebody gets a message."""

    CUSTOMER = "customer"
    EXPERT = "expert"


class MessageState(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Message(Document):
    """One mail to one person, in the outbox.

    Its id is made of what it tells, so that the same is never told twice: writing it again is a duplicate key. What it
    says is drawn from the booking when it is sent, as it stood after the change that is told of. Times are aware UTC.
    """

    id: str  # type: ignore[assignment]  # what it tells, and to whom; Beanie expects an ObjectId unless told otherwise
    kind: MessageKind
    recipient: Recipient = Recipient.CUSTOMER
    to: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    booking_id: PydanticObjectId | None = None
    sequence: int = 0
    nonce: str = ""
    state: MessageState = MessageState.WAITING
    attempts: int = 0
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None = None
    refusal: str = ""

    class Settings:
        name = "messages"
        indexes: ClassVar = [
            IndexModel([("state", ASCENDING), ("due_at", ASCENDING)], name="messages_by_state_and_due_time"),
        ]
