"""Who gets a slot once it is free again: asked by whoever frees slots, answered by the waiting list.

The waiting list stands on bookings and holds, which must not know it; so it is named here when the house opens.
"""

from typing import Any, Protocol

from beanie import PydanticObjectId

from models import Booking, TimeSlot

OFFERED = "offer:"
"""What `held_by` begins with while a slot waits for somebody's answer; no browser and no program is called so."""


class Line(Protocol):
    """What the waiting list is asked, and told."""

    async def count_for(self, expert_id: PydanticObjectId) -> int:
        """How many wait for a time of an expert."""

    async def hold_for_next(self, slot: TimeSlot) -> dict[str, Any]:
        """The fields of a hold for whoever is next in line; none when nobody is."""

    async def run_out(self, slot: TimeSlot) -> None:
        """The time of an offered slot is nearly up: it goes to whoever is next, if somebody is."""

    async def fulfil(self, booked: list[Booking]) -> None:
        """These were booked just now, or moved: whoever waited for such a time waits no more."""


_line: Line | None = None


def ask(line: Line | None) -> None:
    """Whom to ask from now on; nobody where nobody can wait."""
    global _line
    _line = line


async def hold_for_next(slot: TimeSlot) -> dict[str, Any]:
    """The fields of a hold for whoever is next in line for a slot that opens, to be written with it; or none."""
    return await _line.hold_for_next(slot) if _line is not None else {}


async def is_waited_for(expert_id: PydanticObjectId) -> bool:
    """Whether anybody waits for a time of an expert; their slots must then open one after the other, not at once."""
    return _line is not None and await _line.count_for(expert_id) > 0


async def run_out(slot: TimeSlot) -> None:
    """Give an offered slot whose time is nearly up to whoever is next, before it opens."""
    if _line is not None:
        await _line.run_out(slot)


async def fulfil(booked: list[Booking]) -> None:
    """End the wishes that these bookings fulfil."""
    if _line is not None:
        await _line.fulfil(booked)
