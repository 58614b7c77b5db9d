"""The waiting list: somebody wants to be told when a time of an expert opens, and gets it before everybody else.

Who has a place in a line is known by its link, which is worked out of the house's secret and stored nowhere. What is
offered, and to whom next, is decided by `offering`.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId

from expert_booking import clock, closing, customers, database, events, holds, offering, outbox, policy, slots
from expert_booking.errors import FieldProblem, InvalidRequest, OfferIsOver, TooManyWishes, WishNotFound
from expert_booking.offering import Opening, first_in_line, hold_for_next, offer, run_out
from expert_booking.sentence import Sentence
from models import Booking, Expert, Message, MessageKind, NewsKind, TimeSlot, Wish, WishState

__all__ = [
    "Waiter",
    "by_token",
    "check_days",
    "close",
    "count_for",
    "decline",
    "first_in_line",
    "forget",
    "fulfil",
    "hold_for_next",
    "join",
    "leave",
    "look_for_openings",
    "of_customer",
    "offer",
    "offer_of",
    "place_of",
    "run_out",
    "take",
    "token_of",
    "use",
]

MOST_OF_ADDRESS = 10
FURTHEST = timedelta(days=366)
KEPT_FOR = timedelta(days=30)
"""For so long after its days are past, or after it has ended, a wish can still be looked at."""

LOOK_SECONDS = 30.0

_OF_AN_OPENING = dict.fromkeys(("starts_at", "session_type", "booking_id", "withdrawn_at", "closes_at"), 1)

_secret = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Who waits: the fields checked, the phone number blank if none was given; how they read, for the mail."""

    name: str
    email: str
    phone: str = ""
    language: str = "en"
    time_zone: str = "UTC"


def use(secret: str) -> None:
    """The house's secret, of which links are worked out; the same in all processes."""
    global _secret
    _secret = hashlib.sha256(b"places in line\0" + secret.encode()).digest()


def token_of(wish: Wish) -> str:
    """What opens this place in line and nothing else; for its owner alone."""
    return f"{wish.id}{_proof(wish.id)}"


