"""Comparing what an expert offers with the slots that are stored: what is to be made, changed and withdrawn.

Pure. A slot that somebody has, be it for a moment, keeps its times and buffers whatever is offered now.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from beanie import PydanticObjectId

from expert_booking import bulk
from expert_booking.claims import LONGEST_CLAIM
from expert_booking.schedule import Session, Span
from models import Expert, TimeSlot

REACH = LONGEST_CLAIM
"""Slots that start as far apart as this, or farther, share no time."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is to be written.

    Attributes:
        made: slots that are missing, as they are stored.
        changed: slots as they were read, and what of them is to be another way.
        withdrawn: the ids of slots that are not offered any more.
    """

    made: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[TimeSlot, dict[str, Any]]] = field(default_factory=list)
    withdrawn: list[PydanticObjectId] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.withdrawn)


@dataclass(slots=True, kw_only=True)
class _Place:
    """A slot that is offered, or that somebody has: from when to when it needs the expert, and what crosses it."""

    id: PydanticObjectId
    begins: datetime
    ends: datetime
    crosses: list[PydanticObjectId] = field(default_factory=list)


def compare(
    expert: Expert,
    offered: Iterable[Session],
    slots: Collection[TimeSlot],
    *,
    within: Span,
    now: datetime,
    full_days: Collection[date] = (),
    withdraws: bool = True,
) -> Plan:
    """What makes the stored slots those that are offered.

    Args:
        expert: whose; gives the terms.
        offered: what they offer within the span.
        slots: those stored in the span, and those that start less than twice `REACH` before or after it.
        within: only slots that start after its begin and not after its end are made, withdrawn or given other terms;
            of those within `REACH` of it, at most what they share time with is changed.
        now: decides which holds stand.
        full_days: on these what nobody has is withdrawn for as long, and said to be so for no other reason.
        withdraws: whether what is not offered any more is withdrawn.
    """
    after, until = within
    wanted = {(one.starts_at, one.session_type): one for one in offered if after < one.starts_at <= until}
    states = _States(full_days=full_days, now=now)
    found: list[_Found] = []
    for slot in slots:
        is_managed = after < slot.starts_at <= until
        session = wanted.pop((slot.starts_at, slot.session_type), None)
        found.append(_beside(expert, slot, session, states) if is_managed else _Found(slot=slot))
    new = {PydanticObjectId(): session for session in wanted.values()}
    crosses = _crossing([*_standing(found, now, withdraws=withdraws), *_new_places(new)])
    terms = _own_terms(expert)
    return Plan(
        made=[_document(terms | states.of(one), slot_id, one, crosses[slot_id]) for slot_id, one in new.items()],
        changed=list(_changed(found, crosses, near=(after - REACH, until + REACH))),
        withdrawn=[one.slot.id for one in found if withdraws and not one.is_offered and not one.is_gone],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _States:
    """What tells a slot that can be taken from one whose day is full."""

    full_days: Collection[date]
    now: datetime

    def of(self, session: Session, *, slot: TimeSlot | None = None) -> dict[str, Any]:
        """These fields of a slot that shows a session, be it a new one; who has it already has a place on that day."""
        if session.local_day not in self.full_days or (slot is not None and is_taken(slot, self.now)):
            return {"withdrawn_at": None, "day_is_full": False}
        since = slot.withdrawn_at if slot is not None else None
        return {"withdrawn_at": since or self.now, "day_is_full": True}


@dataclass(slots=True, kw_only=True)
class _Found:
    """A stored slot, what of it is to be another way, and whether it is what is offered, or not looked at."""

    slot: TimeSlot
    change: dict[str, Any] = field(default_factory=dict)
    is_offered: bool = True

    @property
    def is_gone(self) -> bool:
        """Whether it is offered to nobody, not even to who has a place on its day."""
        return self.slot.withdrawn_at is not None and not self.slot.day_is_full


def _beside(expert: Expert, slot: TimeSlot, session: Session | None, states: _States) -> _Found:
    """A slot beside the session that is offered at its time, if one is; the length of a taken one cannot change."""
    taken = is_taken(slot, states.now)
    if session is None or (taken and slot.ends_at != session.ends_at):
        return _Found(slot=slot, is_offered=False)
    offered = _terms(_own_terms(expert), session) | states.of(session, slot=slot)
    if not taken:
        offered |= _time(session)
    return _Found(slot=slot, change={name: value for name, value in offered.items() if getattr(slot, name) != value})


def _standing(found: Iterable[_Found], now: datetime, *, withdraws: bool) -> Iterator[_Place]:
    """The places of the stored slots that stay, or that somebody has."""
    for one in found:
        becomes = one.slot.model_copy(update=one.change)
        stays = one.is_offered or not withdraws
        if is_taken(one.slot, now) or (stays and (becomes.withdrawn_at is None or becomes.day_is_full)):
            yield _Place(id=becomes.id, begins=becomes.busy_from, ends=becomes.busy_until)


def _new_places(new: Mapping[PydanticObjectId, Session]) -> Iterator[_Place]:
    for slot_id, session in new.items():
        yield _Place(id=slot_id, begins=session.busy_from, ends=session.busy_until)


def _changed(
    found: Iterable[_Found], crosses: Mapping[PydanticObjectId, list[PydanticObjectId]], *, near: Span
) -> Iterator[tuple[TimeSlot, dict[str, Any]]]:
    """The slots that are to be another way; those that are near may be so because of what they share time with."""
    for one in found:
        slot, change = one.slot, one.change
        is_near = near[0] <= slot.starts_at <= near[1]
        if is_near and slot.id in crosses and sorted(slot.crosses) != crosses[slot.id]:
            change = {**change, "crosses": crosses[slot.id]}
        if change:
            yield slot, change


def is_taken(slot: TimeSlot, now: datetime) -> bool:
    """Whether somebody has booked or holds the slot, or time that it needs."""
    return slot.booking_id is not None or slot.held_until > now


def _own_terms(expert: Expert) -> dict[str, Any]:
    """What of a slot is the expert's, the same for all."""
    return {
        "expert_id": expert.id,
        "confirms_at_once": expert.confirms_at_once,
        "day_limit": expert.most_per_day,
    }


