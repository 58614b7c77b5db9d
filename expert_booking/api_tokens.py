"""API tokens: what a program needs to do a part of what runs the house.

A token is shown to whoever makes it and is stored as its SHA-256 only. It begins with a prefix of the house's own, by
which programs that look for leaked secrets find it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from expert_booking import clock, closing, journal
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest, TokenNotFound
from expert_booking.sentence import Sentence
from models import ApiToken, Scope

PREFIX = "expertbooking_"
LONGEST_NAME = 60
LONGEST_DAYS = 3650
MOST = 50
USE_IS_NOTED_EVERY = timedelta(hours=1)

_SHOWN = len(PREFIX) + 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that was just made; `secret` is known here and to whoever gets this, and never again."""

    secret: str
    token: ApiToken


@closing.finished_first
async def make(*, name: str, scopes: tuple[str, ...], days: int | None, by: Actor) -> NewToken:
    """Let another program in.

    Args:
        name: as the journal will know it.
        scopes: what it may do; at least one of `Scope`.
        days: for how long; none for as long as nobody revokes it.
        by: the administrator.

    Raises:
        InvalidRequest
    """
    now, secret = clock.now(), f"{PREFIX}{secrets.token_urlsafe(32)}"
    described = await _checked(name, scopes, days)
    token = ApiToken(
        id=_digest(secret),
        begins=secret[:_SHOWN],
        made_by=by.name,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
        **described,
    )
    await token.insert()
    await journal.write("token.made", by=by, key=token.id[:16], became=f"{token.name}: {' '.join(token.scopes)}")
    return NewToken(secret=secret, token=token)


async def _checked(name: str, scopes: tuple[str, ...], days: int | None) -> dict[str, object]:
    name = " ".join(name.split())
    known = [scope for scope in Scope if scope in scopes]
    problems = []
    if not 0 < len(name) <= LONGEST_NAME:
        said = Sentence("Give it a name of up to {number} characters.", number=LONGEST_NAME)
        problems.append(FieldProblem(field="name", message=said))
    elif sum(token.revoked_at is None for token in await find_all()) >= MOST:
        said = Sentence("There are {number} tokens already; revoke one first.", number=MOST)
        problems.append(FieldProblem(field="name", message=said))
    if not known or len(known) != len(set(scopes)):
        problems.append(FieldProblem(field="scopes", message=Sentence("Choose at least one scope.")))
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        said = Sentence("Give a number of days from 1 to {number}, or none.", number=LONGEST_DAYS)
        problems.append(FieldProblem(field="days", message=said))
    if problems:
        raise InvalidRequest(problems)
    return {"name": name, "scopes": known}


@closing.finished_first
async def revoke(token_id: str, *, by: Actor) -> None:
    """Let a program in no more, from the next request on; one that is revoked already stays so.

    Raises:
        TokenNotFound
    """
    found = await ApiToken.find_one({"_id": token_id})
    if found is None:
        raise TokenNotFound
    now = {"$set": {"revoked_at": clock.now()}}
    revoked = await ApiToken.find_one({"_id": token_id, "revoked_at": None}).update(now)
    if revoked.modified_count:
        await journal.write("token.revoked", by=by, key=token_id[:16], was=found.name)


async def find_all() -> list[ApiToken]:
    """All of them, those that are revoked or have expired as well, the newest first."""
    return await ApiToken.find({"created_at": {"$lte": clock.now()}}).sort("-created_at").to_list()


def is_good(token: ApiToken, *, at: datetime) -> bool:
    """Whether a token opens anything at a moment (aware UTC)."""
    return token.revoked_at is None and (token.expires_at is None or at < token.expires_at)


async def program_of(secret: str) -> ApiToken | None:
    """The program that has this token, or none when it is not (any more) good."""
    if not secret.startswith(PREFIX):
        return None
    found, now = await ApiToken.find_one({"_id": _digest(secret)}), clock.now()
    if found is None or not is_good(found, at=now):
        return None
    if found.last_used_at is None or now - found.last_used_at >= USE_IS_NOTED_EVERY:
        await ApiToken.find_one({"_id": found.id}).update({"$set": {"last_used_at": now}})
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
