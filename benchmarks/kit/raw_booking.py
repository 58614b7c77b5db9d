"""The least that booking costs: two writes by the bare driver, on the same connection, indexes and journal."""

import secrets
from typing import Any

from beanie import PydanticObjectId

from expert_booking import clock, database
from expert_booking.customers import Customer
from models import Booking, BookingStatus, TimeSlot


async def book(slot: TimeSlot, customer: Customer) -> bool:
    """Insert a booking and show it on its slot; false when the slot has one already."""
    booking = _as_stored(slot, customer)
    try:
        await database.collection(Booking).insert_one(booking)
    except database.DuplicateKeyError:
        return False
    shown = {"$set": {"booking_id": booking["_id"]}, "$inc": {"version": 1}}
    await database.collection(TimeSlot).update_one({"_id": slot.id, "version": slot.version}, shown)
    return True


def _as_stored(slot: TimeSlot, customer: Customer) -> dict[str, Any]:
    return {
        "_id": PydanticObjectId(),
        "expert_id": slot.expert_id,
        "slot_id": slot.id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "customer_name": customer.name,
        "customer_email": customer.email,
        "customer_key": customer.key,
        "customer_phone": customer.phone,
        "notes": customer.notes,
        "status": BookingStatus.PENDING,
        "active": True,
        "settled": True,
        "idempotency_key": secrets.token_urlsafe(24),
        "request_digest": secrets.token_hex(32),
        "manage_token": secrets.token_urlsafe(32),
        "created_at": clock.now(),
        **dict.fromkeys(("confirmed_at", "completed_at", "cancelled_at", "deleted_at")),
    }
