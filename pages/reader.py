"""How somebody reads a page: their language, time zone and clock. What is drawn for one is right for all alike."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

from expert_booking.sentence import Country, Sentence
from pages import languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a page has to know of its reader, and no more: many share it, so what is drawn for it is drawn once.

    Every word of a page goes through `say` or `say_many`: the words stand in English where they are said, and the check
    finds them there.
    """

    zone: ZoneInfo
    language: str = languages.FALLBACK
    has_24_hours: bool = False

    @property
    def locale(self) -> Locale:
        """How this language writes dates, times and numbers."""
        return languages.locale(self.language)

    @property
    def direction(self) -> str:
        """Such as "ltr" or "rtl"."""
        return str(self.locale.text_direction)

    def say(self, text: str, **values: Any) -> str:
        """English words in this reader's language, the names in braces replaced; a `Sentence` brings its own values.

        An error of the house says itself by `str(error)` in English; pass `error.args[0]`.
        """
        if isinstance(text, Sentence):
            return self.say(text.template, **text.values, **values)
        translated = languages.catalogue(self.language).gettext(text)
        return self._fill(translated, values) if values else translated

    def say_many(self, one: str, many: str, number: int, **values: Any) -> str:
        """The form for a number, as `{number}`, in this reader's language."""
        translated = languages.catalogue(self.language).ngettext(one, many, number)
        return self._fill(translated, {"number": number, **values})

    def _fill(self, translated: str, values: dict[str, Any]) -> str:
        return translated.format_map({name: self._put(value) for name, value in values.items()})

    def _put(self, value: Any) -> str:
        if isinstance(value, Sentence):
            return self.say(value)
        if isinstance(value, Country):
            return str(self.locale.territories.get(value.code, value))
        if isinstance(value, int | float):
            return _number(value, self.language)
        return str(value)


@lru_cache(maxsize=4096)
def _number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=languages.locale(language)))
