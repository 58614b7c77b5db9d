"""What a customer types into the form, checked and brought into the form in which it is stored.

Each check takes what was typed and returns what is stored, or raises `ValueError` with a `Sentence` to show beside
the field.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from expert_booking import customer_words, policy
from expert_booking.countries import country_name
from expert_booking.customer_words import FieldWords
from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.plain_text import first_invisible, tidy, without_zero_width
from expert_booking.sentence import Sentence

LONGEST_NAME = 120
LONGEST_EMAIL = 254
LONGEST_PHONE = 32
LONGEST_NOTES = 2000

_LINE_BREAKS = "\n\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who books: every field checked, the phone number in E.164; how they read, for the mail they get."""

    name: str
    email: str
    phone: str
    notes: str = ""
    language: str = "en"
    time_zone: str = "UTC"

    @property
    def key(self) -> str:
        """The e-mail address as it is compared."""
        return customer_key(self.email)


def customer_key(email: str) -> str:
    """An e-mail address as it is compared: in the form in which it is stored, in small letters.

    Folding would make two addresses one that belong to different people: straße.example is not strasse.example.
    """
    typed = without_zero_width(email).strip()
    try:
        stored = validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        stored = typed
    writable = stored.encode(errors="backslashreplace").decode()  # half a character cannot be looked up
    return unicodedata.normalize("NFC", writable.lower())


def check_name(text: str) -> str:
    """A name of 1 to 120 visible characters on one line."""
    return plain(text, words=customer_words.NAME, longest=LONGEST_NAME)


def check_email(text: str) -> str:
    """An e-mail address by its form; whether it receives mail is not asked here."""
    address = plain(text, words=customer_words.EMAIL, longest=LONGEST_EMAIL)
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError(customer_words.why_no_email(address)) from None


def check_phone(text: str, *, country: str | None = None) -> str:
    """A phone number that can exist, as E.164.

    Its length must be one that the country has. Whether the number is in use is not asked: tables of used ranges are
    always behind and would turn people away.

    Args:
        text: as typed, with + and the country code, or national.
        country: where a national number is read (ISO 3166-1 alpha-2); the house's default when absent.
    """
    # Address books put invisible marks round the numbers that are copied from them.
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    number = plain(visible, words=customer_words.PHONE, longest=LONGEST_PHONE)
    try:
        parsed = phonenumbers.parse(number, country or policy.current().default_country)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_unreadable_phone(error, number)) from None
    if problem := _impossible_phone(parsed):
        raise ValueError(problem)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _unreadable_phone(error: phonenumbers.NumberParseException, number: str) -> Sentence:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        if number.startswith(("+", "＋")):
            return Sentence("No country has the code with which this number begins. Please check the first digits.")
        return Sentence("Start your phone number with + and the country code, such as +44 20 7946 0958.")
    if error.error_type == phonenumbers.NumberParseException.TOO_SHORT_NSN:
        return Sentence("This phone number is too short.")
    if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return Sentence("This phone number is too long.")
    return Sentence("This is not a phone number. Use digits, such as +44 20 7946 0958.")


def _impossible_phone(number: phonenumbers.PhoneNumber) -> Sentence | None:
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    place = country_name(region) or f"+{number.country_code}"
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return Sentence("This number is too short for {place}.", place=place)
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        return Sentence("This number is too long for {place}.", place=place)
    return None


def check_notes(text: str) -> str:
    """Notes of up to 2,000 characters, possibly none, on as many lines as one likes."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain(unified, words=customer_words.NOTES, longest=LONGEST_NOTES, allowed=_LINE_BREAKS)


def check(*, name: str, email: str, phone: str, notes: str = "", country: str | None = None) -> Customer:
    """All four at once.

    Raises:
        InvalidRequest: names every field that is wrong, by the names of this function's arguments.
    """
    checks: dict[str, Callable[[], str]] = {
        "name": lambda: check_name(name),
        "email": lambda: check_email(email),
        "phone": lambda: check_phone(phone, country=country),
        "notes": lambda: check_notes(notes),
    }
    checked: dict[str, str] = {}
    problems = []
    for field, run in checks.items():
        try:
            checked[field] = run()
        except ValueError as error:
            problems.append(FieldProblem(field=field, message=error.args[0]))
    if problems:
        raise InvalidRequest(problems)
    return Customer(**checked)


def plain(text: str, *, words: FieldWords, longest: int, allowed: str = "") -> str:
    """Tidy text; control, bidi and other characters that cannot be seen are refused."""
    plain = tidy(text)
    if code := first_invisible(plain, allowed=allowed):
        raise ValueError(words.invisible(code))
    if not plain and words.missing:
        raise ValueError(words.missing)
    if len(plain) > longest:
        raise ValueError(words.too_long(len(plain), longest))
    return plain
