"""Calendars of elsewhere: their busy times are time off here, and nothing else of them is known here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from expert_booking import (
    bookings,
    calendar_reader,
    clock,
    fetching,
    letters,
    materialising,
    outside_calendars,
    time_off,
)
from expert_booking.actors import EXPERT
from expert_booking.busy_times import Unreadable
from expert_booking.calendar_file import Entry, feed_file
from expert_booking.customers import Customer
from expert_booking.errors import BookingError, CalendarNotFound, CalendarUnreadable, FetchRefused, InvalidRequest
from expert_booking.fetching import Fetcher
from models import Expert, JournalEntry, OutsideCalendar, TimeOff, TimeSlot
from tests.conftest import MakeExpert, MakeSlot
from tests.expert_booking.test_time_off import EVERY_DAY
from tests.web_server import Site, answer, serving

BROKEN = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:garbage\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(allows=lambda address: address.is_loopback)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


def _at(days: float) -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


def _file(*days: float, title: str = "Surgery") -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART:{_at(day):%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        for day in days
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n".encode()


async def _busy(expert: Expert) -> list[datetime]:
    return [found.starts_at for found in await TimeOff.find({"expert_id": expert.id}).sort("starts_at").to_list()]


async def _only() -> OutsideCalendar:
    (calendar,) = await OutsideCalendar.find_all().to_list()
    return calendar


async def test_a_file_becomes_time_off_and_nothing_else(expert: Expert) -> None:
    calendar = await outside_calendars.take_file(expert.id, _file(1, 2), name="me.ics", by=EXPERT)

    assert await _busy(expert) == [_at(1), _at(2)]
    assert await outside_calendars.of_expert(expert.id) == [await _only()]
    assert (calendar.name, calendar.stretches, calendar.address) == ("me.ics", 2, None)
    kept: list[Any] = [await _only(), *await TimeOff.find_all().to_list(), *await JournalEntry.find_all().to_list()]
    assert "Surgery" not in str(kept)


async def test_the_slots_follow(make_expert: MakeExpert, site: Site, fetcher: Fetcher) -> None:
    expert = await make_expert(weekly_hours=EVERY_DAY, window_days=7)
    await materialising.materialise(expert.id)
    site.paths["/me"] = answer(_file(2))
    slot = {"expert_id": expert.id, "starts_at": _at(2), "withdrawn_at": None}

    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    assert await TimeSlot.find(slot).count() == 0

    await outside_calendars.remove(expert.id, calendar.id, by=EXPERT)
    assert await TimeSlot.find(slot).count() == 1


async def test_a_recurring_event_is_known_beyond_the_booking_window(expert: Expert) -> None:
    event = f"DTSTART:{_at(-700):%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY"
    file = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()

    calendar = await outside_calendars.take_file(expert.id, file, name="me.ics", by=EXPERT)

    ahead = [moment for moment in await _busy(expert) if moment >= _at(0)]
    assert calendar.read_until == _at(expert.window_days) + timedelta(weeks=52)
    assert len(ahead) == (expert.window_days + 52 * 7 + 6) // 7


async def test_a_whole_day_is_one_of_the_expert(make_expert: MakeExpert) -> None:
    expert = await make_expert(time_zone="Asia/Kolkata")
    event = f"DTSTART;VALUE=DATE:{_at(3):%Y%m%d}"
    file = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()

    await outside_calendars.take_file(expert.id, file, name="me.ics", by=EXPERT)

    assert await _busy(expert) == [_at(3) - timedelta(hours=5, minutes=30)]


async def test_what_comes_back_of_the_house_itself_is_no_time_off(
    expert: Expert, make_slot: MakeSlot, alice: Customer
) -> None:
    """The calendar in which the expert has their feed is the one that they subscribe to here."""
    slot = await make_slot(expert)
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="alice", customer=alice)
    entry = Entry(title="Session with Alice", details="", url="http://127.0.0.1")
    feed = feed_file([(booking, entry)], house=letters.house().host, name="Bookings")

    calendar = await outside_calendars.take_file(expert.id, feed, name="me.ics", by=EXPERT)

    assert (calendar.stretches, await _busy(expert)) == (0, [])


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (BROKEN, calendar_reader.WHY[Unreadable.BROKEN]),
        (b"<html>", calendar_reader.WHY[Unreadable.NO_CALENDAR]),
        (b"BEGIN:VCALENDAR\r\n" + bytes(2_000_000), outside_calendars.FILE_TOO_LARGE),
    ],
)
async def test_what_is_no_calendar_is_not_taken(expert: Expert, file: bytes, why: str) -> None:
    with pytest.raises(CalendarUnreadable) as refused:
        await outside_calendars.take_file(expert.id, file, name="me.ics", by=EXPERT)

    assert refused.value.args[0] == why
    assert await outside_calendars.of_expert(expert.id) == []


async def test_a_file_that_keeps_its_reader_busy_is_given_up(expert: Expert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_reader, "MOST_SECONDS", 0.5)
    event = "DTSTART:20260101T000000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"
    file = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()

    with pytest.raises(CalendarUnreadable, match="too much"):
        await outside_calendars.take_file(expert.id, file, name="me.ics", by=EXPERT)


async def test_an_address_is_read_again_with_what_the_server_said_of_it(
    expert: Expert, site: Site, fetcher: Fetcher
) -> None:
    site.paths["/me"] = answer(_file(1), ETag='"1"', Last_Modified="Mon, 02 Mar 2026 09:00:00 GMT")
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    first = {found.id for found in await TimeOff.find_all().to_list()}

    site.paths["/me"] = answer(status="304 Not Modified")
    await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)
    assert 'if-none-match: "1"' in site.asked[1][0]
    assert "if-modified-since: mon, 02 mar 2026 09:00:00 gmt" in site.asked[1][0]
    assert {found.id for found in await TimeOff.find_all().to_list()} == first

    site.paths["/me"] = answer(_file(1, 2))
    await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)
    assert await _busy(expert) == [_at(1), _at(2)]
    assert first < {found.id for found in await TimeOff.find_all().to_list()}
    assert (await _only()).stretches == 2


async def test_what_cannot_be_said_back_to_a_server_is_not(expert: Expert, site: Site, fetcher: Fetcher) -> None:
    site.paths["/me"] = answer(_file(1), ETag='"é"', Last_Modified="lundi, 2 février")
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)

    site.paths["/me"] = answer(_file(1, 2), ETag='"é2"')
    with time_machine.travel((await _stored(calendar)).next_at, tick=False):
        assert await outside_calendars.read_due(fetcher) == 1

    assert await _busy(expert) == [_at(1), _at(2)]
    assert (await _stored(calendar)).failures == 0
    assert "if-none-match" not in site.asked[-1][0]


async def test_what_nobody_foresaw_is_told_and_waits_as_well(
    expert: Expert, site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.paths["/me"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)

    async def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(calendar_reader, "read", stumble)
    site.paths["/me"] = answer(_file(1, 2))
    due_at = (await _stored(calendar)).next_at
    with time_machine.travel(due_at, tick=False):
        assert await outside_calendars.read_due(fetcher) == 1

    after = await _stored(calendar)
    assert (after.problem, after.failures) == (CalendarUnreadable.message, 1)
    assert after.next_at == due_at + outside_calendars.EVERY
    assert await _busy(expert) == [_at(1)]


async def test_what_is_the_same_is_not_understood_again_until_the_next_day(
    expert: Expert, site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    really = calendar_reader.read

    async def counting(*asked: Any, **more: Any) -> Any:
        nonlocal read
        read += 1
        return await really(*asked, **more)

    monkeypatch.setattr(calendar_reader, "read", counting)
    site.paths["/me"] = answer(_file(1), ETag='"1"')
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)

    await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)
    assert read == 1
    with time_machine.travel(_at(2), tick=True):
        await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)
    assert read == 2
    assert "if-none-match" not in site.asked[-1][0]
    await Expert.find_one({"_id": expert.id}).update({"$set": {"time_zone": "Asia/Kolkata"}})
    await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)
    assert read == 3


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer(status="404 Not Found"), outside_calendars.NOT_THERE),
        (answer(status="401 Unauthorized"), outside_calendars.NOT_FOR_US),
        (answer(status="500 Oops"), outside_calendars.SERVER_FAILS),
        (answer(b"<html>Sign in</html>"), calendar_reader.WHY[Unreadable.NO_CALENDAR]),
        (answer(BROKEN), calendar_reader.WHY[Unreadable.BROKEN]),
        (answer(status="302 Found", location="http://10.0.0.1/"), fetching.NOT_PUBLIC),
        (b"", fetching.NO_ANSWER),
    ],
)
async def test_what_goes_wrong_is_told_and_changes_nothing(
    expert: Expert, site: Site, fetcher: Fetcher, said: bytes, why: str
) -> None:
    site.paths["/me"] = said
    with pytest.raises((FetchRefused, CalendarUnreadable)) as refused:
        await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    assert refused.value.args[0] == why
    assert await outside_calendars.of_expert(expert.id) == []

    site.paths["/me"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    site.paths["/me"] = said
    with pytest.raises(BookingError):
        await outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher)

    after = await _only()
    assert (after.problem, after.failures, after.read_at) == (why, 1, (await _stored(calendar)).read_at)
    assert await _busy(expert) == [_at(1)]


async def _stored(calendar: OutsideCalendar) -> OutsideCalendar:
    found = await OutsideCalendar.find_one({"_id": calendar.id})
    assert found is not None
    return found


async def test_what_is_due_is_read_and_what_fails_waits_longer_each_time(
    expert: Expert, site: Site, fetcher: Fetcher
) -> None:
    site.paths["/me"] = answer(_file(1))
    await outside_calendars.take_file(expert.id, _file(2), name="me.ics", by=EXPERT)
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    site.paths["/me"] = answer(status="500 Oops")
    pauses = []

    assert await outside_calendars.read_due(fetcher) == 0
    for _ in range(10):
        due_at = (await _stored(calendar)).next_at
        with time_machine.travel(due_at, tick=False):
            assert await outside_calendars.read_due(fetcher) == 1
        pauses.append((await _stored(calendar)).next_at - due_at)
    assert pauses[:4] == [outside_calendars.EVERY * times for times in (1, 2, 4, 8)]
    assert pauses[-1] == timedelta(days=1)

    site.paths["/me"] = answer(_file(1))
    with time_machine.travel((await _stored(calendar)).next_at, tick=False):
        assert await outside_calendars.read_due(fetcher) == 1
        after = await _stored(calendar)
        assert (after.problem, after.failures, after.next_at) == ("", 0, clock.now() + outside_calendars.EVERY)


async def test_a_calendar_that_is_removed_while_it_is_read_leaves_nothing(
    expert: Expert, site: Site, fetcher: Fetcher
) -> None:
    site.paths["/me"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(answer(_file(1, 2)))

    site.paths["/me"] = slowly
    reading = asyncio.create_task(outside_calendars.read_again(expert.id, calendar.id, fetcher=fetcher))
    await asked.wait()
    await outside_calendars.remove(expert.id, calendar.id, by=EXPERT)
    go_on.set()
    await reading

    assert await _busy(expert) == []
    assert await OutsideCalendar.count() == 0


async def test_what_a_process_did_not_come_to_remove_another_one_does(
    expert: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = await outside_calendars.take_file(expert.id, _file(1), name="me.ics", by=EXPERT)

    async def die(*_: object) -> bool:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(time_off, "replace", die)
        with pytest.raises(RuntimeError):
            await outside_calendars.remove(expert.id, calendar.id, by=EXPERT)
    assert await outside_calendars.of_expert(expert.id) == []

    await outside_calendars.read_due()

    assert (await _busy(expert), await OutsideCalendar.count()) == ([], 0)


async def test_who_has_left_has_no_calendars_any_more(expert: Expert, site: Site, fetcher: Fetcher) -> None:
    site.paths["/me"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)
    await Expert.find_one({"_id": expert.id}).update({"$set": {"removed_at": clock.now()}})

    with time_machine.travel((await _stored(calendar)).next_at, tick=False):
        await outside_calendars.read_due(fetcher)

    assert (await _busy(expert), await OutsideCalendar.count(), len(site.asked)) == ([], 0, 1)


async def test_there_is_one_of_each_address_and_an_end_to_them(
    expert: Expert, site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_calendars, "MOST", 2)
    site.paths |= {"/a": answer(_file(1)), "/b": answer(_file(1))}
    await outside_calendars.subscribe(expert.id, site.at("/a"), by=EXPERT, fetcher=fetcher)

    with pytest.raises(InvalidRequest, match="already"):
        await outside_calendars.subscribe(expert.id, site.at("/a#"), by=EXPERT, fetcher=fetcher)
    await outside_calendars.take_file(expert.id, _file(1), name="me.ics", by=EXPERT)
    with pytest.raises(InvalidRequest, match="Remove one"):
        await outside_calendars.subscribe(expert.id, site.at("/b"), by=EXPERT, fetcher=fetcher)


async def test_a_calendar_is_its_experts_alone(
    expert: Expert, make_expert: MakeExpert, site: Site, fetcher: Fetcher
) -> None:
    other = await make_expert("Somebody Else")
    site.paths["/me"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/me"), by=EXPERT, fetcher=fetcher)

    with pytest.raises(CalendarNotFound):
        await outside_calendars.read_again(other.id, calendar.id, fetcher=fetcher)
    await outside_calendars.remove(other.id, calendar.id, by=EXPERT)

    assert await outside_calendars.of_expert(other.id) == []
    assert await outside_calendars.of_expert(expert.id) == [await _only()]


async def test_an_address_stands_in_no_log_and_no_journal(
    expert: Expert, site: Site, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="expert_booking")
    site.paths["/s3cret"] = answer(_file(1))
    calendar = await outside_calendars.subscribe(expert.id, site.at("/s3cret"), by=EXPERT, fetcher=fetcher)
    site.paths["/s3cret"] = b"nonsense"

    with time_machine.travel((await _stored(calendar)).next_at, tick=False):
        await outside_calendars.read_due(fetcher)
    await outside_calendars.remove(expert.id, calendar.id, by=EXPERT)

    entries = await JournalEntry.find({"expert_id": expert.id}).sort("at").to_list()
    assert [(entry.what, entry.became) for entry in entries] == [
        ("calendar.added", "address"),
        ("calendar.removed", ""),
    ]
    assert f"calendar {calendar.id} was not read: fetch_refused" in caplog.text
    assert "s3cret" not in f"{caplog.text} {entries}"
