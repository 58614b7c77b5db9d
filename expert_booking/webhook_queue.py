"""What webhooks are to be told is stored first, and sent from there (see `webhook_sending`).

A delivery's id is made of the webhook, the booking and the number of its change, so writing the same again changes
nothing. It is written before the booking is marked as told, so a crash in between writes it once more, and loses none.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId
from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import clock, closing, database, metrics, webhooks
from expert_booking.errors import DeliveryNotFound, FieldProblem, InvalidRequest
from expert_booking.sentence import Sentence
from models import Attempt, Booking, BookingChange, DeliveryState, Webhook, WebhookDelivery, WebhookEvent

CLAIM_LASTS = timedelta(minutes=2)
MOST_CLAIMED = 8
KEPT_FOR = timedelta(days=30)
"""What was sent or given up stays so long, for whoever asks what became of it."""
SWITCHED_OFF = "switched_off"
"""Why what waited for a webhook that tells nothing any more was not sent."""
UNKNOWN = "unknown"
"""How a try ended whose process did not live to say it."""
TEST = "webhook.test"
PAGE = 25

_EVENTS = {event.removeprefix("booking."): event for event in WebhookEvent}
_SETTLES = timedelta(minutes=1)
_SPANS = (timedelta(hours=6), timedelta(days=2), timedelta(days=16), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the queue is doing: how many wait, how many failed of late, since when the oldest waits (aware UTC)."""

    waiting: int
    failed: int
    oldest_at: datetime | None


async def put(bookings: Iterable[Booking]) -> None:
    """Have those webhooks told that listen to what was done with these bookings; without any, nothing happens."""
    listening = await webhooks.listening()
    if listening:
        await _insert([delivery for booking in bookings for delivery in _deliveries(booking, listening)])


def _deliveries(booking: Booking, listening: Sequence[Webhook]) -> Iterator[WebhookDelivery]:
    now = clock.now()
    first = booking.changed - len(booking.changes) + 1
    for number, change in enumerate(booking.changes, start=first):
        event = _EVENTS.get(change.kind)
        for webhook in listening:
            if event in webhook.events:
                yield WebhookDelivery(
                    id=f"{webhook.id}_{booking.id}_{number}",
                    webhook_id=webhook.id,
                    booking_id=booking.id,
                    event=str(event),
                    payload=_payload(str(event), change.at, _said(booking, change, number)),
                    created_at=now,
                    due_at=now,
                )


def _said(booking: Booking, change: BookingChange, number: int) -> dict[str, Any]:
    """Ids, times and states; nothing about the customer, and no word that somebody wrote."""
    return {
        "bookingId": str(booking.id),
        "expertId": str(booking.expert_id),
        "slotId": str(booking.slot_id),
        "startsAt": _moment(booking.starts_at),
        "endsAt": _moment(booking.ends_at),
        "sessionType": booking.session_type,
        "sessionName": booking.session_name,
        "status": str(booking.status),
        "change": {"number": number, "by": str(change.by), "was": change.was, "became": change.became},
    }


