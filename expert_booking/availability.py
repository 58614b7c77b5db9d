"""Time slots as they stand: days, states, and what is free."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId

from expert_booking import clock, database, openings, policy
from expert_booking.errors import SlotNotFound
from expert_booking.events import SlotChanged
from models import SlotState, TimeSlot, time_slot


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimes:
    """How many slots of an expert are open; start (aware UTC) and id of the next one."""

    open_slots: int = 0
    next_open_at: datetime | None = None
    next_open_id: PydanticObjectId | None = None

    @classmethod
    def told(cls, number: int, first: openings.Slot | None) -> Self:
        """This many open slots, the first of them, and none when there is none."""
        starts_at, slot_id = first or (None, None)
        return cls(open_slots=number, next_open_at=starts_at, next_open_id=slot_id)


async def slots_of(expert_id: PydanticObjectId, *, after: datetime | None = None) -> list[TimeSlot]:
    """An expert's slots that start after a moment (default: all), earliest first."""
    query: dict[str, Any] = {"expert_id": expert_id}
    if after is not None:
        query["starts_at"] = {"$gt": after}
    return await TimeSlot.find(query).sort("starts_at").to_list()


async def slot_of(expert_id: PydanticObjectId, slot_id: PydanticObjectId) -> TimeSlot:
    """One of an expert's slots.

    Raises:
        SlotNotFound
    """
    slot = await TimeSlot.find_one({"_id": slot_id, "expert_id": expert_id})
    if slot is None:
        raise SlotNotFound
    return slot


def by_day(slots: Iterable[TimeSlot], zone: ZoneInfo) -> dict[date, list[TimeSlot]]:
    """Slots under the local date on which they start in a zone, in their given order."""
    days: dict[date, list[TimeSlot]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.astimezone(zone).date(), []).append(slot)
    return days


def state_of(slot: TimeSlot) -> SlotState:
    """What a slot is right now, under the house rules."""
    return slot.state_at(clock.now(), earliest_start=policy.earliest_start())


def to_whoever_is_there_on(local_day: str, slot: TimeSlot) -> TimeSlot:
    """A slot as it is to whoever has a booking on that date: the day being full keeps out only others."""
    is_theirs = slot.day_is_full and slot.local_day == local_day
    return slot.model_copy(update={"withdrawn_at": None, "day_is_full": False}) if is_theirs else slot


def change_of(slot: TimeSlot) -> SlotChanged:
    """The event that tells what a slot is right now."""
    state = state_of(slot)
    return SlotChanged(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state=state,
        held_until=slot.held_until if state is SlotState.HELD else None,
        version=slot.version,
        session_type=slot.session_type,
    )


async def calendar_of(expert_id: PydanticObjectId) -> list[SlotChanged]:
    """What each slot of an expert that is still ahead is right now; without documents, as every visitor asks for it.

    Withdrawn ones that nobody has are left out.
    """
    now, earliest_start = clock.now(), policy.earliest_start()
    rows = database.collection(TimeSlot).find(
        {"expert_id": expert_id, "starts_at": {"$gt": earliest_start}}, dict.fromkeys(_SHOWN, 1)
    )
    changes = (_change_of_row(row, now, earliest_start) for row in await rows.to_list(None))
    return [change for change in changes if change.state is not SlotState.WITHDRAWN]


_SHOWN = (
    "expert_id", "starts_at", "ends_at", "booking_id", "held_until", "version", "session_type", "closes_at",
    "withdrawn_at",
)  # fmt: skip


