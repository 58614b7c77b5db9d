"""Time slots: the units of an expert's time that can be held and booked."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

NOT_HELD = datetime(1970, 1, 1, tzinfo=UTC)


class SlotState(StrEnum):
    """What a time slot is at one moment."""

    OPEN = "open"
    HELD = "held"
    BOOKED = "booked"
    PAST = "past"


class TimeSlot(Document):
    """A stretch of an expert's time, `starts_at` to `ends_at` (aware UTC).

    A projection of the truth, which is the collection of bookings: `booking_id` names the booking that owns the
    time. The hold is a courtesy with an expiry: `held_by` is the visitor, `hold_token` proves this very hold, and
    `held_until` is never null (`NOT_HELD` when free), so that one flat filter says "free" and an expired hold needs
    no clean-up. Every step increments `version`; a projection is written only onto the version that was read (see
    `settling.settle`).

    Invariant: one slot per expert and start (`one_slot_per_expert_and_start`).
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    booking_id: PydanticObjectId | None = None
    held_by: str | None = None
    hold_token: str | None = None
    held_until: datetime = NOT_HELD
    version: int = Field(default=0, ge=0)

    class Settings:
        name = "time_slots"
        indexes: ClassVar = [
            IndexModel(
                [("expert_id", ASCENDING), ("starts_at", ASCENDING)], name="one_slot_per_expert_and_start", unique=True
            ),
            IndexModel([("starts_at", ASCENDING)], name="slots_by_start"),
            # Serves looking for a visitor's hold as well: few slots are held at any one moment.
            IndexModel([("held_until", ASCENDING)], name="slots_by_hold_expiry"),
        ]

    def state_at(self, moment: datetime, *, earliest_start: datetime | None = None) -> SlotState:
        """The slot's state at an aware moment; `PAST` when nobody has it and it starts at or before `earliest_start`.

        Args:
            moment: aware UTC; decides whether a hold still stands.
            earliest_start: aware UTC; the moment plus the minimum notice, or the moment itself when absent.
        """
        return state_of(
            booking_id=self.booking_id,
            starts_at=self.starts_at,
            held_until=self.held_until,
            moment=moment,
            earliest_start=earliest_start or moment,
        )


def state_of(
    *,
    booking_id: PydanticObjectId | None,
    starts_at: datetime,
    held_until: datetime,
    moment: datetime,
    earliest_start: datetime,
) -> SlotState:
    """What these fields of a slot mean at a moment: `TimeSlot.state_at`, without a document."""
    if booking_id is not None:
        return SlotState.BOOKED
    if starts_at <= earliest_start:
        return SlotState.PAST
    return SlotState.HELD if held_until > moment else SlotState.OPEN
