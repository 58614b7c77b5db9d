"""What a customer does about a booking, wherever it is shown."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from expert_booking import bookings, clock, deletions, letters, policy, rescheduling
from expert_booking.calendar_file import MEDIA_TYPE, Entry, calendar_file
from expert_booking.errors import TooLateToChange
from models import Booking
from pages import focus
from pages.components.question import ask
from pages.reader import Reader
from pages.share import place


async def _always() -> bool:
    return True


async def cancel(booking: Booking, reader: Reader, *, may_still: Callable[[], Awaitable[bool]] = _always) -> None:
    """Cancel after a question, as it cannot be taken back; whether they `may_still` is asked after the answer."""
    heading, text = reader.say("Cancel this booking?"), reader.say("The time opens for everybody at once.")
    if await ask(heading, text, yes=reader.say("Cancel booking")) and await may_still():
        focus.rescue(f'[data-key="{booking.id}"] :is(h3, h4)')
        await bookings.cancel(booking.id)
        ui.notify(reader.say("Cancelled. The time is free again."), type="positive")


def can_move(booking: Booking) -> bool:
    """Whether there is something ahead to be moved."""
    return booking.status in rescheduling.MOVABLE and booking.starts_at > clock.now()


def is_too_late(booking: Booking) -> bool:
    """Whether the session has begun, or is nearer than its customer may cancel or move it."""
    try:
        bookings.refuse_if_late(booking)
    except TooLateToChange:
        return True
    return False


def why_too_late(booking: Booking, reader: Reader) -> str:
    """What stands where the buttons would be that `is_too_late` for."""
    if booking.starts_at <= clock.now():
        return reader.say("The time of this session has come: it can no longer be moved or cancelled.")
    minutes = int(policy.current().change_notice.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if rest:
        return reader.say_many(
            "It can be moved or cancelled until {number} minute before it begins. To change it now, please write to the"
            " expert.",
            "It can be moved or cancelled until {number} minutes before it begins. To change it now, please write to"
            " the expert.",
            minutes,
        )
    return reader.say_many(
        "It can be moved or cancelled until {number} hour before it begins. To change it now, please write to the"
        " expert.",
        "It can be moved or cancelled until {number} hours before it begins. To change it now, please write to the"
        " expert.",
        hours,
    )


async def undo(booking: Booking, reader: Reader) -> None:
    """Let a booking stay that is about to be deleted."""
    if not await deletions.undo(booking.id):
        ui.notify(reader.say("It was too late: this booking is deleted."), type="warning")


def hand_over(booking: Booking, title: str, reader: Reader) -> None:
    """Give the customer the session for their own calendar; it leads back to the list, and not to its own page."""
    base = place.base(ui.context.client.request)
    details = reader.say("Booked for {name}", name=booking.customer_name)
    entry = Entry(title=title, details=details, url=f"{base}/my-bookings")
    file = calendar_file(booking, entry, house=letters.house().host)
    ui.download.content(file, "session.ics", media_type=MEDIA_TYPE)
