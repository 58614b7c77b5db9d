"""Reading one time slot, and writing onto the version that was read."""

import asyncio
from typing import Any

from beanie import PydanticObjectId

from expert_booking.together import Together
from models import TimeSlot
from models.time_slot import NOT_HELD

FREE = {"held_by": None, "hold_token": None, "held_until": NOT_HELD, "offered_to": None}
"""The fields of a slot that nobody holds."""

_being_written: dict[PydanticObjectId, asyncio.Event] = {}


async def write_onto(slot: TimeSlot, changes: dict[str, Any]) -> TimeSlot | None:
    """The slot with the changes and the next version, or none when it is not at the version any more that was read.

    Of several in this process only the first asks the database; the others wait for it and have lost, whatever became
    of it: whoever gets none reads again.
    """
    if written := _being_written.get(slot.id):
        await written.wait()
        return None
    written = _being_written[slot.id] = asyncio.Event()
    update = {"$inc": {"version": 1}, **({"$set": changes} if changes else {})}
    try:
        result = await TimeSlot.find_one({"_id": slot.id, "version": slot.version}).update(update)
    finally:
        del _being_written[slot.id]
        written.set()
    return slot.model_copy(update={**changes, "version": slot.version + 1}) if result.modified_count else None


async def _read_each(ids: list[PydanticObjectId]) -> list[TimeSlot | None]:
    found = {slot.id: slot for slot in await TimeSlot.find({"_id": {"$in": list(set(ids))}}).to_list()}
    return [found.get(slot_id) for slot_id in ids]


read: Together[PydanticObjectId, TimeSlot | None] = Together(_read_each)
"""A slot by its id as it is now, or none; others may get the same object, so do not change it."""
