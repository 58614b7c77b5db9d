"""What a visitor does on a page is limited like what a program asks for, and said kindly."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from nicegui import Client

from expert_booking import bookings, hold_limits, limiting
from expert_booking.customers import Customer
from expert_booking.limiting import RULES, Limit
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeSlot
from tests.pages.person import MINE, Person

HERE = "127.0.0.1"
"""Where simulated browsers are."""


@pytest.fixture(autouse=True)
def counting(environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("RATE_LIMITS", "on")
    hold_limits.forget_all()
    yield
    limiting.use(is_on=False)


async def use_up(limit: Limit) -> None:
    """Let this address have asked as often as it may."""
    for _ in range(RULES[limit].a_minute.amount):
        await limiting.hit(limit, HERE)


async def test_a_page_too_many_is_a_kind_one_for_which_nothing_is_built(visitor: Person, expert: Expert) -> None:
    await use_up(Limit.OVERALL)
    pages = len(Client.instances)

    answer = await visitor.get(f"/experts/{expert.id}")

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "<h1" in answer.text
    assert "One moment, please" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert "<script" not in answer.text
    assert len(Client.instances) == pages


async def test_the_page_too_many_speaks_the_readers_language(visitor: Person, connected: None) -> None:
    await use_up(Limit.OVERALL)
    visitor.has_cookie("language", "ar")

    answer = await visitor.get("/")

    assert '<html lang="ar" dir="rtl"' in answer.text
    assert "One moment, please" not in answer.text


async def test_what_a_browser_fetches_with_a_page_is_not_counted(visitor: Person, connected: None) -> None:
    await use_up(Limit.OVERALL)

    answers = [await visitor.get(path) for path in ("/house.css", "/platform.css", "/favicon.ico", "/healthz")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert (await visitor.get("/api/experts")).json()["error"] == "too_many_requests"


async def test_a_booking_too_many_keeps_the_form(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")
    visitor.fill_in(name="Alice", email="alice@example.com", phone="+442079460958", notes="Two questions")
    await use_up(Limit.BOOKING)

    visitor.submit()

    await visitor.sees("That was a lot of bookings in a short time.")
    assert "Two questions" in visitor.typed().values()
    assert await Booking.find().count() == 0

    limiting.use(is_on=True)  # as after the minute
    visitor.submit()
    await visitor.sees("alice@example.com")
    assert await Booking.find().count() == 1


async def test_a_time_too_many_is_not_held(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await use_up(Limit.HOLDS)

    visitor.pick(slot)

    await visitor.sees("Many times were chosen from your connection in a short time.")
    assert await TimeSlot.find({"held_by": {"$ne": None}}).count() == 0


async def test_changing_ones_mind_is_no_holding_of_many(
    visitor: Person, expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    others = [await make_slot(expert, starts_at=slot.starts_at + timedelta(minutes=later)) for later in range(1, 7)]
    await visitor.open(f"/experts/{expert.id}")

    for each in (slot, *others):
        visitor.pick(each)
        await visitor.sees_slot(each, MINE)

    assert await TimeSlot.find({"held_by": {"$ne": None}}).count() == 1


async def test_a_change_too_many_changes_nothing(
    visitor: Person, expert: Expert, slot: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
    await visitor.open(f"/bookings/{booking.manage_token}")
    await use_up(Limit.CHANGES)

    await visitor.click("Cancel booking")

    await visitor.sees("That was a lot of changes in a short time.")
    assert (await bookings.by_manage_token(booking.manage_token)).active


@pytest.mark.parametrize(("limit", "path"), [(Limit.CODES, "/sign-in"), (Limit.VERIFYING, "/sign-in/verify")])
async def test_codes_are_limited_on_pages_too(visitor: Person, connected: None, limit: Limit, path: str) -> None:
    sent = {"email": "alice@example.com", "code": "000000"}
    answers = [await visitor.post(path, sent) for _ in range(RULES[limit].a_minute.amount + 1)]

    assert [answer.status_code == 429 for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_pages_that_nobody_connects_to_make_room_for_others(
    visitor: Person, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.limits import unconnected  # the one of the application that was started for this test

    monkeypatch.setattr(unconnected, "MOST_OF_ADDRESS", 5)
    first = await visitor.get("/")
    for _ in range(4):
        await visitor.get("/")
    refused = await visitor.get("/")
    monkeypatch.setattr(unconnected, "PATIENCE_SECONDS", 0)
    let_in = await visitor.get("/")

    assert (refused.status_code, let_in.status_code) == (429, 200)
    assert len(unconnected._waiting.all) == 5
    assert not any(client_id in first.text for client_id in Client.instances)


async def test_a_page_that_is_connected_to_waits_for_nobody(visitor: Person, connected: None) -> None:
    from pages.limits import unconnected  # the one of the application that was started for this test

    await visitor.open("/")

    async with asyncio.timeout(5):
        while unconnected._waiting.all:
            await asyncio.sleep(0.01)
