"""Slots and bookings as they are stored, cut down to what an audit needs; nobody's name or address is read."""

from collections.abc import AsyncIterator
from typing import Any

from beanie import Document, PydanticObjectId

from expert_booking import database
from models import Booking, TimeSlot

Record = dict[str, Any]

BATCH = 1000
IN_STORED_ORDER = [("$natural", 1)]  # through no index, which may be short of entries

SLOT_FIELDS = (
    *("expert_id", "starts_at", "ends_at", "booking_id", "held_by", "hold_token", "held_until"),
    *("session_type", "buffer_before", "buffer_after", "crosses", "withdrawn_at"),
)

BOOKING_FIELDS = (
    *("expert_id", "slot_id", "starts_at", "ends_at", "status", "active", "settled", "idempotency_key"),
    *("created_at", "confirmed_at", "completed_at", "cancelled_at", "deleted_at"),
)


async def slots() -> AsyncIterator[Record]:
    """Every slot, as the walk through them meets it."""
    async for record in _every(TimeSlot, SLOT_FIELDS):
        yield record


async def bookings() -> AsyncIterator[Record]:
    """Every booking, with `has_key` in the place of its idempotency key."""
    async for record in _every(Booking, BOOKING_FIELDS):
        yield _without_key(record)


async def slot(slot_id: PydanticObjectId) -> Record | None:
    """One slot as it is now."""
    return await _one(TimeSlot, slot_id, SLOT_FIELDS)


async def booking(booking_id: PydanticObjectId) -> Record | None:
    """One booking as it is now."""
    record = await _one(Booking, booking_id, BOOKING_FIELDS)
    return None if record is None else _without_key(record)


async def _every(model: type[Document], fields: tuple[str, ...]) -> AsyncIterator[Record]:
    found = database.collection(model).find({}, fields).hint(IN_STORED_ORDER).batch_size(BATCH)
    async for record in found:
        yield _complete(record, fields)


async def _one(model: type[Document], of_id: PydanticObjectId, fields: tuple[str, ...]) -> Record | None:
    record = await database.collection(model).find_one({"_id": of_id}, fields)
    return None if record is None else _complete(record, fields)


def _complete(record: Record, fields: tuple[str, ...]) -> Record:
    """A field that is not stored is as good as empty."""
    return {**dict.fromkeys(fields), **record}


def _without_key(record: Record) -> Record:
    return {**record, "has_key": bool(record.pop("idempotency_key"))}
