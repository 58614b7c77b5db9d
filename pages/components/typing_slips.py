"""Slips of the fingers in e-mail addresses: a question to ask, never a refusal."""

KNOWN = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "ymail.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "gmx.ch",
    "web.de",
    "t-online.de",
    "mail.com",
    "email.com",
    "yahoo.de",
    "yahoo.fr",
    "hotmail.fr",
    "hotmail.es",
    "orange.fr",
    "free.fr",
    "laposte.net",
)
"""Where many people have their mail; what is in here is never taken for a slip."""

_SHORTEST = 8  # shorter names are too near to each other


def meant_address(address: str) -> str:
    """The address that was probably meant, one slip away at a well-known house; nothing if there is none."""
    person, at, domain = address.strip().rpartition("@")
    typed = domain.lower()
    if not at or typed in KNOWN:
        return ""
    near = (known for known in KNOWN if len(known) >= _SHORTEST and _is_one_slip(typed, known))
    return next((f"{person}@{known}" for known in near), "")


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many, another one, or has changed places with its neighbour."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    begin = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), None)
    if begin is None:  # one begins with all of the other
        return True
    rest, wanted = typed[begin:], meant[begin:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], swapped) or rest in (wanted[1:],) or rest[1:] == wanted[1:]
