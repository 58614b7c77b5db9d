"""The journal: every change is entered once, and nothing that is entered is changed.

What happens to a booking is kept with the booking by the write that changes it, and `telling` enters it from there: a
crash cannot come between. Everything else is entered by whoever does it, right after the write.
"""

from collections.abc import Iterable, Iterator

from beanie import PydanticObjectId
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import clock, database
from expert_booking.actors import Actor
from models import Booking, JournalEntry


async def write(
    what: str,
    *,
    by: Actor,
    key: str = "",
    expert_id: PydanticObjectId | None = None,
    booking_id: PydanticObjectId | None = None,
    was: str = "",
    became: str = "",
    reason: str = "",
) -> None:
    """Enter a change that is done.

    Args:
        what: such as "expert.hidden".
        by: who did it.
        key: tells it from all others of its kind; the same is entered once. Blank for one that nobody repeats.
        expert_id: whom it is about, or whose.
        booking_id: which booking it is about.
        was: what it was before; nothing of a customer's.
        became: what it is now; nothing of a customer's.
        reason: as whoever did it has given it.
    """
    entry = JournalEntry(
        id=f"{what}:{key or PydanticObjectId()}",
        at=clock.now(),
        by=by.kind,
        who=by.name,
        what=what,
        expert_id=expert_id,
        booking_id=booking_id,
        was=was,
        became=became,
        reason=reason,
    )
    await put_all([entry])


async def put_all(entries: Iterable[JournalEntry]) -> None:
    """Enter many changes by one write; those that are entered already stay as they are."""
    documents = [RawBSONDocument(encode(entry.model_dump(by_alias=True, exclude={"revision_id"}))) for entry in entries]
    errors = await database.insert_each(JournalEntry, documents) if documents else []
    for error in errors:
        if error is not None and not isinstance(error, database.DuplicateKeyError):
            raise error


def entries_of(booking: Booking) -> Iterator[JournalEntry]:
    """What is kept with a booking until it is entered."""
    first = booking.changed - len(booking.changes) + 1
    for number, change in enumerate(booking.changes, start=first):
        yield JournalEntry(
            id=f"booking:{booking.id}:{number}",
            at=change.at,
            by=change.by,
            who=change.who,
            what=f"booking.{change.kind}",
            booking_id=booking.id,
            expert_id=booking.expert_id,
            was=change.was,
            became=change.became,
            reason=change.reason,
        )


async def of_booking(booking_id: PydanticObjectId) -> list[JournalEntry]:
    """What was done to a booking, earliest first; what is not entered yet among it."""
    entered = await JournalEntry.find({"booking_id": booking_id}).to_list()
    booking = await Booking.find_one({"_id": booking_id})
    known = {entry.id: entry for entry in (*entered, *(entries_of(booking) if booking is not None else ()))}
    return sorted(known.values(), key=lambda entry: (entry.at, entry.id))
