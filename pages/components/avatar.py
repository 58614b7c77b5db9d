"""A person's picture, drawn from their name when there is none."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from expert_booking import pictures
from models import Expert
from pages import theme
from pages.live.markup import Markup, fill

_PICTURE = (
    '<img class="avatar" src="{address}"{larger} alt="" width="54" height="54" loading="lazy" data-tone="{tone}"'
    ' data-initials="{initials}">'
)
_LARGER = ' srcset="{small} {small_side}w, {large} {large_side}w" sizes="{width}px"'
_DRAWN = '<span class="avatar" aria-hidden="true" data-tone="{tone}" data-initials="{initials}">{initials}</span>'

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_MARKS = ("Mn", "Mc", "Me")
_SKIN = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)


def avatar(expert: Expert, *, width: int = 54) -> Markup:
    """Pictures come from this house only; an address elsewhere gets a drawn one, so that no page asks a third party.

    Args:
        expert: whose.
        width: how wide it is at most, in CSS pixels; a browser takes the picture that its screen can show.
    """
    letters, tone = initials(expert.name), theme.avatar_tone(str(expert.id))
    if expert.avatar and expert.avatar.startswith("/") and not expert.avatar.startswith("//"):
        return fill(
            _PICTURE, address=expert.avatar, larger=_in_two_sizes(expert.avatar, width), tone=tone, initials=letters
        )
    return fill(_DRAWN, tone=tone, initials=letters)


def _in_two_sizes(address: str, width: int) -> Markup:
    if not address.startswith("/pictures/"):
        return Markup("")
    large = address.replace(f"-{pictures.SMALL}.", f"-{pictures.LARGE}.")
    return fill(_LARGER, small=address, small_side=pictures.SMALL, large=large, large_side=pictures.LARGE, width=width)


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """The first letters of the first and the last word that have one, as people see letters, accents included."""
    signs = [sign for sign in map(_initial, unicodedata.normalize("NFC", name).split()) if sign]
    chosen = [signs[0], signs[-1]] if len(signs) > 1 else signs
    is_joined = any(unicodedata.bidirectional(sign[0]) == "AL" for sign in chosen)
    return (_NON_JOINER if is_joined else "").join(chosen) or name.strip()[:1]


def _initial(word: str) -> str:
    """The first letter, digit or picture of a word with all that belongs to it, large where that is one letter."""
    starts = (at for at, sign in enumerate(word) if unicodedata.category(sign)[0] in "LN" or _is_picture(sign))
    start = next(starts, None)
    if start is None:
        return ""
    large = word[start].title()
    return (large if len(large) == 1 else word[start]) + "".join(_rest(word[start:]))


def _is_picture(sign: str) -> bool:
    return unicodedata.category(sign) == "So"


def _rest(word: str) -> Iterator[str]:
    """What follows the first sign and is one with it: marks, skin, the other half of a flag, what is joined to it."""
    before = word[0]
    for at, sign in enumerate(word[1:], 1):
        is_flag = at == 1 and ord(before) in _FLAGS and ord(sign) in _FLAGS
        is_added = unicodedata.category(sign) in _MARKS or ord(sign) in _SKIN or sign == _JOINER
        if not (is_flag or is_added or before == _JOINER):
            return
        yield sign
        before = sign