def _payload(event: str, at: datetime, said: dict[str, Any]) -> str:
    return json.dumps({"type": event, "timestamp": _moment(at), "data": said}, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def put_test(webhook_id: PydanticObjectId) -> WebhookDelivery:
    """Send something that means nothing, to see whether it arrives.

    Raises:
        WebhookNotFound, InvalidRequest
    """
    webhook, now = await webhooks.get(webhook_id), clock.now()
    _require_active(webhook)
    delivery = WebhookDelivery(
        id=f"{webhook.id}_test_{secrets.token_hex(6)}",
        webhook_id=webhook.id,
        event=TEST,
        payload=_payload(TEST, now, {"webhookId": str(webhook.id)}),
        created_at=now,
        due_at=now,
    )
    await _insert([delivery])
    return delivery


async def _insert(deliveries: Sequence[WebhookDelivery]) -> None:
    documents = [
        RawBSONDocument(encode(each.model_dump(by_alias=True, exclude={"revision_id"}))) for each in deliveries
    ]
    errors = await database.insert_each(WebhookDelivery, documents) if documents else []
    for error in errors:
        if error is not None and not isinstance(error, database.DuplicateKeyError):
            raise error


@closing.finished_first
async def send_again(delivery_id: str) -> None:
    """Send once more what was sent, has failed, or waits for its next try.

    Raises:
        DeliveryNotFound, WebhookNotFound, InvalidRequest
    """
    found = await WebhookDelivery.find_one({"_id": delivery_id})
    if found is None:
        raise DeliveryNotFound
    _require_active(await webhooks.get(found.webhook_id))
    anew = {"state": DeliveryState.WAITING, "due_at": clock.now(), "tries": 0, "claim": ""}
    not_under_way = {"_id": delivery_id, "state": {"$ne": DeliveryState.SENDING}}
    await database.collection(WebhookDelivery).update_one(not_under_way, {"$set": anew})


def _require_active(webhook: Webhook) -> None:
    if not webhook.is_active:
        message = Sentence("This webhook is switched off. Switch it on first.")
        raise InvalidRequest([FieldProblem(field="active", message=message)])


async def log_of(
    webhook_id: PydanticObjectId,
    *,
    state: DeliveryState | None = None,
    before: WebhookDelivery | None = None,
    limit: int = PAGE,
) -> list[WebhookDelivery]:
    """What was put for a webhook, the newest first, or what comes after one of them in that order.

    Where no state is asked for it is looked for further and further back: a server may sort all that is asked for
    before it leaves out the rest, and there may be very many.
    """
    # The embedded server looks up what comes first, and checks the rest.
    wanted = {**({"state": state} if state is not None else {}), "webhook_id": webhook_id}
    same = await _of_one_moment(wanted, before) if before is not None else []
    until = before.created_at if before is not None else clock.now() + _SETTLES
    found = same
    for span in _SPANS if state is None else [None]:
        since = {"$gte": until - span} if span is not None else {}
        within = {**wanted, "created_at": {"$lt": until, **since}}
        found = [*same, *await WebhookDelivery.find(within).sort("-created_at", "-_id").limit(limit).to_list()]
        if len(found) >= limit:
            break
    return found[:limit]


async def _of_one_moment(wanted: dict[str, Any], before: WebhookDelivery) -> list[WebhookDelivery]:
    """What was put at the same moment as another one and comes after it; by its id a server would look up too much."""
    same = await WebhookDelivery.find({**wanted, "created_at": before.created_at}).to_list()
    return sorted((each for each in same if each.id < before.id), key=lambda each: each.id, reverse=True)


async def claim_due(webhook_id: PydanticObjectId) -> list[WebhookDelivery]:
    """Some of what is due for a webhook, the longest due first, for this process alone to send."""
    now, claim = clock.now(), secrets.token_hex(8)
    waiting = {"state": DeliveryState.WAITING, "due_at": {"$lte": now}, "webhook_id": webhook_id}
    found = await WebhookDelivery.find(waiting).sort("due_at").limit(MOST_CLAIMED).to_list()
    if not found:
        return []
    ids = [delivery.id for delivery in found]
    taken = {"state": DeliveryState.SENDING, "claim": claim, "due_at": now + CLAIM_LASTS}
    result = await database.collection(WebhookDelivery).update_many({"_id": {"$in": ids}, **waiting}, {"$set": taken})
    if result.modified_count == len(ids):
        return [delivery.model_copy(update=taken) for delivery in found]
    return await WebhookDelivery.find({"_id": {"$in": ids}, "claim": claim}).to_list()  # another process was quicker


async def end(
    delivery: WebhookDelivery, state: DeliveryState, attempt: Attempt, *, due_at: datetime | None = None
) -> None:
    """What became of a delivery that was claimed; one that somebody else has claimed by now is theirs."""
    claimed = {"_id": delivery.id, "state": DeliveryState.SENDING, "claim": delivery.claim}
    became = {"state": state, "claim": "", "due_at": due_at or clock.now()}
    update = {"$set": became, "$inc": {"tries": 1}, "$push": {"attempts": attempt.model_dump()}}
    result = await database.collection(WebhookDelivery).update_one(claimed, update)
    metrics.deliveries_ended(state, result.modified_count)


async def give_back(deliveries: Sequence[WebhookDelivery]) -> None:
    """Let somebody else send what was claimed and not tried."""
    for delivery in deliveries:
        claimed = {"_id": delivery.id, "state": DeliveryState.SENDING, "claim": delivery.claim}
        waiting = {"state": DeliveryState.WAITING, "claim": "", "due_at": clock.now()}
        await database.collection(WebhookDelivery).update_one(claimed, {"$set": waiting})


async def upkeep() -> None:
    """Take back what a dead process claimed, give up what nobody is told, forget what is old, and count what waits."""
    deliveries, now = database.collection(WebhookDelivery), clock.now()
    left = {"state": DeliveryState.SENDING, "due_at": {"$lte": now}}
    lost = Attempt(at=now, problem=UNKNOWN).model_dump()
    again = {"$set": {"state": DeliveryState.WAITING, "claim": ""}, "$inc": {"tries": 1}, "$push": {"attempts": lost}}
    await deliveries.update_many(left, again)
    await _give_up_unheard(now)
    with database.patiently():
        for state in (DeliveryState.SENT, DeliveryState.FAILED):
            await deliveries.delete_many({"state": state, "due_at": {"$lt": now - KEPT_FOR}})
    stand = await standing()
    age = (clock.now() - stand.oldest_at).total_seconds() if stand.oldest_at is not None else 0.0
    metrics.deliveries_standing(waiting=stand.waiting, failed=stand.failed, oldest_seconds=age)


async def _give_up_unheard(now: datetime) -> None:
    """What waits for a webhook that is switched off or gone; not the newest, which may know one that is new."""
    heard = [webhook.id for webhook in await webhooks.refresh()]
    unheard = {
        "state": DeliveryState.WAITING,
        "webhook_id": {"$nin": heard},
        "created_at": {"$lt": now - _SETTLES},
    }
    why = Attempt(at=now, problem=SWITCHED_OFF).model_dump()
    given_up = {"$set": {"state": DeliveryState.FAILED, "due_at": now}, "$push": {"attempts": why}}
    result = await database.collection(WebhookDelivery).update_many(unheard, given_up)
    metrics.deliveries_ended(DeliveryState.FAILED, result.modified_count)


async def standing() -> Standing:
    """How many deliveries wait, and how many failed in the time that they are kept."""
    waiting, sending, failed = [
        await _count(state) for state in (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.FAILED)
    ]
    return Standing(
        waiting=waiting["number"] + sending["number"],
        failed=failed["number"],
        oldest_at=min(filter(None, (waiting["oldest_at"], sending["oldest_at"])), default=None),
    )


async def _count(state: DeliveryState) -> dict[str, Any]:
    """Of one state: a list of them would be a scan (see `reminders`)."""
    counted = {"_id": None, "number": {"$sum": 1}, "oldest_at": {"$min": "$created_at"}}
    stages = [{"$match": {"state": state}}, {"$group": counted}]
    found = await WebhookDelivery.aggregate(stages).to_list()
    return found[0] if found else {"number": 0, "oldest_at": None}
