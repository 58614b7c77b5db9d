"""The hours editor: what it says while one types, and what it stores."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import time_machine

from expert_booking import availability, bookings, database, experts, materialising, time_off
from expert_booking.actors import EXPERT
from expert_booking.customers import Customer
from models import Expert, SlotState, TimeOff, TimeSlot, WeeklyHours
from models.time_off import OWN
from pages.workspace import hours_draft
from tests.conftest import MakeExpert, person
from tests.pages.conftest import Come
from tests.pages.person import Person

# Ahead of the clock on the wall, by which the database forgets sign-ins and codes that are over.
SUNDAY = datetime(2037, 3, 1, 12, 0, tzinfo=UTC)
HOURS = "/workspace/hours"


@pytest.fixture(autouse=True)
def on_a_sunday() -> Iterator[None]:
    with time_machine.travel(SUNDAY, tick=True):
        yield


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    """Works on Monday mornings in New York, an hour at a time, for a week ahead."""
    expert = await make_expert(
        email="sarah@example.com",
        email_key="sarah@example.com",
        time_zone="America/New_York",
        weekly_hours=[WeeklyHours(weekday=0, opens="09:00", closes="12:00")],
        window_days=7,
    )
    await materialising.materialise(expert.id)
    return expert


async def editing(person: Person, expert: Expert) -> dict[str, Any]:
    """Open the editor; what stands in it."""
    await person.sign_in("sarah@example.com")
    await person.open(HOURS)
    return await as_stored(expert)


async def as_stored(expert: Expert) -> dict[str, Any]:
    stored = await experts.get(expert.id)
    own = await time_off.of_expert(expert.id, after=SUNDAY, before=SUNDAY + timedelta(days=900), source=OWN)
    return {**hours_draft.write(stored, own), "loaded": materialising.mark_of(stored)}


def with_range(values: dict[str, Any], weekday: int, opens: str, closes: str) -> dict[str, Any]:
    """The same with hours on a day, instead of what was there."""
    week = [dict(day) for day in values["week"]]
    week[weekday] = {"on": True, "ranges": [{"opens": opens, "closes": closes}]}
    return {**values, "week": week}


def without(values: dict[str, Any], weekday: int) -> dict[str, Any]:
    week = [dict(day) for day in values["week"]]
    week[weekday]["on"] = False
    return {**values, "week": week}


LOOK_FIRST = "Nothing is saved yet. Please look at this first, then press Save once more."
SAVED = "Your hours are saved. Visitors see them from now on."


async def save_what_closes(person: Person, values: dict[str, Any]) -> None:
    """Press Save, look at what goes, and press it once more."""
    person.send_parts("submit", values)
    await person.sees(LOOK_FIRST)
    person.send_parts("submit", values)


async def starts(expert: Expert, state: SlotState = SlotState.OPEN) -> list[datetime]:
    slots = await availability.slots_of(expert.id, after=SUNDAY)
    return [slot.starts_at for slot in slots if availability.state_of(slot) is state]


async def test_editor_is_for_experts_alone(visitor: Person, sarah: Expert) -> None:
    assert (await visitor.get(HOURS)).status_code == 401

    await visitor.sign_in("alice@example.com")
    answer = await visitor.get(HOURS)

    assert answer.status_code == 403
    assert "09:00" not in answer.text


async def test_what_is_typed_shows_what_it_comes_to(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)
    await visitor.sees("3 sessions can be booked", "All times in New York time, GMT-5.")

    visitor.send_parts("input", with_range(values, 2, "14:00", "16:00"))

    await visitor.sees("5 sessions can be booked", "2:00 PM")
    assert await starts(sarah) == [datetime(2037, 3, 2, hour, tzinfo=UTC) for hour in (14, 15, 16)]


async def test_what_would_go_is_said_by_day_and_what_stays(visitor: Person, sarah: Expert, alice: Customer) -> None:
    values = await editing(visitor, sarah)
    slot = await TimeSlot.find({"expert_id": sarah.id}).sort("starts_at").first_or_none()
    assert slot is not None
    await bookings.book(expert_id=sarah.id, slot_id=slot.id, visitor="alice", customer=alice)

    visitor.send_parts("input", without(values, 0))

    await visitor.sees(
        "2 open times go.", "Mon 2 Mar", "2 times", "1 booking lies outside these hours. It stays as it is."
    )
    await visitor.sees(alice.name, "Tomorrow, 9:00 AM")
    visitor.send_parts("input", values)
    await visitor.misses("open times go")


async def test_bookings_outside_are_named_up_to_a_handful(visitor: Person, sarah: Expert) -> None:
    longer = [WeeklyHours(weekday=0, opens="09:00", closes="17:00")]
    await materialising.set_hours(sarah.id, {"weekly_hours": longer}, by=EXPERT)
    values = await editing(visitor, sarah)
    for number, slot in enumerate(await TimeSlot.find({"expert_id": sarah.id}).sort("starts_at").to_list()):
        who = person(f"customer{number}")
        await bookings.book(expert_id=sarah.id, slot_id=slot.id, visitor=who.key, customer=who)

    visitor.send_parts("input", without(values, 0))

    await visitor.sees("8 bookings lie outside these hours. They stay as they are.", "and 3 more")
    shown = [number for number in range(8) if any(person(f"customer{number}").name in text for text in visitor.texts)]
    assert shown == [0, 1, 2, 3, 4]


async def test_what_goes_is_shown_before_it_is_saved(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)
    changed = with_range(values, 0, "10:00", "12:00")

    visitor.send_parts("submit", changed)

    await visitor.sees(LOOK_FIRST, "1 open time goes.", "Mon 2 Mar")
    await visitor.is_asked("partsAnswered({}, true)")
    assert await as_stored(sarah) == values

    visitor.send_parts("submit", changed)
    await visitor.sees(SAVED)
    await visitor.misses(LOOK_FIRST)
    assert len(await starts(sarah)) == 2


async def test_what_was_shown_while_it_was_typed_is_saved_at_once(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)
    visitor.send_parts("input", without(values, 0))
    await visitor.sees("3 open times go.")

    visitor.send_parts("submit", with_range(values, 0, "10:00", "12:00"))

    await visitor.sees(SAVED)
    assert len(await starts(sarah)) == 2


async def test_wrong_field_is_named_and_nothing_is_stored(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)

    visitor.send_parts("submit", with_range(values, 0, "12:00", "09:00"))

    await visitor.is_asked('partsAnswered({"week.0.ranges.0.closes":"The end must be after the beginning."}, true)')
    assert await as_stored(sarah) == values


async def test_saved_hours_open_and_close_times_on_open_pages(
    visitor: Person, watcher: Person, sarah: Expert, alice: Customer
) -> None:
    values = await editing(visitor, sarah)
    await watcher.open(f"/experts/{sarah.id}")
    (first, *_) = await TimeSlot.find({"expert_id": sarah.id}).sort("starts_at").to_list()
    assert watcher.slot(first) is not None

    await save_what_closes(visitor, with_range(without(values, 0), 2, "14:00", "16:00"))

    await visitor.sees("Your hours are saved. Visitors see them from now on.")
    assert await starts(sarah) == [datetime(2037, 3, 4, hour, tzinfo=UTC) for hour in (19, 20)]
    assert len(await starts(sarah, SlotState.WITHDRAWN)) == 3
    await watcher.until(lambda: _cannot_be_taken(watcher, first), "the time to go")
    stored = await as_stored(sarah)
    assert any(call.startswith("partsStored(") and stored["loaded"] in call for call in visitor.asked)


def _cannot_be_taken(person: Person, slot: TimeSlot) -> bool:
    shown = person.slot(slot)
    return shown is None or shown.is_disabled


async def test_time_off_is_stored_changed_and_removed_with_the_hours(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)
    off = {"id": "", "first_on": "2037-03-02", "first_at": "10:00", "last_on": "2037-03-02", "last_at": "", "note": "?"}

    await save_what_closes(visitor, {**values, "off": [off]})
    await visitor.sees("Your hours are saved.")

    assert await starts(sarah) == [datetime(2037, 3, 2, 14, tzinfo=UTC)]
    values = await as_stored(sarah)
    assert [one | {"id": ""} for one in values["off"]] == [off]

    visitor.send_parts("submit", {**values, "off": [{**values["off"][0], "note": "Dentist", "first_at": "11:00"}]})
    await visitor.sees_many("Your hours are saved. Visitors see them from now on.", 2)
    assert [one.note for one in await TimeOff.find_all().to_list()] == ["Dentist"]
    assert len(await starts(sarah)) == 2

    visitor.send_parts("submit", {**await as_stored(sarah), "off": []})
    await visitor.sees_many("Your hours are saved. Visitors see them from now on.", 3)
    assert await TimeOff.count() == 0
    assert len(await starts(sarah)) == 3


@pytest.mark.parametrize("fails", [(materialising, "set_hours"), (time_off, "remove")], ids=["hours", "removal"])
async def test_saving_again_what_failed_half_way_stores_nothing_twice(
    visitor: Person, sarah: Expert, monkeypatch: pytest.MonkeyPatch, fails: tuple[ModuleType, str]
) -> None:
    await time_off.add(sarah.id, SUNDAY + timedelta(days=20), SUNDAY + timedelta(days=21), "Old", EXPERT)
    values = await editing(visitor, sarah)
    off = {"id": "", "first_on": "2037-03-20", "first_at": "", "last_on": "2037-03-21", "last_at": "", "note": "New"}
    changed = with_range({**values, "off": [off]}, 2, "14:00", "16:00")

    async def gone(*_: object, **__: object) -> None:
        raise database.CONNECTION_ERRORS[0]("gone")

    with monkeypatch.context() as broken:
        broken.setattr(*fails, gone)
        visitor.send_parts("submit", changed)
        await visitor.is_asked("partsAnswered({}, true)")
    visitor.send_parts("submit", changed)

    await visitor.sees(SAVED)
    assert [one.note for one in await TimeOff.find_all().to_list()] == ["New"]
    assert (await as_stored(sarah))["week"] == changed["week"]


async def test_hours_that_were_changed_elsewhere_are_not_overwritten(come: Come, sarah: Expert) -> None:
    here, there = come(), come()
    values = await editing(here, sarah)
    await editing(there, sarah)
    there.send_parts("submit", with_range(values, 4, "10:00", "11:00"))
    await there.sees("Your hours are saved.")
    theirs = await as_stored(sarah)

    mine = with_range(values, 1, "10:00", "11:00")
    here.send_parts("submit", mine)

    await here.sees("Your hours were changed elsewhere since you opened them. What you typed is still here.")
    assert await as_stored(sarah) == theirs

    await here.click("Save mine all the same")
    await here.is_asked(f'storeHoursAnyway("{theirs["loaded"]}")')
    await save_what_closes(here, {**mine, "loaded": theirs["loaded"]})
    await here.sees("Your hours are saved.")
    assert (await as_stored(sarah))["week"] == mine["week"]


async def test_two_who_save_at_once_do_not_both_win(come: Come, sarah: Expert) -> None:
    one, other = come(), come()
    values = await editing(one, sarah)
    await editing(other, sarah)

    one.send_parts("submit", with_range(values, 3, "10:00", "11:00"))
    other.send_parts("submit", with_range(values, 4, "10:00", "11:00"))

    await one.until(lambda: bool(_ends(one)) and bool(_ends(other)), "both to be answered")
    assert sorted(_ends(one) + _ends(other)) == ["lost", "saved"]


def _ends(person: Person) -> list[str]:
    said = " ".join(person.texts)
    return ["saved"] * ("Your hours are saved" in said) + ["lost"] * ("were changed elsewhere" in said)


async def test_who_is_no_expert_any_more_saves_nothing(visitor: Person, sarah: Expert) -> None:
    values = await editing(visitor, sarah)
    await Expert.find_one({"_id": sarah.id}).update({"$set": {"email_key": "another@example.com"}})

    visitor.send_parts("submit", with_range(values, 2, "14:00", "16:00"))

    await visitor.sees("This token does not open what you asked for.")
    assert await as_stored(sarah) == values


async def test_conditional_change_needs_the_hours_that_were_read(sarah: Expert) -> None:
    mark = materialising.mark_of(sarah)

    await materialising.set_hours(sarah.id, {"buffer_after": 15}, by=EXPERT, as_read=mark)
    with pytest.raises(materialising.HoursChanged):
        await materialising.set_hours(sarah.id, {"buffer_after": 30}, by=EXPERT, as_read=mark)

    assert (await experts.get(sarah.id)).buffer_after == 15
