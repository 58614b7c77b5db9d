import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from expert_booking import bookings, events, holds
from expert_booking.customers import Customer
from models import Expert, TimeSlot
from pages.components.expert_browser import ExpertBrowser
from pages.reader import Reader
from pages.view import View
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
    first, *_ = [await make_slot(expert, hours=hours) for hours in (8, 9, 32)]
    visitor.comes_from("Europe/Berlin")

    await visitor.open("/")

    await visitor.sees("Clouds that stay up", "Technology", "1 expert")
    assert visitor.cards() == {
        "Sarah Johnson": CardShown(
            meta="4.8 12 years",
            next="Today, 10:00 AM",
            word="3 open",
            how_many="many",
            action="Book",
            leads_to=f"/experts/{expert.id}?time={first.id}",
        )
    }


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize(
    ("slots", "said", "word", "how_many", "action"),
    [
        (1, "Tomorrow, 12:00 AM", "1 open", "few", "Last one"),
        (2, "Tomorrow, 12:00 AM", "2 open", "few", "Book"),
        (3, "Tomorrow, 12:00 AM", "3 open", "many", "Book"),
    ],
)
async def test_card_tells_the_last_open_times_in_words(
    visitor: Person, expert: Expert, make_slot: MakeSlot, slots: int, said: str, word: str, how_many: str, action: str
) -> None:
    for number in range(slots):
        await make_slot(expert, hours=24 + number)

    await visitor.open("/")

    assert visitor.cards()["Sarah Johnson"][1:5] == (said, word, how_many, action)


async def test_card_without_an_open_time_leads_to_the_calendar(visitor: Person, expert: Expert) -> None:
    await visitor.open("/")

    shown = CardShown("4.9 10 years", "No open time", "", "none", "Calendar", f"/experts/{expert.id}")
    assert visitor.cards() == {"Sarah Johnson": shown}


