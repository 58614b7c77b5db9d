"""Time off: the slots follow it, and what somebody has stays theirs."""

from datetime import UTC, datetime, timedelta

import pytest

from expert_booking import clock, holds, materialising, time_off
from expert_booking.actors import EXPERT
from expert_booking.errors import InvalidRequest
from models import Expert, JournalEntry, SlotState, TimeOff, TimeSlot, WeeklyHours
from models.time_off import OWN
from tests.conftest import MakeExpert, stored

EVERY_DAY = [WeeklyHours(weekday=weekday, opens="00:00", closes="24:00") for weekday in range(7)]


@pytest.fixture
async def working(make_expert: MakeExpert) -> Expert:
    """An expert who works round the clock, for a week ahead."""
    expert = await make_expert(weekly_hours=EVERY_DAY, window_days=7)
    await materialising.materialise(expert.id)
    return expert


def _day(ahead: int) -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)


async def _offered(expert: Expert, on: datetime) -> int:
    within = {"expert_id": expert.id, "starts_at": {"$gte": on, "$lt": on + timedelta(days=1)}, "withdrawn_at": None}
    return await TimeSlot.find(within).count()


async def test_what_is_open_in_a_time_off_is_withdrawn_and_offered_again_after_it(working: Expert) -> None:
    assert (await _offered(working, _day(2)), await _offered(working, _day(3))) == (24, 24)

    added = await time_off.add(working.id, _day(2), _day(3), "Holiday", EXPERT)
    assert (await _offered(working, _day(2)), await _offered(working, _day(3))) == (0, 24)

    await time_off.remove(working.id, added.id, EXPERT)
    assert (await _offered(working, _day(2)), await _offered(working, _day(3))) == (24, 24)


async def test_a_held_slot_stays_as_it_is(working: Expert) -> None:
    slot = await TimeSlot.find_one({"expert_id": working.id, "starts_at": _day(2)})
    assert slot is not None
    await holds.hold(expert_id=working.id, slot_id=slot.id, visitor="alice")

    await time_off.add(working.id, _day(2), _day(3), "", EXPERT)

    held = await stored(slot)
    assert (held.held_by, held.state_at(clock.now())) == ("alice", SlotState.HELD)


async def test_each_change_is_entered_in_the_journal_without_the_note(working: Expert) -> None:
    added = await time_off.add(working.id, _day(2), _day(3), "Surgery", EXPERT)
    await time_off.remove(working.id, added.id, EXPERT)
    await time_off.remove(working.id, added.id, EXPERT)

    entries = await JournalEntry.find({"expert_id": working.id}).sort("at").to_list()
    during = f"{_day(2).isoformat()}/{_day(3).isoformat()}"
    assert [(entry.what, entry.was, entry.became) for entry in entries] == [
        ("time_off.added", "", during),
        ("time_off.removed", during, ""),
    ]
    assert "Surgery" not in str(entries)


@pytest.mark.parametrize(
    ("starts", "ends", "note", "field", "why"),
    [
        (3, 2, "", "ends_at", time_off.ENDS_FIRST),
        (2, 2, "", "ends_at", time_off.ENDS_FIRST),
        (-3, -2, "", "ends_at", time_off.IS_PAST),
        (1, 734, "", "ends_at", time_off.TOO_LONG),
        (1, 2, 201 * "a", "note", time_off.NOTE_TOO_LONG),
    ],
)
async def test_what_is_no_time_off_is_refused(
    expert: Expert, starts: int, ends: int, note: str, field: str, why: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await time_off.add(expert.id, _day(starts), _day(ends), note, EXPERT)

    assert [(problem.field, problem.message) for problem in refused.value.problems] == [(field, why)]
    assert await TimeOff.count() == 0


async def test_there_is_an_end_to_how_many_there_can_be(expert: Expert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_off, "MOST", 2)
    for ahead in (1, 2):
        await time_off.add(expert.id, _day(ahead), _day(ahead + 1), "", EXPERT)

    with pytest.raises(InvalidRequest, match="Remove some"):
        await time_off.add(expert.id, _day(3), _day(4), "", EXPERT)


async def test_only_the_experts_own_can_be_removed(expert: Expert, make_expert: MakeExpert) -> None:
    other = await make_expert("Somebody Else")
    mine = await time_off.add(expert.id, _day(1), _day(2), "", EXPERT)
    theirs = await time_off.add(other.id, _day(1), _day(2), "", EXPERT)
    await time_off.replace(expert.id, "calendar", [(_day(3), _day(4))])

    for found in await TimeOff.find_all().to_list():
        await time_off.remove(expert.id, found.id, EXPERT)

    left = await TimeOff.find_all().to_list()
    assert mine.id not in {found.id for found in left}
    assert {theirs.id} < {found.id for found in left}
    assert len(left) == 2


async def test_what_overlaps_is_found_earliest_first(expert: Expert) -> None:
    for starts, ends in ((5, 6), (1, 3), (2, 9), (7, 8)):
        await time_off.add(expert.id, _day(starts), _day(ends), "", EXPERT)
    await time_off.replace(expert.id, "calendar", [(_day(4), _day(5))])

    found = await time_off.of_expert(expert.id, after=_day(3), before=_day(7))
    own = await time_off.of_expert(expert.id, after=_day(3), before=_day(7), source=OWN)

    assert [each.starts_at for each in found] == [_day(2), _day(4), _day(5)]
    assert [each.starts_at for each in own] == [_day(2), _day(5)]


async def test_replacing_what_a_source_says_changes_only_what_differs(working: Expert) -> None:
    own = await time_off.add(working.id, _day(6), _day(7), "", EXPERT)
    stretches = [(_day(1), _day(2)), (_day(3), _day(4))]

    assert await time_off.replace(working.id, "calendar", stretches)
    first = {found.id for found in await TimeOff.find({"source": "calendar"}).to_list()}
    assert not await time_off.replace(working.id, "calendar", reversed(stretches))
    assert {found.id for found in await TimeOff.find({"source": "calendar"}).to_list()} == first
    assert await _offered(working, _day(1)) == 0

    assert await time_off.replace(working.id, "calendar", stretches[1:])
    assert await _offered(working, _day(1)) == 24
    assert await time_off.replace(working.id, "calendar", [])
    assert [found.id for found in await TimeOff.find_all().to_list()] == [own.id]


async def test_a_process_that_dies_leaves_the_slots_to_others(working: Expert, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(materialising, "materialise", die)
        with pytest.raises(RuntimeError):
            await time_off.add(working.id, _day(2), _day(3), "", EXPERT)
    assert await _offered(working, _day(2)) == 24

    await materialising.roll_due()

    assert await _offered(working, _day(2)) == 0


async def test_times_are_stored_as_utc(expert: Expert) -> None:
    start = datetime(2100, 1, 1, 12, tzinfo=UTC)

    await time_off.replace(expert.id, "calendar", [(start, start + timedelta(hours=1))])

    found = await TimeOff.find_one()
    assert found is not None
    assert (found.starts_at, found.uid) == (start, "2100-01-01T12:00:00+00:00/2100-01-01T13:00:00+00:00")
