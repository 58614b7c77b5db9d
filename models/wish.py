"""Wishes: who waits for a time of an expert, between which moments, and what they have been offered."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

ONE_OFFER_PER_SLOT = "one_offer_per_slot"


class WishState(StrEnum):
    """How far a wish has come.

    WAITING -> OFFERED -> TAKEN, or back to WAITING when the offer was not wanted or ran out. ENDED when whoever waited
    has left, or the last of their days is past.
    """

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    ENDED = "ended"


class Wish(Document):
    """Somebody's place in an expert's line: earlier `created_at` (aware UTC) comes first.

    They want a time that starts at `begins_at` or later and before `ends_at` (aware UTC), which are midnights of the
    customer's zone, because that is where they have chosen the days. While it is OFFERED, the slot `offered_slot_id` is
    kept for them until `offered_until`; no slot is offered to two (`one_offer_per_slot`). It `stands` while it is
    WAITING or OFFERED. The database drops the record at `forgotten_at`.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    customer_name: str
    customer_email: str = Field(description="as typed")
    customer_key: str = Field(description="the e-mail address as it is compared: in small letters")
    customer_phone: str = Field(default="", description="E.164, if they have given one")
    language: str = "en"
    time_zone: str = "UTC"
    session_type: str = Field(default="", description="the key of the expert's session type; blank for any")
    begins_at: datetime
    ends_at: datetime
    state: WishState = WishState.WAITING
    stands: bool = True
    was_hopeless: bool = Field(
        default=False, description="whether nothing in these days could have been booked by anybody at the last look"
    )
    passed: list[PydanticObjectId] = Field(default_factory=list, description="slots that they did not want or missed")
    offers: int = Field(default=0, description="how many offers there were; the number of the last one")
    offered_slot_id: PydanticObjectId | None = None
    offered_at: datetime | None = None
    offered_until: datetime | None = None
    is_told: bool = Field(default=True, description="whether the mail of the last offer is in the outbox")
    created_at: datetime
    forgotten_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the days were chosen."""
        return ZoneInfo(self.time_zone)

    @property
    def first_on(self) -> date:
        """The first of the days, in the customer's zone."""
        return self.begins_at.astimezone(self.zone).date()

    @property
    def last_on(self) -> date:
        """The last of the days, in the customer's zone."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(self.zone).date()

    class Settings:
        name = "wishes"
        indexes: ClassVar = [
            IndexModel(
                [("stands", ASCENDING), ("expert_id", ASCENDING), ("created_at", ASCENDING)],
                name="standing_wishes_by_expert",
                partialFilterExpression={"stands": True},
            ),
            IndexModel(
                [("offered_slot_id", ASCENDING)],
                name=ONE_OFFER_PER_SLOT,
                unique=True,
                partialFilterExpression={"state": "offered"},
            ),
            IndexModel([("customer_key", ASCENDING)], name="wishes_by_address"),
            IndexModel([("forgotten_at", ASCENDING)], name="old_wishes_go", expireAfterSeconds=0),
        ]
