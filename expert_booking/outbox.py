"""The outbox: what is to be sent is stored first, and sent from there (see `delivery`).

A message's id is made of what it tells and to whom, so writing the same again changes nothing. Whoever sends claims
messages by one conditional update; nobody else touches them until the claim is given back or runs out.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import encode
from bson.raw_bson import RawBSONDocument

from expert_booking import clock, database, metrics, stand_ins
from models import Message, MessageState, Recipient

CLAIM_LASTS = timedelta(minutes=2)
"""Three times as long as `delivery` begins to send under one claim, because the last message may take its time."""
MOST_CLAIMED = 20
KEPT_FOR = timedelta(days=30)
"""What is sent or given up stays so long, for whoever asks what became of it."""

_has_server = True

ENDED = (MessageState.SENT, MessageState.FAILED, MessageState.OVERTAKEN, MessageState.KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the outbox is doing: how many wait, how many failed of late, and since when the oldest waits (aware UTC)."""

    waiting: int
    failed: int
    oldest_at: datetime | None


def use(*, has_server: bool) -> None:
    """Whether there is a mail server; without one, messages are kept to be looked at."""
    global _has_server
    _has_server = has_server


def goes_out(message: Message) -> bool:
    """Whether a message is for the mail server, and not for an address that nobody has."""
    return _has_server and not stand_ins.is_one(message.to)


async def put(message: Message) -> None:
    """Have a message sent; one with the same id is in the outbox, or was sent, already."""
    await put_all([message])


async def put_all(messages: Iterable[Message]) -> None:
    """Have many messages sent, by one write; those that are there already stay as they are."""
    new = [message if goes_out(message) else _kept(message) for message in messages]
    documents = [RawBSONDocument(encode(message.model_dump(by_alias=True, exclude={"revision_id"}))) for message in new]
    errors = await database.insert_each(Message, documents) if documents else []
    for error in errors:
        if error is not None and not isinstance(error, database.DuplicateKeyError):
            raise error
    stored = [message for message, error in zip(new, errors, strict=True) if error is None]
    metrics.messages_ended(MessageState.KEPT, sum(message.state is MessageState.KEPT for message in stored))


def _kept(message: Message) -> Message:
    kept: Message = message.model_copy(update={"state": MessageState.KEPT})
    return kept


async def claim_due() -> list[Message]:
    """Some of the messages that are due, the longest due first, for this process alone to send."""
    now, claim = clock.now(), secrets.token_hex(8)
    waiting = {"state": MessageState.WAITING, "due_at": {"$lte": now}}
    found = await Message.find(waiting).sort("due_at").limit(MOST_CLAIMED).to_list()
    if not found:
        return []
    ids = [message.id for message in found]
    taken = {"state": MessageState.SENDING, "claim": claim, "due_at": now + CLAIM_LASTS}
    result = await database.collection(Message).update_many({"_id": {"$in": ids}, **waiting}, {"$set": taken})
    if result.modified_count == len(ids):
        return [message.model_copy(update=taken) for message in found]
    return await Message.find({"_id": {"$in": ids}, "claim": claim}).to_list()  # another process was quicker with some


async def end(messages: Sequence[Message], state: MessageState, *, refusal: str = "") -> None:
    """What became of messages that were claimed; those that are claimed by somebody else by now are theirs.

    What was overtaken may have been so by its recipient's wish to be forgotten: nobody needs the address any more.
    """
    nobodys = {"to": "", "to_key": ""} if state is MessageState.OVERTAKEN else {}
    ended = {"state": state, "due_at": clock.now(), "claim": "", "refusal": refusal, **nobodys}
    await _move(messages, {"$set": ended})


async def mark_sent(message: Message) -> None:
    """The mail server has the message, whoever claims it by now."""
    unsent = {"_id": message.id, "state": {"$in": [MessageState.SENDING, MessageState.WAITING]}}
    await database.collection(Message).update_one(
        unsent, {"$set": {"state": MessageState.SENT, "due_at": clock.now(), "claim": "", "refusal": ""}}
    )


async def give_back(messages: Sequence[Message], *, due_at: datetime | None = None, refusal: str = "") -> None:
    """Let messages that were claimed be sent later (aware UTC; default: now) by anybody."""
    waiting = {"state": MessageState.WAITING, "due_at": due_at or clock.now(), "claim": "", "refusal": refusal}
    await _move(messages, {"$set": waiting})


async def count_attempt(message: Message) -> bool:
    """Note that a message is about to be given to the mail server; false when the claim on it is not ours any more."""
    result = await database.collection(Message).update_one(
        {"_id": message.id, "state": MessageState.SENDING, "claim": message.claim}, {"$inc": {"attempts": 1}}
    )
    return bool(result.modified_count)


async def _move(messages: Sequence[Message], update: dict[str, Any]) -> None:
    if messages:
        ids, claims = [message.id for message in messages], list({message.claim for message in messages})
        claimed = {"_id": {"$in": ids}, "state": MessageState.SENDING, "claim": {"$in": claims}}
        await database.collection(Message).update_many(claimed, update)


async def take_back_left() -> int:
    """Have sent again what a process claimed that did not live to say what became of it; the number of messages."""
    left = {"state": MessageState.SENDING, "due_at": {"$lte": clock.now()}}
    result = await database.collection(Message).update_many(
        left, {"$set": {"state": MessageState.WAITING, "claim": "", "refusal": "unknown"}}
    )
    return int(result.modified_count)


async def forget_old() -> None:
    """Remove what ended long ago."""
    for state in ENDED:
        old = {"state": state, "due_at": {"$lt": clock.now() - KEPT_FOR}}
        await database.collection(Message).delete_many(old)


async def forget(key: str, *, only: Recipient | None = None) -> None:
    """Remove all messages to an address, given as it is compared, whatever became of them.

    Args:
        key: whose.
        only: those that they get as this, when they stay the other.
    """
    as_whom = {} if only is None else {"recipient": only}
    await database.collection(Message).delete_many({"to_key": key, **as_whom})


async def newest(number: int) -> list[Message]:
    """The newest messages, in any state, for whoever looks at them in development."""
    return await Message.find_all().sort("-created_at", "-_id").limit(number).to_list()


async def failed(number: int) -> list[Message]:
    """What was given up last, for whoever has it sent again."""
    return await Message.find({"state": MessageState.FAILED}).sort("-due_at").limit(number).to_list()


async def send_again(message_id: str) -> bool:
    """Have sent what was given up; false when it is not (any more). What is too late by now is still left out."""
    anew = {
        "state": MessageState.WAITING,
        "due_at": clock.now(),
        "created_at": clock.now(),
        "attempts": 0,
        "refusal": "",
    }
    given_up = {"_id": message_id, "state": MessageState.FAILED}
    result = await database.collection(Message).update_one(given_up, {"$set": anew})
    return bool(result.modified_count)


async def standing() -> Standing:
    """How many messages wait, and how many failed in the time that they are kept."""
    stages = [
        {"$match": {"state": {"$in": [MessageState.WAITING, MessageState.SENDING, MessageState.FAILED]}}},
        {"$group": {"_id": "$state", "number": {"$sum": 1}, "oldest_at": {"$min": "$created_at"}}},
    ]
    found = {each["_id"]: each for each in await Message.aggregate(stages).to_list()}
    failed = found.pop(MessageState.FAILED, {"number": 0})["number"]
    return Standing(
        waiting=sum(each["number"] for each in found.values()),
        failed=failed,
        oldest_at=min((each["oldest_at"] for each in found.values()), default=None),
    )
