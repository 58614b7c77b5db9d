"""A time that cannot be had is refused together with the open times nearest to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from beanie import PydanticObjectId

from expert_booking import availability
from expert_booking.api.slot_shape import SlotShape
from expert_booking.errors import SlotUnavailable
from models import Expert


class SlotRefused(Exception):
    """A slot cannot be taken, and these can."""

    def __init__(self, error: SlotUnavailable, alternatives: list[SlotShape]) -> None:
        super().__init__(error.code)
        self.error = error
        self.alternatives = alternatives


@asynccontextmanager
async def offering_others(expert: Expert, slot_id: PydanticObjectId) -> AsyncIterator[None]:
    """Whoever is refused the slot inside is told which other times of the expert are open.

    Raises:
        SlotRefused: in place of `SlotUnavailable`.
    """
    try:
        yield
    except SlotUnavailable as error:
        refused = await availability.slot_of(expert.id, slot_id)
        nearest = await availability.nearest_open(expert.id, to=refused.starts_at, session_type=refused.session_type)
        raise SlotRefused(error, [SlotShape.of(slot, expert.zone) for slot in nearest]) from None
