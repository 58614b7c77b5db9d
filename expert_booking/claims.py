"""Claims: what a booking takes so that nobody else can have it at the same time.

An expert's time is cut into pieces of five minutes. A booking claims every piece from the beginning of its buffer to
the end of its buffer, and a unique index lets no two active bookings have the same piece. So two slots that overlap can
never both be booked, whatever their session types are, and inserting the booking stays the one moment that decides.

On a day on which an expert takes only so many bookings, each of these also claims one of the places of that day.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId

from expert_booking.errors import DayIsFull
from models import Booking, Expert, TimeSlot
from models.booking import time_claims

LONGEST_CLAIM = timedelta(hours=16)
"""A session of eight hours with buffers of four hours on both sides."""


def of_slot(slot: TimeSlot) -> list[str]:
    """The pieces of time that booking this slot claims, its buffers included."""
    return time_claims(slot.expert_id, slot.busy_from, slot.busy_until)


async def for_booking(slot: TimeSlot, *, besides: PydanticObjectId | None = None) -> list[str]:
    """All that booking this slot claims: its time and, where the day has a limit, a place that is free at this moment.

    Args:
        slot: which is to be booked.
        besides: a booking that does not count, because it is the one that moves there.

    Raises:
        DayIsFull
    """
    time = of_slot(slot)
    if slot.day_limit is None:
        return time
    expert = await Expert.find_one({"_id": slot.expert_id})
    zone = expert.zone if expert is not None else ZoneInfo("UTC")
    day = f"{slot.expert_id}/{slot.local_day}/"
    taken = [booking for booking in await _around(slot) if booking.id != besides]
    places = {claim for booking in taken for claim in booking.claims if claim.startswith(day)}
    # Who booked before there was a limit has no place, and takes one away all the same.
    without = [booking for booking in taken if not places.intersection(booking.claims)]
    number = sum(day_of(booking.starts_at, zone) == slot.local_day for booking in without)
    free = free_places({int(place.removeprefix(day)) for place in places}, without=number, limit=slot.day_limit)
    if not free:
        raise DayIsFull
    return [*time, f"{day}{free[0]}"]


def free_places(held: set[int], *, without: int, limit: int) -> list[int]:
    """The places of a day that may be taken, all of them at once if it comes to that, from the first one on.

    Args:
        held: places that active bookings have, also such as lie above a limit that was lowered since.
        without: how many active bookings of that day have no place.
        limit: how many the day takes.
    """
    left = limit - without - len(held)
    return list(islice((place for place in count(1) if place not in held), max(left, 0)))


async def is_full(slot: TimeSlot) -> bool:
    """Whether the day of a slot has as many bookings as there may be."""
    try:
        await for_booking(slot)
    except DayIsFull:
        return True
    return False


def day_of(moment: datetime, zone: ZoneInfo) -> str:
    """The local date of an aware moment, as slots have it."""
    return moment.astimezone(zone).date().isoformat()


async def _around(slot: TimeSlot) -> list[Booking]:
    """Active bookings of the expert that may be on the same local date as a slot, or share time with it."""
    day = timedelta(days=2)
    return await active_of(slot.expert_id, after=slot.starts_at - day, before=slot.ends_at + day)


async def active_of(expert_id: PydanticObjectId, *, after: datetime, before: datetime) -> list[Booking]:
    """An expert's active bookings that start after a moment and before another, earliest first."""
    found = Booking.find({"expert_id": expert_id, "starts_at": {"$gt": after, "$lt": before}, "active": True})
    return await found.sort("starts_at").to_list()


async def owner_of(slot: TimeSlot) -> Booking | None:
    """The active booking that has the slot, or time that the slot needs."""
    if not slot.crosses:
        return await Booking.find_one({"slot_id": slot.id, "active": True})
    return await overlapping(slot)


async def overlapping(slot: TimeSlot, *, besides: PydanticObjectId | None = None) -> Booking | None:
    """An active booking of the slot itself or of time that the slot needs."""
    return owner_among(await near([slot]), slot, besides=besides)


async def near(slots: Sequence[TimeSlot]) -> list[Booking]:
    """The active bookings of an expert that may have time which any of some slots of theirs needs, earliest first."""
    begins, ends = min(slot.busy_from for slot in slots), max(slot.busy_until for slot in slots)
    return await active_of(slots[0].expert_id, after=begins - LONGEST_CLAIM, before=ends + LONGEST_CLAIM)


def owner_among(
    bookings: Sequence[Booking], slot: TimeSlot, *, besides: PydanticObjectId | None = None
) -> Booking | None:
    """The booking that has a slot or else time that it needs, of those that are near and active."""
    own = [booking for booking in bookings if booking.slot_id == slot.id]
    wanted = set(of_slot(slot))
    others: Iterable[Booking] = (booking for booking in bookings if wanted.intersection(booking.claims))
    return next((booking for booking in [*own, *others] if booking.id != besides), None)
