"""What experts do, in the reader's language: a category is stored in English or in the words of whoever made it up."""

from expert_booking.sentence import Sentence
from pages.reader import Reader

USUAL = frozenset(
    {
        Sentence("Technology"),
        Sentence("Business"),
        Sentence("Design"),
        Sentence("Marketing"),
        Sentence("Finance"),
        Sentence("Health"),
        Sentence("Law"),
        Sentence("Education"),
        Sentence("Career"),
        Sentence("Languages"),
    }
)
"""The ones that the catalogues of translations have."""


def said(category: str, reader: Reader) -> str:
    """A usual category as the reader calls it, any other as it is."""
    return reader.say(category) if category in USUAL else category
