"""The mails of the house: the same words, times and colours as its pages, in the form that mail programs understand."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from expert_booking import countries
from expert_booking.calendar_file import Entry, Method, Parties, calendar_file
from expert_booking.letters import Matter
from expert_booking.mail import Invitation, Letter, one_line
from models import Booking, BookingStatus, Expert, Message, MessageKind, Recipient, TimeSlot, Wish
from models.expert import ZONE_NAMES
from pages import languages, layout, theme
from pages.components import expert_entry, ticket
from pages.mails import colours, invitation, line_closed, looks, offer, words
from pages.mails.words import Words
from pages.reader import Reader

_TEMPLATES = FileSystemLoader(Path(__file__).parent / "templates")
_HTML = Environment(loader=_TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEXT = Environment(  # nosec B701 # ours: plain text has nothing to escape
    loader=_TEMPLATES, autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

_METHODS = {
    MessageKind.RECEIVED: Method.REQUEST,
    MessageKind.CONFIRMED: Method.REQUEST,
    MessageKind.RESCHEDULED: Method.REQUEST,
    MessageKind.DECLINED: Method.CANCEL,
    MessageKind.CANCELLED: Method.CANCEL,
    MessageKind.LAPSED: Method.CANCEL,
}
"""What the calendar of whoever gets the mail does with its entry; a reminder leaves it as it is."""

_STATUSES = {
    MessageKind.RECEIVED: BookingStatus.PENDING,
    MessageKind.CONFIRMED: BookingStatus.CONFIRMED,
    MessageKind.DECLINED: BookingStatus.CANCELLED,
    MessageKind.CANCELLED: BookingStatus.CANCELLED,
    MessageKind.LAPSED: BookingStatus.CANCELLED,
}
"""The status of a booking after what is told of."""


def draw(matter: Matter) -> Letter:
    """A message in words and forms, for its recipient: in their language, zone and clock."""
    reader = reader_of(matter.message)
    if matter.wish is not None and matter.offered is not None:
        return _offer(matter, matter.wish, matter.offered, reader)
    if matter.message.kind is MessageKind.LINE_CLOSED:
        return _letter(line_closed.words(matter, reader), reader)
    if matter.message.kind is MessageKind.INVITATION:
        return _letter(invitation.words(matter, reader), reader)
    if matter.booking is None:
        return _letter(words.of_code(matter.code, reader), reader, code=matter.code)
    booking, expert = _as_told(matter.booking, matter.message), matter.expert
    said = words.of_booking(matter.message, booking, expert, reader, address=matter.house.address)
    letter = _letter(
        said, reader, leaf=looks.leaf(booking, reader), facts=_facts(matter.message, booking, expert, reader)
    )
    return replace(letter, invitation=_invitation(matter, booking, reader))


def _offer(matter: Matter, wish: Wish, slot: TimeSlot, reader: Reader) -> Letter:
    facts = {reader.say("With"): matter.expert.name} if matter.expert is not None else {}
    said = offer.words(matter, wish.offered_until or slot.starts_at, reader)
    return _letter(said, reader, leaf=offer.leaf(slot, reader), facts=facts)


def reader_of(message: Message) -> Reader:
    """How the recipient of a message reads; the kind of clock is that of their language where they are."""
    language = message.language if message.language in languages.NAMES else languages.FALLBACK
    zone = message.time_zone if message.time_zone in ZONE_NAMES else "UTC"
    return Reader(zone=ZoneInfo(zone), language=language, has_24_hours=_has_24_hours(language, zone))


@lru_cache(maxsize=1024)
def _has_24_hours(language: str, zone: str) -> bool:
    country = countries.guess_country(time_zone=zone, accept_language=None)
    return languages.counts_to_24(f"{language}-{country}" if country else language, language)


def _as_told(booking: Booking, message: Message) -> Booking:
    """The booking as it was after the change that is told of, which another may have followed."""
    status = _STATUSES.get(message.kind, booking.status)
    stood: Booking = booking.model_copy(
        update={"status": status, "active": status is not BookingStatus.CANCELLED, "sequence": message.sequence}
    )
    return stood


def _letter(said: Words, reader: Reader, **shown: Any) -> Letter:
    values = {
        "code": "",
        "leaf": None,
        "facts": {},
        **shown,
        "said": said,
        "house": layout.HOUSE,
        "language": reader.language,
        "direction": reader.direction,
        "start": "right" if reader.direction == "rtl" else "left",
        "light": colours.LIGHT,
        "dark": colours.DARK,
        "font": theme.SIZES["font"],
        "sheen": colours.SHEEN,
    }
    return Letter(
        subject=one_line(said.subject),
        text=_TEXT.get_template("letter.txt").render(values),
        html=_HTML.get_template("letter.html").render(values),
        language=reader.language,
    )


def _facts(message: Message, booking: Booking, expert: Expert | None, reader: Reader) -> dict[str, str]:
    """What else is to be known, by what it is called; how to reach the customer is for the expert only."""
    say = reader.say
    if message.recipient is Recipient.EXPERT:
        facts = {
            say("Message"): _written(message, booking),
            say("Booked for"): booking.customer_name,
            say("E-mail"): booking.customer_email,
            say("Phone"): expert_entry.number(booking.customer_phone),
            say("Notes"): booking.notes,
        }
    else:
        facts = {
            say("Message"): _written(message, booking),
            say("Booked for"): booking.customer_name,
            say("With"): expert.name if expert is not None else "",
        }
    facts = {say("Session"): _session(booking, reader), **facts, say("Booking code"): ticket.code(booking)}
    return {term: fact for term, fact in facts.items() if fact}


def _session(booking: Booking, reader: Reader) -> str:
    """What kind of session it is and how long it takes; blank where the expert has only one."""
    if not booking.session_name:
        return ""
    minutes = round((booking.ends_at - booking.starts_at).total_seconds() / 60)
    length = reader.say_many("{number} minute", "{number} minutes", minutes)
    return reader.say("{session}, {length}", session=booking.session_name, length=length)


def _written(message: Message, booking: Booking) -> str:
    """What whoever has called it off has written to the other side."""
    return booking.message if message.kind in (MessageKind.DECLINED, MessageKind.CANCELLED) else ""


def _invitation(matter: Matter, booking: Booking, reader: Reader) -> Invitation | None:
    method = _METHODS.get(matter.message.kind)
    if method is None:
        return None
    parties = Parties(organizer=matter.house.sender, organizer_name=matter.house.name, attendee=matter.message.to)
    entry = _entry(matter, booking, reader)
    file = calendar_file(booking, entry, house=matter.house.host, method=method, parties=parties)
    return Invitation(file=file, method=method)


def _entry(matter: Matter, booking: Booking, reader: Reader) -> Entry:
    """What the calendar shows; the booking's own page is the customer's alone."""
    code = ticket.code(booking)
    if matter.message.recipient is Recipient.CUSTOMER:
        return Entry(
            title=ticket.title(matter.expert, reader, session=booking.session_name),
            details=reader.say("Booked for {name}. Booking code {code}.", name=booking.customer_name, code=code),
            url=words.manage_link(booking, matter.house.address),
        )
    return expert_entry.entry(booking, reader, url=matter.house.address)
