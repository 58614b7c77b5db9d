"""Signing in: a code by e-mail proves an address, and a session remembers for a month that it was proved.

One way for customers, experts and administrators. Every address gets a code, known here or not, so nothing can be
learnt from asking. The code is not stored: it is worked out of the house's secret and a random nonce, and what stands
in the database is worth nothing without the secret. A session's token is stored as its SHA-256 only.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from expert_booking import clock, customers, outbox, people
from expert_booking.errors import CodeRefused
from expert_booking.people import Person
from models import Message, MessageKind, SignIn, SignInCode

CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
SIGN_IN_LASTS = timedelta(days=30)

_DIGITS = 6
_secret = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignIn:
    """A session that has just begun; its token is known here and to whoever gets this, and never again."""

    token: str
    person: Person
    expires_at: datetime


def use(secret: str) -> None:
    """The house's secret, of which codes are worked out; the same in all processes."""
    global _secret
    _secret = hashlib.sha256(b"sign-in codes\0" + secret.encode()).digest()


async def send_code(email: str, *, language: str = "en") -> None:
    """Send a code to an address, which takes the place of an earlier one.

    Args:
        email: as typed, and checked by `customers.check_email`.
        language: of the message.
    """
    now, nonce = clock.now(), secrets.token_urlsafe(24)
    key = customers.customer_key(email)
    code = SignInCode(id=key, nonce=nonce, created_at=now, expires_at=now + CODE_LASTS)
    await SignInCode.find_one({"_id": key}).upsert(
        {"$set": code.model_dump(exclude={"id", "revision_id"})}, on_insert=code
    )
    await outbox.put(
        Message(
            id=f"{MessageKind.SIGN_IN_CODE}:{nonce}",
            kind=MessageKind.SIGN_IN_CODE,
            to=email,
            language=language,
            nonce=nonce,
            created_at=now,
            due_at=now,
        )
    )


def code_of(nonce: str) -> str:
    """The six digits that belong to a nonce; for the message that brings them."""
    digest = hmac.digest(_secret, nonce.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 10**_DIGITS:0{_DIGITS}}"


async def verify(email: str, code: str) -> NewSignIn:
    """Begin a session for whoever has the code; the code opens nothing a second time.

    A try is counted before the code is looked at, so that many at the same moment are no more than five.

    Raises:
        CodeRefused
    """
    now, key = clock.now(), customers.customer_key(email)
    tried = await SignInCode.find_one({"_id": key, "tries": {"$lt": MOST_TRIES}, "expires_at": {"$gt": now}}).update(
        {"$inc": {"tries": 1}}
    )
    found = await SignInCode.find_one({"_id": key}) if tried.modified_count else None
    if found is None or not hmac.compare_digest(code_of(found.nonce).encode(), code.encode(errors="replace")):
        raise CodeRefused
    used = await SignInCode.find_one({"_id": key, "nonce": found.nonce}).delete()
    if used is None or not used.deleted_count:  # another one was quicker
        raise CodeRefused
    return await _begin(email, now)


async def _begin(email: str, now: datetime) -> NewSignIn:
    token, person = secrets.token_urlsafe(32), await people.of_address(email)
    sign_in = SignIn(
        id=_digest(token), email=email, customer_key=person.key, created_at=now, expires_at=now + SIGN_IN_LASTS
    )
    await sign_in.insert()
    return NewSignIn(token=token, person=person, expires_at=sign_in.expires_at)


async def person_of(token: str) -> Person | None:
    """Who signed in with this token, or none when it is not (any more) good."""
    found = await SignIn.find_one({"_id": _digest(token), "expires_at": {"$gt": clock.now()}})
    return await people.of_address(found.email) if found is not None else None


async def sign_out(token: str) -> None:
    """End the session; one that has ended already stays so."""
    await SignIn.find_one({"_id": _digest(token)}).delete()


async def sign_out_everywhere(key: str) -> None:
    """End all sessions of an address, given as it is compared."""
    await SignIn.find({"customer_key": key}).delete()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
