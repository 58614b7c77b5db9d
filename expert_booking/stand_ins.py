"""Addresses that stand in where there is no other: nobody has them, and no mail is sent to them."""

import re

from models.expert import folded

ENDING = ".example"
"""Reserved for ever (RFC 2606)."""
_HOUSE = "experts" + ENDING


def address(name: str, tag: str = "") -> str:
    """Such as "sarah.johnson@experts.example"; a tag tells namesakes apart."""
    words = [*re.findall(r"[a-z]+", folded(name)), *([tag] if tag else [])]
    return f"{'.'.join(words) or 'expert'}@{_HOUSE}"


def is_one(email: str) -> bool:
    """Whether nobody can have this address."""
    return email.casefold().endswith(ENDING)
