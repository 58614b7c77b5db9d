"""Cards, notices and the timeline."""

from expert_booking.availability import OpenTimes
from models import BookingStatus
from pages.components import instead_of_cards, ticket, timeline
from pages.components.expert_card import expert_card
from pages.components.timeline import Timeline
from pages.live.markup import Markup, fill
from pages.live.open_times import OpenTimesBoard
from pages.live.pieces import Pieces
from pages.reader import Reader
from pages.styleguide import samples
from pages.styleguide.sheet import FORCED, forced, row, specimen

_LIST = '<div class="bookings">{pieces}</div>'


def cards(reader: Reader) -> Markup:
    """An expert with many, few and no open times, with none known yet, and pointed at."""
    known = {
        "many": OpenTimes(open_slots=9, next_open_at=samples.hour(3)),
        "few": OpenTimes(open_slots=1, next_open_at=samples.hour(26)),
        "none": OpenTimes(),
        "not known yet": None,
    }
    plain = [specimen(name, _card(open_times, reader)) for name, open_times in known.items()]
    moved = [specimen(state, forced(_card(known["many"], reader), state)) for state in FORCED if state]
    long = specimen("a long name", _card(known["few"], reader, name=samples.LONGEST))
    return row([*plain, *moved, long], css_class="cards")


def _card(open_times: OpenTimes | None, reader: Reader, *, name: str = samples.SARAH) -> Markup:
    expert = samples.expert(name)
    board = OpenTimesBoard(expert.id, reader)
    if open_times is not None:
        board.take(open_times, news=0)
    return expert_card(expert, board, reader, search=name[:3])


def notices(reader: Reader) -> Markup:
    """What stands where there is nothing to show, or something went wrong."""
    way = instead_of_cards.WayOut(pick="search=", text=reader.say("Show everybody"), names=[samples.SARAH], total=4)
    drawn = [
        instead_of_cards.nobody([way], reader),
        instead_of_cards.failure(reader.say("Please try again in a moment."), reader),
        *timeline.empty(timeline.NOTHING_YET, reader).values(),
        *timeline.failed(reader.say("Please try again in a moment."), reader).values(),
    ]
    return row(drawn, css_class="column")


def timeline_of_bookings(reader: Reader) -> Markup:
    """Bookings of every status, one of them just deleted."""
    sarah, other = samples.expert(), samples.expert(samples.LONGEST)
    confirmed = samples.booking(sarah, BookingStatus.CONFIRMED, hours=2)
    pending = samples.booking(other, BookingStatus.PENDING, hours=26)
    cancelled = samples.booking(sarah, BookingStatus.CANCELLED, hours=27)
    completed = samples.booking(sarah, BookingStatus.COMPLETED, hours=-30)
    deleted = samples.booking(other, BookingStatus.COMPLETED, hours=-54)
    booked = (confirmed, pending, cancelled, completed, deleted)
    line = Timeline(
        reader=reader,
        bookings={each.id: each for each in booked},
        experts={sarah.id: sarah, other.id: other},
        going={deleted.id: 8},
    )
    return _listed(line.draw())


def a_ticket(reader: Reader) -> Markup:
    """A booking as its own page shows it, under an id of its own."""
    expert = samples.expert()
    booking = samples.booking(expert, BookingStatus.CONFIRMED, hours=26)
    drawn = ticket.draw_ticket(booking, expert, reader)
    return row([drawn.replace("pass-heading", f"pass-{booking.id}")], css_class="column")


def skeletons(_: Reader) -> Markup:
    """What stands there while something is read."""
    return _listed(timeline.looking())


def _listed(pieces: Pieces) -> Markup:
    return fill(_LIST, pieces=Markup("").join(pieces.values()))
