"""API tokens: programs that may do a part of what runs the house."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, IndexModel


class Scope(StrEnum):
    """A part of running the house."""

    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    EXPERTS_READ = "experts:read"
    EXPERTS_WRITE = "experts:write"
    JOURNAL_READ = "journal:read"
    FIGURES_READ = "figures:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


class ApiToken(Document):
    """A program that may act for the house, within its scopes, until `expires_at` or `revoked_at` (aware UTC).

    Its token is nowhere but there: the id is the token's SHA-256, in hexadecimal digits.
    """

    id: str  # type: ignore[assignment]  # of the token; Beanie expects an ObjectId unless told otherwise
    name: str
    begins: str = Field(description="the first characters of the token, by which its owner knows it again")
    scopes: list[Scope]
    made_by: str = Field(description="the administrator's address")
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = Field(default=None, description="noted once an hour at most")
    revoked_at: datetime | None = None

    class Settings:
        name = "api_tokens"
        indexes: ClassVar = [IndexModel([("created_at", ASCENDING)], name="tokens_by_creation")]
