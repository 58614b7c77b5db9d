"""What changes by itself: statuses, the line to the server, days and slots, a hold that runs out."""

from datetime import timedelta

from models import BookingStatus, SessionType, SlotState
from pages.components import session_types
from pages.components.ring import ring
from pages.components.status_badge import MEANING, status_badge
from pages.layout import CONNECTIONS, live_badge
from pages.live import slot_look
from pages.live.calendar import CalendarBoard
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.styleguide import samples
from pages.styleguide.sheet import FORCED, forced, row, specimen

_SPOKEN = '<p class="soft">{text}</p>'


def badges(reader: Reader) -> Markup:
    """A booking's statuses, with what they mean."""
    return row(
        (status_badge(status, reader) + fill(_SPOKEN, text=reader.say(MEANING[status])) for status in BookingStatus),
        css_class="column",
    )


def connections(reader: Reader) -> Markup:
    """The badge in the header, in all its states."""
    return row(specimen(state, live_badge(reader, state=state, key=None)) for state in CONNECTIONS)


def calendar(reader: Reader) -> Markup:
    """Days with many, few and no free times, and every state of a slot."""
    expert = samples.expert()
    board = CalendarBoard(expert.id, reader)
    held = samples.slot(expert, SlotState.HELD, starts_at=samples.morning(reader, hours=4))
    states = [SlotState.OPEN, SlotState.HELD, SlotState.BOOKED, SlotState.PAST]
    withdrawn = samples.slot(expert, SlotState.WITHDRAWN, starts_at=samples.morning(reader, hours=6))
    at = (samples.morning(reader, hours=number) for number in range(len(states)))
    board.take([samples.slot(expert, state, starts_at=moment) for state, moment in zip(states, at, strict=True)])
    board.take([held, samples.slot(expert, SlotState.BOOKED, starts_at=samples.morning(reader, hours=48))])
    on = board.date_of(held.starts_at)
    dates = [on + timedelta(days=offset) for offset in range(4)]
    days = (board.draw_day(date, is_chosen=date == on, is_today=date == dates[1]) for date in dates)
    pointed_at = (specimen(state or "day", forced(board.draw_day(on, is_chosen=False), state)) for state in FORCED)
    gone = row([specimen("withdrawn while it was looked at", slot_look.draw(withdrawn, reader, is_mine=False))])
    return row(days, css_class="days") + row(pointed_at) + board.draw_slots(on, mine=held.slot_id) + gone


def sessions(reader: Reader) -> Markup:
    """The choice between kinds of session."""
    expert = samples.expert()
    expert.session_types = [
        SessionType(key="intro", name="Intro", minutes=30),  # not said: what an expert calls it
        SessionType(key="long", name=samples.LONGEST, minutes=90),
    ]
    drawn = session_types.draw(expert, reader, chosen="intro")
    return fill('<div class="types">{drawn}</div>', drawn=drawn.replace("types-heading", f"types-{expert.id}"))


def hold(_: Reader) -> Markup:
    """A ring that drains: at first, in the last minute, at its end."""
    return row(
        specimen(name, ring(seconds, whole=300)) for name, seconds in {"held": 258, "last": 42, "over": 0}.items()
    )
