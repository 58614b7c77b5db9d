"""An expert's other calendars: added by address or as a file, read again, removed; and the address of the feed."""

import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from expert_booking import clock, feeds, outside_calendars, sign_in
from expert_booking.actors import EXPERT
from models import Expert, OutsideCalendar, TimeOff
from tests.conftest import MakeExpert
from tests.pages.person import Person
from tests.web_server import Site, answer, serving

CALENDARS = "/workspace/calendars"
FILE = "/workspace/calendars/file"


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    return await make_expert(email="sarah@example.com", email_key="sarah@example.com")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own fetcher may ask this machine, where the test's server is."""
    monkeypatch.setattr(outside_calendars.PUBLIC, "_allows", lambda address: address.is_loopback)


def _file(hours: int = 1) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{ahead}\r\nDTSTART:{clock.now() + timedelta(days=ahead):%Y%m%dT%H%M%SZ}\r\n"
        "DURATION:PT1H\r\nEND:VEVENT\r\n"
        for ahead in range(1, hours + 1)
    )
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()


async def _look(person: Person) -> None:
    await person.sign_in("sarah@example.com")
    await person.open(CALENDARS)


def _send(person: Person, address: str, name: str = "") -> None:
    (form,) = (each for each in person.client.elements.values() if "parts" in each.classes)
    person._on(form).trigger("submit", {"address": address, "name": name})


async def _upload(person: Person, content: bytes, *, name: str = "me.ics", **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/octet-stream", "X-File-Name": quote(name), **headers}
    return await person._user.http_client.post(FILE, content=content, headers=sent)


async def _known() -> list[OutsideCalendar]:
    return await OutsideCalendar.find_all().to_list()


async def test_calendars_are_for_experts_alone(visitor: Person, sarah: Expert) -> None:
    assert (await visitor.get(CALENDARS)).status_code == 401
    assert (await _upload(visitor, _file())).status_code == 403
    await visitor.sign_in("alice@example.com")
    assert (await visitor.get(CALENDARS)).status_code == 403
    assert (await _upload(visitor, _file())).status_code == 403
    assert await _known() == []


async def test_a_calendar_is_added_by_its_address(visitor: Person, sarah: Expert, site: Site, reachable: None) -> None:
    site.paths["/me"] = answer(_file(2))
    await _look(visitor)
    await visitor.sees("None yet. Add one, and nobody can book you twice.")

    _send(visitor, site.at("/me"), " Work ")

    await visitor.sees("Work is added: 2 busy times.", "2 busy times", "Last read: Today")
    await visitor.is_asked('calendarAnswered("")')
    assert await TimeOff.find({"expert_id": sarah.id}).count() == 2
    assert not any(site.at("/me") in text for text in visitor.texts)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("me", "This is not an address on the web. It begins with https:// and names a server."),
        ("http://127.0.0.1/me.ics", "There is no public server at this address. Please check it."),
        ("https://me:secret@example.com/", "A name or a password in an address is not supported."),
    ],
)
async def test_what_is_wrong_with_an_address_is_told_by_the_field(
    visitor: Person, sarah: Expert, address: str, told: str
) -> None:
    await _look(visitor)

    _send(visitor, address)

    await visitor._wait(lambda: any(told in code for code in visitor.asked), "an answer")
    assert await _known() == []


async def test_a_file_is_imported(visitor: Person, sarah: Expert) -> None:
    await _look(visitor)

    sent = await _upload(visitor, _file(3), name="Zoë's.ics")

    assert (sent.status_code, sent.json()) == (200, {"added": str((await _known())[0].id)})
    (form,) = (each for each in visitor.client.elements.values() if "parts" in each.classes)
    visitor._on(form).trigger("change", "")
    await visitor.sees("Zoë's.ics is added: 3 busy times.", "From a file, good until")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (b"<html>", "This is not a calendar. Its file begins with BEGIN:VCALENDAR and ends in .ics."),
        (bytes(2_000_001), "This file is too large. A calendar can have two megabytes."),
    ],
)
async def test_a_file_that_is_none_is_refused(visitor: Person, sarah: Expert, file: bytes, told: str) -> None:
    await _look(visitor)

    sent = await _upload(visitor, file)

    assert (sent.status_code, sent.json()["message"]) == (400, told)
    assert await _known() == []


