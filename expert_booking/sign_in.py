"""Signing in: a code by e-mail proves an address, and a session remembers for a month that it was proved.

One way for customers, experts and administrators. Every address gets a code, known here or not, so nothing can be
learnt from asking. The code is not stored: it is worked out of the house's secret and a random nonce, and what stands
in the database is worth nothing without the secret. A session's token is stored as its SHA-256 only.

An address gets six codes an hour and each can be tried five times, whoever asks and from wherever: thirty guesses an
hour among a million codes. Every step is one conditional update, so that many at the same moment are no more than that.
"""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from expert_booking import clock, closing, customers, database, outbox, people
from expert_booking.errors import CodeRefused, TooManyRequests
from expert_booking.people import Person
from models import Message, MessageKind, SignIn, SignInCode

CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
MOST_CODES_AN_HOUR = 6
SIGN_IN_LASTS = timedelta(days=30)

_DIGITS = 6
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


@closing.finished_first
async def send_code(email: str, *, language: str = "en") -> None:
    """Send a code to an address, which takes the place of an earlier one.

    Args:
        email: as typed, and checked by `customers.check_email`.
        language: of the message.

    Raises:
        TooManyRequests: the address has had its codes for this hour, known here or not; the last one still stands.
    """
    now, nonce = clock.now(), secrets.token_urlsafe(24)
    hour = (now - _EPOCH) // _HOUR
    code = SignInCode(
        id=customers.customer_key(email),
        email=email,
        nonce=nonce,
        hour=hour,
        created_at=now,
        expires_at=now + CODE_LASTS,
        forgotten_at=_EPOCH + (hour + 2) * _HOUR,
    )
    if not await _put_in_place(code):
        wait = _EPOCH + (hour + 1) * _HOUR - now
        raise TooManyRequests(retry_after_seconds=int(wait.total_seconds()) + 1)
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


async def _put_in_place(code: SignInCode) -> bool:
    """Let a code take the place of the address's earlier one; false when there were enough of them in its hour.

    An hour that is still ahead, by the clock of another process perhaps, is as good as this one.
    """
    new = code.model_dump(exclude={"id", "revision_id", "hour", "sent"})
    of_this_hour = {"_id": code.id, "hour": {"$gte": code.hour}, "sent": {"$lt": MOST_CODES_AN_HOUR}}
    of_one_before = {"_id": code.id, "hour": {"$lt": code.hour}}
    first_of_hour = {"$set": {**new, "hour": code.hour, "sent": 1}}
    for _ in range(2):  # somebody else's may come between looking and inserting, once
        another = await SignInCode.find_one(of_this_hour).update({"$set": new, "$inc": {"sent": 1}})
        if another.modified_count or (await SignInCode.find_one(of_one_before).update(first_of_hour)).modified_count:
            return True
        try:
            await code.insert()
        except database.DuplicateKeyError:
            continue
        return True
    return False


def code_of(nonce: str) -> str:
    """The six digits that belong to a nonce; for the message that brings them."""
    digest = hmac.digest(_secret, nonce.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 10**_DIGITS:0{_DIGITS}}"


@closing.finished_first
async def verify(email: str, code: str) -> NewSignIn:
    """Begin a session for whoever has the code; the code opens nothing a second time.

    A try is counted, for the very code that it is about, before the two are compared. It is used up by expiring it.
    What is not six digits is no guess and costs no try.

    Args:
        email: as typed; the session is for the spelling to which the code was sent.
        code: as typed; blanks and hyphens do not matter, nor in which script its digits are.

    Raises:
        CodeRefused
    """
    now, key, digits = clock.now(), customers.customer_key(email), _digits(code)
    if len(digits) != _DIGITS:
        raise CodeRefused
    found = await SignInCode.find_one({"_id": key})
    valid = {"_id": key, "nonce": found.nonce if found else "", "expires_at": {"$gt": now}}
    tried = await SignInCode.find_one({**valid, "tries": {"$lt": MOST_TRIES}}).update({"$inc": {"tries": 1}})
    if found is None or not tried.modified_count:
        raise CodeRefused
    if not hmac.compare_digest(code_of(found.nonce).encode(), digits.encode()):
        raise CodeRefused
    used = await SignInCode.find_one(valid).update({"$set": {"expires_at": _EPOCH}})
    if not used.modified_count:  # another one was quicker
        raise CodeRefused
    return await _begin(found.email, now)


def _digits(typed: str) -> str:
    """What was typed, in digits of ASCII; anything else than a digit, a blank or a hyphen makes it no code."""
    joined = "".join(typed[:100].replace("-", " ").split())
    return "".join(str(unicodedata.decimal(character, "?")) for character in joined)


async def _begin(email: str, now: datetime) -> NewSignIn:
    token, person = secrets.token_urlsafe(32), await people.of_address(email, proved_at=now)
    sign_in = SignIn(
        id=_digest(token), email=email, customer_key=person.key, created_at=now, expires_at=now + SIGN_IN_LASTS
    )
    await sign_in.insert()
    return NewSignIn(token=token, person=person, expires_at=sign_in.expires_at)


async def person_of(token: str) -> Person | None:
    """Who signed in with this token, or none when it is not (any more) good."""
    found = await SignIn.find_one({"_id": _digest(token), "expires_at": {"$gt": clock.now()}})
    return await people.of_address(found.email, proved_at=found.created_at) if found is not None else None


@closing.finished_first
async def sign_out(token: str) -> None:
    """End the session; one that has ended already stays so."""
    await SignIn.find_one({"_id": _digest(token)}).delete()


@closing.finished_first
async def sign_out_everywhere(key: str) -> None:
    """End all sessions of an address, given as it is compared."""
    await SignIn.find({"customer_key": key}).delete()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
