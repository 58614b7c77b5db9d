"""What the mails say: to the customer of their expert, to the expert of their customer."""

from dataclasses import dataclass
from datetime import datetime

from expert_booking import answers
from expert_booking.mail import one_line
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, Expert, Message, MessageKind, Recipient
from pages import times
from pages.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One mail in its reader's language.

    Attributes:
        subject: on one line.
        state: one or two words that say what it is about, on a badge of this tone of the palette.
        heading: the same in large letters.
        lead: a sentence or two.
        button: what the link is called; blank for none.
        second: what the other link is called, where there are two ways on.
        closing: in small letters at the end.
    """

    subject: str
    state: str
    tone: str
    heading: str
    lead: str
    button: str = ""
    link: str = ""
    second: str = ""
    second_link: str = ""
    closing: str = ""


STATES = {
    MessageKind.RECEIVED: (Sentence("Received"), "held"),
    MessageKind.CONFIRMED: (Sentence("Confirmed"), "open"),
    MessageKind.DECLINED: (Sentence("Declined"), "bad"),
    MessageKind.CANCELLED: (Sentence("Cancelled"), "bad"),
    MessageKind.RESCHEDULED: (Sentence("Moved"), "accent"),
    MessageKind.LAPSED: (Sentence("Lapsed"), "bad"),
    MessageKind.REMINDER: (Sentence("Reminder"), "accent"),
}
"""What the badge says, and its tone."""

Said = tuple[str, str, str]
"""Subject, heading and lead."""


def of_code(code: str, reader: Reader) -> Words:
    """The mail that brings a code to sign in with."""
    say = reader.say
    return Words(
        subject=say("{code} is your sign-in code", code=code),
        state=say("Sign in"),
        tone="accent",
        heading=say("Your sign-in code"),
        lead=say("Type it where you asked for it. It is good for ten minutes, and for one sign-in."),
        closing=say(
            "If you did not ask for this code, ignore this mail: without the code nobody can sign in as you. "
            "Never tell it to anybody."
        ),
    )


def of_booking(message: Message, booking: Booking, expert: Expert | None, reader: Reader, *, address: str) -> Words:
    """The mail about a booking, for whom the message names; `address` is the house's."""
    say = reader.say
    when = _moment(booking.starts_at, reader)
    state, tone = STATES[message.kind]
    if message.recipient is Recipient.EXPERT:
        subject, heading, lead = _to_expert(message, booking, when, reader)
        ways = _ways_of_expert(message.kind, booking, reader, address=address)
        closing = say("You get this mail because you take bookings here.")
    else:
        subject, heading, lead = _to_customer(message.kind, booking, name_of(expert, reader), when, reader)
        ways = (_way_on(message.kind, booking, reader, address=address), ("", ""))
        closing = _closing(message.kind, reader)
    (button, link), (second, second_link) = ways
    return Words(
        subject=subject,
        state=say(state),
        tone=tone,
        heading=heading,
        lead=lead,
        button=button,
        link=link,
        second=second,
        second_link=second_link,
        closing=closing,
    )


def _moment(moment: datetime, reader: Reader) -> str:
    """For somebody who may read it on any day."""
    on = moment.astimezone(reader.zone).date()
    return reader.say("{day}, {time}", day=times.long_day(on, reader), time=times.clock_time(moment, reader))


_OVER = (MessageKind.DECLINED, MessageKind.CANCELLED, MessageKind.LAPSED)


def answer_link(booking: Booking, address: str, *, answer: str = "") -> str:
    """Where its expert answers a request, perhaps with the "confirm" or the "decline" ready to be pressed."""
    return f"{address}/requests/{booking.id}/{answers.token(booking.id)}{f'?answer={answer}' if answer else ''}"


def _ways_of_expert(
    kind: MessageKind, booking: Booking, reader: Reader, *, address: str
) -> tuple[tuple[str, str], tuple[str, str]]:
    if kind is not MessageKind.RECEIVED and not _is_of_request(kind, booking):
        return (reader.say("Open your workspace"), f"{address}/workspace"), ("", "")
    confirm, decline = (answer_link(booking, address, answer=answer) for answer in ("confirm", "decline"))
    return (reader.say("Confirm"), confirm), (reader.say("Decline"), decline)


