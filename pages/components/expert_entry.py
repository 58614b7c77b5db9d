"""A booking as it stands in its expert's own calendar: by mail, and in the feed, which are one entry there."""

from expert_booking.calendar_file import Entry
from models import Booking
from pages.components import phones, ticket
from pages.reader import Reader


def title(booking: Booking, reader: Reader) -> str:
    """Such as "Session with Alice" or, where the session has a name, "Intro with Alice"."""
    if booking.session_name:
        return reader.say("{session} with {name}", session=booking.session_name, name=booking.customer_name)
    return reader.say("Session with {name}", name=booking.customer_name)


def entry(booking: Booking, reader: Reader, *, url: str) -> Entry:
    """With how to reach the customer and what they wrote; the booking's own page is the customer's alone."""
    named = reader.say("Booking code {code}.", code=ticket.code(booking))
    reach = "\n".join(part for part in (booking.customer_email, number(booking.customer_phone), booking.notes) if part)
    return Entry(title=title(booking, reader), details=f"{reach}\n{named}", url=url)


def number(phone: str) -> str:
    """A phone number as people write it."""
    return phones.in_groups(phone) if phone.startswith("+") else phone
