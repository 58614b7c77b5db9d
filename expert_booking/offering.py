"""Offers: a slot that opens is kept for the first in line, then for the next, and opens when nobody is left.

An offer is two writes: the wish is claimed for the slot, then the slot is held for the wish. Each is one conditional
update, and a unique index lets no slot be offered to two; so any number of processes may do it at once. Interrupted in
between, it is done again by whoever comes next: a claimed wish is the one that gets the hold, and a claim that came to
nothing is taken back (`look_after`). The mail goes out once the hold stands, and not before.

The hold lasts a little longer than what is promised, so that it can be handed on before it ends: in between, the slot
is never open.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from beanie import PydanticObjectId

from expert_booking import availability, claims, clock, database, events, full_days, outbox, policy, settling, slots
from expert_booking.slots import FREE
from expert_booking.succession import OFFERED
from models import Expert, Message, MessageKind, SlotState, TimeSlot, Wish, WishState

LOOK_SECONDS = 1.0
LEAST = timedelta(minutes=1)
"""What closes sooner is not offered: nobody would have the time to answer."""

MARGIN = timedelta(seconds=5)
"""How much longer the slot is held than it is promised: some rounds of `holds.expire`."""

PATIENCE = timedelta(seconds=15)
"""How long a claimed wish may be without its hold before the claim is taken back."""

NO_SLOT = PydanticObjectId(bytes(12))
"""Less than the id of any slot: asked for what is greater, a database looks into the index."""

NO_OFFER: dict[str, Any] = {"state": WishState.WAITING, "offered_slot_id": None, "offered_until": None, "is_told": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is asked of a slot to tell who wants it; `starts_at` is aware UTC."""

    id: PydanticObjectId
    starts_at: datetime
    session_type: str


async def standing(expert_id: PydanticObjectId) -> list[Wish]:
    """Everybody in an expert's line, first come first."""
    found = await Wish.find({"expert_id": expert_id, "stands": True}).to_list()
    return sorted(found, key=_place)


def _place(wish: Wish) -> tuple[datetime, PydanticObjectId]:
    return wish.created_at, wish.id


def wants(wish: Wish, slot: TimeSlot | Opening) -> bool:
    """Whether a slot is one that the wish is about, and was not offered to it in vain."""
    is_kind = wish.session_type in ("", slot.session_type)
    return is_kind and wish.begins_at <= slot.starts_at < wish.ends_at and slot.id not in wish.passed


async def first_in_line(slot: TimeSlot) -> Wish | None:
    """Who has been claimed for the slot already or else, of those who want it, who came first."""
    line = await standing(slot.expert_id)
    claimed = next((wish for wish in line if wish.offered_slot_id == slot.id), None)
    return claimed or next((wish for wish in line if wish.state is WishState.WAITING and wants(wish, slot)), None)


async def hold_for_next(slot: TimeSlot) -> dict[str, Any]:
    """The fields of a hold for whoever is next in line, whose wish is claimed for the slot; none when nobody is.

    None either while visitors do not find the expert, because nobody could take it. Write them onto the slot at the
    version that was read. Whoever asks again gets a hold for the same wish.
    """
    until = _until(slot)
    if until is None:
        return {}
    while (wish := await first_in_line(slot)) is not None and not await is_hidden(slot.expert_id):
        if wish.state is WishState.OFFERED and not await _has_run_out(wish):
            return _hold(wish)
        if wish.state is WishState.WAITING and (claimed := await _claim(wish, slot, until)) is not None:
            return _hold(claimed)
    return {}


async def is_hidden(expert_id: PydanticObjectId) -> bool:
    """Whether visitors do not find an expert, who may have left."""
    return await Expert.find_one({"_id": expert_id, "is_hidden": True}) is not None


def _until(slot: TimeSlot) -> datetime | None:
    """Until when the slot can be offered; none when it cannot."""
    now = clock.now()
    ends = [now + policy.current().offer, slot.starts_at - policy.current().minimum_notice - MARGIN]
    ends += [slot.closes_at - MARGIN] if slot.closes_at is not None else []
    is_long_enough = min(ends) - now >= min(LEAST, policy.current().offer)
    return min(ends) if is_long_enough and slot.withdrawn_at is None else None


async def _has_run_out(wish: Wish) -> bool:
    """Whether an offer is over; if so, the wish waits on."""
    if wish.offered_until is not None and wish.offered_until > clock.now():
        return False
    await take_back(wish, is_passed=True)
    return True


async def _claim(wish: Wish, slot: TimeSlot, until: datetime) -> Wish | None:
    """The wish, if nobody has claimed it, or another one for this slot, meanwhile."""
    offered = {
        "state": WishState.OFFERED,
        "offered_slot_id": slot.id,
        "offered_at": clock.now(),
        "offered_until": until,
        "offers": wish.offers + 1,
        "is_told": False,
    }
    waiting = {"_id": wish.id, "state": WishState.WAITING, "offers": wish.offers}
    try:
        result = await Wish.find_one(waiting).update({"$set": offered})
    except database.DuplicateKeyError:
        return None
    return wish.model_copy(update=offered) if result.modified_count else None


