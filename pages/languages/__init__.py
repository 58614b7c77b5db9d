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

CATALOGUES = Path(__file__).parent
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
"""What each language calls itself, by its code (ISO 639-1)."""
FALLBACK = "en"


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


def accepted(accept_language: str | None) -> list[str]:
    """The locales of an Accept-Language header (RFC 9110, section 12.5.4), the best liked first."""
    ranked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameter = part.partition(";")
        quality = parameter.strip().removeprefix("q=") or "1"
        try:
            ranked.append((-float(quality), tag.strip()))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(ranked, key=lambda each: each[0]) if tag and quality < 0]


def choose(*, chosen: str, accept_language: str | None) -> str:
    """The language to speak: the one that was chosen, else the first of those accepted that the house speaks."""
    wanted = [chosen, *(tag.partition("-")[0].lower() for tag in accepted(accept_language))]
    return next((language for language in wanted if language in NAMES), FALLBACK)


def counts_to_24(accept_language: str | None, language: str) -> bool:
    """Whether the clock of whoever sends this header goes to 24, by the region they name for their language."""
    tags = (tag for tag in accepted(accept_language) if tag.partition("-")[0].lower() == language)
    for tag in [*tags, language]:
        try:
            return "H" in Locale.parse(tag, sep="-").time_formats["short"].pattern
        except (UnknownLocaleError, ValueError):
            continue
    return False
