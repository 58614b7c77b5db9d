"""Experts, and the weekly hours they work."""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Annotated, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from beanie import Document, PydanticObjectId
from pydantic import AfterValidator, BaseModel, Field, field_serializer, field_validator, model_validator
from pymongo import ASCENDING, DESCENDING, IndexModel

LONGEST_PREFIX = 40
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_COMBINING = re.compile(r"[\u0300-\u036f]")
WORD = re.compile(r"[^\W_]+")
"""A word of a name, as far as a search is concerned."""


ZONE_NAMES = frozenset(available_timezones())
"""All IANA time zones; asking the library walks through its files, 17 ms each time."""


def _known_zone(name: str) -> str:
    if name not in ZONE_NAMES:
        raise ValueError(f"{name!r} is not an IANA time zone")
    return name


def folded(text: str) -> str:
    """A text as it is compared in a search: casefolded, accents stripped."""
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text)).casefold()


def search_words(text: str) -> list[str]:
    """The words of a text as they are compared in a search, without punctuation."""
    return [word[:LONGEST_PREFIX] for word in WORD.findall(folded(text))]


def search_terms(name: str) -> list[str]:
    """Every prefix of every word of a name, so that a prefix search is one indexed equality."""
    return sorted({word[:length] for word in search_words(name) for length in range(1, len(word) + 1)})


class WeeklyHours(BaseModel):
    """A range of working hours on one weekday, in local time of the expert's zone."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday, as in datetime.weekday()")
    opens: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM")
    closes: str = Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="HH:MM, up to 24:00")

    @model_validator(mode="after")
    def _closes_after_opening(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"hours must close after they open: {self.opens} to {self.closes}")
        return self

    @property
    def opens_at(self) -> time:
        """Local opening time."""
        return time.fromisoformat(self.opens)

    @property
    def minutes(self) -> int:
        """Length of the range by the wall clock, in minutes."""
        return _minutes(self.closes) - _minutes(self.opens)


class DatedHours(BaseModel):
    """A range of working hours on one date besides the weekly ones, in local time of the expert's zone."""

    on: date
    opens: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM")
    closes: str = Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="HH:MM, up to 24:00")

    @model_validator(mode="after")
    def _closes_after_opening(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"hours must close after they open: {self.opens} to {self.closes}")
        return self

    @field_serializer("on")
    def _stored(self, on: date) -> str:
        return on.isoformat()


class SessionType(BaseModel):
    """A kind of session that an expert offers, such as "Intro" of 30 minutes; `key` stays when the name changes."""

    key: str = Field(pattern=r"^[a-z0-9-]{0,40}$")
    name: str = Field(max_length=60)
    minutes: int = Field(ge=5, le=480)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class Expert(Document):
    """Somebody whose time can be booked.

    Listed by rating, best first, then by `_id`, so that a page never repeats or skips one. `search_terms` is derived
    from the name when the document is made; it is not meant to be given.
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    name: str = Field(min_length=1, max_length=120)
    category: str = Field(min_length=1, max_length=60)
    headline: str = Field(default="", max_length=160)
    bio: str = Field(default="", max_length=4000)
    experience_years: int = Field(ge=0, le=80)
    rating: float = Field(ge=0, le=5)
    email: str | None = Field(default=None, description="where the expert gets mail, and signs in; never shown")
    avatar: str | None = Field(default=None, description="address of a picture; a drawn one stands in when absent")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    weekly_hours: list[WeeklyHours] = Field(default_factory=list)
    session_minutes: int = Field(default=60, ge=5, le=480, description="where there are no `session_types`")
    session_types: list[SessionType] = Field(default_factory=list, max_length=8)
    extra_hours: list[DatedHours] = Field(default_factory=list, max_length=400)
    buffer_before: int = Field(default=0, ge=0, le=240, description="minutes of one's own before each session")
    buffer_after: int = Field(default=0, ge=0, le=240, description="minutes of one's own after each session")
    minimum_notice: int = Field(default=0, ge=0, le=60 * 24 * 28, description="minutes; the house may want more")
    window_days: int = Field(default=30, ge=1, le=365, description="for how many days ahead there are time slots")
    most_per_day: int | None = Field(default=None, ge=1, le=50, description="bookings on one date; none for no limit")
    confirms_at_once: bool = Field(default=False, description="whether bookings need no answer")
    language: str = Field(default="en", description="in which the expert reads")
    is_hidden: bool = Field(default=False, description="whether visitors neither find nor see the expert")
    invited_at: datetime | None = Field(default=None, description="when the house last asked them in")
    removed_at: datetime | None = Field(
        default=None, description="since when they are with the house no more; who is removed is hidden as well"
    )
    feed_number: int = Field(default=0, ge=0, description="raised to make the calendar feed's old address worthless")
    rolls_at: datetime | None = Field(
        default=None, description="when the next day comes into the window; none where slots do not come from the hours"
    )
    hours_number: int = Field(
        default=0, ge=0, description="raised with every change of hours or time off, by which whoever makes slots knows"
    )
    search_terms: list[str] = Field(default_factory=list)
    email_key: str | None = Field(default=None, description="the e-mail address as it is compared: in small letters")
    created_at: datetime

    class Settings:
        name = "experts"
        indexes: ClassVar = [
            IndexModel([("rating", DESCENDING), ("_id", ASCENDING)], name="experts_by_rating"),
            IndexModel(
                [("category", ASCENDING), ("rating", DESCENDING), ("_id", ASCENDING)], name="experts_by_category"
            ),
            IndexModel([("search_terms", ASCENDING)], name="experts_by_search_term"),
            IndexModel(
                [("email_key", ASCENDING)],
                name="one_expert_per_email",
                unique=True,
                partialFilterExpression={"email_key": {"$gt": ""}},
            ),
            IndexModel([("is_hidden", ASCENDING)], name="hidden_experts", partialFilterExpression={"is_hidden": True}),
            IndexModel(
                [("rolls_at", ASCENDING)],
                name="experts_by_roll",
                partialFilterExpression={"rolls_at": {"$gt": LONG_AGO}},
            ),
        ]

    @field_validator("weekly_hours")
    @classmethod
    def _hours_do_not_overlap(cls, weekly_hours: list[WeeklyHours]) -> list[WeeklyHours]:
        ordered = sorted(weekly_hours, key=lambda hours: (hours.weekday, hours.opens))
        for earlier, later in pairwise(ordered):
            if earlier.weekday == later.weekday and later.opens < earlier.closes:
                ranges = f"{earlier.opens} to {earlier.closes} and {later.opens} to {later.closes}"
                raise ValueError(f"hours on weekday {later.weekday} overlap: {ranges}")
        return weekly_hours

    @model_validator(mode="after")
    def _derive_search_terms(self) -> Self:
        self.search_terms = search_terms(self.name)
        return self

    @property
    def offered_types(self) -> list[SessionType]:
        """What can be booked: the session types or, where there are none, the one session without a name."""
        return self.session_types or [SessionType(key="", name="", minutes=self.session_minutes)]

    @property
    def zone(self) -> ZoneInfo:
        """The expert's time zone."""
        return ZoneInfo(self.time_zone)
