"""Phone numbers as people write them."""

import phonenumbers

from expert_booking import countries
from expert_booking.sentence import Country


def in_groups(number: str) -> str:
    """A number in E.164 as it is written internationally, such as "+44 20 7946 0958"."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def country_of(number: str) -> Country | None:
    """The country of a number in E.164; the largest of those that share its code when the number does not tell."""
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed)
    return countries.country_name(region or phonenumbers.region_code_for_country_code(parsed.country_code or 0))
