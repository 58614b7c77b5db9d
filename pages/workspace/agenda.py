"""What stands above the week: who waits for an answer, and today's sessions, the next one first to be seen."""

from collections.abc import Sequence

from expert_booking import answers, clock
from models import Booking, OutsideCalendar
from pages import times
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.live.pieces import Pieces
from pages.reader import Reader
from pages.workspace import session_words
from pages.workspace.frame import CALENDARS

_HEADING = '<h2 class="section" data-key="heading">{text}</h2>'
_NOTE = '<p class="quiet-note" data-key="{key}">{icon}<span>{text}</span></p>'
_STALE = '<p class="quiet-note" data-key="{id}">{icon}<span>{text} <a href="{path}">{link}</a></span></p>'
_REQUEST = (
    '<article class="glass request" data-key="{id}" aria-labelledby="name-{id}">'
    '<div class="told"><h3 id="name-{id}"><button type="button" class="opens" data-pick="open:{id}">{name}</button>'
    '</h3><p class="when-told">{when}</p><p class="faint">{kind}</p>'
    '<p class="lapses">{icon}<span>{lapses}</span></p></div>'
    '<div class="actions"><button type="button" class="cta" data-pick="confirm:{id}" aria-describedby="name-{id}">'
    '{confirm}</button><button type="button" class="quiet" data-pick="decline:{id}" aria-describedby="name-{id}">'
    "{decline}</button></div></article>"
)
_SESSION = (
    '<article class="glass appointment" data-key="{id}" data-status="{status}"{is_next}>'
    '<p class="hours"><b>{start}</b> <span>{end}</span></p>'
    '<div class="told">{countdown}<h3><button type="button" class="opens" data-pick="open:{id}">{name}</button></h3>'
    '<p class="faint">{kind}</p></div>{badge}</article>'
)
_COUNTDOWN = (
    '<p class="soon"><time datetime="{begins}" data-until="{begins}" data-ends="{ends}" data-zone="{zone}"'
    ' data-now="{now}" data-over="{over}">{day}</time></p>'
)


def draw_stale(calendars: Sequence[OutsideCalendar], reader: Reader) -> Pieces:
    """The calendars of elsewhere whose busy times may be wrong by now."""
    return {str(each.id): _stale(each, reader) for each in calendars}


def _stale(calendar: OutsideCalendar, reader: Reader) -> Markup:
    since = times.day_and_time(calendar.known_at, reader)
    return fill(
        _STALE,
        id=calendar.id,
        icon=icon("warning"),
        text=reader.say(
            "{name} could not be read since {when}. You may be booked while you are busy there.",
            name=calendar.name,
            when=since,
        ),
        path=CALENDARS,
        link=reader.say("Look at your calendars"),
    )


def draw_requests(requests: Sequence[Booking], places_taken: int, reader: Reader) -> Pieces:
    """Those that wait for an answer, longest first, and how many wait for a time to open."""
    line = _line(places_taken, reader)
    waiting = [each for each in requests if answers.can_be_answered(each)]
    if not waiting:
        text = reader.say("No request is waiting for your answer.")
        return {"nothing": fill(_NOTE, key="nothing", icon=icon("check"), text=text)} | line
    heading = reader.say_many("{number} request is waiting", "{number} requests are waiting", len(waiting))
    return {"heading": fill(_HEADING, text=heading)} | {str(each.id): _request(each, reader) for each in waiting} | line


def _line(places_taken: int, reader: Reader) -> Pieces:
    """A number, and nobody's name."""
    if not places_taken:
        return {}
    text = reader.say_many(
        "{number} place in your waiting list is taken.",
        "{number} places in your waiting list are taken.",
        places_taken,
    )
    return {"line": fill(_NOTE, key="line", icon=icon("clock"), text=text)}


def _request(booking: Booking, reader: Reader) -> Markup:
    deadline = times.day_and_time(answers.answer_by(booking), reader)
    return fill(
        _REQUEST,
        id=booking.id,
        name=booking.customer_name,
        when=session_words.when(booking, reader),
        kind=session_words.kind(booking, reader),
        icon=icon("clock"),
        lapses=reader.say("Answer by: {deadline}", deadline=deadline),
        confirm=reader.say("Confirm"),
        decline=reader.say("Decline"),
    )


def draw_today(coming: Sequence[Booking], reader: Reader) -> Pieces:
    """Today's sessions; the one that is on or comes next counts down."""
    now = clock.now()
    today = now.astimezone(reader.zone).date()
    heading = {"heading": fill(_HEADING, text=times.full_day(today, reader))}
    own = [each for each in coming if each.starts_at.astimezone(reader.zone).date() == today]
    following = next((each for each in coming if each.ends_at > now), None)
    if own:
        return heading | {str(each.id): _session(each, reader, is_next=each is following) for each in own}
    if following is None:
        text = reader.say("Nothing is booked today, and nothing is ahead.")
    else:
        text = reader.say(
            "Nothing is booked today. Next: {name}, {when}.",
            name=following.customer_name,
            when=times.day_and_time(following.starts_at, reader),
        )
    return heading | {"nothing": fill(_NOTE, key="nothing", icon=icon("calendar"), text=text)}


def _session(booking: Booking, reader: Reader, *, is_next: bool) -> Markup:
    return fill(
        _SESSION,
        id=booking.id,
        status=session_words.status_of(booking),
        is_next=Markup(" data-next") if is_next else Markup(""),
        start=times.clock_time(booking.starts_at, reader),
        end=reader.say("to {time}", time=times.clock_time(booking.ends_at, reader)),
        countdown=_countdown(booking, reader) if is_next else "",
        name=booking.customer_name,
        kind=session_words.kind(booking, reader),
        badge=session_words.badge(booking, reader),
    )


def _countdown(booking: Booking, reader: Reader) -> Markup:
    return fill(
        _COUNTDOWN,
        begins=booking.starts_at.isoformat(),
        ends=booking.ends_at.isoformat(),
        zone=reader.zone.key,
        now=reader.say("Going on now"),
        over=reader.say("Just over"),
        day=reader.say("Next up"),
    )
