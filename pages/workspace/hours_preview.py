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
_STAY = "<p>{words}</p>"


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


def draw_lost(found: Preview, reader: Reader, *, is_open: bool = False) -> Markup:
    """What would not be open any more, by day, and what stays though it lies outside; blank when there is neither."""
    parts = []
    if number := sum(found.withdrawn.values()):
        days = (
            fill(
                _GOES_ON,
                day=times.day(on, reader),
                number=reader.say_many("{number} time", "{number} times", lost),
            )
            for on, lost in found.withdrawn.items()
        )
        words = reader.say_many("{number} open time goes.", "{number} open times go.", number)
        opened = Markup(" open") if is_open else ""
        parts.append(fill(_GOES, words=words, days=Markup("").join(days), is_open=opened))
    if found.outside:
        words = reader.say_many(
            "{number} booking lies outside these hours. It stays as it is.",
            "{number} bookings lie outside these hours. They stay as they are.",
            len(found.outside),
        )
        parts.append(fill(_STAY, words=words))
    return Markup("").join(parts)