def _is_of_request(kind: MessageKind, booking: Booking) -> bool:
    """Whether it tells a time that is not agreed upon yet: it reminds of it, or has moved the request there."""
    return kind in {MessageKind.REMINDER, MessageKind.RESCHEDULED} and booking.status is BookingStatus.PENDING


def _closing(kind: MessageKind, reader: Reader) -> str:
    if kind in _OVER:
        return reader.say("You get this mail because this address was given for a booking here.")
    return reader.say(
        "You get this mail because this address was given for a booking here. Whoever has the link can see, move and "
        "cancel the booking, so keep it to yourself."
    )


def manage_link(booking: Booking, address: str) -> str:
    """The booking's own page; whoever has it may see and manage the booking."""
    return f"{address}/bookings/{booking.manage_token}"


def _way_on(kind: MessageKind, booking: Booking, reader: Reader, *, address: str) -> tuple[str, str]:
    if kind in _OVER:
        return reader.say("Choose another time"), f"{address}/experts/{booking.expert_id}"
    return reader.say("See or cancel the booking"), manage_link(booking, address)


def name_of(expert: Expert | None, reader: Reader) -> str:
    """What an expert is called, on one line, also where nobody knows it any more."""
    return _name(expert.name, reader) if expert is not None else reader.say("an expert who has left")


def _name(name: str, reader: Reader) -> str:
    """A name on one line; among words that run from the right, it keeps its own direction."""
    plain = one_line(name)
    return f"\u2068{plain}\u2069" if reader.direction == "rtl" else plain


def _to_customer(kind: MessageKind, booking: Booking, expert: str, when: str, reader: Reader) -> Said:
    if _is_of_request(kind, booking):
        return _to_customer_who_waits(kind, booking, expert, when, reader)
    say, values = reader.say, {"expert": expert, "when": when}
    match kind:
        case MessageKind.RECEIVED:
            return (
                say("Your booking with {expert}: {when}", **values),
                say("We have your booking"),
                say("The time with {expert} is yours. We write again when it is confirmed.", expert=expert),
            )
        case MessageKind.CONFIRMED:
            return (
                say("Confirmed: {expert}, {when}", **values),
                say("Your booking is confirmed"),
                say("{expert} looks forward to seeing you.", expert=expert),
            )
        case MessageKind.DECLINED:
            return (
                say("Declined: {expert}, {when}", **values),
                say("This time does not work"),
                say("{expert} cannot take this booking. We are sorry. Other times may suit you both.", expert=expert),
            )
        case MessageKind.CANCELLED:
            return (
                say("Cancelled: {expert}, {when}", **values),
                say("Your booking is cancelled"),
                say("The session with {expert} does not take place.", expert=expert),
            )
        case MessageKind.LAPSED:
            return (
                say("Not answered: {expert}, {when}", **values),
                say("Your request has lapsed"),
                say(
                    "{expert} did not answer in time, so the session does not take place. We are sorry. "
                    "Other times may suit you both.",
                    expert=expert,
                ),
            )
        case MessageKind.RESCHEDULED:
            return (
                say("Moved: {expert}, now {when}", **values),
                say("Your booking has a new time"),
                say("You meet {expert} at the time below. The old time does not count any more.", expert=expert),
            )
        case _:
            return (
                say("Reminder: {expert}, {when}", **values),
                say("Your session is soon"),
                say("You meet {expert} at the time below. Can you not come? Then please cancel.", expert=expert),
            )


