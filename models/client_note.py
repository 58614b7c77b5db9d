"""Client notes: what an expert has noted about one of their customers, for themselves."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

LONGEST_NOTE = 4000


class ClientNote(Document):
    """An expert's words about a customer; one for both of them (`one_note_per_expert_and_customer`).

    No page shows it to the customer. It is theirs all the same: they get it with their data, and it is erased with
    them. `changed_at` is aware UTC.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    customer_key: str = Field(description="the customer's e-mail address as it is compared")
    text: str = Field(max_length=LONGEST_NOTE)
    changed_at: datetime

    class Settings:
        name = "client_notes"
        indexes: ClassVar = [
            IndexModel(
                [("customer_key", ASCENDING), ("expert_id", ASCENDING)],
                name="one_note_per_expert_and_customer",
                unique=True,
            ),
        ]
