"""Signing in: the code that was sent to an address, and the sessions of those who proved that it is theirs."""

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class SignInCode(Document):
    """The one code that an address has at a time; a later one takes its place.

    The code itself is nowhere: it is worked out of `nonce` and the house's secret. A code that was used has expired.
    `sent` counts the codes of the `hour` (since the epoch), which outlives them, so that nobody can go on guessing by
    asking for more. Times are aware UTC; the database drops the record at `forgotten_at`.
    """

    id: str  # type: ignore[assignment]  # the address as it is compared; Beanie expects an ObjectId otherwise
    email: str
    nonce: str
    tries: int = 0
    hour: int
    sent: int = 1
    created_at: datetime
    expires_at: datetime
    forgotten_at: datetime

    class Settings:
        name = "sign_in_codes"
        indexes: ClassVar = [
            IndexModel([("forgotten_at", ASCENDING)], name="codes_are_forgotten", expireAfterSeconds=0)
        ]


class SignIn(Document):
    """One browser, or one program, that may act for an address until `expires_at` (aware UTC).

    Its token is nowhere but there: the id is the token's SHA-256, in hexadecimal digits.
    """

    id: str  # type: ignore[assignment]  # of the token; Beanie expects an ObjectId unless told otherwise
    email: str
    customer_key: str
    created_at: datetime
    expires_at: datetime

    class Settings:
        name = "sign_ins"
        indexes: ClassVar = [
            IndexModel([("expires_at", ASCENDING)], name="expired_sign_ins_go", expireAfterSeconds=0),
            IndexModel([("customer_key", ASCENDING)], name="sign_ins_by_address"),
        ]
