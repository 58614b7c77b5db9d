"""The bus carries ids, times and states: nothing that a customer has told the house is in any event."""

from typing import Any

import pytest

from expert_booking import bookings, customers, events, holds
from models import Expert, TimeSlot
from tests.security.canaries import KEY, LOCAL_PART, NAME, NOTES, PHONE, Planted


async def test_events_carry_ids_times_and_states(
    monkeypatch: pytest.MonkeyPatch, expert: Expert, slot: TimeSlot
) -> None:
    told: list[object] = []
    emit = events.Topics.emit

    def recorded(topics: events.Topics, key: Any, happened: Any) -> None:
        told.append(happened)
        emit(topics, key, happened)

    monkeypatch.setattr(events.Topics, "emit", recorded)
    who = customers.check(name=NAME, email=f"{LOCAL_PART}@example.com", phone=PHONE, notes=NOTES)
    hold = await holds.hold(expert_id=expert.id, slot_id=slot.id, visitor="canaryvisitor")
    booking = await bookings.book(
        expert_id=expert.id, slot_id=slot.id, visitor="canaryvisitor", customer=who, idempotency_key=KEY
    )
    await bookings.confirm(booking.id)
    await bookings.cancel(booking.id)

    planted = Planted()
    planted.words |= {hold.token, booking.manage_token, "canaryvisitor"}
    assert len(told) >= 4
    assert planted.found_in(repr(told)) == set()
