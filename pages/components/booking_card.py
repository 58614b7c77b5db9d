"""One booking as its customer sees it: what, when, how far it has come, and what can be done about it."""

from collections.abc import Callable

from nicegui import html, ui
from nicegui.elements.mixins.text_element import TextElement

from expert_booking import bookings, statuses
from models import Booking, BookingStatus, Expert
from models.booking import TRANSITIONS
from pages import focus, problems, times
from pages.components.question import ask
from pages.components.session_card import title_of
from pages.components.status_badge import MEANING
from pages.reader import Reader

ORDER = list(BookingStatus)


class BookingCard:
    """Status and actions are set in place; `on_gone` is called once the booking is deleted."""

    def __init__(
        self,
        booking: Booking,
        expert: Expert | None,
        *,
        reader: Reader,
        on_gone: Callable[[], None],
        has_details: bool = False,
    ) -> None:
        self._booking = booking
        self._reader = reader
        self._status = booking.status
        self._on_gone = on_gone
        with html.article().classes("glass booking") as self.element:
            with html.div().classes("row"):
                html.h2(title_of(expert, reader)).classes("section")
                self._badge = TextElement(tag="span", text="").classes("status").props("role=status")
            self._meaning = TextElement(tag="p", text="").classes("soft")
            self._draw_facts(reader, expert if has_details else None)
            self._actions = html.div().classes("actions")
        self.show(booking.status)

    def _draw_facts(self, reader: Reader, expert: Expert | None) -> None:
        booking = self._booking
        facts = {
            reader.say("When"): times.span(booking.starts_at, booking.ends_at, reader),
            reader.say("Time zone"): reader.say(
                "{place}, {offset}",
                place=times.place(reader.zone, reader),
                offset=times.offset(reader.zone, booking.starts_at),
            ),
            reader.say("Booked for"): booking.customer_name,
        }
        if expert is not None:
            facts |= {reader.say("E-mail"): booking.customer_email, reader.say("Phone"): booking.customer_phone}
            if booking.notes:
                facts[reader.say("Notes")] = booking.notes
        with html.dl().classes("facts"):
            for term, fact in facts.items():
                html.dt(term)
                html.dd(fact)

    def show(self, status: BookingStatus) -> None:
        """Set status and actions; a status that comes late and is older than the shown one is dropped."""
        if ORDER.index(status) < ORDER.index(self._status):
            return
        if status is not self._status:
            self.rescue_focus()
        self._status = status
        self._badge.text = self._reader.say(statuses.NAMES[status])
        self._badge.props["data-status"] = status
        self._meaning.text = self._reader.say(MEANING[status])
        self._actions.clear()
        with self._actions:
            if BookingStatus.CANCELLED in TRANSITIONS[status]:
                html.button(self._reader.say("Cancel booking")).classes("danger").props("type=button").on(
                    "click", self._cancel
                )
            if status is BookingStatus.COMPLETED:
                html.button(self._reader.say("Delete")).classes("danger").props("type=button").on("click", self._delete)

    async def _cancel(self) -> None:
        say = self._reader.say
        heading, text = say("Cancel this booking?"), say("The time opens for everybody at once.")
        if await ask(heading, text, yes=say("Cancel booking")):
            with problems.shown():
                await bookings.cancel(self._booking.id)
                ui.notify(say("Cancelled. The time is free again."), type="positive")

    async def _delete(self) -> None:
        say = self._reader.say
        heading, text = say("Delete this booking?"), say("It disappears from your list for good.")
        if await ask(heading, text, yes=say("Delete")):
            with problems.shown():
                await bookings.delete(self._booking.id)
                ui.notify(say("Deleted."), type="positive")

    def rescue_focus(self) -> None:
        """Let the keyboard go on at this card if what had the focus goes away."""
        with self.element:
            focus.rescue(f"#{self.element.html_id} h2")

    def vanish(self) -> None:
        """The booking is gone, by this page or another."""
        self._on_gone()
