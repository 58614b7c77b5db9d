"""Single values as the original application wrote them, put into the words of this one."""

import re
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from expert_booking import clock
from expert_booking.plain_text import first_invisible, tidy

EXPERIENCE = re.compile(r"(\d{1,2})\s*\+?\s*(?:y|yrs?|years?)?\.?", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?:\s*([AP])M)?", re.IGNORECASE)
DAY = re.compile(r"20\d\d-\d\d-\d\d")


class Unusable(ValueError):
    """Why something in the file cannot be imported."""


def object_id(given: Any) -> ObjectId:
    """An id, plain or as `{"$oid": ...}`."""
    text = given.get("$oid") if isinstance(given, dict) else given
    if not (isinstance(text, str) and ObjectId.is_valid(text)):
        raise Unusable("it has no _id, or one that is not an ObjectId")
    return ObjectId(text)


def years(given: Any) -> int:
    """Whole years out of "10 years", "10+ yrs" or 10."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    found = EXPERIENCE.fullmatch(str(given).strip())
    if found is None:
        raise Unusable("it has no experience" if given is None else f"experience {given!r} is not a number of years")
    return int(found[1])


def text(name: str, given: Any) -> Any:
    """Tidy text for a field; what is no text is left for the model to refuse."""
    if not isinstance(given, str):
        return given
    if code := first_invisible(tidied := tidy(given)):
        raise Unusable(f"{name} {given!r} contains an invisible character ({code})")
    return tidied


def picture(given: Any) -> str | None:
    """A web address; anything else is no picture."""
    is_address = isinstance(given, str) and given.startswith(("https://", "http://")) and given.isprintable()
    return given if is_address else None


def moment(given: Any) -> datetime:
    """A `$date` as aware UTC; the present moment where the file has none that can be read."""
    value = given.get("$date") if isinstance(given, dict) else None
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        return datetime.fromtimestamp(value / 1000, UTC)  # type: ignore[operator]  # None is a TypeError like any other
    except (TypeError, ValueError, OverflowError, OSError):
        return clock.now()


def is_booked(given: Any) -> bool:
    """Whether somebody took the time in the original."""
    if not isinstance(given, bool):
        raise Unusable(f"isBooked {given!r} is neither true nor false")
    return given


def local(date: Any, time: Any) -> datetime:
    """A naive moment out of "2026-02-21" and "09:00 AM" (or "21:00")."""
    found = CLOCK.fullmatch(time.strip()) if isinstance(time, str) else None
    if found is None or not isinstance(date, str) or not DAY.fullmatch(date):
        raise Unusable(f"{date!r} {time!r} is not a date and time such as '2026-02-21' '09:00 AM'")
    try:
        return datetime.fromisoformat(date).replace(hour=_hour(found), minute=int(found[2]))
    except ValueError:
        raise Unusable(f"{date!r} {time!r} is not on the calendar and the clock") from None


def _hour(found: re.Match[str]) -> int:
    hour = int(found[1])
    if found[3] is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("a half day has twelve hours")
    return hour % 12 + (12 if found[3].upper() == "P" else 0)
