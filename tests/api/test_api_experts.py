from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from expert_booking import clock
from expert_booking.api.experts import LARGEST_PAGE, LAST_PAGE
from models import Expert, TimeSlot
from tests.api.conftest import NOBODY
from tests.conftest import MakeExpert, MakeSlot


async def test_list_has_the_original_fields_and_the_new_ones(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    answer = (await client.get("/api/experts")).json()

    assert {key: answer[key] for key in ("page", "pages", "total")} == {"page": 1, "pages": 1, "total": 1}
    assert answer["experts"] == [
        {
            "_id": str(expert.id),
            "name": "Sarah Johnson",
            "category": "Technology",
            "headline": "",
            "experience": "10 years",
            "experienceYears": 10,
            "rating": 4.9,
            "avatar": None,
            "timeZone": "UTC",
            "sessionMinutes": 60,
            "sessionTypes": [{"key": "", "name": "", "minutes": 60}],
            "openSlots": 1,
            "nextOpenAt": slot.starts_at.isoformat().replace("+00:00", "Z"),
        }
    ]


async def test_list_pages_without_repeating_or_skipping(client: httpx.AsyncClient, make_expert: MakeExpert) -> None:
    made = {str((await make_expert(f"Expert {number}")).id) for number in range(7)}

    pages = [(await client.get("/api/experts", params={"page": page, "limit": 3})).json() for page in (1, 2, 3, 4)]

    seen = [expert["_id"] for page in pages for expert in page["experts"]]
    assert [len(page["experts"]) for page in pages] == [3, 3, 1, 0]
    assert len(seen) == 7
    assert set(seen) == made
    assert {page["pages"] for page in pages} == {3}


async def test_list_searches_filters_and_sorts(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    await make_expert("Jürgen Klein", category="Law", rating=5)
    soon = await make_expert("Julia Fox", category="Law", rating=3)
    await make_expert("Sam Poe", category="Health", rating=4)
    await make_slot(soon)

    async def names(**params: str) -> list[str]:
        answer = await client.get("/api/experts", params=params)
        return [expert["name"] for expert in answer.json()["experts"]]

    assert await names(search="jurg") == ["Jürgen Klein"]
    assert await names(category="Law") == ["Jürgen Klein", "Julia Fox"]
    assert await names(category="", search="") == ["Jürgen Klein", "Sam Poe", "Julia Fox"]
    assert await names(sort="soonest") == ["Julia Fox", "Jürgen Klein", "Sam Poe"]
    assert await names(search="$where(", category="Law") == []


@pytest.mark.parametrize("sort", ["rating", "soonest"])
async def test_list_of_those_open_before_a_moment(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot, sort: str
) -> None:
    soon, later = await make_expert("Julia Fox"), await make_expert("Sam Poe")
    await make_expert("Ann Idle")
    first, second = await make_slot(soon, hours=2), await make_slot(later, hours=3)
    east = timezone(timedelta(hours=5, minutes=30))

    async def total(open_before: datetime) -> tuple[int, int]:
        params = {"sort": sort, "openBefore": open_before.isoformat()}
        answer = (await client.get("/api/experts", params=params)).json()
        return answer["total"], len(answer["experts"])

    assert await total(first.starts_at) == (0, 0)
    assert await total(second.starts_at.astimezone(east)) == (1, 1)
    assert await total(second.starts_at + timedelta(seconds=1)) == (2, 2)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"page": "0"}, "page"),
        ({"page": "one"}, "page"),
        ({"page": "9" * 5000}, "page"),
        ({"page": str(10**30)}, "page"),
        ({"page": str(2**63 // 12), "sort": "soonest"}, "page"),
        ({"page": str(LAST_PAGE + 1)}, "page"),
        ({"limit": "0"}, "limit"),
        ({"limit": "51"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"sort": "price"}, "sort"),
        ({"search": "x" * 121}, "search"),
        ({"category": "x" * 61}, "category"),
        ({"openBefore": ""}, "openBefore"),
        ({"openBefore": "today"}, "openBefore"),
        ({"openBefore": "2026-11-23"}, "openBefore"),
        ({"openBefore": "2026-11-23T00:00:00"}, "openBefore"),
        ({"openBefore": "2026-11-23T00:00:00 01:00"}, "openBefore"),
        ({"openBefore": "2026-02-30T00:00:00Z"}, "openBefore"),
        ({"openBefore": "9" * 400}, "openBefore"),
        ({"openBefore": "0.5"}, "openBefore"),
        ({"openBefore": "-1"}, "openBefore"),
    ],
)
async def test_list_names_the_parameter_that_is_wrong(
    client: httpx.AsyncClient, params: dict[str, str], field: str
) -> None:
    response = await client.get("/api/experts", params=params)

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["details"]] == [field]


