"""By what a booking is found: short keys that are worked out of it and kept with it, all served by one index.

An index costs every booking its time, so one does for all ways of looking, and a booking gets its keys only when it is
told of: whoever books does not wait for them. A name is kept whole, and cut to the first letters of its words together
with the day on which the booking was made: whoever looks for the beginning of a common name walks back day by day, and
stops early.
"""

import re
from datetime import datetime

from beanie import PydanticObjectId

from models.booking import Booking
from models.expert import search_words

LETTERS = 3
"""Of a word; whoever looks for a name has to know so many."""
CODE_LENGTH = 8
DIGITS = 7
"""The last ones of a phone number, which are the same however it is written."""
MOST_WORDS = 5

_NO_DIGIT = re.compile(r"\D")


def keys_of(booking: Booking) -> list[str]:
    """All keys of a booking; those of one whose customer has been forgotten say nothing of them."""
    return keys(
        booking.id,
        name="" if booking.is_erased else booking.customer_name,
        email=booking.customer_email,
        phone=booking.customer_phone,
        created_at=booking.created_at,
    )


def keys(booking_id: PydanticObjectId, *, name: str, email: str, phone: str, created_at: datetime) -> list[str]:
    """All keys of a booking; what is blank gives none."""
    words = [word for word in (*search_words(name), *search_words(email.partition("@")[0])) if len(word) >= LETTERS]
    beginnings = list(dict.fromkeys(word[:LETTERS] for word in words))[:MOST_WORDS]
    return [
        of_code(str(booking_id)),
        of_quarter(created_at),
        of_day(created_at),
        *filter(None, (of_phone(phone), of_whole_name(name))),
        *(of_name(beginning, created_at) for beginning in beginnings),
    ]


def of_code(text: str) -> str:
    """The end of a booking's id, which its ticket shows as its code."""
    return f"code:{text[-CODE_LENGTH:].lower()}"


def of_quarter(created_at: datetime) -> str:
    """The quarter of a day in which a booking was made (aware UTC)."""
    return f"made:{created_at:%Y%m%d}-{created_at.hour // 6}"


def of_day(created_at: datetime) -> str:
    """The day on which a booking was made (aware UTC)."""
    return f"made:{created_at:%Y%m%d}"


def of_phone(text: str) -> str:
    """The end of a phone number; blank when there are too few digits."""
    digits = _NO_DIGIT.sub("", text)
    return f"phone:{digits[-DIGITS:]}" if len(digits) >= DIGITS else ""


def of_whole_name(text: str) -> str:
    """All words of a name, in whatever order they are typed; blank when there is only one."""
    words = sorted(search_words(text))
    return f"named:{' '.join(words)}" if len(words) > 1 else ""


def of_name(word: str, created_at: datetime) -> str:
    """A word of the name, or of the address before its @, on the day on which the booking was made (aware UTC)."""
    return f"name:{word[:LETTERS]}:{created_at:%Y%m%d}"
