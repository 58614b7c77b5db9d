"""A customer's bookings by e-mail address, newest first, live."""

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from nicegui import background_tasks, html, ui

from expert_booking import access, customers, events, experts
from pages import problems, visitor
from pages.components.booking_card import BookingCard
from pages.layout import frame


@ui.page("/my-bookings", response_timeout=10)
async def my_bookings_page() -> None:
    """Look up, follow, cancel and delete."""
    with frame("My bookings", current="/my-bookings"), html.div().classes("wrap narrow"):
        html.h1("My bookings").classes("hero")
        html.p("Type the e-mail address you booked with. What changes shows here at once.").classes("lead")
        BookingList(visitor.zone())


class BookingList:
    """The field, and the bookings of the address that was looked up last."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._key: str | None = None
        self._cards: dict[PydanticObjectId, BookingCard] = {}
        with html.form().classes("glass lookup").props("novalidate") as form:
            self._email = ui.input("E-mail").props(
                "outlined type=email autocomplete=email data-draft=email no-error-icon"
            )
            html.button("Show my bookings").classes("cta").props("type=submit")
        form.on("submit.prevent", self.look_up)
        self._list = html.div().classes("bookings").props("aria-live=polite")
        ui.run_javascript("restoreDrafts()")

    async def look_up(self) -> None:
        """Find the bookings of the address in the field."""
        self._email.error = None
        try:
            email = customers.check_email(self._email.value or "")
        except ValueError as error:
            self._email.error = str(error)
            self._email.run_method("focus")
            return
        self._watch(customers.customer_key(email))
        with problems.shown():
            await self._load(email)

    def _watch(self, key: str) -> None:
        if self._key is not None:
            events.bookings.unsubscribe(self._key, self._apply)
        self._key = key
        events.bookings.subscribe(key, self._apply)

    async def _load(self, email: str) -> None:
        found = await access.bookings_of(email, visitor=visitor.visitor_id())
        named = await experts.by_ids({booking.expert_id for booking in found})
        self._cards = {}
        self._list.clear()
        with self._list:
            for booking in found:
                gone = partial(self._remove, booking.id)
                card = BookingCard(booking, named.get(booking.expert_id), zone=self._zone, on_gone=gone)
                self._cards[booking.id] = card
            if not found:
                self._draw_empty()

    def _draw_empty(self) -> None:
        text = "Nothing is booked with this address. Check its spelling, or find an expert."
        problems.notice("No bookings", text, action="Browse the experts")

    def _apply(self, event: events.BookingChanged) -> Any:
        card = self._cards.get(event.booking_id)
        if card is None:
            background_tasks.create(self._load(self._key or ""), name="load a new booking")
        elif event.status is None:
            card.vanish()
        else:
            card.show(event.status)

    def _remove(self, booking_id: PydanticObjectId) -> None:
        if card := self._cards.pop(booking_id, None):
            card.element.delete()
        if not self._cards:
            with self._list:
                self._draw_empty()
