"""Comparing what is offered with what is stored: what is carried out once is not asked for again."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from beanie import PydanticObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from expert_booking import reconciling, schedule
from expert_booking.reconciling import Plan
from expert_booking.schedule import Session
from models import Expert, SessionType, TimeSlot, WeeklyHours
from models.time_slot import NOT_HELD

FIRST_ON = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=6)
MINUTE = timedelta(minutes=1)
EXPERT_ID, BOOKING_ID = PydanticObjectId(), PydanticObjectId()
KINDS = [SessionType(key=key, name=key, minutes=minutes) for key, minutes in (("a", 30), ("b", 45), ("c", 60))]
BUFFERS = st.sampled_from([0, 15])


@st.composite
def experts(draw: st.DrawFn) -> Expert:
    """Somebody who works some hours of each day."""
    opens = draw(st.integers(5, 9))
    hours = {"opens": f"{opens:02}:00", "closes": f"{opens + draw(st.integers(1, 3)):02}:00"}
    return Expert.model_construct(
        id=EXPERT_ID,
        weekly_hours=[WeeklyHours(weekday=weekday, **hours) for weekday in range(7)],
        session_types=draw(st.lists(st.sampled_from(KINDS), min_size=1, unique_by=lambda kind: kind.key)),
        buffer_before=draw(BUFFERS),
        buffer_after=draw(BUFFERS),
        minimum_notice=draw(st.sampled_from([0, 120])),
        most_per_day=draw(st.sampled_from([None, 1])),
        confirms_at_once=draw(st.booleans()),
    )


@st.composite
def stored_slots(draw: st.DrawFn) -> list[TimeSlot]:
    """Slots that were made by other hours; some are booked, held or withdrawn, and what they cross is out of date."""
    places = st.tuples(st.integers(4 * 4, 60 * 4), st.sampled_from("abcd"))
    ids: list[PydanticObjectId] = []
    found = []
    for quarter, kind in draw(st.lists(places, max_size=14, unique=True)):
        starts_at = MIDNIGHT + 15 * quarter * MINUTE
        slot = TimeSlot.model_construct(
            id=PydanticObjectId(),
            expert_id=EXPERT_ID,
            starts_at=starts_at,
            ends_at=starts_at + draw(st.sampled_from([30, 45, 60])) * MINUTE,
            session_type=kind,
            booking_id=draw(st.sampled_from([None, None, BOOKING_ID])),
            held_until=draw(st.sampled_from([NOT_HELD, NOT_HELD, NOW + MINUTE])),
            withdrawn_at=(withdrawn_at := draw(st.sampled_from([None, MIDNIGHT]))),
            day_is_full=withdrawn_at is not None and draw(st.booleans()),
            buffer_before=draw(BUFFERS),
            crosses=sorted(draw(st.sets(st.sampled_from(ids)))) if ids else [],
        )
        ids.append(slot.id)
        found.append(slot)
    return found


def carried_out(plan: Plan, slots: Iterable[TimeSlot]) -> list[TimeSlot]:
    """The slots as they are once the plan is carried out and nobody has written meanwhile."""
    becomes: dict[PydanticObjectId, dict[str, Any]] = {slot.id: change for slot, change in plan.changed}
    for slot_id in plan.withdrawn:
        becomes[slot_id] = {**becomes.get(slot_id, {}), "withdrawn_at": NOW, "day_is_full": False}
    made = [TimeSlot.model_construct(id=document["_id"], **document) for document in plan.made]
    return [*(slot.model_copy(update=becomes.get(slot.id, {})) for slot in slots), *made]


@settings(max_examples=150, deadline=None)
@given(
    expert=experts(),
    slots=stored_slots(),
    full_days=st.sets(st.sampled_from([FIRST_ON, FIRST_ON + timedelta(days=1)])),
    withdraws=st.booleans(),
    hours=st.sampled_from([12, 36, 2000]),
)
def test_what_is_carried_out_is_not_asked_for_again(
    expert: Expert, slots: list[TimeSlot], full_days: set[date], withdraws: bool, hours: int
) -> None:
    offered = schedule.sessions(expert, time_off=[], first_on=FIRST_ON, days=2)

    def compare(stored: list[TimeSlot]) -> Plan:
        within = NOW, NOW + timedelta(hours=hours)
        return reconciling.compare(
            expert, offered, stored, within=within, now=NOW, full_days=full_days, withdraws=withdraws
        )

    after = carried_out(compare(slots), slots)

    assert compare(after) == Plan()
    by_time = {(slot.starts_at, slot.session_type): slot for slot in after}
    assert len(by_time) == len(after) >= len(slots)
    for session in offered:
        slot = by_time.get((session.starts_at, session.session_type))
        if NOW < session.starts_at <= NOW + timedelta(hours=hours):
            assert slot is not None
            assert reconciling.is_taken(slot, NOW) or _shows(slot, session, is_full=session.local_day in full_days)


def _shows(slot: TimeSlot, session: Session, *, is_full: bool) -> bool:
    """Whether a slot that nobody has shows the session as it is offered."""
    is_open = slot.withdrawn_at is None and not slot.day_is_full
    is_withdrawn = slot.withdrawn_at is not None and slot.day_is_full
    times = (slot.busy_from, slot.ends_at, slot.busy_until) == (session.busy_from, session.ends_at, session.busy_until)
    return times and (is_withdrawn if is_full else is_open)
