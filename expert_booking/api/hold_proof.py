"""Who a client is while it holds and books: an unguessable visitor, made at the first hold, known by the hold token.

A hold token is `<visitor>.<token>`: the first part says who holds, the second proves this very hold. Visitors of the
API carry a mark of their own, so that no client can pose as the visitor of a page.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Header

from expert_booking.errors import ProofMissing, ProofRefused
from expert_booking.holds import Hold

HOLD_TOKEN = r"^[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldProof:
    """A hold token taken apart."""

    visitor: str
    token: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What a client sent, or none when it does not look like a hold token."""
        if not re.fullmatch(HOLD_TOKEN, text):
            return None
        visitor, token = text.split(".")
        return cls(visitor=f"api:{visitor}", token=token)


def new_visitor() -> str:
    """Somebody who was not here before."""
    return f"api:{secrets.token_urlsafe(16)}"


def hold_token(visitor: str, hold: Hold) -> str:
    """What a client keeps to prove its hold."""
    return f"{visitor.removeprefix('api:')}.{hold.token}"


def booking_visitor(token: str | None, *, idempotency_key: str | None) -> str:
    """Who books: the holder or, without a hold, whoever sends this idempotency key, or somebody new.

    A request that is sent again must not meet its own first try as somebody else's hold; so the key names the visitor.
    """
    if token and (proof := HoldProof.read(token)):
        return proof.visitor
    if idempotency_key:
        return f"key:{hashlib.sha256(idempotency_key.encode()).hexdigest()}"
    return new_visitor()


def _sent(
    hold_token: Annotated[str | None, Header(description="`holdToken` of an earlier hold")] = None,
) -> HoldProof | None:
    if hold_token is None:
        return None
    proof = HoldProof.read(hold_token)
    if proof is None:
        raise ProofRefused("This is not a hold token.")
    return proof


OptionalHoldProof = Annotated[HoldProof | None, Depends(_sent)]


def _required(proof: OptionalHoldProof) -> HoldProof:
    if proof is None:
        raise ProofMissing("Send the hold's token in the header Hold-Token.")
    return proof


RequiredHoldProof = Annotated[HoldProof, Depends(_required)]
