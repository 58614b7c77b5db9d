"""Text as it is stored: what one sees, and nothing that hides, moves or breaks it."""

import unicodedata

ZERO_WIDTH = dict.fromkeys(
    [0x00AD, 0x180E, *range(0x200B, 0x200E), *range(0x2060, 0x2065), 0xFEFF, *range(0xE0020, 0xE0080)]
)
"""Keyboards and copied pages put these between letters and emoji, and nobody can find them to take them out."""

_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Letters and signs by their category, yet drawn as nothing: a name made of them would look blank.
_INVISIBLE_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"


def without_zero_width(text: str) -> str:
    """The text without its zero-width characters: an emoji of a family becomes its members."""
    return text.translate(ZERO_WIDTH)


def tidy(text: str) -> str:
    """Trimmed NFC text without zero-width characters."""
    return unicodedata.normalize("NFC", without_zero_width(text)).strip()


def first_invisible(text: str, *, allowed: str = "") -> str | None:
    """The code, such as U+202E, of the first control, bidi or other character that cannot be seen, if there is one."""
    unwanted = (character for character in text if character not in allowed and _is_invisible(character))
    found = next(unwanted, None)
    return f"U+{ord(found):04X}" if found else None


def _is_invisible(character: str) -> bool:
    return (
        character in _INVISIBLE_LETTERS
        or unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or _is_noncharacter(ord(character))
    )


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
