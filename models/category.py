"""Categories that the house has named before anybody is in them."""

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class Category(Document):
    """A category that experts may choose though nobody is in it yet; its id is its name.

    Those that somebody is in are known by the experts and need no record. `created_at` is aware UTC.
    """

    id: str  # type: ignore[assignment]  # its name; Beanie expects an ObjectId unless told otherwise
    created_at: datetime

    class Settings:
        name = "categories"
        indexes: ClassVar = [IndexModel([("created_at", ASCENDING)], name="categories_by_creation")]
