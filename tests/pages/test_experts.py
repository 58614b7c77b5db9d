import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from expert_booking import bookings, events, holds
from expert_booking.customers import Customer
from models import Expert, TimeSlot
from pages.experts import ExpertBrowser, View
from pages.reader import Reader
from tests.conftest import MakeExpert, MakeSlot
from tests.pages.person import CardShown, Person

MONDAY = datetime(2030, 6, 3, tzinfo=UTC)


@pytest.fixture
async def three_experts(make_expert: MakeExpert) -> list[Expert]:
    """Best first."""
    return [
        await make_expert("Sarah Johnson", category="Technology", rating=4.9),
        await make_expert("José Álvarez", category="Health", rating=4.7),
        await make_expert("Robert Brown", category="Finance", rating=4.2),
    ]


@time_machine.travel(MONDAY, tick=False)
async def test_card_says_who_how_good_and_when(visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot) -> None:
    expert = await make_expert("Sarah Johnson", headline="Clouds that stay up", rating=4.85, experience_years=12)
    for hours in (8, 9, 32):
        await make_slot(expert, hours=hours)
    visitor.comes_from("Europe/Berlin")

    await visitor.open("/")

    await visitor.sees("Clouds that stay up", "Technology", "1 expert")
    assert visitor.cards() == {
        "Sarah Johnson": CardShown(meta="4.8 · 12 years", next="Today, 10:00 AM", word="3 open", how_many="many")
    }


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize(
    ("slots", "said", "word", "how_many"),
    [
        (0, "No open time", "0 open", "none"),
        (1, "Tomorrow, 12:00 AM", "Last one", "few"),
        (2, "Tomorrow, 12:00 AM", "2 open", "few"),
    ],
)
async def test_card_tells_the_last_open_times_in_words(
    visitor: Person, expert: Expert, make_slot: MakeSlot, slots: int, said: str, word: str, how_many: str
) -> None:
    for number in range(slots):
        await make_slot(expert, hours=24 + number)

    await visitor.open("/")

    assert visitor.cards()["Sarah Johnson"][1:] == (said, word, how_many)


