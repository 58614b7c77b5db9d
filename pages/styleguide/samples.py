"""People, times and bookings that stand nowhere but on this page."""

from datetime import UTC, datetime, timedelta

from beanie import PydanticObjectId

from expert_booking import clock
from expert_booking.events import SlotChanged
from models import Booking, BookingStatus, Expert, SlotState
from pages.reader import Reader

SARAH = "Sarah Johnson"  # not said: a name
LONGEST = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"  # not said: a name


def expert(name: str = SARAH) -> Expert:
    """Somebody who can be booked."""
    return Expert(
        name=name,
        category="Technology",  # not said: the page says it
        headline="Cloud architecture that survives launch day",  # not said: what people write of themselves
        experience_years=10,
        rating=4.9,
        time_zone="Europe/London",
        created_at=clock.now(),
    )


def hour(hours: float) -> datetime:
    """So many hours from now, on the full hour (aware UTC)."""
    return clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


def morning(reader: Reader, *, hours: float) -> datetime:
    """So many hours after eight o'clock tomorrow, where the reader is (aware UTC)."""
    tomorrow = clock.now().astimezone(reader.zone) + timedelta(days=1)
    return (tomorrow.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(hours=hours)).astimezone(UTC)


def booking(of: Expert, status: BookingStatus, *, hours: float) -> Booking:
    """A booking that begins in so many hours."""
    return Booking(
        expert_id=of.id,
        slot_id=PydanticObjectId(),
        starts_at=hour(hours),
        ends_at=hour(hours + 1),
        customer_name="Ada Lovelace",  # not said: a name
        customer_email="ada@example.com",
        customer_key="ada@example.com",
        customer_phone="+442079460958",
        status=status,
        active=status is not BookingStatus.CANCELLED,
        idempotency_key="",
        request_digest="",
        manage_token="",
        created_at=clock.now(),
    )


def slot(of: Expert, state: SlotState, *, starts_at: datetime) -> SlotChanged:
    """A slot in a state."""
    return SlotChanged(
        expert_id=of.id,
        slot_id=PydanticObjectId(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        state=state,
        held_until=starts_at if state is SlotState.HELD else None,
        version=1,
    )
