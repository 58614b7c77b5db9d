"""Experts on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from expert_booking.api.shape import Shape
from expert_booking.api.slot_shape import SlotShape
from expert_booking.availability import OpenTimes
from models import Expert, SlotState, TimeSlot


def experience_in_words(years: int) -> str:
    """Experience as the original tells it, such as "10 years"."""
    return f"{years} year" if years == 1 else f"{years} years"


class SessionTypeShape(Shape):
    """A kind of session that an expert offers; slots name it by its key."""

    key: str = Field(description="stays the same when the name changes", examples=["intro"])
    name: str = Field(
        description="blank where the expert offers one kind only and calls it nothing", examples=["Intro"]
    )
    minutes: int = Field(examples=[30])


class ExpertShape(Shape):
    """An expert as listed."""

    mongo_id: str = Field(alias="_id", examples=["6998151da2703c790995027d"])
    name: str = Field(examples=["Sarah Johnson"])
    category: str = Field(examples=["Technology"])
    headline: str
    experience: str = Field(examples=["10 years"])
    experience_years: int = Field(examples=[10])
    rating: float = Field(examples=[4.9])
    avatar: str | None = Field(description="address of a picture, null when there is none")
    time_zone: str = Field(description="IANA time zone of the expert", examples=["Europe/London"])
    session_minutes: int = Field(
        description="the length of the first of the session types, which is often the only one", examples=[60]
    )
    session_types: list[SessionTypeShape] = Field(description="what can be booked; at least one")
    open_slots: int = Field(description="slots that can be booked right now")
    next_open_at: datetime | None = Field(description="start of the earliest of them, null when there is none")

    @classmethod
    def of(cls, expert: Expert, times: OpenTimes, **more: Any) -> Self:
        """An expert, with how much of their time is open."""
        return cls(
            mongo_id=str(expert.id),
            name=expert.name,
            category=expert.category,
            headline=expert.headline,
            experience=experience_in_words(expert.experience_years),
            experience_years=expert.experience_years,
            rating=expert.rating,
            avatar=expert.avatar,
            time_zone=expert.time_zone,
            session_minutes=expert.offered_types[0].minutes,
            session_types=[SessionTypeShape(**each.model_dump()) for each in expert.offered_types],
            open_slots=times.open_slots,
            next_open_at=times.next_open_at,
            **more,
        )


class ExpertDetailShape(ExpertShape):
    """An expert, and the slots that are still ahead, earliest first."""

    bio: str
    time_slots: list[SlotShape]

    @classmethod
    def told(cls, expert: Expert, times: OpenTimes, slots: Iterable[TimeSlot]) -> Self:
        """An expert with these slots, those left out that nobody has and nobody can have any more."""
        shapes = [SlotShape.of(slot, expert.zone) for slot in slots]
        ahead = [shape for shape in shapes if shape.state not in (SlotState.PAST, SlotState.WITHDRAWN)]
        return cls.of(expert, times, bio=expert.bio, time_slots=ahead)


class ExpertListShape(Shape):
    """One page of a list of experts."""

    experts: list[ExpertShape]
    page: int = Field(description="counts from 1")
    pages: int = Field(description="at least 1")
    total: int = Field(description="experts on all pages together")


class CategoryShape(Shape):
    """A category and how many experts it has."""

    category: str
    experts: int
