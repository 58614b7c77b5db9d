"""What hours come to: the sessions of the next two weeks, and what other hours would take away."""

from dataclasses import replace
from datetime import date, timedelta

from expert_booking import clock, policy
from expert_booking.materialising import Preview
from expert_booking.schedule import Session
from models import Expert
from pages import times
from pages.live.markup import Markup, fill
from pages.reader import Reader

DAYS = 14
SHOWN_AT_ONCE = 16
MOST_OUTSIDE = 5
"""So many bookings outside the hours are named; the rest is a number."""

_PREVIEW = (
    '<div class="glass preview" tabindex="0" role="region" aria-labelledby="preview-heading"><header>'
    '<h2 class="section" id="preview-heading">{heading}</h2><p class="faint">{zone}</p>'
    '<p class="soft" role="status">{counted}</p></header><ol>{days}</ol></div>'
)
_DAY = '<li class="previewed"><b><time datetime="{on}">{day}</time></b>{content}</li>'
_NOTHING = '<span class="no-session">{words}</span>'
_KIND = '<p class="kind-times">{name}{starts}{more}</p>'
_NAME = "<b>{name}</b>"
_START = "<span>{time}</span>"
_MORE = '<span class="more">{words}</span>'

_GOES = "<details{is_open}><summary><b>{words}</b></summary><ul>{days}</ul></details>"
_GOES_ON = "<li><span>{day}</span><span>{number}</span></li>"
_STAY = "<div><p>{words}</p><ul>{bookings}</ul></div>"
_STAYS = "<li><span>{name}</span><span>{time}</span></li>"
_MORE_STAY = "<li><span>{words}</span></li>"


def draw(expert: Expert, found: Preview, reader: Reader) -> Markup:
    """The next two weeks in the expert's own zone."""
    own = replace(reader, zone=expert.zone)
    today = clock.now().astimezone(expert.zone).date()
    days = {today + timedelta(days=ahead): list[Session]() for ahead in range(DAYS)}
    for on in days:
        days[on] = [session for session in found.offered.get(on, ()) if _can_be_booked(session)]
    number = sum(map(len, days.values()))
    return fill(
        _PREVIEW,
        heading=reader.say("The next two weeks"),
        zone=reader.say("All times in {zone}.", zone=times.zone_in_words(own)),
        counted=reader.say_many("{number} session can be booked", "{number} sessions can be booked", number),
        days=Markup("").join(_draw_day(on, sessions, expert, own) for on, sessions in days.items()),
    )


def _can_be_booked(session: Session) -> bool:
    is_early = session.closes_at is None or session.closes_at > clock.now()
    return is_early and session.starts_at > policy.earliest_start()


def _draw_day(on: date, sessions: list[Session], expert: Expert, own: Reader) -> Markup:
    kinds = expert.offered_types
    drawn = [
        _draw_kind(kind.name if len(kinds) > 1 else "", of_kind, own)
        for kind in kinds
        if (of_kind := [session for session in sessions if session.session_type == kind.key])
    ]
    nothing = fill(_NOTHING, words=own.say("Nothing"))
    return fill(_DAY, on=on.isoformat(), day=times.day(on, own), content=Markup("").join(drawn) or nothing)


def _draw_kind(name: str, sessions: list[Session], own: Reader) -> Markup:
    shown, rest = sessions[:SHOWN_AT_ONCE], len(sessions) - SHOWN_AT_ONCE
    return fill(
        _KIND,
        name=fill(_NAME, name=name) if name else "",
        starts=Markup(" ").join(fill(_START, time=times.clock_time(session.starts_at, own)) for session in shown),
        more=fill(_MORE, words=own.say("and {number} more", number=rest)) if rest > 0 else "",
    )


def draw_lost(expert: Expert, found: Preview, reader: Reader, *, is_open: bool = False) -> Markup:
    """What would not be open any more, by day, and what stays though it lies outside; blank when there is neither."""
    return _draw_going(found, reader, is_open=is_open) + _draw_outside(expert, found, reader)


def _draw_going(found: Preview, reader: Reader, *, is_open: bool) -> Markup:
    number = sum(found.withdrawn.values())
    if not number:
        return Markup("")
    days = (
        fill(_GOES_ON, day=times.day(on, reader), number=reader.say_many("{number} time", "{number} times", lost))
        for on, lost in found.withdrawn.items()
    )
    words = reader.say_many("{number} open time goes.", "{number} open times go.", number)
    return fill(_GOES, words=words, days=Markup("").join(days), is_open=Markup(" open" if is_open else ""))


def _draw_outside(expert: Expert, found: Preview, reader: Reader) -> Markup:
    """Whose bookings stay, and when they are in the expert's own zone; at most a handful of them."""
    if not found.outside:
        return Markup("")
    own = replace(reader, zone=expert.zone)
    bookings = [
        fill(_STAYS, name=booking.customer_name, time=times.day_and_time(booking.starts_at, own))
        for booking in found.outside[:MOST_OUTSIDE]
    ]
    if (rest := len(found.outside) - MOST_OUTSIDE) > 0:
        bookings.append(fill(_MORE_STAY, words=reader.say("and {number} more", number=rest)))
    words = reader.say_many(
        "{number} booking lies outside these hours. It stays as it is.",
        "{number} bookings lie outside these hours. They stay as they are.",
        len(found.outside),
    )
    return fill(_STAY, words=words, bookings=Markup("").join(bookings))
