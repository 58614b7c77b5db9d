"""Reading one time slot, and writing onto the version that was read."""

import asyncio
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId

from expert_booking import database
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
    try:
        is_written = await (_write((slot, changes)) if changes else _write_alone(slot, changes))
    finally:
        del _being_written[slot.id]
        written.set()
    return slot.model_copy(update={**changes, "version": slot.version + 1}) if is_written else None


def _wanted(slot: TimeSlot) -> dict[str, Any]:
    return {"_id": slot.id, "version": slot.version}


def _update(changes: dict[str, Any]) -> dict[str, Any]:
    return {"$inc": {"version": 1}, **({"$set": changes} if changes else {})}


async def _write_alone(slot: TimeSlot, changes: dict[str, Any]) -> bool:
    result = await TimeSlot.find_one(_wanted(slot)).update(_update(changes))
    return bool(result.modified_count)


Change = tuple[TimeSlot, dict[str, Any]]


async def _write_each(asked: list[Change]) -> list[bool]:
    """Write changes by one command; which of them were written is read again where not all were."""
    if len(asked) == 1:
        return [await _write_alone(*asked[0])]
    number = await database.update_each(TimeSlot, ((_wanted(slot), _update(changes)) for slot, changes in asked))
    if number == len(asked):
        return [True] * number
    now = await _read_each([slot.id for slot, _ in asked])
    return [_is_so(now[place], slot, changes) for place, (slot, changes) in enumerate(asked)]


def _is_so(now: TimeSlot | None, slot: TimeSlot, changes: dict[str, Any]) -> bool:
    """Whether a slot is at the next version with exactly these changes: then they were written, or as good as that."""
    if now is None or now.version != slot.version + 1:
        return False
    return all(_as_stored(getattr(now, name)) == _as_stored(value) for name, value in changes.items())


def _as_stored(value: Any) -> Any:
    """The database keeps moments to the millisecond."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000) if isinstance(value, datetime) else value


_write: Together[Change, bool] = Together(_write_each)


async def _read_each(ids: list[PydanticObjectId]) -> list[TimeSlot | None]:
    found = {slot.id: slot for slot in await TimeSlot.find({"_id": {"$in": list(set(ids))}}).to_list()}
    return [found.get(slot_id) for slot_id in ids]


read: Together[PydanticObjectId, TimeSlot | None] = Together(_read_each)
"""A slot by its id as it is now, or none; others may get the same object, so do not change it."""