@time_machine.travel(MONDAY, tick=False)
async def test_card_speaks_the_language_of_the_reader(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    expert = await make_expert("Sarah Johnson", category="Alchemy", rating=4.9, experience_years=1)
    await make_slot(expert, hours=8)
    visitor.has_cookie("language", "de")

    await visitor.open("/")

    card = visitor.cards()["Sarah Johnson"]
    assert (card.meta.partition(" ")[0], card.next.rpartition(" ")[2]) == ("4,9", "08:00")
    await visitor.sees("Alchemy")


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

    visitor.search(typed)

    await visitor.sees_cards("José Álvarez")
    await visitor.sees("1 expert")


@pytest.mark.parametrize("typed", ["ohnson", ".*", "$where", "{'$ne': 1}", "\x00", "   "])
async def test_search_is_literal(visitor: Person, three_experts: list[Expert], typed: str) -> None:
    await visitor.open("/")

    visitor.search(typed)

    if typed.strip():
        await visitor.sees("Nobody found")
        await visitor.sees_cards()
    else:
        await visitor.sees_cards("Sarah Johnson", "José Álvarez", "Robert Brown")


async def test_search_that_finds_nobody_can_be_cleared(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/?search=nobody")
    await visitor.sees("Nobody found", "0 experts", "Sarah Johnson, José Álvarez and Robert Brown")

    await visitor.click("Clear the search Sarah Johnson, José Álvarez and Robert Brown")

    await visitor.sees_cards("Sarah Johnson", "José Álvarez", "Robert Brown")
    await visitor.misses("Nobody found")
    assert visitor.address == "/?search=nobody"


@pytest.mark.parametrize(
    ("path", "ways"),
    [
        ("/?search=sarah&category=Health", {"Clear the search José Álvarez", "Look in all categories Sarah Johnson"}),
        ("/?search=sarah&open=today", {"Clear the search José Álvarez", "Open at any time Sarah Johnson"}),
        ("/?category=Finance&open=week", {"Look in all categories José Álvarez", "Open at any time Robert Brown"}),
        (
            "/?search=nobody&category=Law&open=today",
            {"Show everybody Sarah Johnson, José Álvarez and Robert Brown"},
        ),
    ],
)
async def test_ways_out_are_those_that_lead_to_somebody(
    visitor: Person, three_experts: list[Expert], make_slot: MakeSlot, path: str, ways: set[str]
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        await make_slot(three_experts[1], hours=2)

        await visitor.open(path)

    assert set(visitor.names("way-out")) == ways


async def test_way_out_names_a_few_and_counts_the_rest(visitor: Person, make_expert: MakeExpert) -> None:
    for number in range(5):
        await make_expert(f"Person {chr(65 + number)}", rating=4)

    await visitor.open("/?search=nobody")

    assert visitor.names("way-out") == ["Clear the search Person A, Person B, Person C and 2 more"]


async def test_empty_house_says_how_to_fill_it(visitor: Person) -> None:
    await visitor.open("/")

    await visitor.sees("No experts yet", "Fill the house with: python seed.py")


async def test_category_shows_its_own_and_how_many_they_are(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/")
    assert visitor.chips() == {"All": "3", "Finance": "1", "Health": "1", "Technology": "1"}

    await visitor.click("Finance")

    await visitor.sees_cards("Robert Brown")
    assert visitor.pressed() == ["Top rated", "Finance"]


@time_machine.travel(datetime(2030, 6, 5, 20, tzinfo=UTC), tick=False)  # a Wednesday; 22:00 in Berlin
async def test_open_today_and_this_week_are_of_the_visitor(
    visitor: Person, three_experts: list[Expert], make_slot: MakeSlot
) -> None:
    sarah, jose, robert = three_experts
    await make_slot(sarah, hours=3)  # tomorrow, 1:00 in Berlin
    await make_slot(jose, hours=1)
    await make_slot(robert, hours=24 * 7)
    visitor.comes_from("Europe/Berlin")
    await visitor.open("/")

    await visitor.click("Open today")
    await visitor.sees_cards("José Álvarez")
    await visitor.sees("1 expert open today")
    await visitor.click("This week")
    await visitor.sees_cards("Sarah Johnson", "José Álvarez")
    await visitor.sees("2 experts open this week")
    assert visitor.pressed() == ["Top rated", "All", "This week"]
    await visitor.click("Soonest")
    await visitor.sees_cards("José Álvarez", "Sarah Johnson")
    await visitor.click("This week")

    await visitor.sees_cards("José Álvarez", "Sarah Johnson", "Robert Brown")
    assert visitor.pressed() == ["Soonest", "All"]


async def test_time_filter_goes_with_search_and_category(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        for name, category in [("Ann One", "Law"), ("Ann Two", "Health"), ("Bob Three", "Law")]:
            await make_slot(await make_expert(name, category=category), hours=1)
        await make_expert("Ann Four", category="Law")

        await visitor.open("/?search=ann&category=Law&open=today")

        assert list(visitor.cards()) == ["Ann One"]
        assert visitor.pressed() == ["Top rated", "Law", "Open today"]


async def test_time_filter_is_dropped_from_any_page(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        for number in range(13):
            await make_slot(await make_expert(f"Person {chr(65 + number)}", rating=4), hours=1)
        await visitor.open("/?open=today&page=2")
        await visitor.sees("13 experts open today, page 2 of 2")

        await visitor.click("Open today")

        await visitor.sees("13 experts, page 1 of 2")


async def test_found_part_of_a_name_is_marked(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/?search=alv+jos")

    assert visitor.marks() == ["Jos", "Álv"]


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
    await watcher.sees_open("Sarah Johnson", "1 open")
    assert watcher.cards()["Sarah Johnson"].leads_to.endswith(f"?time={second.id}")
    await bookings.book(expert_id=expert.id, slot_id=second.id, visitor="charlie", customer=bob)
    await watcher.sees_open("Sarah Johnson", "")
    await holds.release(slot_id=first.id, token=hold.token)
    await watcher.sees_open("Sarah Johnson", "1 open")
    assert watcher.cards()["Sarah Johnson"].leads_to.endswith(f"?time={first.id}")


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

    assert visitor.cards()["Sarah Johnson"].how_many == "none"


async def test_later_search_wins_over_an_earlier_one(visitor: Person, three_experts: list[Expert]) -> None:
    await visitor.open("/")

    for typed in ("s", "sa", "r", "ro", "jos"):
        visitor.search(typed)

    await visitor.sees_cards("José Álvarez")
