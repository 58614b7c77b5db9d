"""What stands round the ticket: how far the booking has come, what happens next, the calendar, the way back."""

from nicegui import Client

from expert_booking.calendar_file import Entry, google_link, outlook_link
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, Expert
from pages import times
from pages.components import ticket
from pages.components.status_badge import MEANING, status_badge
from pages.icons import icon
from pages.live.fragment import Markup, fill
from pages.reader import Reader
from pages.share import place

HEADINGS = {
    BookingStatus.PENDING: Sentence("You are booked"),
    BookingStatus.CONFIRMED: Sentence("You are booked"),
    BookingStatus.COMPLETED: Sentence("This session is over"),
    BookingStatus.CANCELLED: Sentence("This booking was cancelled"),
}
AHEAD = (BookingStatus.PENDING, BookingStatus.CONFIRMED)

_HEAD = (
    '<span class="emblem seal" data-status="{status}">{drawing}</span>'
    '<h1 class="hero" id="booked" tabindex="-1">{heading}</h1><p class="lead">{meaning}</p>{badge}{message}'
)
_MESSAGE = '<div class="message"><p class="faint">{words}</p><blockquote dir="auto">{message}</blockquote></div>'
_AT_ONCE = Sentence("It is confirmed already, and the time is yours. See you there.")
_SEALS = {BookingStatus.COMPLETED: "clock", BookingStatus.CANCELLED: "close"}
_CALENDARS = (
    '<section class="glass after" aria-labelledby="calendars"><h2 class="section" id="calendars">{heading}</h2>'
    '<div class="actions"><a class="quiet" href="{file}" download>{download}{words}</a>'
    '<a class="quiet" href="{google}" target="_blank" rel="noopener noreferrer">Google</a>'
    '<a class="quiet" href="{outlook}" target="_blank" rel="noopener noreferrer">Outlook</a></div></section>'
)
_NEXT = (
    '<section class="glass after" aria-labelledby="next"><h2 class="section" id="next">{heading}</h2>'
    '<ol class="steps">{steps}</ol></section>'
)
_STEP = '<li{done}><span class="dot">{mark}</span><p>{words}</p></li>'
_WAY_BACK = (
    '<section class="glass after" aria-labelledby="way-back"><h2 class="section" id="way-back">{heading}</h2>'
    '<p class="soft">{words}</p><div class="address"><input readonly id="address" dir="ltr" value="{address}"'
    ' aria-label="{name}"><button type="button" class="quiet" data-copy="address" data-copied="{copied}"'
    ' data-by-hand="{by_hand}">{icon}<span>{copy}</span></button></div><p class="faint" role="status" id="copied"></p>'
    '<div class="actions"><a class="quiet" href="/my-bookings">{list}</a>'
    '<button type="button" class="quiet" data-print>{print}</button></div></section>'
)


def draw_head(booking: Booking, reader: Reader) -> Markup:
    """The heading, the status in words, and what whoever cancelled it wrote."""
    status = booking.status
    meaning = _AT_ONCE if status is BookingStatus.CONFIRMED and was_confirmed_at_once(booking) else MEANING[status]
    return fill(
        _HEAD,
        status=status,
        drawing=icon(_SEALS.get(status, "check")),
        heading=reader.say(HEADINGS[status]),
        meaning=reader.say(meaning),
        badge=status_badge(status, reader),
        message=draw_message(booking, reader),
    )


def was_confirmed_at_once(booking: Booking) -> bool:
    """Whether the booking was Confirmed from its first moment, because its expert leaves no request to be answered."""
    return booking.confirmed_at == booking.created_at


def draw_message(booking: Booking, reader: Reader) -> Markup:
    """What was written to the customer with the cancellation, if anything was."""
    if booking.status is not BookingStatus.CANCELLED or not booking.message:
        return Markup("")
    return fill(_MESSAGE, words=reader.say("The message that came with it:"), message=booking.message)


def entry(booking: Booking, expert: Expert | None, reader: Reader, *, address: str) -> Entry:
    """What the customer's calendar shows."""
    details = reader.say(
        "Booked for {name}. Booking code {code}.", name=booking.customer_name, code=ticket.code(booking)
    )
    return Entry(title=ticket.title(expert, reader, session=booking.session_name), details=details, url=address)


def address_of(booking: Booking, client: Client) -> str:
    """The page of a booking, whole, as it is known outside."""
    return f"{place.base(client.request)}/bookings/{booking.manage_token}"


def draw_calendars(booking: Booking, expert: Expert | None, reader: Reader, *, address: str) -> Markup:
    """The three ways into a calendar; the links are followed by whoever clicks them and fetched by nobody else."""
    shown = entry(booking, expert, reader, address=address)
    return fill(
        _CALENDARS,
        heading=reader.say("Add it to your calendar"),
        file=f"/bookings/{booking.manage_token}/calendar.ics",
        download=icon("download"),
        words=reader.say("Calendar file"),
        google=google_link(booking, shown),
        outlook=outlook_link(booking, shown),
    )


def draw_next(booking: Booking, expert: Expert | None, reader: Reader) -> Markup:
    """What happens next, and what of it has happened."""
    name = expert.name.split()[0] if expert is not None else reader.say("The expert")
    on, time = booking.starts_at.astimezone(reader.zone).date(), times.clock_time(booking.starts_at, reader)
    meeting = reader.say("{day}, {time}", day=times.day(on, reader), time=time)  # on paper, today is soon another day
    if was_confirmed_at_once(booking):
        confirms = reader.say("It is confirmed: {name} expects you.", name=name)
    else:
        confirms = reader.say("{name} confirms. You see it here at once.", name=name)
    steps = {
        reader.say("The time is taken for you. Nobody else can book it."): True,
        confirms: booking.status is BookingStatus.CONFIRMED,
        reader.say("You meet: {time}.", time=meeting): False,
    }
    drawn = (
        fill(_STEP, done=Markup(' data-done="yes"') if done else "", mark=icon("check") if done else "", words=words)
        for words, done in steps.items()
    )
    return fill(_NEXT, heading=reader.say("What happens next"), steps=Markup("").join(drawn))


def draw_way_back(reader: Reader, *, address: str) -> Markup:
    """The address of this page, to keep."""
    say = reader.say
    return fill(
        _WAY_BACK,
        heading=say("Come back to it"),
        words=say("This page has an address of its own. Whoever has the address can see, move and cancel it."),
        address=address,
        name=say("Address of this booking"),
        copied=say("The address is copied."),
        by_hand=say("This browser does not let us copy. The address is selected: please copy it yourself."),
        icon=icon("copy"),
        copy=say("Copy the address"),
        list=say("My bookings"),
        print=say("Print"),
    )
