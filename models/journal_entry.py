"""The journal: who changed what, when, from what and to what. Entries are added, never changed and never removed."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.booking import ActorKind


class JournalEntry(Document):
    """One change. `at` is aware UTC.

    Its id is made of what changed and the number of the change, so that writing it again is a duplicate key. It names
    no customer: what is told of a booking is found by the booking.
    """

    id: str  # type: ignore[assignment]  # Beanie expects an ObjectId unless told otherwise
    at: datetime
    by: ActorKind
    who: str = Field(default="", description="the administrator's address or the program's name")
    what: str = Field(description="such as booking.confirmed or expert.hidden")
    booking_id: PydanticObjectId | None = None
    expert_id: PydanticObjectId | None = None
    was: str = ""
    became: str = ""
    reason: str = ""

    class Settings:
        name = "journal"
        indexes: ClassVar = [
            IndexModel([("at", DESCENDING), ("_id", ASCENDING)], name="journal_by_time"),
            IndexModel([("booking_id", ASCENDING), ("at", ASCENDING)], name="journal_by_booking"),
            IndexModel([("expert_id", ASCENDING), ("at", DESCENDING)], name="journal_by_expert"),
        ]