def _change_of_row(row: dict[str, Any], now: datetime, earliest_start: datetime) -> SlotChanged:
    held_until = row["held_until"]
    state = time_slot.state_of(
        booking_id=row["booking_id"],
        starts_at=row["starts_at"],
        held_until=held_until,
        closes_at=row.get("closes_at"),
        withdrawn_at=row.get("withdrawn_at"),
        moment=now,
        earliest_start=earliest_start,
    )
    return SlotChanged(
        expert_id=row["expert_id"],
        slot_id=row["_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        state=state,
        held_until=held_until if state is SlotState.HELD else None,
        version=row["version"],
        session_type=row.get("session_type", ""),
    )


def open_filter() -> dict[str, Any]:
    """The flat filter that says "can be taken right now"."""
    now = clock.now()
    return {
        "booking_id": None,
        "held_until": {"$lte": now},
        "starts_at": {"$gt": policy.earliest_start()},
        "withdrawn_at": None,
        "closes_at": {"$not": {"$lte": now}},  # most have none
    }


async def open_times(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, OpenTimes]:
    """Open counts and next open slots by expert; every expert that was asked for is in the answer."""
    kept = openings.current()
    if kept is None:
        return await _counted(expert_ids)
    await kept.learn(expert_ids, open_slots)
    after = policy.earliest_start()
    return {expert_id: OpenTimes.told(*kept.of(expert_id, after=after)) for expert_id in expert_ids}


# The least of them is the earliest: fields are compared in their order.
_START_AND_ID = {"starts_at": "$starts_at", "slot_id": "$_id"}


def _slot(row: dict[str, Any]) -> openings.Slot:
    return row["starts_at"], row["slot_id"]


async def _counted(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, OpenTimes]:
    rows = await TimeSlot.aggregate(
        [
            {"$match": {"expert_id": {"$in": expert_ids}, **open_filter()}},
            {"$group": {"_id": "$expert_id", "number": {"$sum": 1}, "first": {"$min": _START_AND_ID}}},
        ]
    ).to_list()
    found = {row["_id"]: OpenTimes.told(row["number"], _slot(row["first"])) for row in rows}
    return {expert_id: found.get(expert_id, OpenTimes()) for expert_id in expert_ids}


async def open_slots(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, list[openings.Slot]]:
    """All open slots of some experts, by expert; who has none is left out."""
    return _slots(await _gathered({"expert_id": {"$in": expert_ids}}, _EACH_SLOT))


async def open_slots_between(after: datetime, until: datetime | None) -> dict[PydanticObjectId, list[openings.Slot]]:
    """Everybody's open slots that start after a moment and not after another, by expert."""
    return _slots(await _gathered({"starts_at": _range(after, until)}, _EACH_SLOT))


async def first_opens_between(after: datetime, until: datetime) -> dict[PydanticObjectId, datetime]:
    """The first of everybody's open slots that start after a moment and not after another, by expert."""
    rows = await _gathered({"starts_at": _range(after, until)}, {"first": {"$min": "$starts_at"}})
    return {row["_id"]: row["first"] for row in rows}


def _range(after: datetime, until: datetime | None) -> dict[str, datetime]:
    return {"$gt": after} if until is None else {"$gt": after, "$lte": until}


async def _gathered(indexed: dict[str, Any], gathered: dict[str, Any]) -> list[dict[str, Any]]:
    # Two matches, not one: given all at once, the embedded server takes the index on holds, which leaves out nothing.
    return await TimeSlot.aggregate(
        [{"$match": indexed}, {"$match": open_filter()}, {"$group": {"_id": "$expert_id", **gathered}}]
    ).to_list()


# Two lists in step are half the bytes of a list of pairs.
_EACH_SLOT = {"starts": {"$push": "$starts_at"}, "ids": {"$push": "$_id"}}


def _slots(rows: list[dict[str, Any]]) -> dict[PydanticObjectId, list[openings.Slot]]:
    return {row["_id"]: list(zip(row["starts"], row["ids"], strict=True)) for row in rows}


async def started_between(earlier: datetime, later: datetime) -> list[TimeSlot]:
    """The unbooked slots of all experts that closed in between, because their start came near."""
    return await TimeSlot.find({"starts_at": {"$gt": earlier, "$lte": later}, "booking_id": None}).to_list()


async def closed_between(earlier: datetime, later: datetime) -> list[TimeSlot]:
    """The unbooked slots of all experts that closed in between by the notice their experts want."""
    # Asked for the unbooked only, the embedded server would not take the index.
    closed = await TimeSlot.find({"closes_at": {"$gt": earlier, "$lte": later}}).to_list()
    return [slot for slot in closed if slot.booking_id is None]


async def nearest_open(
    expert_id: PydanticObjectId, *, to: datetime, session_type: str = "", limit: int = 3
) -> list[TimeSlot]:
    """The open slots of an expert that start nearest to a moment, in order of time; all of one session type."""
    found = await TimeSlot.find({"expert_id": expert_id, **open_filter()}).to_list()
    slots = [slot for slot in found if slot.session_type == session_type]
    nearest = sorted(slots, key=lambda slot: (abs(slot.starts_at - to), slot.starts_at))[:limit]
    return sorted(nearest, key=lambda slot: slot.starts_at)
