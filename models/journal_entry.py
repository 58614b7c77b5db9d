"""The journal: who changed what, when, from what and to what. Entries are added, never changed and never removed."""

from datetime import datetime
from typing import ClassVar, Self

from beanie import Document, PydanticObjectId
from pydantic import Field, model_validator
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.booking import ActorKind
from models.finding import CODE_LENGTH


class JournalEntry(Document):
    """One change. `at` is aware UTC.

    Its id is made of what changed and the number of the change, so that writing it again is a duplicate key. It names
    no customer: what is told of a booking is found by the booking, or by its code when that is deleted. `booking_code`
    is derived from the id when the entry is made; it is not meant to be given.
    """

    id: str  # type: ignore[assignment]  # Beanie expects an ObjectId unless told otherwise
    at: datetime
    by: ActorKind
    who: str = Field(default="", description="the administrator's address or the program's name")
    what: str = Field(description="such as booking.confirmed or expert.hidden")
    booking_id: PydanticObjectId | None = None
    booking_code: str = Field(default="", description="the end of the booking's id, as its ticket shows it")
    expert_id: PydanticObjectId | None = None
    was: str = ""
    became: str = ""
    reason: str = ""

    class Settings:
        name = "journal"
        indexes: ClassVar = [
            IndexModel([("at", DESCENDING), ("_id", ASCENDING)], name="journal_by_time"),
            IndexModel([("booking_id", ASCENDING), ("at", ASCENDING)], name="journal_by_booking"),
            IndexModel([("booking_code", ASCENDING)], name="journal_by_booking_code"),
            IndexModel([("expert_id", ASCENDING), ("at", DESCENDING)], name="journal_by_expert"),
        ]

    @model_validator(mode="after")
    def _derive_booking_code(self) -> Self:
        self.booking_code = str(self.booking_id)[-CODE_LENGTH:] if self.booking_id is not None else ""
        return self
