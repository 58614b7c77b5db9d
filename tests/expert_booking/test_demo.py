"""Demo experts: the same every time, believable to the models, and never in the way of what is stored already."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from expert_booking import bulk, customers, database, demo, emptying, materialising, stand_ins
from expert_booking.bulk import Tally
from models import Expert, TimeSlot

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def everything() -> list[dict[str, object]]:
    """All experts and slots as they are stored."""
    return [found for model in (Expert, TimeSlot) for found in await database.collection(model).find({}).to_list(None)]


def test_demo_experts_are_the_same_every_time() -> None:
    assert list(demo.demo_experts(30, seed=7)) == list(demo.demo_experts(30, seed=7))


def test_demo_experts_of_a_longer_list_begin_with_the_shorter_one() -> None:
    assert list(demo.demo_experts(30, seed=1))[:12] == list(demo.demo_experts(12, seed=1))


def test_demo_experts_of_another_seed_are_other_people() -> None:
    ids = {expert["_id"] for expert in demo.demo_experts(30, seed=1)}
    others = list(demo.demo_experts(30, seed=2))

    assert ids.isdisjoint(expert["_id"] for expert in others)
    assert [expert["name"] for expert in others][10:] != [expert["name"] for expert in demo.demo_experts(30, seed=1)][
        10:
    ]


def test_demo_experts_begin_with_the_ten_of_the_original() -> None:
    first, *_, tenth = demo.demo_experts(10, seed=1)

    assert (first["name"], first["category"], first["experience_years"], first["rating"]) == (
        "Sarah Johnson",
        "Technology",
        10,
        4.9,
    )
    assert tenth["name"] == "William Taylor"


def test_demo_experts_have_addresses_that_nobody_has() -> None:
    addresses = [str(expert["email"]) for expert in demo.demo_experts(2000, seed=1)]

    assert addresses[0] == "sarah.johnson@experts.example"
    assert len(set(addresses)) == 2000
    assert all(stand_ins.is_one(customers.check_email(address)) for address in addresses)


def test_demo_experts_of_different_seeds_have_different_addresses() -> None:
    addresses = [expert["email_key"] for seed in (1, 2, 12) for expert in demo.demo_experts(300, seed)]

    assert len(set(addresses)) == 900


def test_demo_experts_are_varied() -> None:
    experts = list(demo.demo_experts(200, seed=1))

    assert len({expert["category"] for expert in experts}) == 10
    assert {"Africa", "America", "Asia", "Australia", "Europe", "Pacific"} <= {
        expert["time_zone"].split("/")[0] for expert in experts
    }
    assert {expert["session_minutes"] for expert in experts} == {30, 45, 60}
    assert len({expert["name"] for expert in experts[:24]}) == 24
    assert sum(not expert["weekly_hours"] for expert in experts[:24]) == 2


async def test_demo_experts_pass_the_checks_of_the_model(connected: None) -> None:
    for document in demo.demo_experts(300, seed=3):
        expert = Expert(**document)

        assert {"_id": expert.id, **expert.model_dump(exclude={"id", "revision_id"}, exclude_unset=True)} == document


@time_machine.travel(MONDAY, tick=False)
async def test_fill_stores_what_the_models_understand(connected: None) -> None:
    await demo.fill(experts=12, days=7)

    for model in (Expert, TimeSlot):
        for document in await database.collection(model).find({}).to_list(None):
            stored = model.model_validate(document).model_dump(by_alias=True, exclude={"revision_id"})
            assert {name: stored[name] for name in document} == document


@time_machine.travel(MONDAY, tick=False)
async def test_fill_makes_what_the_experts_hours_offer(connected: None) -> None:
    await demo.fill(experts=24, days=7)
    before = await everything()

    outcomes = [await materialising.materialise(expert.id) for expert in await Expert.find_all().to_list()]

    assert outcomes == [materialising.Outcome()] * 24
    assert await everything() == before


async def test_filled_calendars_roll_on_by_themselves(connected: None) -> None:
    with time_machine.travel(MONDAY, tick=False):
        await demo.fill(experts=3, days=7)
        assert await materialising.roll_due() == 0
        latest = max(slot.starts_at for slot in await TimeSlot.find_all().to_list())

    with time_machine.travel(datetime(2026, 3, 3, 12, 0, tzinfo=UTC), tick=False):
        assert await materialising.roll_due() == 3

    added = await TimeSlot.find({"starts_at": {"$gt": latest}}).to_list()
    assert {slot.starts_at.date() for slot in added} == {(MONDAY + timedelta(days=7)).date()}


def test_some_demo_experts_offer_two_types() -> None:
    types = [len(expert.get("session_types", ())) for expert in demo.demo_experts(24, seed=1)]

    assert (types.count(2), types.count(0)) == (4, 20)


@time_machine.travel(MONDAY, tick=False)
async def test_fill_twice_changes_nothing(connected: None) -> None:
    filled = await demo.fill(experts=12, days=5)
    before = await everything()

    again = await demo.fill(experts=12, days=5)

    assert filled.experts == Tally(made=12)
    assert filled.slots.made > 100
    assert again.experts == Tally(already_there=12)
    assert again.slots == Tally(already_there=filled.slots.made)
    assert await everything() == before


async def test_fill_the_next_day_adds_a_day(connected: None) -> None:
    with time_machine.travel(MONDAY, tick=False):
        await demo.fill(experts=3, days=7)
    latest = max(slot.starts_at for slot in await TimeSlot.find_all().to_list())

    with time_machine.travel(datetime(2026, 3, 3, 12, 0, tzinfo=UTC), tick=False):
        filled = await demo.fill(experts=3, days=7)

    added = await TimeSlot.find({"starts_at": {"$gt": latest}}).to_list()
    assert 0 < filled.slots.made == len(added)


@time_machine.travel(MONDAY, tick=False)
async def test_fill_leaves_a_held_slot_as_it_is(connected: None) -> None:
    await demo.fill(experts=1, days=7)
    held = await TimeSlot.find_one({})
    assert held is not None
    await TimeSlot.find_one({"_id": held.id}).update({"$set": {"held_by": "alice", "version": 1}})

    await demo.fill(experts=1, days=7)

    stored = await TimeSlot.find_one({"_id": held.id})
    assert stored is not None
    assert (stored.held_by, stored.version) == ("alice", 1)


async def indexes() -> set[str]:
    """The names of all indexes of the experts and slots."""
    return {name for model in (Expert, TimeSlot) for name in await database.collection(model).index_information()}


@time_machine.travel(MONDAY, tick=False)
async def test_fill_on_a_copy_makes_the_same_and_the_indexes(connected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "MUCH", 10)
    await demo.fill(experts=12, days=5)
    expected, expected_indexes = [{**slot, "_id": None} for slot in await everything()], await indexes()
    await emptying.empty_at_once()
    await demo.fill(experts=3, days=5)
    held = await TimeSlot.find_one({})
    assert held is not None
    await TimeSlot.find_one({"_id": held.id}).update({"$set": {"held_by": "alice"}})

    filled = await demo.fill(experts=12, days=5, is_on_a_copy=True)
    again = await demo.fill(experts=12, days=5, is_on_a_copy=True)

    assert filled.experts == Tally(made=9, already_there=3)
    assert again.experts == Tally(already_there=12)
    assert again.slots.made == 0
    assert await indexes() == expected_indexes
    assert await TimeSlot.find({"held_by": "alice"}).count() == 1
    await TimeSlot.find_one({"_id": held.id}).update({"$set": {"held_by": None}})
    found = [{**slot, "_id": None} for slot in await everything()]
    assert sorted(map(str, found)) == sorted(map(str, expected))


@time_machine.travel(MONDAY, tick=False)
async def test_connect_makes_the_indexes_that_are_missing(
    connected: None, database_uri: str, database_name: str
) -> None:
    before = await indexes()
    await bulk.add_all(Expert, demo.demo_experts(12, seed=1))
    await database.drop_indexes(TimeSlot)
    await demo.fill(experts=3, days=5)
    assert await indexes() != before
    await database.disconnect()

    await database.connect(database_uri, name=database_name, timeout_seconds=10)
    filled = await demo.fill(experts=12, days=5)

    assert await indexes() == before
    assert filled.slots.already_there > 0
    slots = await TimeSlot.find_all().to_list()
    assert len({(slot.expert_id, slot.starts_at, slot.session_type) for slot in slots}) == len(slots)
    assert len(slots) == filled.slots.made + filled.slots.already_there


async def test_emptying_at_once_removes_everything_but_the_indexes(connected: None) -> None:
    await demo.fill(experts=3, days=3)
    before = await indexes()

    await emptying.empty_at_once()

    assert await everything() == []
    assert await indexes() == before


@time_machine.travel(MONDAY, tick=False)
async def test_fill_makes_no_slot_that_has_started(connected: None) -> None:
    await demo.fill(experts=12, days=2)

    assert all(slot.starts_at > MONDAY for slot in await TimeSlot.find_all().to_list())


@time_machine.travel(MONDAY, tick=False)
async def test_fill_tells_its_progress_by_the_expert(connected: None) -> None:
    told: list[int] = []

    await demo.fill(experts=12, days=1, progress=lambda: told.append(1))

    assert len(told) == 12


async def test_fill_if_empty_fills_an_empty_database_only(connected: None) -> None:
    first = await demo.fill_if_empty(experts=2, days=3)
    second = await demo.fill_if_empty(experts=5, days=3)

    assert first is not None
    assert first.experts == Tally(made=2)
    assert second is None
    assert await Expert.find_all().count() == 2


async def test_fill_if_empty_makes_nobody_when_none_are_wanted(connected: None) -> None:
    assert await demo.fill_if_empty(experts=0, days=3) is None
    assert await Expert.find_all().count() == 0
