"""A time slot on the wire."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field

from expert_booking import availability
from expert_booking.api.shape import Shape
from models import SlotState, TimeSlot

MORNING = "AM"
AFTERNOON = "PM"


def local_date(moment: datetime, zone: ZoneInfo) -> str:
    """The local date of a moment, such as 2026-02-21."""
    return moment.astimezone(zone).date().isoformat()


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """The local time of a moment as the original writes it, such as 09:00 AM; `strftime` would ask the locale."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12:02}:{local.minute:02} {MORNING if local.hour < 12 else AFTERNOON}"


class SlotShape(Shape):
    """A time slot.

    The original's clients know only `isBooked` and offer whatever is not. So it says "cannot be had just now": it is
    true of a held slot as well, and `state` tells the two apart. Slots that are past are left out of every list.
    """

    mongo_id: str = Field(alias="_id", examples=["6998151da2703c790995027e"])
    id: str = Field(
        description="the same as `_id`; what `slotId` means elsewhere", examples=["6998151da2703c790995027e"]
    )
    date: str = Field(description="local date in the expert's time zone", examples=["2026-02-21"])
    time: str = Field(description="local start in the expert's time zone", examples=["09:00 AM"])
    is_booked: bool = Field(description="true when the slot cannot be had just now: it is booked, or held by somebody")
    starts_at: datetime
    ends_at: datetime
    state: SlotState = Field(description="`withdrawn` is not offered any more; lists leave such slots out")
    session_type: str = Field(
        description="the key of one of the expert's `sessionTypes`; blank for the one without a name",
        examples=["intro"],
    )

    @classmethod
    def of(cls, slot: TimeSlot, zone: ZoneInfo) -> Self:
        """A slot as it is right now, told in a zone."""
        state = availability.state_of(slot)
        return cls(
            mongo_id=str(slot.id),
            id=str(slot.id),
            date=local_date(slot.starts_at, zone),
            time=local_time(slot.starts_at, zone),
            is_booked=state is not SlotState.OPEN,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            state=state,
            session_type=slot.session_type,
        )
