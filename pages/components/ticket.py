"""What was booked, as a ticket: the day, the hours here and where the expert is, for whom, and a short code."""

from dataclasses import replace

from babel.dates import format_date
from beanie import PydanticObjectId

from models import Booking, Expert
from pages import times
from pages.components import phones
from pages.components.avatar import avatar
from pages.live.fragment import Markup, fill
from pages.reader import Reader

CODE_LENGTH = 8

_TICKET = (
    '<article class="glass pass" aria-labelledby="pass-heading"><div class="pass-main">'
    '<p class="pass-leaf" aria-hidden="true"><span>{month}</span><b>{number}</b><span>{weekday}</span></p>'
    '<div class="pass-when"><h2 id="pass-heading">{title}</h2><p class="pass-day">{day}</p>'
    '<p class="pass-time">{hours}</p><p class="soft">{here}</p>{there}</div>{avatar}</div>'
    '<div class="tear" aria-hidden="true"></div><dl class="facts stub">{facts}</dl></article>'
)
_THERE = '<p class="faint there">{words}</p>'
_FACT = "<div><dt>{term}</dt><dd>{fact}</dd></div>"
_NUMBER = '<bdi dir="ltr">{number}</bdi>'
_NOTES = '<div class="notes"><dt>{term}</dt><dd><bdi>{notes}</bdi></dd></div>'


def code(booking: Booking) -> str:
    """What a person can say on the phone, such as "3F9A-01C2": the end of the booking's id, which opens nothing."""
    return code_of(booking.id)


def code_of(booking_id: PydanticObjectId) -> str:
    """The same of a booking that may not be there any more."""
    end = str(booking_id)[-CODE_LENGTH:].upper()
    return f"{end[: CODE_LENGTH // 2]}-{end[CODE_LENGTH // 2 :]}"


def title(expert: Expert | None, reader: Reader, *, session: str = "") -> str:
    """Such as "Session with Sarah Johnson" or, where the session has a name, "Intro with Sarah Johnson"."""
    if session:
        if expert is None:
            return reader.say("{session} with an expert who has left", session=session)
        return reader.say("{session} with {expert}", session=session, expert=expert.name)
    if expert is None:
        return reader.say("Session with an expert who has left")
    return reader.say("Session with {expert}", expert=expert.name)


def draw_ticket(booking: Booking, expert: Expert | None, reader: Reader) -> Markup:
    """The ticket, for the one who has booked."""
    on = booking.starts_at.astimezone(reader.zone).date()
    minutes = round((booking.ends_at - booking.starts_at).total_seconds() / 60)
    return fill(
        _TICKET,
        month=format_date(on, "LLL", locale=reader.locale),
        number=format_date(on, "d", locale=reader.locale),
        weekday=times.weekday(on, reader),
        title=title(expert, reader, session=booking.session_name),
        day=times.long_day(on, reader),
        hours=_hours(booking, reader),
        here=reader.say(
            "{place}, {offset}, {minutes}",
            place=times.place(reader.zone, reader),
            offset=_apart(times.offset(reader.zone, booking.starts_at), reader),
            minutes=reader.say_many("{number} minute", "{number} minutes", minutes),
        ),
        there=_there(booking, expert, reader),
        avatar=avatar(expert) if expert is not None else "",
        facts=_facts(booking, reader),
    )


def _apart(text: str, reader: Reader) -> str:
    """Latin signs in a line that runs from the right, so that the numbers beside them do not join them."""
    return f"\u2066{text}\u2069" if reader.direction == "rtl" else text


def _hours(booking: Booking, reader: Reader) -> str:
    start, end = times.clock_time(booking.starts_at, reader), times.clock_time(booking.ends_at, reader)
    return reader.say("{start} to {end}", start=start, end=end)


def _there(booking: Booking, expert: Expert | None, reader: Reader) -> Markup:
    """The time where the expert is, when their clock shows another one."""
    at = booking.starts_at
    if expert is None or times.offset(expert.zone, at) == times.offset(reader.zone, at):
        return Markup("")
    there = replace(reader, zone=expert.zone)
    words = reader.say(
        "For {name} in {place}: {day}, {hours}",
        name=expert.name.split()[0],
        place=times.place(expert.zone, reader),
        day=times.day(at.astimezone(expert.zone).date(), reader),
        hours=_hours(booking, there),
    )
    return fill(_THERE, words=words)


def _facts(booking: Booking, reader: Reader) -> Markup:
    facts = {
        reader.say("Booked for"): booking.customer_name,
        reader.say("E-mail"): booking.customer_email,
        reader.say("Phone"): fill(_NUMBER, number=phones.in_groups(booking.customer_phone)),
        reader.say("Booking code"): fill(_NUMBER, number=code(booking)),
    }
    drawn = Markup("").join(fill(_FACT, term=term, fact=fact) for term, fact in facts.items())
    return drawn + (fill(_NOTES, term=reader.say("Notes"), notes=booking.notes) if booking.notes else "")
