"""Telling: the news of a booking, which was stored with the booking, becomes messages to its customer and its expert.

What was changed, and by whom, was stored with it as well; the same round enters it in the journal, puts what webhooks
are told of it, and gives a new booking the keys by which it is found. A message's id is made of the booking, the number
of the news and the recipient, so telling twice tells once. News is taken off the booking only if no more came
meanwhile. Interrupted anywhere, it is done again by anybody.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from beanie import PydanticObjectId

from expert_booking import clock, database, experts, journal, outbox, succession, webhook_queue
from models import Booking, Expert, Message, MessageKind, Recipient, finding

MOST_AT_ONCE = 500
TELL_SECONDS = 0.5

_noted: set[PydanticObjectId] = set()


def note(booking_id: PydanticObjectId) -> None:
    """A booking of this process has news; `tell_noted` tells it soon."""
    _noted.add(booking_id)


async def tell_noted() -> None:
    """Tell, if this process has noted anything since the last time, all that there is to tell.

    That may be another process's too, which is told once all the same; to look for the untold is cheaper than for many
    by their ids.
    """
    if noted := set(_noted):
        await tell_left()
        _noted.difference_update(noted)


async def tell_left() -> int:
    """Tell the news that is untold, be it that a crash left it; the number of bookings."""
    told = 0
    while left := await Booking.find({"is_told": False}).limit(MOST_AT_ONCE).to_list():
        await _tell(left)
        told += len(left)
    return told


async def tell_one(booking: Booking) -> None:
    """Tell the news of one booking now."""
    await _tell([booking])


async def _tell(bookings: list[Booking]) -> None:
    known = await experts.by_ids({booking.expert_id for booking in bookings})
    await outbox.put_all(message for booking in bookings for message in _news(booking, known.get(booking.expert_id)))
    await journal.put_all(entry for booking in bookings for entry in journal.entries_of(booking))
    await webhook_queue.put(bookings)
    await succession.fulfil(bookings)
    await database.update_each(Booking, map(_mark_told, bookings))


def _mark_told(booking: Booking) -> tuple[dict[str, Any], dict[str, Any]]:
    """The filter and the update of a booking that has been told of, unless more was to be told meanwhile."""
    as_told = {
        "_id": booking.id,
        "is_told": False,
        "sequence": booking.sequence,
        "changed": {"$in": counted(booking)},
    }
    told: dict[str, Any] = {"news": [], "changes": [], "is_told": True}
    if booking.found_by is None:
        as_told["found_by"] = None  # whoever was forgotten meanwhile is found by nothing of theirs
        told["found_by"] = finding.keys_of(booking)
    return as_told, {"$set": told}


def counted(booking: Booking) -> list[int | None]:
    """How many changes a booking has had, as a filter finds it: what was made before they were counted says nothing."""
    return [booking.changed] if booking.changed else [0, None]


def _news(booking: Booking, expert: Expert | None) -> Iterator[Message]:
    first = booking.sequence - len(booking.news) + 1
    for sequence, kind in enumerate(booking.news, start=first):
        yield from messages(booking, expert, MessageKind(kind), key=str(sequence), sequence=sequence)


def messages(
    booking: Booking, expert: Expert | None, kind: MessageKind, *, key: str, sequence: int
) -> Iterable[Message]:
    """One message for the customer, and one for the expert; none for whoever has no address.

    Args:
        booking: what it is about.
        expert: whose booking it is; none when they have left.
        kind: what is told.
        key: tells it from anything else of this kind about this booking.
        sequence: the number of the booking's calendar entry at that moment.
    """
    now = clock.now()
    recipients = [(Recipient.CUSTOMER, booking.customer_email, booking.language, booking.time_zone)]
    if expert is not None:
        recipients.append((Recipient.EXPERT, expert.email or "", expert.language, expert.time_zone))
    for recipient, address, language, time_zone in recipients:
        if address:
            yield Message(
                id=f"{kind}:{booking.id}:{key}:{recipient}",
                kind=kind,
                recipient=recipient,
                to=address,
                language=language,
                time_zone=time_zone,
                booking_id=booking.id,
                sequence=sequence,
                created_at=now,
                due_at=now,
            )