def _hold(wish: Wish) -> dict[str, Any]:
    return {
        "held_by": f"{OFFERED}{wish.id}",
        "hold_token": secrets.token_urlsafe(16),
        "held_until": (wish.offered_until or clock.now()) + MARGIN,
        "offered_to": wish.id,
    }


async def offer(slot: TimeSlot) -> bool:
    """Keep an open slot, as it was read, for whoever is first in line; false when nobody wants it, or somebody has it.

    What was claimed for nothing is taken back by `look_after`.
    """
    if availability.state_of(slot) is not SlotState.OPEN or await _is_taken(slot):
        return False
    hold = await hold_for_next(slot)
    return bool(hold) and await _write(slot, hold)


async def take_back(wish: Wish, *, is_passed: bool) -> bool:
    """Let a wish wait on, if what it was offered last still stands; `is_passed` says not to offer that slot again."""
    offered = {"_id": wish.id, "state": WishState.OFFERED, "offers": wish.offers}
    passed = {"$push": {"passed": wish.offered_slot_id}} if is_passed else {}
    result = await Wish.find_one(offered).update({"$set": NO_OFFER, **passed})
    if result.modified_count:
        events.lines.emit(wish.expert_id, events.LineChanged(expert_id=wish.expert_id))
    return bool(result.modified_count)


async def hand_on(slot_id: PydanticObjectId, *, wish_id: PydanticObjectId) -> None:
    """Give a slot that is kept for a wish, which does not want it any more, to whoever is next; or open it.

    Whoever has claimed the wish and is about to write its hold must not: where the slot is not kept for the wish, its
    version is raised all the same, and they ask the line again.
    """
    while (slot := await slots.read(slot_id)) is not None:
        if slot.offered_to != wish_id:
            if await slots.write_onto(slot, {}) is not None:
                return
        elif not await _is_taken(slot) and await _write(slot, {**FREE, **await hold_for_next(slot)}):
            return


async def run_out(slot: TimeSlot) -> None:
    """An offered slot's time is nearly up: it goes to whoever is next. When nobody is, its hold ends by itself."""
    if slot.held_until > clock.now() + MARGIN or await _is_taken(slot):
        return
    wish = await Wish.find_one({"_id": slot.offered_to})
    if wish is not None and wish.offered_slot_id == slot.id:
        await take_back(wish, is_passed=True)
    if hold := await hold_for_next(slot):
        await _write(slot, hold)


async def _is_taken(slot: TimeSlot) -> bool:
    """Whether somebody has booked the slot, which may not show it yet, or time that it needs; if so, it shows it now.

    What is taken is offered to nobody. Asked after the slot was read, as in all of settling.
    """
    if await claims.owner_of(slot) is None:
        return False
    await settling.reflect([slot.id, *slot.crosses])
    return True


async def _write(slot: TimeSlot, changes: dict[str, Any]) -> bool:
    written = await slots.write_onto(slot, changes)
    if written is None:
        return False
    events.slot_changed(availability.change_of(written))
    full_days.note(written)
    events.lines.emit(slot.expert_id, events.LineChanged(expert_id=slot.expert_id))
    await settling.reflect([written.id, *written.crosses] if written.crosses else ())
    return True


async def look_after() -> None:
    """Send the mail of each offer whose hold stands, and take back the claims that came to nothing."""
    offered = await Wish.find({"state": WishState.OFFERED, "offered_slot_id": {"$gt": NO_SLOT}}).to_list()
    if not offered:
        return
    wanted = [wish.offered_slot_id for wish in offered]
    known = {slot.id: slot for slot in await TimeSlot.find({"_id": {"$in": wanted}}).to_list()}
    hidden = {expert_id for expert_id in {wish.expert_id for wish in offered} if await is_hidden(expert_id)}
    for wish in offered:
        slot = known.get(wish.offered_slot_id) if wish.offered_slot_id is not None else None
        if slot is not None and slot.offered_to == wish.id:
            if wish.expert_id in hidden:
                await _withdraw(wish, slot)
            elif not wish.is_told:
                await _tell(wish)
        elif wish.offered_at is None or wish.offered_at < clock.now() - PATIENCE:
            await take_back(wish, is_passed=False)


async def _withdraw(wish: Wish, slot: TimeSlot) -> None:
    """Offer a slot no more, as visitors do not find its expert any more; whoever has the form open may still book.

    What is open once the expert is shown again counts as having opened.
    """
    if slot.held_by != f"{OFFERED}{wish.id}":
        return
    await Wish.find_one({"_id": wish.id}).update({"$set": {"was_hopeless": True}})
    if await take_back(wish, is_passed=False):
        await hand_on(slot.id, wish_id=wish.id)


async def _tell(wish: Wish) -> None:
    now = clock.now()
    message = Message(
        id=f"{MessageKind.OFFER}:{wish.id}:{wish.offers}",
        kind=MessageKind.OFFER,
        to=wish.customer_email,
        language=wish.language,
        time_zone=wish.time_zone,
        wish_id=wish.id,
        sequence=wish.offers,
        useful_until=wish.offered_until,
        created_at=now,
        due_at=now,
    )
    await outbox.put(message)
    told = {"_id": wish.id, "state": WishState.OFFERED, "offers": wish.offers}
    await Wish.find_one(told).update({"$set": {"is_told": True}})
    events.lines.emit(wish.expert_id, events.LineChanged(expert_id=wish.expert_id))
