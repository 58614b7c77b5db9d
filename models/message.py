"""Messages: the mail that is to be sent, was sent, or could not be sent."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from beanie import Document, PydanticObjectId
from pydantic import Field, model_validator
from pymongo import ASCENDING, IndexModel


class MessageKind(StrEnum):
    """What a message is about."""

    SIGN_IN_CODE = "sign_in_code"
    RECEIVED = "received"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    LAPSED = "lapsed"
    REMINDER = "reminder"
    OFFER = "offer"
    LINE_CLOSED = "line_closed"
    INVITATION = "invitation"


class Recipient(StrEnum):
    """As whom somebody gets a message."""

    CUSTOMER = "customer"
    EXPERT = "expert"


class MessageState(StrEnum):
    """How far a message has come.

    WAITING -> SENDING -> SENT, or back to WAITING to be tried again, or FAILED for good. What is not worth sending any
    more becomes OVERTAKEN; what goes nowhere by the settings, or to an address that nobody can have, is KEPT.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    OVERTAKEN = "overtaken"
    KEPT = "kept"


class Message(Document):
    """One mail to one person, in the outbox.

    Its id is made of what it tells, so that the same is never told twice: writing it again is a duplicate key. What it
    says is drawn from the booking when it is sent, as it stood after the change that is told of. Times are aware UTC.
    """

    id: str  # type: ignore[assignment]  # what it tells, and to whom; Beanie expects an ObjectId unless told otherwise
    kind: MessageKind
    recipient: Recipient = Recipient.CUSTOMER
    to: str = Field(default="", description="an e-mail address; in no log, metric or event")
    to_key: str = Field(default="", description="the address as it is compared; derived from `to`")
    language: str = "en"
    time_zone: str = "UTC"
    booking_id: PydanticObjectId | None = None
    wish_id: PydanticObjectId | None = Field(default=None, description="whose place in line it is about")
    sequence: int = Field(default=0, description="which change of the booking, or which offer, it tells of")
    session_at: datetime | None = Field(default=None, description="the start of the session that it reminds of")
    nonce: str = Field(default="", description="of a sign-in code")
    state: MessageState = MessageState.WAITING
    attempts: int = Field(default=0, description="how often the mail server was given it")
    claim: str = Field(default="", description="who sends it; until `due_at` nobody else may")
    due_at: datetime = Field(description="when it may be sent, the claim on it runs out, or it has ended")
    useful_until: datetime | None = Field(default=None, description="when it is not worth sending any more")
    created_at: datetime
    refusal: str = Field(default="", description="why it was not sent the last time: a code, or a kind of error")

    class Settings:
        name = "messages"
        indexes: ClassVar = [
            IndexModel([("state", ASCENDING), ("due_at", ASCENDING)], name="messages_by_state_and_due_time"),
            IndexModel([("to_key", ASCENDING)], name="messages_by_address"),
        ]

    @model_validator(mode="after")
    def _derive_key(self) -> Self:
        self.to_key = unicodedata.normalize("NFC", self.to.lower())
        return self
