"""What somebody has done lately, for limits that several processes count together."""

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class Recent(Document):
    """When one limit let somebody through the last few times, newest first, in seconds of Unix time.

    The id is a keyed digest of the limit and the address, so that no address is stored. The database drops what has not
    been added to for as long as the limit looks back.
    """

    id: str  # type: ignore[assignment]  # the digest; Beanie expects an ObjectId unless told otherwise
    times: list[float] = []
    expires_at: datetime

    class Settings:
        name = "recent"
        indexes: ClassVar = [IndexModel([("expires_at", ASCENDING)], name="what_is_past_goes", expireAfterSeconds=0)]
