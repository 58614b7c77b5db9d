"""A booked session on the timeline: when, with whom, how far it has come, and what can be done about it."""

from babel.dates import format_date

from expert_booking import clock, deletions
from models import Booking, BookingStatus, Expert
from models.booking import TRANSITIONS
from pages import times
from pages.components import booking_actions, ticket
from pages.components.avatar import avatar
from pages.components.ring import ring
from pages.components.status_badge import MEANING, status_badge
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

_NEXT_UP = (
    '<article class="glass booking next-up" data-key="{key}" data-status="{status}">'
    '<div class="leaf" aria-hidden="true"><span>{month}</span><b>{number}</b><span>{weekday}</span></div>'
    '<div class="told"><p class="until"><time datetime="{begins}" data-until="{begins}" data-ends="{ends}"'
    ' data-zone="{zone}" data-now="{now}" data-over="{over}">{countdown}</time>{badge}</p>'
    '<h3 class="title" id="title-{key}">{title}</h3><p class="span">{span}</p><p class="soft">{meaning}</p>'
    '<p class="faint">{booked_for}</p></div>'
    '<div class="actions">{actions}</div></article>'
)
_SESSION = (
    '<article class="glass booking session" data-key="{key}" data-status="{status}">'
    '<p class="hours"><b>{start}</b> <span>{end}</span></p>{avatar}'
    '<div class="told"><h4 id="title-{key}">{title}</h4><p class="soft">{meaning}</p>{message}'
    '<p class="faint">{booked_for}</p></div>{badge}<div class="actions">{actions}</div></article>'
)
_GOING = (
    '<article class="glass booking going" data-key="{key}">{ring}'
    '<div class="told"><h4 id="title-{key}">{title}</h4><p class="soft">{text}</p></div>'
    '<div class="actions"><button class="quiet" type="button" data-pick="undo:{key}" data-takes-focus'
    ' aria-describedby="title-{key}">{icon}{undo}</button></div></article>'
)
_BUTTON = (
    '<button class="{style}" type="button" data-pick="{verb}:{key}" aria-describedby="title-{key}">{icon}{text}'
    "</button>"
)
_LINK = '<a class="{style}" href="/experts/{expert}" aria-describedby="title-{key}">{icon}{text}</a>'

_TOO_LATE = '<p class="faint too-late">{words}</p>'
_MESSAGE = '<blockquote dir="auto" aria-label="{words}">{message}</blockquote>'

_JOINER = "\u2060"
"""Keeps a line from being broken where it stands."""


def next_up(booking: Booking, expert: Expert | None, reader: Reader) -> Markup:
    """The session that comes next, with a countdown that the browser keeps."""
    on = booking.starts_at.astimezone(reader.zone).date()
    offset = times.offset(reader.zone, booking.starts_at).replace("-", f"-{_JOINER}")
    return fill(
        _NEXT_UP,
        key=booking.id,
        status=booking.status,
        month=format_date(on, "LLL", locale=reader.locale),
        number=on.day,
        weekday=times.weekday(on, reader),
        begins=booking.starts_at.isoformat(),
        ends=booking.ends_at.isoformat(),
        zone=reader.zone.key,
        now=reader.say("Going on now"),
        over=reader.say("Just over"),
        countdown=times.day(on, reader),
        badge=status_badge(booking.status, reader),
        title=ticket.title(expert, reader, session=booking.session_name),
        span=reader.say("{span}, {offset}", span=times.span(booking.starts_at, booking.ends_at, reader), offset=offset),
        meaning=_meaning(booking, reader),
        booked_for=reader.say("Booked for {name}", name=booking.customer_name),
        actions=_actions(booking, expert, reader, calendar="quiet", cancel="danger", again="quiet"),
    )


