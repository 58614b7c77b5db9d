"""What is said of a field that a customer filled in, in whole sentences: other languages join their words otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from expert_booking.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWords:
    """The sentences about one field; one that may be blank has none for being missing.

    Attributes:
        too_long: for a number of characters and the most there may be.
        invisible: for the code of a character that cannot be seen, such as U+202E.
    """

    missing: Sentence | None = None
    too_long: Callable[[int, int], Sentence]
    invisible: Callable[[str], Sentence]


NAME = FieldWords(
    missing=Sentence("Your name is missing."),
    too_long=lambda count, most: Sentence(
        "Your name is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "Your name contains an invisible character ({code}). Please type it again.", code=code
    ),
)

EMAIL = FieldWords(
    missing=Sentence("Your e-mail address is missing."),
    too_long=lambda count, most: Sentence(
        "Your e-mail address is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "Your e-mail address contains an invisible character ({code}). Please type it again.", code=code
    ),
)

PHONE = FieldWords(
    missing=Sentence("Your phone number is missing."),
    too_long=lambda count, most: Sentence(
        "Your phone number is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "Your phone number contains an invisible character ({code}). Please type it again.", code=code
    ),
)

NOTES = FieldWords(
    too_long=lambda count, most: Sentence(
        "Your note is too long: {count} characters, {most} at most.", count=count, most=most
    ),
    invisible=lambda code: Sentence(
        "Your note contains an invisible character ({code}). Please type it again.", code=code
    ),
)


def why_no_email(address: str) -> Sentence:
    """What keeps a text from being an e-mail address, as far as it can be told, and what to do."""
    before, at, after = address.partition("@")
    if any(character.isspace() or character in ",;<>()" for character in address):
        return Sentence(
            "This is not an e-mail address yet. Type one address alone, without spaces, commas or brackets."
        )
    if not at:
        return Sentence("This is not an e-mail address yet. It needs an @, as in name@example.com.")
    if "@" in after:
        return Sentence("This is not an e-mail address yet. It has more than one @; only one belongs there.")
    if not before:
        return Sentence("This is not an e-mail address yet. Something is missing before the @.")
    if not after:
        return Sentence("This is not an e-mail address yet. Something is missing after the @.")
    if "." not in after.strip("."):
        return Sentence("This is not an e-mail address yet. After the @ comes a name with a dot, as in example.com.")
    return Sentence(
        "This is not an e-mail address yet. Please check it for typing errors; name@example.com would be one."
    )