@pytest.mark.parametrize("sort", ["rating", "soonest"])
async def test_list_has_nobody_on_the_last_page_there_may_be(
    client: httpx.AsyncClient, expert: Expert, sort: str
) -> None:
    params = {"page": str(LAST_PAGE), "limit": str(LARGEST_PAGE), "sort": sort}

    answer = (await client.get("/api/experts", params=params)).json()

    assert (answer["experts"], answer["total"]) == ([], 1)


@pytest.mark.parametrize("search", ["\0", "%00", "\ufffd", "a\0b", ".*", "[", "\\", "🙂"])
async def test_list_takes_any_search_text_literally(client: httpx.AsyncClient, expert: Expert, search: str) -> None:
    response = await client.get("/api/experts", params={"search": search, "category": search})

    assert response.json()["experts"] == []


async def test_detail_tells_slots_in_the_experts_zone(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    expert = await make_expert(time_zone="Asia/Kolkata", bio="Writes.", experience_years=1)
    day = (clock.now() + timedelta(days=30)).date()
    starts_at = datetime(day.year, day.month, day.day, 20, 30, tzinfo=UTC)
    slot = await make_slot(expert, starts_at=starts_at)

    answer = (await client.get(f"/api/experts/{expert.id}")).json()

    assert (answer["bio"], answer["experience"]) == ("Writes.", "1 year")
    assert answer["timeSlots"] == [
        {
            "_id": str(slot.id),
            "id": str(slot.id),
            "date": (day + timedelta(days=1)).isoformat(),
            "time": "02:00 AM",
            "isBooked": False,
            "startsAt": f"{day}T20:30:00Z",
            "endsAt": f"{day}T21:30:00Z",
            "state": "open",
            "sessionType": "",
        }
    ]


@pytest.mark.parametrize(
    ("hour", "told"), [(0, "12:00 AM"), (9, "09:00 AM"), (11, "11:00 AM"), (12, "12:00 PM"), (23, "11:00 PM")]
)
async def test_detail_writes_hours_as_the_original(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, hour: int, told: str
) -> None:
    starts_at = (clock.now() + timedelta(days=2)).replace(hour=hour, minute=0, second=0, microsecond=0)
    await make_slot(expert, starts_at=starts_at)

    answer = (await client.get(f"/api/experts/{expert.id}")).json()

    assert [slot["time"] for slot in answer["timeSlots"]] == [told]


async def test_detail_shows_as_free_only_what_is_free(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot
) -> None:
    await make_slot(expert, hours=-3)
    held = await make_slot(expert, hours=24, held_by="bob", held_until=clock.now() + timedelta(minutes=5))
    booked = await make_slot(expert, hours=25, booking_id=NOBODY)
    lapsed = await make_slot(expert, hours=26, held_by="bob", held_until=clock.now() - timedelta(minutes=5))

    answer = (await client.get(f"/api/experts/{expert.id}")).json()

    told = [(slot["id"], slot["state"], slot["isBooked"]) for slot in answer["timeSlots"]]
    assert told == [
        (str(held.id), "held", True),
        (str(booked.id), "booked", True),
        (str(lapsed.id), "open", False),
    ]
    assert answer["openSlots"] == 1


async def test_categories_are_counted(client: httpx.AsyncClient, make_expert: MakeExpert) -> None:
    for name, category in (("Ann", "Law"), ("Ben", "Health"), ("Cat", "Law")):
        await make_expert(name, category=category)

    answer = (await client.get("/api/categories")).json()

    assert answer == [{"category": "Health", "experts": 1}, {"category": "Law", "experts": 2}]
