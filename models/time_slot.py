"""Time slots: the units of an expert's time that can be held and booked."""

from datetime import UTC, datetime, timedelta
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
    WITHDRAWN = "withdrawn"


class TimeSlot(Document):
    """A stretch of an expert's time, `starts_at` to `ends_at` (aware UTC).

    A projection of the truth, which is the collection of bookings: `booking_id` names the booking that owns the
    time. The hold is a courtesy with an expiry: `held_by` is the visitor, `hold_token` proves this very hold, and
    `held_until` is never null (`NOT_HELD` when free), so that one flat filter says "free" and an expired hold needs
    no clean-up. Every step increments `version`; a projection is written only onto the version that was read (see
    `settling.settle`).

    Slots of different session types may share time. `crosses` names those that this one shares time with: while one is
    held or booked, the others show it, by a hold without a token or by its `booking_id`. That is for the eye; what
    keeps two from being taken are the claims of bookings.

    A slot that is not offered any more is `withdrawn_at` some moment and stays, so that whoever shows it can be told;
    it is given back as withdrawn, and may be offered again. Where that is only because its day is full (`day_is_full`),
    a booking of that day may still move to it. After `closes_at` it cannot be booked; none where the rules of the house
    alone say when.

    Invariant: one slot per expert, start and session type (`one_slot_per_expert_start_and_type`).
    """

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    expert_id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    booking_id: PydanticObjectId | None = None
    held_by: str | None = None
    hold_token: str | None = None
    held_until: datetime = NOT_HELD
    offered_to: PydanticObjectId | None = Field(default=None, description="the wish for whose owner the slot is held")
    version: int = Field(default=0, ge=0)
    session_type: str = Field(default="", description="the key of the expert's session type")
    buffer_before: int = Field(default=0, ge=0, description="minutes before the start that are the expert's own")
    buffer_after: int = Field(default=0, ge=0, description="minutes after the end that are the expert's own")
    crosses: list[PydanticObjectId] = Field(default_factory=list)
    closes_at: datetime | None = None
    withdrawn_at: datetime | None = None
    confirms_at_once: bool = Field(default=False, description="whether the expert has nothing to confirm")
    day_limit: int | None = Field(default=None, description="how many bookings the expert takes on `local_day`")
    local_day: str = Field(default="", description="the date in the expert's zone; given where there is a `day_limit`")
    day_is_full: bool = Field(default=False, description="whether it is withdrawn for that reason alone")

    class Settings:
        name = "time_slots"
        indexes: ClassVar = [
            IndexModel(
                [("expert_id", ASCENDING), ("starts_at", ASCENDING), ("session_type", ASCENDING)],
                name="one_slot_per_expert_start_and_type",
                unique=True,
            ),
            IndexModel([("starts_at", ASCENDING)], name="slots_by_start"),
            # Serves looking for a visitor's hold as well: few slots are held at any one moment.
            IndexModel([("held_until", ASCENDING)], name="slots_by_hold_expiry"),
            # Of few slots; by a comparison, because the embedded server does not see that an index of a type will do.
            IndexModel(
                [("closes_at", ASCENDING)],
                name="slots_by_notice",
                partialFilterExpression={"closes_at": {"$gt": NOT_HELD}},
            ),
        ]

    @property
    def busy_from(self) -> datetime:
        """When the expert's time for this session begins (aware UTC), its buffer included."""
        return self.starts_at - timedelta(minutes=self.buffer_before)

    @property
    def busy_until(self) -> datetime:
        """When the expert's time for this session ends (aware UTC), its buffer included."""
        return self.ends_at + timedelta(minutes=self.buffer_after)

    def state_at(self, moment: datetime, *, earliest_start: datetime | None = None) -> SlotState:
        """The slot's state at an aware moment; `PAST` when nobody has it and it is too late to take it.

        Args:
            moment: aware UTC; decides whether a hold still stands.
            earliest_start: aware UTC; the moment plus the minimum notice, or the moment itself when absent.
        """
        return state_of(
            booking_id=self.booking_id,
            starts_at=self.starts_at,
            held_until=self.held_until,
            closes_at=self.closes_at,
            withdrawn_at=self.withdrawn_at,
            moment=moment,
            earliest_start=earliest_start or moment,
        )


def state_of(
    *,
    booking_id: PydanticObjectId | None,
    starts_at: datetime,
    held_until: datetime,
    closes_at: datetime | None,
    withdrawn_at: datetime | None,
    moment: datetime,
    earliest_start: datetime,
) -> SlotState:
    """What these fields of a slot mean at a moment: `TimeSlot.state_at`, without a document.

    Whoever held it before it was withdrawn may still book it.
    """
    if booking_id is not None:
        return SlotState.BOOKED
    if starts_at <= earliest_start or (closes_at is not None and closes_at <= moment):
        return SlotState.PAST
    if held_until > moment:
        return SlotState.HELD
    return SlotState.WITHDRAWN if withdrawn_at is not None else SlotState.OPEN