def session(booking: Booking, expert: Expert | None, reader: Reader) -> Markup:
    """Any other session."""
    return fill(
        _SESSION,
        key=booking.id,
        status=booking.status,
        start=times.clock_time(booking.starts_at, reader),
        end=reader.say("to {time}", time=_end(booking, reader)),
        avatar=avatar(expert) if expert else fill('<span class="avatar left">{icon}</span>', icon=icon("person")),
        title=ticket.title(expert, reader, session=booking.session_name),
        meaning=_meaning(booking, reader),
        message=_message(booking, reader),
        booked_for=reader.say("Booked for {name}", name=booking.customer_name),
        badge=status_badge(booking.status, reader),
        actions=_actions(booking, expert, reader, calendar="ghost", cancel="ghost grave", again="ghost"),
    )


def _end(booking: Booking, reader: Reader) -> str:
    """Its offset too, when the clocks change between now and then."""
    time, offset = times.clock_time(booking.ends_at, reader), times.offset(reader.zone, booking.starts_at)
    if offset == times.offset(reader.zone):
        return time
    return reader.say("{time}, {offset}", time=time, offset=offset)


def going(booking: Booking, expert: Expert | None, reader: Reader, *, seconds: int) -> Markup:
    """A session that was deleted and goes for good in so many seconds, unless that is taken back before."""
    return fill(
        _GOING,
        key=booking.id,
        ring=ring(seconds, whole=round(deletions.UNDOABLE_FOR.total_seconds())),
        title=reader.say("Deleted: {session}", session=ticket.title(expert, reader, session=booking.session_name)),
        text=reader.say_many(
            "It goes for good in {number} second, also if you close this page.",
            "It goes for good in {number} seconds, also if you close this page.",
            seconds,
        ),
        icon=icon("undo"),
        undo=reader.say("Undo"),
    )


def _meaning(booking: Booking, reader: Reader) -> str:
    """What the status means; what has ended is over, though nobody may have marked it yet."""
    is_over = booking.status is not BookingStatus.CANCELLED and booking.ends_at <= clock.now()
    return reader.say(MEANING[BookingStatus.COMPLETED if is_over else booking.status])


def _message(booking: Booking, reader: Reader) -> Markup:
    if booking.status is not BookingStatus.CANCELLED or not booking.message:
        return Markup("")
    return fill(_MESSAGE, words=reader.say("The message that came with it:"), message=booking.message)


def _actions(
    booking: Booking, expert: Expert | None, reader: Reader, *, calendar: str, cancel: str, again: str
) -> Markup:
    """What the status allows, in these styles."""
    drawn = []
    if is_to_take_place(booking):
        drawn.append(_button(booking, "calendar", "calendar", reader.say("Add to calendar"), calendar))
        drawn += _changes(booking, reader, move=calendar, cancel=cancel)
    elif expert is not None:
        text = reader.say("Book again")
        drawn.append(fill(_LINK, style=again, expert=expert.id, key=booking.id, icon=icon("again"), text=text))
    if booking.status is BookingStatus.COMPLETED:
        drawn.append(_button(booking, "delete", "trash", reader.say("Delete"), cancel))
    return Markup("").join(drawn)


def _changes(booking: Booking, reader: Reader, *, move: str, cancel: str) -> list[Markup]:
    """The buttons that change what was agreed upon or, when it is too late for that, why they are not there."""
    if booking_actions.is_too_late(booking):
        return [fill(_TOO_LATE, words=booking_actions.why_too_late(booking, reader))]
    drawn = []
    if booking_actions.can_move(booking):
        drawn.append(_button(booking, "move", "move", reader.say("Move to another time"), move))
    return [*drawn, _button(booking, "cancel", "close", reader.say("Cancel booking"), cancel)]


def is_to_take_place(booking: Booking) -> bool:
    """Whether it is ahead or going on."""
    return BookingStatus.CANCELLED in TRANSITIONS[booking.status] and booking.ends_at > clock.now()


def _button(booking: Booking, verb: str, drawing: str, text: str, style: str) -> Markup:
    return fill(_BUTTON, style=style, verb=verb, key=booking.id, icon=icon(drawing), text=text)
