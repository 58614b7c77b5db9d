"""A booking for one's own calendar: a file (iCalendar, RFC 5545), and links that open Google's and Outlook's forms.

Times are in UTC: a session is one moment that was agreed upon, whatever becomes of anybody's zone, and every calendar
shows it in its reader's own. The file is the same each time it is fetched, until the booking changes.
"""

import html
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, urlencode

from icalendar import Alarm, Calendar, Event, vCalAddress

from models import Booking, BookingStatus

MEDIA_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
FEED_MEDIA_TYPE = "text/calendar; charset=utf-8"
REMINDER = timedelta(hours=1)
READ_AGAIN = timedelta(minutes=15)
"""How often calendars may ask for a feed; most of them take their own time."""

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/0/action/compose"

_PRODUCT = "-//Expert Booking//Expert Booking//EN"
_SIGNS_OF_ADDRESSES = ":/?#[]@!$&'()*+,;=%"

STATUSES = {
    BookingStatus.PENDING: "TENTATIVE",
    BookingStatus.CONFIRMED: "CONFIRMED",
    BookingStatus.COMPLETED: "CONFIRMED",
    BookingStatus.CANCELLED: "CANCELLED",
}
"""What a calendar calls a booking's status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the calendar shows, in its reader's words: a line, what is to be known, and the booking's own page."""

    title: str
    details: str
    url: str


class Method(StrEnum):
    """What a calendar does with the file (iTIP, RFC 5546): take it in, take it in by mail, or take the entry out."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who invites whom, by e-mail addresses; each letter names its own recipient only."""

    organizer: str
    organizer_name: str
    attendee: str


def calendar_file(
    booking: Booking, entry: Entry, *, house: str, method: Method = Method.PUBLISH, parties: Parties | None = None
) -> bytes:
    """The booking as an .ics file, in UTF-8; taken in again after a change, it changes the entry that is there.

    Args:
        booking: as it is now.
        entry: what it says.
        house: names this house among all others, such as its host; another name makes another entry.
        method: PUBLISH for a file that is fetched; mails have the others.
        parties: of a mail; calendars take a REQUEST or CANCEL from the organizer only.
    """
    calendar = _calendar()
    calendar.add("method", method)
    event = _event(booking, entry, house)
    if parties is not None:
        _name(event, parties)
    calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file


def feed_file(booked: Iterable[tuple[Booking, Entry]], *, house: str, name: str) -> bytes:
    """Many bookings as one calendar that is read again and again; each is the entry that its mails made.

    Args:
        booked: the bookings as they are now, and what each says.
        house: as for `calendar_file`.
        name: what the calendar is called.
    """
    calendar = _calendar()
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("x-published-ttl", f"PT{READ_AGAIN.seconds // 60}M")
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    for booking, entry in booked:
        calendar.add_component(_event(booking, entry, house))
    file: bytes = calendar.to_ical()
    return file


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    return calendar


def _event(booking: Booking, entry: Entry, house: str) -> Event:
    changes = _changes(booking)
    changed_at = max([booking.created_at, *changes]).astimezone(UTC)
    event = Event()
    event.add("uid", _plain(f"{booking.id}@{house}"))
    event.add("dtstamp", changed_at)
    event.add("created", booking.created_at.astimezone(UTC))
    event.add("last-modified", changed_at)
    event.add("sequence", booking.sequence)
    event.add("status", STATUSES[booking.status])
    event.add("dtstart", booking.starts_at.astimezone(UTC))
    event.add("dtend", booking.ends_at.astimezone(UTC))
    event.add("summary", _plain(entry.title))
    event.add("description", _plain(entry.details))
    event.add("url", quote(entry.url, safe=_SIGNS_OF_ADDRESSES))
    event.add("transp", "OPAQUE" if booking.active else "TRANSPARENT")
    if booking.status in (BookingStatus.PENDING, BookingStatus.CONFIRMED):
        event.add_component(_reminder(entry))
    return event


def _name(event: Event, parties: Parties) -> None:
    organizer, attendee = vCalAddress(f"mailto:{parties.organizer}"), vCalAddress(f"mailto:{parties.attendee}")
    organizer.params["CN"] = parties.organizer_name
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    event.add("organizer", organizer)
    event.add("attendee", attendee)


def _reminder(entry: Entry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _plain(entry.title))
    alarm.add("trigger", -REMINDER)
    return alarm


def _changes(booking: Booking) -> list[datetime]:
    """When the status changed."""
    moments = (booking.confirmed_at, booking.completed_at, booking.cancelled_at)
    return [moment for moment in moments if moment is not None]


def _plain(text: str) -> str:
    """Text without the control characters that a calendar file cannot carry; it has a way to write line breaks."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in unified if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def google_link(booking: Booking, entry: Entry) -> str:
    """An address at which Google Calendar offers to add the booking."""
    dates = "/".join(_in_utc(booking, "%Y%m%dT%H%M%SZ"))
    return _link(GOOGLE, action="TEMPLATE", text=_plain(entry.title), dates=dates, details=_details(entry))


def outlook_link(booking: Booking, entry: Entry) -> str:
    """An address at which Outlook offers to add the booking; it takes the details for HTML."""
    starts_at, ends_at = _in_utc(booking, "%Y-%m-%dT%H:%M:%SZ")
    return _link(
        OUTLOOK,
        path="/calendar/action/compose",
        rru="addevent",
        allday="false",
        subject=_plain(entry.title),
        startdt=starts_at,
        enddt=ends_at,
        body=html.escape(_details(entry)).replace("\n", "<br>"),
    )


def _in_utc(booking: Booking, form: str) -> tuple[str, str]:
    return booking.starts_at.astimezone(UTC).strftime(form), booking.ends_at.astimezone(UTC).strftime(form)


def _details(entry: Entry) -> str:
    """With the booking's page, for which these forms have no field."""
    return _plain(f"{entry.details}\n\n{entry.url}")


def _link(address: str, **fields: str) -> str:
    # Blanks as %20: Outlook shows a plus sign as it is.
    return f"{address}?{urlencode(fields, quote_via=quote)}"
