"""Calendars that experts keep elsewhere, whose busy times are time off here."""

from datetime import UTC, datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class OutsideCalendar(Document):
    """A calendar that is read again and again at an `address`, or one that came as a file, once. Times are aware UTC.

    Its busy times are `TimeOff` with its id as source; of what it says besides, nothing is kept. The address is a
    secret: whoever has it reads the calendar.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    name: str = Field(max_length=80, description="the expert's word for it, the name of its file or of its server")
    address: str | None = None
    time_zone: str = Field(default="UTC", description="the expert's, when it was read: in which its days are")
    read_at: datetime | None = Field(default=None, description="when it was last had, changed or not")
    read_until: datetime | None = Field(default=None, description="up to when its busy times are known")
    stretches: int = Field(default=0, ge=0, description="how many busy times it has")
    problem: str = Field(default="", description="why it could not be read the last time: the words of a sentence")
    failures: int = Field(default=0, ge=0, description="how often it could not be read since it last could")
    next_at: datetime = NEVER
    etag: str = ""
    modified: str = Field(default="", description="when the server says it was modified, in its words")
    digest: str = Field(default="", description="of what was read, to know it again")
    removed_at: datetime | None = Field(default=None, description="since when it is being removed")
    created_at: datetime

    @property
    def known_at(self) -> datetime:
        """When it last said when the expert is busy."""
        return self.read_at or self.created_at

    class Settings:
        name = "outside_calendars"
        indexes: ClassVar = [
            IndexModel([("expert_id", ASCENDING)], name="outside_calendars_by_expert"),
            IndexModel([("next_at", ASCENDING)], name="outside_calendars_by_next_reading"),
        ]
