"""What an expert's own calendar shows: who waits for an answer, what comes, and all that is in a stretch of days."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from beanie import PydanticObjectId

from expert_booking import availability, bookings, clock, outside_calendars, waiting
from expert_booking import time_off as times_off
from expert_booking.events import SlotChanged
from models import Booking, BookingStatus, OutsideCalendar, TimeOff

LONGEST_SESSION = timedelta(hours=8)
LOOKS_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """An expert's calendar as it was read.

    Attributes:
        requests: Pending bookings that are ahead, those that wait longest first.
        coming: bookings from the beginning of today on, for two months; none that is cancelled.
        bookings: those of the stretch of days, likewise.
        slots: what can be seen of the expert's slots that are ahead.
        time_off: what lies in the stretch of days.
        stale_calendars: calendars of elsewhere that could not be read for a while.
        places_taken: in the line of those who wait for a time to open.
    """

    requests: list[Booking]
    coming: list[Booking]
    bookings: list[Booking]
    slots: list[SlotChanged]
    time_off: list[TimeOff]
    stale_calendars: list[OutsideCalendar]
    places_taken: int


async def read(expert_id: PydanticObjectId, *, today: datetime, after: datetime, before: datetime) -> Agenda:
    """Read the calendar of a stretch of days; moments are aware.

    Args:
        expert_id: whose.
        today: when today begins for whoever looks.
        after: when the first day begins.
        before: when the last day ends.
    """
    (requests, coming, shown), (slots, time_off, stale, places_taken) = await asyncio.gather(
        asyncio.gather(
            bookings.requests_of(expert_id),
            _standing(expert_id, after=today, before=clock.now() + LOOKS_AHEAD),
            _standing(expert_id, after=after, before=before),
        ),
        asyncio.gather(
            availability.calendar_of(expert_id),
            times_off.of_expert(expert_id, after=after, before=before),
            outside_calendars.stale_of(expert_id),
            waiting.count_for(expert_id),
        ),
    )
    return Agenda(
        requests=requests,
        coming=coming,
        bookings=shown,
        slots=slots,
        time_off=time_off,
        stale_calendars=stale,
        places_taken=places_taken,
    )


async def _standing(expert_id: PydanticObjectId, *, after: datetime, before: datetime) -> list[Booking]:
    """Those that are under way in between and not cancelled, earliest first."""
    found = await bookings.for_expert(expert_id, after=after - LONGEST_SESSION, before=before)
    return [each for each in found if each.status is not BookingStatus.CANCELLED and each.ends_at > after]