def _to_customer_who_waits(kind: MessageKind, booking: Booking, expert: str, when: str, reader: Reader) -> Said:
    say, deadline = reader.say, _moment(answers.answer_by(booking), reader)
    if kind is MessageKind.RESCHEDULED:
        return (
            say("Moved, not confirmed yet: {expert}, now {when}", expert=expert, when=when),
            say("Your request has a new time"),
            say(
                "{expert} can answer until {deadline}; then the request lapses. We write either way. The old time "
                "does not count any more.",
                expert=expert,
                deadline=deadline,
            ),
        )
    return (
        say("Not confirmed yet: {expert}, {when}", expert=expert, when=when),
        say("Your request is not confirmed yet"),
        say(
            "{expert} has not answered yet and can do so until {deadline}; then the request lapses. We write either "
            "way. Can you not come? Then please cancel.",
            expert=expert,
            deadline=deadline,
        ),
    )


def _to_expert(message: Message, booking: Booking, when: str, reader: Reader) -> Said:
    if message.kind is MessageKind.RECEIVED or _is_first(message):
        return _to_expert_at_first(message, booking, when, reader)
    if _is_of_request(message.kind, booking):
        return _to_expert_who_is_asked(message.kind, booking, when, reader)
    return _to_expert_then(message.kind, _name(booking.customer_name, reader), when, reader)


def _is_first(message: Message) -> bool:
    """Whether it tells of a booking that was confirmed by being made."""
    return message.kind is MessageKind.CONFIRMED and message.sequence == 0


def _to_expert_at_first(message: Message, booking: Booking, when: str, reader: Reader) -> Said:
    say, customer = reader.say, _name(booking.customer_name, reader)
    if _is_first(message):
        return (
            say("New booking: {customer}, {when}", customer=customer, when=when),
            say("You have a new booking"),
            say("{customer} has booked a session with you. There is nothing to confirm.", customer=customer),
        )
    return (
        say("New request: {customer}, {when}", customer=customer, when=when),
        say("You have a new request"),
        _please_answer(booking, customer, reader),
    )


def _to_expert_who_is_asked(kind: MessageKind, booking: Booking, when: str, reader: Reader) -> Said:
    say, customer = reader.say, _name(booking.customer_name, reader)
    if kind is MessageKind.RESCHEDULED:
        return (
            say("Moved, not answered yet: {customer}, now {when}", customer=customer, when=when),
            say("A request has a new time"),
            _please_answer(booking, customer, reader),
        )
    return (
        say("Not answered yet: {customer}, {when}", customer=customer, when=when),
        say("A request waits for your answer"),
        _please_answer(booking, customer, reader),
    )


def _please_answer(booking: Booking, customer: str, reader: Reader) -> str:
    return reader.say(
        "{customer} would like a session with you. Please answer by {deadline}; then the request lapses.",
        customer=customer,
        deadline=_moment(answers.answer_by(booking), reader),
    )


def _to_expert_then(kind: MessageKind, customer: str, when: str, reader: Reader) -> Said:
    say, values = reader.say, {"customer": customer, "when": when}
    match kind:
        case MessageKind.CONFIRMED:
            return (
                say("Confirmed: {customer}, {when}", **values),
                say("The booking is confirmed"),
                say("{customer} knows that you are expecting them.", customer=customer),
            )
        case MessageKind.DECLINED:
            return (
                say("Declined: {customer}, {when}", **values),
                say("The booking is declined"),
                say("{customer} has been told. The time is free again.", customer=customer),
            )
        case MessageKind.CANCELLED:
            return (
                say("Cancelled: {customer}, {when}", **values),
                say("A booking is cancelled"),
                say("The session with {customer} does not take place. The time is free again.", customer=customer),
            )
        case MessageKind.LAPSED:
            return (
                say("Not answered: {customer}, {when}", **values),
                say("A request has lapsed"),
                say(
                    "Nobody answered {customer} in time. They have been told, and the time is free.", customer=customer
                ),
            )
        case MessageKind.RESCHEDULED:
            return (
                say("Moved: {customer}, now {when}", **values),
                say("A booking has a new time"),
                say("You meet {customer} at the time below. The old time is free again.", customer=customer),
            )
        case _:
            return (
                say("Reminder: {customer}, {when}", **values),
                say("Your session is soon"),
                say("You meet {customer} at the time below.", customer=customer),
            )
