"""What the mails say: to the customer of their expert, to the expert of their customer."""

from dataclasses import dataclass

from expert_booking.mail import one_line
from expert_booking.sentence import Sentence
from models import Booking, Expert, Message, MessageKind, Recipient
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
        closing: in small letters at the end.
    """

    subject: str
    state: str
    tone: str
    heading: str
    lead: str
    button: str = ""
    link: str = ""
    closing: str = ""


STATES = {
    MessageKind.RECEIVED: (Sentence("Received"), "held"),
    MessageKind.CONFIRMED: (Sentence("Confirmed"), "open"),
    MessageKind.DECLINED: (Sentence("Declined"), "bad"),
    MessageKind.CANCELLED: (Sentence("Cancelled"), "bad"),
    MessageKind.RESCHEDULED: (Sentence("Moved"), "accent"),
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
    when = say(
        "{day}, {time}",
        day=times.long_day(booking.starts_at.astimezone(reader.zone).date(), reader),
        time=times.clock_time(booking.starts_at, reader),
    )
    state, tone = STATES[message.kind]
    if message.recipient is Recipient.EXPERT:
        subject, heading, lead = _to_expert(message.kind, _name(booking.customer_name, reader), when, reader)
        button = link = ""
        closing = say("You get this mail because you take bookings here.")
    else:
        name = _name(expert.name, reader) if expert is not None else say("an expert who has left")
        subject, heading, lead = _to_customer(message.kind, name, when, reader)
        button, link = _way_on(message.kind, booking, reader, address=address)
        closing = _closing(message.kind, reader)
    return Words(
        subject=subject,
        state=say(state),
        tone=tone,
        heading=heading,
        lead=lead,
        button=button,
        link=link,
        closing=closing,
    )


_OVER = (MessageKind.DECLINED, MessageKind.CANCELLED)


def _closing(kind: MessageKind, reader: Reader) -> str:
    if kind in _OVER:
        return reader.say("You get this mail because this address was given for a booking here.")
    return reader.say(
        "You get this mail because this address was given for a booking here. Whoever has the link can see and cancel "
        "the booking, so keep it to yourself."
    )


def manage_link(booking: Booking, address: str) -> str:
    """The booking's own page; whoever has it may see and manage the booking."""
    return f"{address}/bookings/{booking.manage_token}"


def _way_on(kind: MessageKind, booking: Booking, reader: Reader, *, address: str) -> tuple[str, str]:
    if kind in _OVER:
        return reader.say("Choose another time"), f"{address}/experts/{booking.expert_id}"
    return reader.say("See or cancel the booking"), manage_link(booking, address)


def _name(name: str, reader: Reader) -> str:
    """A name on one line; among words that run from the right, it keeps its own direction."""
    plain = one_line(name)
    return f"\u2068{plain}\u2069" if reader.direction == "rtl" else plain


def _to_customer(kind: MessageKind, expert: str, when: str, reader: Reader) -> Said:
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


def _to_expert(kind: MessageKind, customer: str, when: str, reader: Reader) -> Said:
    say, values = reader.say, {"customer": customer, "when": when}
    match kind:
        case MessageKind.RECEIVED:
            return (
                say("New booking: {customer}, {when}", **values),
                say("You have a new booking"),
                say("{customer} has booked a session with you.", customer=customer),
            )
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
