"""Sessions as their expert is told of them."""

from datetime import datetime

from expert_booking import clock, statuses
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, ChangeKind, JournalEntry
from models.booking import ActorKind
from pages import times
from pages.live.markup import Markup, fill
from pages.reader import Reader

NO_SHOW = Sentence("No-show")

_BADGE = '<span class="status" data-status="{status}">{name}</span>'

_DONE = {
    ChangeKind.MADE: Sentence("Booked"),
    ChangeKind.CONFIRMED: Sentence("Confirmed"),
    ChangeKind.COMPLETED: Sentence("Completed"),
    ChangeKind.DECLINED: Sentence("Declined"),
    ChangeKind.CANCELLED: Sentence("Cancelled"),
    ChangeKind.LAPSED: Sentence("Lapsed: nobody answered"),
    ChangeKind.NO_SHOW: Sentence("Marked as a no-show"),
    ChangeKind.DELETED: Sentence("Deleted"),
    ChangeKind.ERASED: Sentence("Erased"),
}
_DOERS = {
    ActorKind.CUSTOMER: Sentence("The customer"),
    ActorKind.EXPERT: Sentence("You"),
    ActorKind.ADMINISTRATOR: Sentence("The administration"),
    ActorKind.PROGRAM: Sentence("A program"),
    ActorKind.HOUSE: Sentence("The house"),
}


def status_of(booking: Booking) -> str:
    """How far it has come, as the styles know it."""
    return "NoShow" if booking.no_show_at is not None else str(booking.status)


def status_words(booking: Booking, reader: Reader) -> str:
    """How far it has come."""
    return reader.say(NO_SHOW if booking.no_show_at is not None else statuses.NAMES[booking.status])


def badge(booking: Booking, reader: Reader) -> Markup:
    """How far it has come, as a shape, a word and a colour."""
    return fill(_BADGE, status=status_of(booking), name=status_words(booking, reader))


def hours(starts_at: datetime, ends_at: datetime, reader: Reader) -> str:
    """Such as "9:00 AM – 10:00 AM"."""
    first, last = times.clock_time(starts_at, reader), times.clock_time(ends_at, reader)
    return reader.say("{first} – {last}", first=first, last=last)


def when(booking: Booking, reader: Reader) -> str:
    """Such as "Tomorrow, 9:00 AM – 10:00 AM"."""
    begins = times.day_and_time(booking.starts_at, reader)
    return reader.say("{first} – {last}", first=begins, last=times.clock_time(booking.ends_at, reader))


def kind(booking: Booking, reader: Reader) -> str:
    """Such as "Deep dive, 60 minutes", or the length alone where the expert has only one kind of session."""
    minutes = round((booking.ends_at - booking.starts_at).total_seconds() / 60)
    length = reader.say_many("{number} minute", "{number} minutes", minutes)
    if not booking.session_name:
        return length
    return reader.say("{session}, {length}", session=booking.session_name, length=length)


def has_begun(booking: Booking) -> bool:
    """Whether its time has come."""
    return booking.starts_at <= clock.now()


def waits(booking: Booking) -> bool:
    """Whether it can still be confirmed or declined."""
    return booking.status is BookingStatus.PENDING and not has_begun(booking)


def done(entry: JournalEntry, reader: Reader) -> str:
    """What was done to a booking, such as "Confirmed"."""
    name = entry.what.removeprefix("booking.")
    if name == ChangeKind.RESCHEDULED:
        earlier, later = (times.day_and_time(datetime.fromisoformat(at), reader) for at in (entry.was, entry.became))
        return reader.say("Moved from {earlier} to {later}", earlier=earlier, later=later)
    return reader.say(_DONE[ChangeKind(name)]) if name in set(ChangeKind) else entry.what


def doer(entry: JournalEntry, reader: Reader) -> str:
    """Who did it, as its expert calls them."""
    return reader.say(_DOERS[entry.by])
