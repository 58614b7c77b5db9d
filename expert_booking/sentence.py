"""Words for a person, in English, which remember what they are made of, so that a page can say them in other words."""

from typing import Any, Self


class Sentence(str):
    """English text, made of a template and the values put in it; programs and logs take it as the text it is.

    Attributes:
        template: the English words with names in braces, under which a catalogue of translations has them.
        values: what stands in for the names; sentences among them are translated too.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Self:
        """Put values into a template."""
        made = super().__new__(cls, template.format_map(values))
        made.template = template
        made.values = values
        return made


class Country(str):
    """A country's English name, which remembers its code (ISO 3166-1 alpha-2)."""

    code: str

    def __new__(cls, name: str, code: str) -> Self:
        """Name a country."""
        made = super().__new__(cls, name)
        made.code = code
        return made
