"""Storing documents by the thousand; what is stored already stays as it is."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from beanie import Document
from bson import ObjectId
from pymongo.errors import BulkWriteError

from expert_booking import database
from models import TimeSlot

# The embedded server commits, and syncs, every thousand documents; larger batches measured no faster.
BATCH = 1000
# The next batch is made and sent while the server still writes the one before.
BATCHES_UNDER_WAY = 2
DUPLICATE_KEY = 11000

# What is asked for by equality, or read without the model, must be there; the model knows the defaults of the rest,
# and by the hundred thousand each field is time and room.
_ALWAYS_STORED = ("booking_id", "held_by", "hold_token", "held_until", "version")
_UNTOUCHED = {name: TimeSlot.model_fields[name].default for name in _ALWAYS_STORED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many documents were made, and how many were there before."""

    made: int = 0
    already_there: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(made=self.made + other.made, already_there=self.already_there + other.already_there)


def open_slot(*, expert_id: ObjectId, starts_at: datetime, ends_at: datetime, **others: Any) -> dict[str, Any]:
    """An open time slot as it is stored, except for its `_id`; of the others, those that are not as they always are."""
    return {**_UNTOUCHED, "expert_id": expert_id, "starts_at": starts_at, "ends_at": ends_at, **others}


@asynccontextmanager
async def without_indexes(model: type[Document]) -> AsyncIterator[None]:
    """Store first and build the indexes afterwards, which takes the embedded server less than half the time.

    Only where nobody else reads or writes, no unique index is needed meanwhile, and failure throws the database away
    (`embedded_server.on_a_copy`): a block that fails leaves the collection without its indexes.
    """
    await database.drop_indexes(model)
    yield
    await database.make_indexes(model)


async def add_all(model: type[Document], documents: Iterable[dict[str, Any]]) -> Tally:
    """Store the documents that no unique index refuses; never more than a few batches are in memory."""
    remaining = iter(documents)
    under_way: list[asyncio.Task[Tally]] = []
    total = Tally()
    while batch := list(islice(remaining, BATCH)):
        under_way.append(asyncio.create_task(_add(model, batch)))
        if len(under_way) == BATCHES_UNDER_WAY:
            total += await under_way.pop(0)
        else:
            await asyncio.sleep(0)
    for task in under_way:
        total += await task
    return total


async def _add(model: type[Document], batch: list[dict[str, Any]]) -> Tally:
    try:
        await database.collection(model).insert_many(batch, ordered=False)
    except BulkWriteError as error:
        refused = error.details["writeErrors"]
        if error.details["writeConcernErrors"] or any(one["code"] != DUPLICATE_KEY for one in refused):
            raise
        return Tally(made=len(batch) - len(refused), already_there=len(refused))
    return Tally(made=len(batch))


async def update_each(model: type[Document], updates: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Update many documents, each by a filter and an update of its own; what a filter does not find is left out."""
    remaining = iter(updates)
    while batch := list(islice(remaining, BATCH)):
        await database.update_each(model, batch)
