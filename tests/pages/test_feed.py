"""The feed of an expert's bookings, as a calendar reads it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import time_machine
from icalendar import Calendar, Event
from nicegui import core

from expert_booking import bookings, clock, feeds, letters, limiting, telling
from expert_booking.actors import EXPERT
from models import Booking, Expert, JournalEntry, Message, Recipient
from tests.conftest import MakeExpert, MakeSlot, person
from tests.pages.conftest import Come


@pytest.fixture
async def calendar(come: Come) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's calendar, which brings no cookies along."""
    come()
    transport = httpx.ASGITransport(core.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://booking.test") as client:
        yield client


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    return await make_expert(email="sarah@example.com", email_key="sarah@example.com", time_zone="Europe/Berlin")


async def _book(make_slot: MakeSlot, expert: Expert, name: str = "alice", **when: Any) -> Booking:
    slot = await make_slot(expert, **when)
    return await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor=name, customer=person(name))


def _address(expert: Expert) -> str:
    return f"/feeds/{feeds.token_of(expert)}.ics"


async def _events(calendar: httpx.AsyncClient, expert: Expert) -> dict[str, Event]:
    """What stands in the feed, by the beginning of each title."""
    answer = await calendar.get(_address(expert))
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["SUMMARY"]): event for event in events}


async def test_what_is_booked_stands_in_the_feed(
    calendar: httpx.AsyncClient, sarah: Expert, make_slot: MakeSlot
) -> None:
    waiting = await _book(make_slot, sarah, "alice", hours=24)
    confirmed = await bookings.confirm((await _book(make_slot, sarah, "bob", hours=25)).id)
    cancelled = await _book(make_slot, sarah, "charlie", hours=26)
    await bookings.cancel(cancelled.id)

    events = await _events(calendar, sarah)

    assert {title: event["STATUS"] for title, event in events.items()} == {
        "Session with Alice": "TENTATIVE",
        "Session with Bob": "CONFIRMED",
    }
    alice = events["Session with Alice"]
    assert (alice["DTSTART"].dt, alice["DTEND"].dt) == (waiting.starts_at, waiting.ends_at)
    assert "+44 20 7946 0958" in alice["DESCRIPTION"]
    assert "alice@example.com" in alice["DESCRIPTION"]
    assert str(confirmed.id) in events["Session with Bob"]["UID"]


async def test_a_booking_is_one_entry_with_that_of_its_mail(
    calendar: httpx.AsyncClient, sarah: Expert, make_slot: MakeSlot
) -> None:
    booking = await _book(make_slot, sarah)
    await telling.tell_left()
    message = await Message.find_one({"booking_id": booking.id, "recipient": Recipient.EXPERT})
    assert message is not None
    letter = await letters.write((await letters.look_up([message]))[message.id])
    assert letter.invitation is not None

    (invited,) = Calendar.from_ical(letter.invitation.file).walk("VEVENT")
    (entry,) = (await _events(calendar, sarah)).values()

    for name in ("UID", "SUMMARY", "DESCRIPTION", "SEQUENCE", "URL"):
        assert entry[name] == invited[name]


async def test_only_the_experts_own_of_these_weeks_are_in_it(
    calendar: httpx.AsyncClient, sarah: Expert, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    tom = await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    await _book(make_slot, tom, "bob")
    booking = await _book(make_slot, sarah, "alice")

    assert list(await _events(calendar, sarah)) == ["Session with Alice"]
    with time_machine.travel(booking.starts_at + feeds.BACK, tick=True):
        assert list(await _events(calendar, sarah)) == []


async def test_a_calendar_is_told_when_nothing_has_changed(
    calendar: httpx.AsyncClient, sarah: Expert, make_slot: MakeSlot
) -> None:
    booking = await _book(make_slot, sarah)
    first = await calendar.get(_address(sarah))
    asked = {"If-None-Match": first.headers["etag"]}

    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    again = await calendar.get(_address(sarah), headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    await bookings.confirm(booking.id)
    changed = await calendar.get(_address(sarah), headers=asked)
    assert (changed.status_code, b"STATUS:CONFIRMED" in changed.content) == (200, True)


async def test_a_new_address_makes_the_one_before_worthless(calendar: httpx.AsyncClient, sarah: Expert) -> None:
    before = _address(sarah)
    assert (await calendar.get(before)).status_code == 200

    renewed = await feeds.renew(sarah.id, by=EXPERT)

    assert (await calendar.get(before)).status_code == 404
    assert (await calendar.get(_address(renewed))).status_code == 200
    (entry,) = await JournalEntry.find({"what": "feed.renewed"}).to_list()
    assert feeds.token_of(renewed) not in str(entry)


async def test_what_opens_no_feed_is_nothing(
    calendar: httpx.AsyncClient, sarah: Expert, make_expert: MakeExpert
) -> None:
    tom, token = await make_expert("Tom"), feeds.token_of(sarah)
    wrong = ["", "x", str(sarah.id), token[:-1], token + "A", f"{tom.id}{token[24:]}", token.upper(), "ü" * 56]

    for feed in wrong:
        assert (await calendar.get(f"/feeds/{feed}.ics")).status_code == 404, feed
    await Expert.find_one({"_id": sarah.id}).update({"$set": {"removed_at": clock.now()}})
    assert (await calendar.get(_address(sarah))).status_code == 404


async def test_a_feed_is_read_so_often_and_no_more(
    environment: pytest.MonkeyPatch, calendar: httpx.AsyncClient, sarah: Expert, make_expert: MakeExpert
) -> None:
    """Many feeds are asked for from one address, that of a large calendar's servers."""
    limiting.use(is_on=True)
    tom = await make_expert("Tom")

    answers = [(await calendar.get(_address(sarah))).status_code for _ in range(21)]

    assert answers == 20 * [200] + [429]
    assert (await calendar.get(_address(tom))).status_code == 200
    assert [(await calendar.get("/feeds/x.ics")).status_code for _ in range(21)] == 20 * [404] + [429]