async def test_list_begins_with_the_best(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/")

    assert list(visitor.cards()) == ["Sarah Johnson", "José Álvarez", "Robert Brown"]
    assert visitor.pressed() == ["Top rated", "All"]


async def test_soonest_puts_the_next_open_time_first(
    visitor: Person, three_experts: list[Expert], make_slot: MakeSlot
) -> None:
    sarah, _, robert = three_experts
    await make_slot(robert, hours=2)
    await make_slot(sarah, hours=5)
    await visitor.open("/")

    await visitor.click("Soonest")

    await visitor.sees_cards("Robert Brown", "Sarah Johnson", "José Álvarez")
    assert visitor.pressed() == ["Soonest", "All"]


@pytest.mark.parametrize("typed", ["jose", "JOSÉ", "álv", "alv jos", "  alvarez  "])
async def test_search_finds_any_word_by_its_beginning(visitor: Person, three_experts: list[Expert], typed: str) -> None:
    await visitor.open("/")

    visitor.type("Search experts by name", typed)

    await visitor.sees_cards("José Álvarez")
    await visitor.sees("1 expert")


@pytest.mark.parametrize("typed", ["ohnson", ".*", "$where", "{'$ne': 1}", "\x00", "   "])
async def test_search_is_literal(visitor: Person, three_experts: list[Expert], typed: str) -> None:
    await visitor.open("/")

    visitor.type("Search experts by name", typed)

    if typed.strip():
        await visitor.sees("Nobody found")
        await visitor.sees_cards()
    else:
        await visitor.sees_cards("Sarah Johnson", "José Álvarez", "Robert Brown")


async def test_empty_list_shows_the_way_back_to_everybody(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/?search=nobody")
    await visitor.sees("Nobody found", "0 experts")

    await visitor.click("Show everybody")

    await visitor.sees_cards("Sarah Johnson", "José Álvarez", "Robert Brown")
    await visitor.misses("Nobody found")


@pytest.mark.parametrize(
    ("path", "is_offered"), [("/?search=nobody", False), ("/?search=nobody&category=Health", True)]
)
async def test_all_categories_are_offered_to_whoever_looks_in_one(
    visitor: Person, three_experts: list[Expert], path: str, is_offered: bool
) -> None:
    await visitor.open(path)

    await visitor.sees("Nobody found", "Check the spelling")
    assert any("all categories" in text for text in visitor.texts) == is_offered


async def test_empty_house_says_how_to_fill_it(visitor: Person) -> None:
    await visitor.open("/")

    await visitor.sees("No experts yet", "Fill the house with: python seed.py")


async def test_category_shows_its_own_and_how_many_they_are(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/")
    assert visitor.chips() == {"All": "3", "Finance": "1", "Health": "1", "Technology": "1"}

    await visitor.click("Finance")

    await visitor.sees_cards("Robert Brown")
    assert visitor.pressed() == ["Top rated", "Finance"]


async def test_address_names_the_view(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/?search=a&category=Health&sort=soonest")

    assert list(visitor.cards()) == ["José Álvarez"]
    assert visitor.pressed() == ["Soonest", "Health"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=abc",
        "page=²",
        "page=99999999999999999999",
        "sort=;drop",
        "page=2&page=x",
        "%",
        "x=%FF",
    ],
)
async def test_address_that_makes_no_sense_shows_the_first_page(
    visitor: Person, three_experts: list[Expert], query: str
) -> None:
    await visitor.open(f"/?{query}")

    assert list(visitor.cards()) == ["Sarah Johnson", "José Álvarez", "Robert Brown"]


async def test_pages_hold_twelve_and_repeat_nobody(visitor: Person, make_expert: MakeExpert) -> None:
    everybody = [f"Person {chr(65 + number)}" for number in range(25)]
    for name in everybody:
        await make_expert(name, rating=4)
    await visitor.open("/")
    assert list(visitor.cards()) == everybody[:12]
    await visitor.sees("25 experts, page 1 of 3")

    await visitor.click("Next page")
    await visitor.sees_cards(*everybody[12:24])
    await visitor.click("Page 3")
    await visitor.sees_cards(*everybody[24:])

    await visitor.sees("25 experts, page 3 of 3")
    assert visitor.names_within("pager") == ["Previous page", "Page 1", "Page 2", "Page 3", "Next page"]


async def test_page_past_the_end_is_the_last_one(visitor: Person, make_expert: MakeExpert) -> None:
    for number in range(13):
        await make_expert(f"Person {chr(65 + number)}", rating=4)

    await visitor.open("/?page=7")

    assert list(visitor.cards()) == ["Person M"]


async def test_counts_follow_what_happens_to_the_slots(
    watcher: Person, expert: Expert, make_slot: MakeSlot, bob: Customer
) -> None:
    first, second = await make_slot(expert, hours=24), await make_slot(expert, hours=25)
    await watcher.open("/")
    assert watcher.cards()["Sarah Johnson"].word == "2 open"

    hold = await holds.hold(expert_id=expert.id, slot_id=first.id, visitor="bob")
    await watcher.sees_open("Sarah Johnson", "Last one")
    await bookings.book(expert_id=expert.id, slot_id=second.id, visitor="charlie", customer=bob)
    await watcher.sees_open("Sarah Johnson", "0 open")
    await holds.release(slot_id=first.id, token=hold.token)
    await watcher.sees_open("Sarah Johnson", "Last one")


async def test_change_while_the_counts_are_read_is_not_overwritten(
    visitor: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open("/my-bookings")
    with visitor.client:
        browser = ExpertBrowser(View(), {}, Reader(zone=ZoneInfo("UTC")))
        loading = asyncio.create_task(browser.load())
        await visitor.sees_cards("Sarah Johnson")

        told = events.OpenTimesChanged(expert_id=expert.id, open_slots=0, next_open_at=None, next_open_id=None)
        events.open_times.emit(expert.id, told)
        await loading

    assert visitor.cards()["Sarah Johnson"].word == "0 open"


async def test_later_search_wins_over_an_earlier_one(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/")

    for typed in ("s", "sa", "r", "ro", "jos"):
        visitor.type("Search experts by name", typed)

    await visitor.sees_cards("José Álvarez")
