from datetime import timedelta

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import bookings, clock, experts, holds
from expert_booking.customers import Customer
from expert_booking.errors import ExpertNotFound, SlotNotFound
from expert_booking.experts import PAGE_SIZE, ExpertPage, SortOrder
from models import Expert
from tests.conftest import MakeExpert, MakeSlot


def names(page: ExpertPage) -> list[str]:
    return [expert.name for expert in page.experts]


async def search(text: str) -> list[str]:
    return sorted(names(await experts.find(search=text)))


# --- paging ---


@pytest.mark.parametrize("sort", SortOrder)
@pytest.mark.parametrize("limit", [1, 3, 7, 12, 50])
async def test_pages_neither_repeat_nor_skip(
    make_expert: MakeExpert, make_slot: MakeSlot, limit: int, sort: SortOrder
) -> None:
    """Most have the same rating, and many the same next open time, so that only the last tie-break tells them apart."""
    for number in range(20):
        expert = await make_expert(f"Expert {number}", rating=4.5 if number % 4 else 5)
        if number % 3:
            await make_slot(expert, hours=24 + number % 2)

    first = await experts.find(limit=limit, sort=sort)
    pages = [await experts.find(page=page, limit=limit, sort=sort) for page in range(1, first.pages + 1)]

    everybody = [name for page in pages for name in names(page)]
    assert sorted(everybody) == sorted(f"Expert {number}" for number in range(20))
    assert [len(page.experts) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert {(page.total, page.pages) for page in pages} == {(20, -(-20 // limit))}


async def test_page_is_twelve_experts_best_first(make_expert: MakeExpert) -> None:
    for number in range(15):
        await make_expert(f"Expert {number}", rating=number / 3)

    page = await experts.find()

    assert names(page) == [f"Expert {number}" for number in range(14, 14 - PAGE_SIZE, -1)]
    assert (page.page, page.pages, page.total) == (1, 2, 15)


@pytest.mark.parametrize("sort", SortOrder)
async def test_page_past_the_end_is_empty(make_expert: MakeExpert, sort: SortOrder) -> None:
    await make_expert()

    page = await experts.find(page=9, sort=sort)

    assert page == ExpertPage(experts=[], page=9, pages=1, total=1)


@pytest.mark.parametrize("sort", SortOrder)
async def test_page_of_nobody_is_one_empty_page(connected: None, sort: SortOrder) -> None:
    assert await experts.find(sort=sort) == ExpertPage(experts=[], page=1, pages=1, total=0)


# --- search ---


@pytest.fixture
async def crowd(make_expert: MakeExpert) -> None:
    for name in ("José Álvarez", "Ann-Marie O'Brien", "Günter Strauß", "Joseph (Joe) Smith", "100% Percent", "李小龍"):
        await make_expert(name, category="Law" if "J" in name else "Art")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jos", ["José Álvarez", "Joseph (Joe) Smith"]),
        ("JOSÉ", ["José Álvarez", "Joseph (Joe) Smith"]),
        ("jose\u0301", ["José Álvarez", "Joseph (Joe) Smith"]),
        ("alvarez", ["José Álvarez"]),
        ("smi", ["Joseph (Joe) Smith"]),
        ("brien", ["Ann-Marie O'Brien"]),
        ("O'B", ["Ann-Marie O'Brien"]),
        ("strauss", ["Günter Strauß"]),
        ("STRAUẞ", ["Günter Strauß"]),
        ("小", []),
        ("李", ["李小龍"]),
        ("oseph", []),
        ("nobody", []),
        ("a" * 200, []),
    ],
)
async def test_search_finds_the_beginning_of_any_word(crowd: None, text: str, found: list[str]) -> None:
    assert await search(text) == sorted(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("smith joe", ["Joseph (Joe) Smith"]),
        ("jo smi", ["Joseph (Joe) Smith"]),
        ("jos alv", ["José Álvarez"]),
        ("alvarez smith", []),
        ("  smith   ", ["Joseph (Joe) Smith"]),
        ("smith smith", ["Joseph (Joe) Smith"]),
    ],
)
async def test_search_for_several_words_wants_them_all(crowd: None, text: str, found: list[str]) -> None:
    assert await search(text) == found


@pytest.mark.parametrize("text", [".*", "%", "^", "$", "[a-z]", "(", "\\", ".", "?", "*", "'", "--", "{}", "\x00"])
async def test_search_takes_signs_literally(crowd: None, text: str) -> None:
    letters = "".join(character for character in text if character.isalnum())

    found = await search(text)

    assert found == (await search("a z") if letters else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [("jo.*", ["José Álvarez", "Joseph (Joe) Smith"]), ("100%", ["100% Percent"]), ("(joe)", ["Joseph (Joe) Smith"])],
)
async def test_search_passes_over_signs_beside_words(crowd: None, text: str, found: list[str]) -> None:
    assert await search(text) == sorted(found)


@pytest.mark.parametrize("text", ["", "   ", "\t"])
async def test_blank_search_finds_everybody(crowd: None, text: str) -> None:
    assert len(await search(text)) == 6


async def test_half_a_character_finds_nobody(crowd: None) -> None:
    assert await search("\ud800") == []


async def test_category_is_exact_and_goes_with_a_search(crowd: None) -> None:
    law = await experts.find(category="Law")
    both = await experts.find(category="Law", search="smi")
    neither = await experts.find(category="law")

    assert sorted(names(law)) == ["Joseph (Joe) Smith", "José Álvarez"]
    assert (names(both), law.total, both.total) == (["Joseph (Joe) Smith"], 2, 1)
    assert names(neither) == []


async def test_categories_are_counted_in_alphabetical_order(crowd: None) -> None:
    counted = await experts.categories()

    assert list(counted.items()) == [("Art", 4), ("Law", 2)]


# --- soonest ---


async def test_soonest_puts_the_earliest_open_time_first(
    make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    held, booked, far, near, idle = [
        await make_expert(name, rating=rating)
        for name, rating in [("Held", 5), ("Booked", 4.9), ("Far", 4.8), ("Near", 4), ("Idle", 3)]
    ]
    first = [await make_slot(expert, hours=2) for expert in (held, booked)]
    await holds.hold(expert_id=held.id, slot_id=first[0].id, visitor="bob")
    await bookings.book(expert_id=booked.id, slot_id=first[1].id, visitor="alice", customer=alice)
    await make_slot(booked, hours=30)
    await make_slot(far, hours=24 * 60)
    await make_slot(near, hours=3)
    await make_slot(idle, hours=-5)

    page = await experts.find(sort=SortOrder.SOONEST)

    assert names(page) == ["Near", "Booked", "Far", "Held", "Idle"]


async def test_soonest_orders_equal_times_by_rating(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    for name, rating in [("Good", 4.1), ("Best", 4.9), ("Better", 4.5)]:
        await make_slot(await make_expert(name, rating=rating), hours=24)

    page = await experts.find(sort=SortOrder.SOONEST)

    assert names(page) == ["Best", "Better", "Good"]


async def test_soonest_orders_those_without_open_times_last_by_rating(
    make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    for name, rating in [("Good", 4.1), ("Best", 4.9), ("Better", 4.5)]:
        await make_expert(name, rating=rating)
    await make_slot(await make_expert("Open", rating=1), hours=24)

    page = await experts.find(sort=SortOrder.SOONEST)

    assert names(page) == ["Open", "Best", "Better", "Good"]


@pytest.mark.parametrize("limit", [1, 2])
async def test_soonest_looks_as_far_ahead_as_the_page_needs(
    make_expert: MakeExpert, make_slot: MakeSlot, limit: int
) -> None:
    for number, days in enumerate([1, 3, 9, 30, 80]):
        await make_slot(await make_expert(f"Expert {number}", rating=number), hours=24 * days)

    pages = [await experts.find(sort=SortOrder.SOONEST, limit=limit, page=page) for page in range(1, 6)]

    assert [name for page in pages for name in names(page)] == [f"Expert {number}" for number in range(5)]


async def test_soonest_within_a_category_skips_the_others(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    for number in range(5):
        await make_slot(await make_expert(f"Artist {number}", category="Art"), hours=1 + number)
    await make_slot(await make_expert("Lawyer", category="Law"), hours=24 * 40)

    page = await experts.find(sort=SortOrder.SOONEST, category="Law", limit=1)

    assert names(page) == ["Lawyer"]


async def test_soonest_changes_when_the_time_has_come(make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    early, late = await make_expert("Early", rating=1), await make_expert("Late", rating=2)
    slot = await make_slot(early, hours=2)
    await make_slot(late, hours=3)

    before = await experts.find(sort=SortOrder.SOONEST)
    with time_machine.travel(slot.starts_at, tick=False):
        after = await experts.find(sort=SortOrder.SOONEST)

    assert (names(before), names(after)) == (["Early", "Late"], ["Late", "Early"])


# --- one expert ---


async def test_get_finds_the_expert(expert: Expert) -> None:
    assert await experts.get(expert.id) == expert


async def test_get_of_an_unknown_expert_is_refused(connected: None) -> None:
    with pytest.raises(ExpertNotFound):
        await experts.get(PydanticObjectId())


async def test_by_ids_finds_those_that_exist(expert: Expert) -> None:
    assert await experts.by_ids({expert.id, PydanticObjectId()}) == {expert.id: expert}


@pytest.mark.parametrize("text", ["", "1", "x" * 24, "6998151da2703c790995027", "6998151da2703c790995027e0", "\x00"])
def test_parse_id_refuses_what_cannot_be_one(text: str) -> None:
    with pytest.raises(SlotNotFound):
        experts.parse_id(text, missing=SlotNotFound)


def test_parse_id_reads_an_id() -> None:
    found = experts.parse_id("6998151da2703c790995027e", missing=SlotNotFound)

    assert found == PydanticObjectId("6998151da2703c790995027e")


async def test_expert_is_stored_as_given(make_expert: MakeExpert) -> None:
    created_at = clock.now() - timedelta(days=1)
    expert = await make_expert("Ann", created_at=created_at, time_zone="Asia/Kolkata", session_minutes=45)

    found = await experts.get(expert.id)

    assert (found.created_at, found.zone.key, found.session_minutes) == (created_at, "Asia/Kolkata", 45)
