"""How far a booking has come: a shape, a word and a colour, and a sentence that explains them."""

from expert_booking import statuses
from expert_booking.sentence import Sentence
from models import BookingStatus
from pages.live.markup import Markup, fill
from pages.reader import Reader

MEANING = {
    BookingStatus.PENDING: Sentence("The time is yours. The expert has yet to confirm it."),
    BookingStatus.CONFIRMED: Sentence("The expert has confirmed. See you there."),
    BookingStatus.COMPLETED: Sentence("This session is over."),
    BookingStatus.CANCELLED: Sentence("This booking was cancelled; the time is free for others."),
}

_BADGE = '<span class="status" data-status="{status}">{name}</span>'


def status_badge(status: BookingStatus, reader: Reader) -> Markup:
    """The status as its reader says it."""
    return fill(_BADGE, status=status, name=reader.say(statuses.NAMES[status]))
