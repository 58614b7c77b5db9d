"""Pictures of experts, drawn anew by the house before it keeps them."""

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel


class Picture(Document):
    """An expert's picture, at most one each; its id is the expert's.

    `files` are WebP by the length of their sides in pixels, as text. What is kept here is the truth; `Expert.avatar`
    is its address, made of the `digest`, so that another picture has another address.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId, description="the expert's")
    digest: str
    files: dict[str, bytes]
    created_at: datetime

    class Settings:
        name = "pictures"
        indexes: ClassVar = [IndexModel([("digest", ASCENDING)], name="pictures_by_digest")]
