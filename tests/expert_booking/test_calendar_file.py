"""What calendars read in the files and links: everything is read back by the library's own parser."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from expert_booking.calendar_file import REMINDER, Entry, Method, Parties, calendar_file, google_link, outlook_link
from models import Booking, BookingStatus

STARTS_AT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
CREATED_AT = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://example.org/bookings/a-token_1"
HOSTILE = [
    "Zoë Ärzte, Dr.; Søn & Co. \\ 李小龍 🙂 نواة",
    "Alice\nATTENDEE:mailto:eve@example.com",
    "Alice\r\nEND:VEVENT\r\nBEGIN:VEVENT",
    "Alice\rBEGIN:VALARM",
    "back\\slash, \\n is no line break; \\, nor a comma",
    '"quoted": <b>bold</b> %0A&details=x',
    "é" * 200,
    "a\tb",
]


@pytest.fixture
def booking(connected: None) -> Booking:
    return Booking(
        expert_id=PydanticObjectId(),
        slot_id=PydanticObjectId(),
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + HOUR,
        customer_name="Alice",
        customer_email="alice@example.com",
        customer_key="alice@example.com",
        customer_phone="+442079460958",
        idempotency_key="a key",
        request_digest="",
        manage_token="a-token_1",
        created_at=CREATED_AT,
    )


def entry(**said: str) -> Entry:
    return Entry(**{"title": "Sarah Johnson", "details": "An hour of advice.", "url": URL, **said})


def read(file: bytes) -> Event:
    """The one event of a file."""
    calendar = Calendar.from_ical(file)
    assert calendar["METHOD"] == "PUBLISH"
    (event,) = calendar.walk("VEVENT")
    assert event.errors == []
    return event


def event_of(booking: Booking, said: Entry | None = None) -> Event:
    return read(calendar_file(booking, said or entry(), house="example.org"))


def test_file_says_when_what_and_where(booking: Booking) -> None:
    event = event_of(booking)

    assert event["UID"] == f"{booking.id}@example.org"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (STARTS_AT, STARTS_AT + HOUR)
    assert (event["SUMMARY"], event["DESCRIPTION"], event["URL"]) == ("Sarah Johnson", "An hour of advice.", URL)
    assert event["DTSTAMP"].dt == event["CREATED"].dt == CREATED_AT.replace(microsecond=0)


def test_times_are_written_in_utc(booking: Booking) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    moved = booking.model_copy(update={"starts_at": STARTS_AT.astimezone(east)})

    assert b"\r\nDTSTART:20261123T110000Z\r\n" in calendar_file(moved, entry(), house="example.org")


def test_file_is_the_same_each_time(booking: Booking) -> None:
    assert calendar_file(booking, entry(), house="h") == calendar_file(booking.model_copy(), entry(), house="h")


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ([BookingStatus.CONFIRMED, BookingStatus.COMPLETED], ["TENTATIVE", "CONFIRMED", "CONFIRMED"]),
        ([BookingStatus.CONFIRMED, BookingStatus.CANCELLED], ["TENTATIVE", "CONFIRMED", "CANCELLED"]),
        ([BookingStatus.CANCELLED], ["TENTATIVE", "CANCELLED"]),
        ([BookingStatus.COMPLETED], ["TENTATIVE", "CONFIRMED"]),
    ],
)
def test_each_change_of_status_makes_a_later_edition_of_the_same_entry(
    booking: Booking, statuses: list[BookingStatus], told: list[str]
) -> None:
    editions, changed_at = [event_of(booking)], CREATED_AT
    for status in statuses:
        changed_at += HOUR
        changes = {"status": status, f"{status.lower()}_at": changed_at, "active": status != BookingStatus.CANCELLED}
        is_told = status is not BookingStatus.COMPLETED
        booking = booking.model_copy(update={**changes, "sequence": booking.sequence + is_told})
        editions.append(event_of(booking))

    assert [edition["STATUS"] for edition in editions] == told
    assert [(edition["SEQUENCE"], edition["DTSTAMP"].dt) for edition in editions] == sorted(
        {(edition["SEQUENCE"], edition["DTSTAMP"].dt) for edition in editions}
    )
    assert {edition["UID"] for edition in editions} == {f"{booking.id}@example.org"}
    assert editions[-1]["DTSTAMP"].dt == editions[-1]["LAST-MODIFIED"].dt == changed_at.replace(microsecond=0)


def test_mail_names_its_own_recipient_and_whom_the_calendar_may_believe(booking: Booking) -> None:
    parties = Parties(organizer="house@example.org", organizer_name="A; House", attendee="alice@example.com")

    file = calendar_file(booking, entry(), house="example.org", method=Method.REQUEST, parties=parties)

    calendar = Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == ("mailto:house@example.org", "A; House")
    assert (event["ATTENDEE"], event["ATTENDEE"].params["RSVP"]) == ("mailto:alice@example.com", "FALSE")


@pytest.mark.parametrize(
    ("status", "reminders", "busy"),
    [
        (BookingStatus.PENDING, 1, "OPAQUE"),
        (BookingStatus.CONFIRMED, 1, "OPAQUE"),
        (BookingStatus.COMPLETED, 0, "OPAQUE"),
        (BookingStatus.CANCELLED, 0, "TRANSPARENT"),
    ],
)
def test_reminder_comes_before_what_is_ahead_only(
    booking: Booking, status: BookingStatus, reminders: int, busy: str
) -> None:
    active = status != BookingStatus.CANCELLED
    event = event_of(booking.model_copy(update={"status": status, "active": active}))

    alarms = event.walk("VALARM")
    assert [(alarm["ACTION"], alarm["TRIGGER"].dt) for alarm in alarms] == [("DISPLAY", -REMINDER)] * reminders
    assert event["TRANSP"] == busy


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_read_back_as_it_was(booking: Booking, text: str) -> None:
    event = event_of(booking, entry(title=text, details=f"{text}\n{text}"))

    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (unified, f"{unified}\n{unified}")
    assert event.walk("VALARM")[0]["DESCRIPTION"] == unified
    assert "ATTENDEE" not in event


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_file(text: str) -> None:
    booking = Booking.model_construct(
        id=PydanticObjectId(),
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + HOUR,
        created_at=CREATED_AT,
        status=BookingStatus.PENDING,
        active=True,
        confirmed_at=None,
        completed_at=None,
        cancelled_at=None,
    )
    said = Entry(title=text, details=text, url=f"{URL}?{text!a}")

    file = calendar_file(booking, said, house=f"{text!a}")

    assert set(read(file)) == {
        *("UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "STATUS"),
        *("DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "TRANSP"),
    }
    assert [line for line in file.split(b"\r\n") if len(line) > 75] == []
    assert b"\n" not in file.replace(b"\r\n", b"")


def test_control_characters_are_left_out(booking: Booking) -> None:
    event = event_of(booking, entry(title="Al\x00i\x1bce\x07 \x85\ud800"))

    assert event["SUMMARY"] == "Alice "


# --- links ---


def fields_of(link: str) -> dict[str, Any]:
    return {name: value for name, (value,) in parse_qs(urlsplit(link).query, strict_parsing=True).items()}


@pytest.mark.parametrize("text", HOSTILE)
def test_google_link_carries_any_text(booking: Booking, text: str) -> None:
    link = google_link(booking, entry(title=text, details=text))

    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert link.startswith("https://calendar.google.com/calendar/render?action=TEMPLATE&")
    assert fields_of(link) == {
        "action": "TEMPLATE",
        "text": unified,
        "dates": "20261123T110000Z/20261123T120000Z",
        "details": f"{unified}\n\n{URL}",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_outlook_link_carries_any_text(booking: Booking, text: str) -> None:
    link = outlook_link(booking, entry(title=text))

    assert link.startswith("https://outlook.live.com/calendar/0/action/compose?")
    assert "+" not in link
    assert fields_of(link) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "allday": "false",
        "subject": text.replace("\r\n", "\n").replace("\r", "\n"),
        "startdt": "2026-11-23T11:00:00Z",
        "enddt": "2026-11-23T12:00:00Z",
        "body": f"An hour of advice.<br><br>{URL}",
    }


def test_outlook_is_given_no_html_but_line_breaks(booking: Booking) -> None:
    link = outlook_link(booking, entry(details='<img src="x">\nTom & Ann'))

    assert fields_of(link)["body"] == f"&lt;img src=&quot;x&quot;&gt;<br>Tom &amp; Ann<br><br>{URL}"
