"""Pages worked out in the process are those that the database gives, also while both change."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import (
    availability,
    bookings,
    catalogue,
    catalogue_upkeep,
    clock,
    database,
    demo,
    events,
    experts,
    holds,
    openings,
    openings_upkeep,
    policy,
    revisions,
    soonest,
)
from expert_booking.availability import OpenTimes
from expert_booking.background import Ticker
from expert_booking.catalogue_upkeep import CatalogueUpkeep
from expert_booking.customers import Customer
from expert_booking.experts import SortOrder
from expert_booking.openings import Openings
from expert_booking.openings_upkeep import OpeningsUpkeep
from expert_booking.soonest import Soonest
from models import Expert, SlotState, TimeSlot
from tests.conftest import MakeExpert, MakeSlot

MOMENT = timedelta(milliseconds=1)
FEW_SEARCHES = ["", "a", "..."]
SEARCHES = ["", "a", "an", "j", "jo s", "s", "m a", "ö", "nobody at all", "...", "\x00"]


@pytest.fixture(autouse=True)
def nothing_kept(connected: None) -> Iterable[None]:
    """Every test begins and ends without anything in the process."""
    yield
    for kept in (catalogue, openings, soonest):
        kept.use(None)


@pytest.fixture
async def hearing(connected: None) -> AsyncIterator[OpeningsUpkeep]:
    """Hears every change, as a process that is alone does."""
    upkeep = OpeningsUpkeep(lambda: True)
    running = asyncio.create_task(upkeep.run())
    yield upkeep
    running.cancel()
    await asyncio.wait([running])


async def read_catalogue() -> CatalogueUpkeep:
    upkeep = CatalogueUpkeep()
    await upkeep.look()
    assert catalogue.current() is not None
    return upkeep


async def until_all_is_read(upkeep: OpeningsUpkeep) -> Soonest:
    async with asyncio.timeout(20):
        while True:
            await upkeep.look()
            order = soonest.current()
            if order and order.openings.is_complete and order.catalogue is catalogue.current():
                return order
            await asyncio.sleep(0.01)


async def pages(
    sort: SortOrder, open_before: datetime | None = None, searches: Iterable[str] = SEARCHES
) -> list[object]:
    found = []
    for search in searches:
        for category in (None, "Technology", "No such"):
            for page in (1, 2, 7):
                listed = await experts.find(
                    page=page, limit=7, search=search, category=category, sort=sort, open_before=open_before
                )
                found.append(([expert.id for expert in listed.experts], listed.total, listed.pages))
    return found


# --- who there is ---


async def test_catalogue_gives_the_pages_that_the_database_gives() -> None:
    await demo.fill(experts=120, days=1)
    asked, counted = await pages(SortOrder.RATING), await experts.categories()

    await read_catalogue()

    assert await pages(SortOrder.RATING) == asked
    assert await experts.categories() == counted


@pytest.mark.parametrize("rating", [0, 0.05, 0.1, 2.95, 4.9, 4.99999, 5])
async def test_catalogue_holds_every_rating_once(make_expert: MakeExpert, rating: float) -> None:
    expert = await make_expert(rating=rating)

    await read_catalogue()

    assert catalogue.current().ids([0]) == [expert.id]
    assert len(catalogue.current()) == 1


async def test_page_needs_no_query_but_for_its_own_experts(make_expert: MakeExpert) -> None:
    """What has been removed behind the catalogue's back is still counted, and not shown."""
    stays, goes = await make_expert("Ann Stays"), await make_expert("Ann Goes")
    upkeep = await read_catalogue()
    await database.collection(Expert).delete_one({"_id": goes.id})

    page = await experts.find(search="ann")

    assert ([expert.id for expert in page.experts], page.total) == ([stays.id], 2)
    assert catalogue.is_doubted()
    upkeep._rests_until = 0
    await upkeep.look()
    assert (await experts.find(search="ann")).total == 1