def _proof(wish_id: PydanticObjectId) -> str:
    digest = hmac.digest(_secret, wish_id.binary, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


async def by_token(token: str) -> Wish:
    """The wish that a link opens, also one that has ended.

    Raises:
        WishNotFound
    """
    text, proof = token[:24], token[24:]
    if not PydanticObjectId.is_valid(text):
        raise WishNotFound
    wish_id = PydanticObjectId(text)
    if not hmac.compare_digest(_proof(wish_id).encode(), proof.encode(errors="replace")):
        raise WishNotFound
    return await _get(wish_id)


async def _get(wish_id: PydanticObjectId) -> Wish:
    wish = await Wish.find_one({"_id": wish_id})
    if wish is None:
        raise WishNotFound
    return wish


def check_days(first_on: str, last_on: str, *, zone: ZoneInfo) -> tuple[date, date]:
    """The days between which somebody waits, both included, as they chose them in their zone (ISO 8601).

    Raises:
        InvalidRequest: names the fields `first_on` and `last_on`.
    """
    today = clock.now().astimezone(zone).date()
    first, last = _date("first_on", first_on), _date("last_on", last_on)
    if last < first:
        raise _wrong("last_on", Sentence("The last day comes before the first one."))
    if last < today:
        raise _wrong("last_on", Sentence("These days are past. Choose one that is still ahead."))
    if last > today + FURTHEST:
        raise _wrong("last_on", Sentence("This is too far ahead: at most a year."))
    return max(first, today), last


def _date(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(field, Sentence("Please choose a day.")) from None


def _wrong(field: str, sentence: Sentence) -> InvalidRequest:
    return InvalidRequest([FieldProblem(field=field, message=sentence)])


@closing.finished_first
async def join(
    *, expert_id: PydanticObjectId, waiter: Waiter, first_on: date, last_on: date, session_type: str = ""
) -> Wish:
    """Stand in line for a time that starts on one of these days of the waiter's zone; the address has been proved.

    Who waits for the same already keeps that place.

    Raises:
        TooManyWishes
    """
    zone, now = ZoneInfo(waiter.time_zone), clock.now()
    begins_at, ends_at = _midnight(first_on, zone), _midnight(last_on + timedelta(days=1), zone)
    key = customers.customer_key(waiter.email)
    mine = [wish for wish in await of_customer(key) if wish.stands]
    same = {"expert_id": expert_id, "session_type": session_type, "begins_at": begins_at, "ends_at": ends_at}
    for wish in mine:
        if all(getattr(wish, name) == value for name, value in same.items()):
            return wish
    if len(mine) >= MOST_OF_ADDRESS:
        raise TooManyWishes
    wish = Wish(
        **same,
        customer_name=waiter.name,
        customer_email=waiter.email,
        customer_key=key,
        customer_phone=waiter.phone,
        language=waiter.language,
        time_zone=waiter.time_zone,
        created_at=now,
        forgotten_at=ends_at + KEPT_FOR,
    )
    wish.was_hopeless = not _hopes(wish, await _unbooked(expert_id, [wish]))
    await wish.insert()
    _announce(wish)
    return wish


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time.min, zone).astimezone(UTC)


@closing.finished_first
async def leave(wish_id: PydanticObjectId) -> None:
    """Wait no more; what is offered goes to the next in line. Whoever has left already stays away.

    Raises:
        WishNotFound
    """
    await _end_as_it_is(await _get(wish_id), WishState.ENDED)


@closing.finished_first
async def decline(wish_id: PydanticObjectId) -> None:
    """Wait on, but not for what is offered, which goes to the next in line.

    Raises:
        WishNotFound, OfferIsOver
    """
    wish = await _get(wish_id)
    if not await offering.take_back(wish, is_passed=True):
        raise OfferIsOver
    await _let_go(wish)


@closing.finished_first
async def take(wish_id: PydanticObjectId, *, visitor: str) -> TimeSlot:
    """Hand the hold of what is offered to a visitor, who can then book it like any slot that they hold; the slot.

    Whoever comes back with the link, from another browser perhaps, has it there from then on. A visitor who lets go of
    it does not lose it: it is kept for them on this page until the offer runs out.

    Raises:
        WishNotFound, OfferIsOver
    """
    wish = await _get(wish_id)
    if wish.state is not WishState.OFFERED or wish.offered_slot_id is None:
        raise OfferIsOver
    if await offering.is_hidden(wish.expert_id):
        raise OfferIsOver
    slot = await holds.hand_over(slot_id=wish.offered_slot_id, offered_to=wish.id, visitor=visitor)
    if slot is None:
        raise OfferIsOver
    return slot


async def offer_of(wish_id: PydanticObjectId, *, number: int | None = None) -> tuple[Wish, TimeSlot] | None:
    """What is kept for a wish right now, or none; `number` is for one offer alone."""
    wish = await Wish.find_one({"_id": wish_id, "state": WishState.OFFERED})
    if wish is None or wish.offered_until is None or wish.offered_until <= clock.now():
        return None
    if number not in (None, wish.offers) or wish.offered_slot_id is None:
        return None
    slot = await TimeSlot.find_one({"_id": wish.offered_slot_id, "offered_to": wish.id})
    return (wish, slot) if slot is not None else None


async def _let_go(wish: Wish) -> None:
    """Have what was offered handed on; interrupted here, it runs out."""
    if wish.offered_slot_id is not None:
        await offering.hand_on(wish.offered_slot_id, wish_id=wish.id)


async def _end_as_it_is(wish: Wish, state: WishState) -> None:
    """End a wish, however it stands by now; what it has been offered meanwhile is handed on as well."""
    by_now: Wish | None = wish
    while by_now is not None and by_now.stands and not await _end(by_now, state):
        by_now = await Wish.find_one({"_id": wish.id})


async def _end(wish: Wish, state: WishState) -> bool:
    """End a wish and hand on what it was offered; false when it does not stand as it was read any more."""
    ended = {**offering.NO_OFFER, "state": state, "stands": False, "forgotten_at": clock.now() + KEPT_FOR}
    as_read = {"_id": wish.id, "stands": True, "state": wish.state, "offers": wish.offers}
    result = await Wish.find_one(as_read).update({"$set": ended})
    if not result.modified_count:
        return False
    _announce(wish)
    await _let_go(wish)
    return True


def _announce(wish: Wish) -> None:
    events.lines.emit(wish.expert_id, events.LineChanged(expert_id=wish.expert_id))


async def of_customer(key: str) -> list[Wish]:
    """An address's wishes, those that have ended too, newest first; `key` is the address as it is compared."""
    return sorted(await Wish.find({"customer_key": key}).to_list(), key=lambda wish: wish.created_at, reverse=True)


async def forget(key: str) -> None:
    """Leave all lines in which an address stands, and remove what was known of it."""
    while wishes := await of_customer(key):
        for wish in wishes:
            await _end_as_it_is(wish, WishState.ENDED)
        await Wish.find({"customer_key": key, "stands": False}).delete()


@closing.finished_first
async def close(expert_id: PydanticObjectId) -> None:
    """End the line of an expert who has left; everybody in it is told by mail, once, however often this is done."""
    for wish in await offering.standing(expert_id):
        await outbox.put(_farewell(wish))
        await _end_as_it_is(wish, WishState.ENDED)


def _farewell(wish: Wish) -> Message:
    now = clock.now()
    return Message(
        id=f"{MessageKind.LINE_CLOSED}:{wish.id}",
        kind=MessageKind.LINE_CLOSED,
        to=wish.customer_email,
        language=wish.language,
        time_zone=wish.time_zone,
        wish_id=wish.id,
        created_at=now,
        due_at=now,
    )


async def count_for(expert_id: PydanticObjectId) -> int:
    """How many places in an expert's line are taken."""
    return len(await offering.standing(expert_id))


async def place_of(wish: Wish) -> int:
    """The place among those who wait for times that this wish is about, 1 for the first."""
    line = await offering.standing(wish.expert_id)
    ahead = (other for other in line if (other.created_at, other.id) < (wish.created_at, wish.id))
    return 1 + sum(_meet(wish, other) for other in ahead)


def _meet(one: Wish, other: Wish) -> bool:
    is_same_kind = "" in (one.session_type, other.session_type) or one.session_type == other.session_type
    return is_same_kind and one.begins_at < other.ends_at and other.begins_at < one.ends_at


async def fulfil(booked: list[Booking]) -> None:
    """Who has booked such a time, or been moved to one, waits for it no more; nor who has booked what was offered."""
    made = [booking for booking in booked if booking.active and booking.news]
    wishes = await _perhaps_fulfilled(made) if made else []
    while wishes:
        still = await _as_told(made)  # read after the wishes: what is offered is booked by nobody who came before
        fulfilled = [wish for wish in wishes if any(_fulfils(booking, wish) for booking in still)]
        changed = [wish.id for wish in fulfilled if not await _end(wish, WishState.TAKEN)]
        wishes = await Wish.find({"_id": {"$in": changed}, "stands": True}).to_list() if changed else []


async def _perhaps_fulfilled(made: list[Booking]) -> list[Wish]:
    """The standing wishes of those who have booked, and those that were offered what is booked."""
    keys, slot_ids = list({booking.customer_key for booking in made}), [booking.slot_id for booking in made]
    found = await Wish.find({"customer_key": {"$in": keys}}).to_list()
    found += await Wish.find({"state": WishState.OFFERED, "offered_slot_id": {"$in": slot_ids}}).to_list()
    return list({wish.id: wish for wish in found if wish.stands}.values())


async def _as_told(made: list[Booking]) -> list[Booking]:
    """Those of the bookings that are active, and where they were, at this moment."""
    ids = [booking.id for booking in made]
    now = await Booking.find({"_id": {"$in": ids}, "active": True}).to_list()
    places = {(booking.id, booking.slot_id) for booking in now}
    return [booking for booking in made if (booking.id, booking.slot_id) in places]


def _fulfils(booking: Booking, wish: Wish) -> bool:
    if booking.slot_id == wish.offered_slot_id and wish.is_told:  # before that, its hold may never have stood
        return True
    is_new = NewsKind.RESCHEDULED in booking.news or booking.created_at >= wish.created_at
    is_theirs = booking.customer_key == wish.customer_key and booking.expert_id == wish.expert_id
    is_kind = wish.session_type in ("", booking.session_type)
    return is_new and is_theirs and is_kind and wish.begins_at <= booking.starts_at < wish.ends_at


async def look_for_openings() -> int:
    """Offer what has appeared in days in which nobody could book anything, as when hours change; how many offers.

    Ends the wishes whose days are past, too, and those for experts who have left. While visitors do not find an expert,
    they can book nothing there. For one process at a time, which leaves the database to others for as long between two
    experts.
    """
    line = await Wish.find({"stands": True}).to_list()
    for wish in line:
        if wish.ends_at <= policy.earliest_start():
            await _end_as_it_is(wish, WishState.ENDED)
    rows = await database.collection(Expert).find({"is_hidden": True}, {"removed_at": 1}).to_list(None)
    hidden = {row["_id"]: row.get("removed_at") for row in rows}
    made = 0
    for expert_id in sorted({wish.expert_id for wish in line}):
        began = monotonic()
        if hidden.get(expert_id) is not None:
            await close(expert_id)
        else:
            made += await _look(expert_id, is_hidden=expert_id in hidden)
        await asyncio.sleep(monotonic() - began)
    return made


async def _look(expert_id: PydanticObjectId, *, is_hidden: bool) -> int:
    """Offer what has appeared in an expert's calendar to those who wait; how many offers."""
    waiting = [wish for wish in await offering.standing(expert_id) if wish.state is WishState.WAITING]
    unbooked = await _unbooked(expert_id, waiting) if waiting and not is_hidden else []
    made = 0
    for wish in waiting:
        hopes = _hopes(wish, unbooked)
        if wish.was_hopeless:
            made += await _offer_one_of(hopes)
        if wish.was_hopeless is bool(hopes):
            await Wish.find_one({"_id": wish.id}).update({"$set": {"was_hopeless": not hopes}})
    return made


async def _offer_one_of(hopes: list[Opening]) -> bool:
    for opening in hopes:
        slot = await slots.read(opening.id)
        if slot is not None and await offering.offer(slot):
            return True
    return False


def _hopes(wish: Wish, unbooked: Iterable[Opening]) -> list[Opening]:
    return sorted((slot for slot in unbooked if offering.wants(wish, slot)), key=lambda slot: slot.starts_at)


async def _unbooked(expert_id: PydanticObjectId, wishes: list[Wish]) -> list[Opening]:
    """The slots of an expert that nobody has booked, held ones among them, that are ahead and near what these wish for.

    Without documents: there are many of them, and few are about to be offered.
    """
    now, earliest = clock.now(), policy.earliest_start()
    begins, ends = min(wish.begins_at for wish in wishes), max(wish.ends_at for wish in wishes)
    between = {"expert_id": expert_id, "starts_at": {"$gte": max(begins, earliest), "$lt": ends}}
    rows = await database.collection(TimeSlot).find(between, _OF_AN_OPENING).to_list(None)
    return [
        Opening(id=row["_id"], starts_at=row["starts_at"], session_type=row.get("session_type") or "")
        for row in rows
        if row["booking_id"] is None and row.get("withdrawn_at") is None and row["starts_at"] > earliest
        if row.get("closes_at") is None or row["closes_at"] > now
    ]
