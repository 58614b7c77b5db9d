"""Removing everything, a batch at a time: all at once takes the embedded server longer than one operation may."""

from collections.abc import Callable
from typing import Any

from beanie import Document

from expert_booking import database, revisions
from models import Booking, Expert, TimeSlot

BATCH = 500

# Slots first: without them nothing new can be booked while the rest goes.
CONTENTS: dict[str, type[Document]] = {"time slots": TimeSlot, "bookings": Booking, "experts": Expert}


async def counts() -> dict[str, int]:
    """How many documents there are of each kind."""
    return {kind: await database.collection(model).estimated_document_count() for kind, model in CONTENTS.items()}


async def empty_at_once() -> None:
    """Remove all experts, time slots and bookings; quicker, for a database that nobody else uses."""
    for model in CONTENTS.values():
        await database.drop(model)
    await revisions.catalogue_changed()


async def empty(*, progress: Callable[[int], object] = lambda removed: None) -> None:
    """Remove all experts, time slots and bookings; `progress` is called with the size of each batch removed."""
    for model in CONTENTS.values():
        collection = database.collection(model)
        ids: list[Any] = [found["_id"] async for found in collection.find({}, {"_id": 1})]
        for first in range(0, len(ids), BATCH):
            batch = ids[first : first + BATCH]
            await collection.delete_many({"_id": {"$in": batch}})
            progress(len(batch))
        await revisions.catalogue_changed()