async def test_a_file_comes_from_a_page_of_the_house(visitor: Person, sarah: Expert) -> None:
    await _look(visitor)

    for wrong in ({"Origin": "https://elsewhere.example"}, {"Content-Type": "text/plain"}):
        assert (await _upload(visitor, _file(), **wrong)).status_code == 403
    assert await _known() == []


async def test_what_became_of_a_calendar_is_shown_and_it_is_read_again(
    visitor: Person, sarah: Expert, site: Site, reachable: None
) -> None:
    site.paths["/me"] = answer(_file(2))
    await outside_calendars.subscribe(sarah.id, site.at("/me"), name="Work", by=EXPERT)
    site.paths["/me"] = answer(status="500 Oops")
    await _look(visitor)

    await visitor.click("Read Work again")
    await visitor.sees("The server of this calendar has trouble. It is asked again later.", "Asked again: Today")

    site.paths["/me"] = answer(_file(3))
    await visitor.click("Read Work again")
    await visitor.sees("3 busy times")
    await visitor.misses("Asked again")


async def test_open_page_shows_what_becomes_of_the_calendars(
    visitor: Person, sarah: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pages.workspace.calendars"], "LOOK_SECONDS", 0.05)
    calendar = await outside_calendars.take_file(sarah.id, _file(), name="Work", by=EXPERT)
    await _look(visitor)
    await visitor.sees("1 busy time")

    await OutsideCalendar.find_one({"_id": calendar.id}).update({"$set": {"problem": "It does not answer."}})

    await visitor.sees("It does not answer.")


async def test_open_page_shows_nothing_more_once_the_sign_in_has_ended(
    visitor: Person, sarah: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pages.workspace.calendars"], "LOOK_SECONDS", 0.05)
    await _look(visitor)
    await visitor.sees("Make a new address")

    await sign_in.sign_out_everywhere("sarah@example.com")

    await visitor.sees("Please sign in again")
    await visitor.misses("Make a new address")


async def test_a_calendar_is_removed_with_its_busy_times(visitor: Person, sarah: Expert) -> None:
    await outside_calendars.take_file(sarah.id, _file(2), name="Work", by=EXPERT)
    await _look(visitor)

    await visitor.click("Remove Work")
    await visitor.answer("Keep it")
    assert await TimeOff.count() == 2
    await visitor.click("Remove Work")
    await visitor.answer("Remove")

    await visitor.sees("None yet. Add one, and nobody can book you twice.")
    assert (await TimeOff.count(), await _known()) == (0, [])


async def test_the_feed_gets_a_new_address(visitor: Person, sarah: Expert) -> None:
    before = f"http://booking.test/feeds/{feeds.token_of(sarah)}.ics"
    await _look(visitor)
    assert _feed_address(visitor) == before
    assert (await visitor.get(before)).status_code == 200

    await visitor.click("Make a new address")
    await visitor.answer("Make a new one")

    await visitor.sees("Your feed has a new address.")
    assert _feed_address(visitor) != before
    assert (await visitor.get(_feed_address(visitor))).status_code == 200
    assert (await visitor.get(before)).status_code == 404


def _feed_address(person: Person) -> str:
    (field,) = (each for each in person._elements() if each.props.get("id") == "feed")
    return str(field.props["value"])


async def test_who_is_no_expert_any_more_changes_nothing(visitor: Person, sarah: Expert) -> None:
    await outside_calendars.take_file(sarah.id, _file(), name="Work", by=EXPERT)
    await _look(visitor)
    await Expert.find_one({"_id": sarah.id}).update({"$set": {"email_key": "another@example.com"}})

    await visitor.click("Remove Work")
    await visitor.sees("This token does not open what you asked for.")
    _send(visitor, "https://example.com/me.ics")
    await visitor.is_asked('calendarAnswered("This token does not open what you asked for.")')

    assert len(await _known()) == 1
