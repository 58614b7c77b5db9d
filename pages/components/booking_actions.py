"""What a customer does about a booking, wherever it is shown."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from expert_booking import bookings, deletions, letters
from expert_booking.calendar_file import MEDIA_TYPE, Entry, calendar_file
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
