"""The languages of the house: who reads which, and the catalogues of what is said in them.

English is what the code says; every other language has a gettext catalogue beside this file. `python -m
pages.languages` collects what is said into them, and with `--check` fails when something is missing.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from expert_booking.spoken import FALLBACK, accepted, choose

__all__ = ["CATALOGUES", "FALLBACK", "NAMES", "accepted", "catalogue", "choose", "counts_to_24", "locale"]

CATALOGUES = Path(__file__).parent
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
"""What each language calls itself, by its code (ISO 639-1)."""


@lru_cache(maxsize=8)
def catalogue(language: str) -> NullTranslations:
    """What is said in a language, by what is said in English."""
    if language == FALLBACK:
        return NullTranslations()
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        read = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=8)
def locale(language: str) -> Locale:
    """How a language writes dates, times, numbers and plurals; English as it is written in Britain."""
    return Locale.parse("en_GB" if language == FALLBACK else language)


def counts_to_24(accept_language: str | None, language: str) -> bool:
    """Whether the clock of whoever sends this header goes to 24, by the region they name for their language."""
    tags = (tag for tag in accepted(accept_language) if tag.partition("-")[0].lower() == language)
    for tag in [*tags, language]:
        try:
            return "H" in Locale.parse(tag, sep="-").time_formats["short"].pattern
        except (UnknownLocaleError, ValueError):
            continue
    return False
