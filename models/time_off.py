"""Time off: when an expert is not there, by their own word or by another calendar of theirs."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

OWN = "own"


class TimeOff(Document):
    """A stretch of time, `starts_at` to `ends_at` (aware UTC), in which an expert takes no sessions.

    `source` is `OWN`, or the id of the outside calendar that it comes from; `uid` tells it from others of that source.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    note: str = Field(default="", max_length=200, description="for the expert alone")
    source: str = OWN
    uid: str = ""

    class Settings:
        name = "time_off"
        indexes: ClassVar = [
            IndexModel([("expert_id", ASCENDING), ("ends_at", ASCENDING)], name="time_off_by_expert_and_end"),
        ]