async def test_experts_made_elsewhere_show_up(make_expert: MakeExpert) -> None:
    await make_expert("Ann")
    upkeep = await read_catalogue()
    here = catalogue.current()
    await make_expert("Bob")
    catalogue.use(here)  # as in another process, which has not been told
    upkeep._rests_until = 0

    await upkeep.look()

    assert [expert.name for expert in (await experts.find()).experts] == ["Ann", "Bob"]


async def test_catalogue_of_before_a_change_is_not_used(
    make_expert: MakeExpert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody comes while the catalogue is being read."""
    await make_expert("Ann")
    read, is_first = catalogue_upkeep.read, True

    async def read_slowly(*, rests: bool) -> catalogue.Catalogue:
        nonlocal is_first
        found = await read(rests=rests)
        if is_first:
            is_first = False
            await make_expert("Bob")
        return found

    monkeypatch.setattr("expert_booking.catalogue_upkeep.read", read_slowly)
    upkeep = CatalogueUpkeep()

    await upkeep.look()
    assert catalogue.current() is None
    await upkeep.look()
    assert len(catalogue.current()) == 2


async def test_own_change_is_seen_at_once(make_expert: MakeExpert) -> None:
    await make_expert("Ann")
    await read_catalogue()

    await make_expert("Bob")

    assert (await experts.find()).total == 2


async def test_catalogue_is_read_anew_no_more_often_than_a_quarter_of_the_time(make_expert: MakeExpert) -> None:
    upkeep = await read_catalogue()
    known = catalogue.current()
    await revisions.catalogue_changed()
    catalogue.use(known)

    await upkeep.look()
    assert catalogue.current() is known

    upkeep._rests_until = 0
    await upkeep.look()
    assert catalogue.current() is not known


# --- what is open ---


async def test_open_times_are_those_that_the_database_counts(hearing: OpeningsUpkeep) -> None:
    await demo.fill(experts=60, days=4)
    ids = [expert.id for expert in (await experts.find(limit=60)).experts]
    counted = await availability.open_times(ids)
    await hearing.look()

    assert openings.current() is not None
    assert await availability.open_times(ids) == counted
    assert await availability.open_times(ids) == counted


async def test_open_times_follow_every_change(
    expert: Expert, make_slot: MakeSlot, hearing: OpeningsUpkeep, alice: Customer, bob: Customer
) -> None:
    first, second = await make_slot(expert, hours=3), await make_slot(expert, hours=5)
    await hearing.look()
    seen = [await told(expert)]

    held = await holds.hold(expert_id=expert.id, slot_id=first.id, visitor="alice")
    seen.append(await told(expert))
    await holds.release(slot_id=first.id, token=held.token)
    seen.append(await told(expert))
    booking = await bookings.book(expert_id=expert.id, slot_id=first.id, visitor="alice", customer=alice)
    seen.append(await told(expert))
    await bookings.book(expert_id=expert.id, slot_id=second.id, visitor="bob", customer=bob)
    seen.append(await told(expert))
    await bookings.cancel(booking.id)
    seen.append(await told(expert))

    both, later = OpenTimes.told(2, (first.starts_at, first.id)), OpenTimes.told(1, (second.starts_at, second.id))
    again = OpenTimes.told(1, (first.starts_at, first.id))
    assert seen == [both, later, both, later, OpenTimes(), again]


async def told(expert: Expert) -> OpenTimes:
    """What a card says, which must be what the database says as well."""
    assert openings.current() is not None
    times = (await availability.open_times([expert.id]))[expert.id]
    kept = openings.current()
    openings.use(None)
    assert (await availability.open_times([expert.id]))[expert.id] == times
    openings.use(kept)
    return times


async def test_open_times_pass_with_time(expert: Expert, make_slot: MakeSlot, hearing: OpeningsUpkeep) -> None:
    slots = [await make_slot(expert, hours=hours) for hours in range(2, 30)]
    await hearing.look()
    await told(expert)
    ticker = Ticker()

    for slot in slots:
        with time_machine.travel(slot.starts_at, tick=False):
            await ticker.tick()
            await told(expert)


async def test_change_during_a_reading_counts_for_more_than_what_is_read(expert: Expert, slot: TimeSlot) -> None:
    kept, begun, may_end = Openings(), asyncio.Event(), asyncio.Event()

    async def read(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, list[openings.Slot]]:
        found = await availability.open_slots(expert_ids)
        begun.set()
        await may_end.wait()
        return found

    reading = asyncio.create_task(kept.learn([expert.id], read))
    await begun.wait()
    kept.apply(change(slot, SlotState.BOOKED))
    may_end.set()
    await reading

    assert kept.of(expert.id, after=clock.now()) == (0, None)


def change(slot: TimeSlot, state: SlotState) -> events.SlotChanged:
    return events.SlotChanged(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state=state,
        held_until=None,
        version=1,
    )


async def test_many_who_ask_for_the_same_are_one_reading(expert: Expert, slot: TimeSlot) -> None:
    kept, asked = Openings(), []

    async def read(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, list[openings.Slot]]:
        asked.append(expert_ids)
        return await availability.open_slots(expert_ids)

    await asyncio.gather(*(kept.learn([expert.id], read) for _ in range(50)))

    assert asked == [[expert.id]]
    assert kept.of(expert.id, after=clock.now()) == (1, (slot.starts_at, slot.id))


async def test_visitor_who_goes_away_does_not_end_the_reading_for_the_others(expert: Expert, slot: TimeSlot) -> None:
    kept = Openings()
    gone, stays = (asyncio.create_task(kept.learn([expert.id], availability.open_slots)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    await stays

    assert kept.knows(expert.id)


async def test_reading_that_fails_is_told_to_everybody_and_done_again(expert: Expert, slot: TimeSlot) -> None:
    kept = Openings()

    async def fail(expert_ids: list[PydanticObjectId]) -> dict[PydanticObjectId, list[openings.Slot]]:
        raise ConnectionError

    outcomes = await asyncio.gather(*(kept.learn([expert.id], fail) for _ in range(3)), return_exceptions=True)
    await kept.learn([expert.id], availability.open_slots)

    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    assert kept.of(expert.id, after=clock.now()) == (1, (slot.starts_at, slot.id))


async def test_nothing_is_kept_while_not_everything_is_heard(expert: Expert, slot: TimeSlot) -> None:
    hears_all = True
    upkeep = OpeningsUpkeep(lambda: hears_all)
    await read_catalogue()
    await until_all_is_read(upkeep)

    hears_all = False
    await upkeep.look()

    assert (openings.current(), soonest.current()) == (None, None)


async def test_everything_is_read_again_when_something_was_missed(
    expert: Expert, make_slot: MakeSlot, hearing: OpeningsUpkeep
) -> None:
    await hearing.look()
    await availability.open_times([expert.id])
    slot = await make_slot(expert)

    events.changes_missed()

    assert openings.current() is None
    assert (await availability.open_times([expert.id]))[expert.id].next_open_at == slot.starts_at
    await hearing.look()
    assert await told(expert) == OpenTimes.told(1, (slot.starts_at, slot.id))


# --- who is free soonest ---


async def test_soonest_in_the_process_is_soonest_in_the_database(hearing: OpeningsUpkeep) -> None:
    await demo.fill(experts=90, days=5)
    asked = await pages(SortOrder.SOONEST)

    await read_catalogue()
    await until_all_is_read(hearing)

    assert await pages(SortOrder.SOONEST) == asked


async def test_soonest_follows_bookings_and_time(
    make_expert: MakeExpert, make_slot: MakeSlot, hearing: OpeningsUpkeep, alice: Customer
) -> None:
    ann, bob, cid = [await make_expert(name, rating=rating) for name, rating in [("Ann", 3), ("Bob", 4), ("Cid", 5)]]
    slots = [await make_slot(expert, hours=hours) for expert, hours in [(ann, 2), (bob, 3), (cid, 4), (ann, 9)]]
    await read_catalogue()
    await until_all_is_read(hearing)
    seen = [await by_time()]

    await bookings.book(expert_id=ann.id, slot_id=slots[0].id, visitor="alice", customer=alice)
    seen.append(await by_time())
    with time_machine.travel(slots[1].starts_at, tick=False):
        seen.append(await by_time())
    await make_slot(bob, hours=1)
    await revisions.catalogue_changed()
    await read_catalogue()
    await until_all_is_read(hearing)
    seen.append(await by_time())

    assert seen == ["Ann Bob Cid", "Bob Cid Ann", "Cid Ann Bob", "Bob Cid Ann"]


async def by_time() -> str:
    page = await experts.find(sort=SortOrder.SOONEST)
    return " ".join(expert.name for expert in page.experts)


async def test_soonest_answers_only_as_far_as_it_knows(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    near, far = await make_expert("Near"), await make_expert("Far")
    await make_slot(near, hours=2)
    await make_slot(far, hours=48)
    await read_catalogue()
    order = Soonest(catalogue.current(), Openings())
    begins = policy.earliest_start()

    before = order.page(range(2), skip=0, limit=1, after=begins)
    await openings_upkeep._read_span(order, begins, begins + timedelta(hours=12))
    first, both = (order.page(range(2), skip=0, limit=limit, after=begins) for limit in (1, 2))
    await openings_upkeep.read(order)
    all_known = order.page(range(2), skip=0, limit=2, after=begins)

    assert (before, both) == (None, None)
    assert order.catalogue.ids(first) == [near.id]
    assert order.catalogue.ids(all_known) == [near.id, far.id]


# --- who is open before a moment ---


@pytest.mark.parametrize("sort", SortOrder)
async def test_open_before_in_the_process_is_open_before_in_the_database(
    hearing: OpeningsUpkeep, sort: SortOrder
) -> None:
    await demo.fill(experts=90, days=5)
    with time_machine.travel(clock.now(), tick=False):
        nexts = await availability.first_opens_between(clock.now(), clock.now() + timedelta(days=9))
        in_order = sorted(nexts.values())
        moments = [clock.now(), in_order[0], in_order[0] + MOMENT, in_order[40], in_order[-1] + MOMENT]
        asked = [await pages(sort, moment, FEW_SEARCHES) for moment in moments]

        await read_catalogue()
        await until_all_is_read(hearing)

        assert [await pages(sort, moment, FEW_SEARCHES) for moment in moments] == asked
        totals = [(await experts.find(sort=sort, open_before=moment)).total for moment in moments]
        assert totals == [sum(first < moment for first in in_order) for moment in moments]
        assert (totals[0], totals[1], totals[-1]) == (0, 0, len(nexts))


@pytest.mark.parametrize("sort", SortOrder)
async def test_open_before_follows_bookings_holds_and_time(
    make_expert: MakeExpert, make_slot: MakeSlot, hearing: OpeningsUpkeep, alice: Customer, sort: SortOrder
) -> None:
    ann, bob, cid = [await make_expert(name, rating=rating) for name, rating in [("Ann", 3), ("Bob", 4), ("Cid", 5)]]
    first, second, _ = [await make_slot(expert, hours=hours) for expert, hours in [(ann, 2), (bob, 3), (cid, 9)]]
    end = first.starts_at + timedelta(hours=2)
    await read_catalogue()
    await until_all_is_read(hearing)

    async def open_now() -> set[str]:
        known = await experts.find(sort=sort, open_before=end)
        order, _ = soonest.current(), soonest.use(None)
        assert await experts.find(sort=sort, open_before=end) == known
        soonest.use(order)
        return {expert.name for expert in known.experts}

    seen = [await open_now()]
    hold = await holds.hold(expert_id=bob.id, slot_id=second.id, visitor="alice")
    seen.append(await open_now())
    await holds.release(slot_id=second.id, token=hold.token)
    booking = await bookings.book(expert_id=ann.id, slot_id=first.id, visitor="alice", customer=alice)
    seen.append(await open_now())
    await bookings.cancel(booking.id)
    seen.append(await open_now())
    with time_machine.travel(first.starts_at, tick=False):
        seen.append(await open_now())
    policy.use(policy.BookingPolicy(minimum_notice=timedelta(hours=5)))
    seen.append(await open_now())

    assert seen == [{"Ann", "Bob"}, {"Ann"}, {"Bob"}, {"Ann", "Bob"}, {"Bob"}, set()]


async def test_open_before_is_answered_only_as_far_as_is_known(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    near, far = await make_expert("Near"), await make_expert("Far")
    await make_slot(near, hours=2)
    await make_slot(far, hours=48)
    await read_catalogue()
    order = Soonest(catalogue.current(), Openings())
    begins = policy.earliest_start()
    until = begins + timedelta(hours=12)

    await openings_upkeep._read_span(order, begins, until)

    assert list(order.open_before(range(2), until, after=begins)) == [order.catalogue.ranks[near.id.binary]]
    assert order.open_before(range(2), until + MOMENT, after=begins) is None
    await openings_upkeep.read(order)
    assert list(order.open_before(range(2), until + timedelta(days=5), after=begins)) == [0, 1]


@pytest.mark.parametrize("moment", [datetime.max, datetime.min], ids=["latest", "earliest"])  # noqa: DTZ901 - below
@pytest.mark.parametrize("offset", [-14, 14])
async def test_open_before_takes_the_ends_of_time(
    make_expert: MakeExpert, make_slot: MakeSlot, hearing: OpeningsUpkeep, moment: datetime, offset: int
) -> None:
    slot = await make_slot(await make_expert("Ann"))
    end = moment.replace(tzinfo=timezone(timedelta(hours=offset)))
    asked = (await experts.find(open_before=end)).total
    await read_catalogue()
    await until_all_is_read(hearing)

    assert ((await experts.find(open_before=end)).total, asked) == ((1, 1) if end > slot.starts_at else (0, 0))


@pytest.mark.parametrize("many", [3, 200])
def test_order_is_right_whether_few_or_many_move(many: int) -> None:
    """Compared with sorting them all, after slots opened, closed and passed."""
    known, kept, begins = catalogue.Catalogue(), Openings(), clock.now()
    ids = [PydanticObjectId() for _ in range(many * 2)]
    known.add(catalogue.Listed(expert_id.binary, "Ann", "Art", 5) for expert_id in ids)
    known.close()
    kept.add({one: [(begins + timedelta(hours=1 + number % 7), one)] for number, one in enumerate(ids)})
    kept.complete()
    order = Soonest(known, kept)
    order.update(known.keys, after=begins)
    kept.add({one: [(begins + timedelta(minutes=number), one)] for number, one in enumerate(ids[:many], start=1)})
    order.update(known.keys[:many], after=begins)

    for minutes in (0, 1, 2, 65, 200, 1000):
        after = begins + timedelta(minutes=minutes)
        firsts = {rank: kept.of(ids[rank], after=after)[1] for rank in range(len(ids))}
        never = begins + timedelta(days=1), ids[0]
        wanted = sorted(firsts, key=lambda rank: ((firsts[rank] or never)[0], rank))
        assert order.page(range(len(ids)), skip=0, limit=len(ids), after=after) == wanted
        assert order.page([0, 1, 2], skip=1, limit=2, after=after) == [rank for rank in wanted if rank < 3][1:]