def _terms(own: dict[str, Any], session: Session) -> dict[str, Any]:
    local_day = session.local_day.isoformat() if own["day_limit"] is not None else ""
    return own | {"closes_at": session.closes_at, "local_day": local_day}


def _time(session: Session) -> dict[str, Any]:
    return {
        "ends_at": session.ends_at,
        "buffer_before": session.buffer_before,
        "buffer_after": session.buffer_after,
    }


def _document(
    own: dict[str, Any], slot_id: PydanticObjectId, session: Session, crosses: list[PydanticObjectId]
) -> dict[str, Any]:
    details = _terms(own, session) | _time(session) | {"session_type": session.session_type, "crosses": crosses}
    others = {name: value for name, value in details.items() if value}  # what is blank, the model knows
    return {"_id": slot_id, **bulk.open_slot(starts_at=session.starts_at, **others)}


def documents(expert: Expert, offered: Mapping[PydanticObjectId, Session]) -> list[dict[str, Any]]:
    """Slots, by their ids, of an expert who has no others, as they are stored."""
    crosses, terms = _crossing(list(_new_places(offered))), _own_terms(expert)
    return [_document(terms, slot_id, session, crosses[slot_id]) for slot_id, session in offered.items()]


def _crossing(places: list[_Place]) -> dict[PydanticObjectId, list[PydanticObjectId]]:
    """Which others each shares time with, by their ids in order."""
    places.sort(key=lambda place: place.begins)
    for number, place in enumerate(places):
        for later in places[number + 1 :]:
            if later.begins >= place.ends:
                break
            place.crosses.append(later.id)
            later.crosses.append(place.id)
    return {place.id: sorted(place.crosses) for place in places}
