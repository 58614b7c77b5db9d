"""A customer's bookings by e-mail address, newest first, live."""

from functools import partial

from beanie import PydanticObjectId
from nicegui import background_tasks, html, ui

from expert_booking import access, customers, database, events, experts
from expert_booking.errors import DatabaseUnavailable
from models import Booking, BookingStatus, Expert
from pages import focus, problems, share, visitor
from pages.components.booking_card import BookingCard
from pages.components.field import Problem
from pages.layout import frame
from pages.reader import Reader


@ui.page("/my-bookings", response_timeout=10)
async def my_bookings_page() -> None:
    """Look up, follow, cancel and delete."""
    reader = visitor.reader()
    with frame(reader.say("My bookings"), current="/my-bookings"), html.div().classes("wrap narrow"):
        share.keep_private(reader)
        html.h1("My bookings").classes("hero")
        html.p("Type the e-mail address you booked with. What changes shows here at once.").classes("lead")
        if not await database.is_reachable():  # nothing is read before somebody asks, and then it is late to say so
            raise DatabaseUnavailable
        BookingList(visitor=visitor.visitor_id(), reader=reader)


class BookingList:
    """The field, and the bookings of the address that was looked up last."""

    def __init__(self, *, visitor: str, reader: Reader) -> None:
        self._visitor = visitor
        self._reader = reader
        self._key: str | None = None
        self._loads = 0
        self._told: dict[PydanticObjectId, BookingStatus | None] = {}
        self._cards: dict[PydanticObjectId, BookingCard] = {}
        with html.form().classes("glass lookup").props("novalidate") as form:
            self._email = ui.input("E-mail").props(
                "outlined type=email autocomplete=email data-draft=email no-error-icon"
            )
            self._problem = Problem(self._email, "email")
            html.button("Show my bookings").classes("cta").props("type=submit")
        # The submission brings the address itself: before the line stands, two events may overtake each other.
        typed = '(event) => emit(event.target.querySelector("input").value)'
        form.on("submit.prevent", lambda submission: self.look_up(str(submission.args or "")), js_handler=typed)
        self._list = html.div().classes("bookings").props("aria-live=polite")
        ui.run_javascript("restoreDrafts(); lookUpAgain()")
        events.resync.subscribe(events.EVERY_EXPERT, self._read_again)

    async def look_up(self, address: str) -> None:
        """Find the bookings of an address."""
        self._problem.show(None)
        try:
            email = customers.check_email(address)
        except ValueError as error:
            self._problem.show(str(error))
            self._email.run_method("focus")
            return
        ui.run_javascript("keepLookingUp()")
        self._watch(customers.customer_key(email))
        await self._load(email)

    def _watch(self, key: str) -> None:
        if self._key is not None:
            events.bookings.unsubscribe(self._key, self._apply)
        self._key = key
        events.bookings.subscribe(key, self._apply)

    async def _load(self, email: str) -> None:
        """Read the bookings and draw them, unless a later reading has begun meanwhile."""
        self._loads += 1
        mine = self._loads
        self._told.clear()
        with self._list, problems.shown():
            found = await access.bookings_of(email, visitor=self._visitor)
            named = await experts.by_ids({booking.expert_id for booking in found})
            if mine == self._loads and not self._list.is_deleted:
                self._draw(found, named)
                for booking_id, status in self._told.items():  # newer than what was read
                    self._show(booking_id, status)

    def _draw(self, found: list[Booking], named: dict[PydanticObjectId, Expert]) -> None:
        self._cards = {}
        self._list.clear()
        for booking in found:
            gone = partial(self._remove, booking.id)
            card = BookingCard(booking, named.get(booking.expert_id), reader=self._reader, on_gone=gone)
            self._cards[booking.id] = card
        if not found:
            self._draw_empty()

    def _draw_empty(self) -> None:
        text = "Nothing is booked with this address. Check its spelling, or find an expert."
        problems.notice("No bookings", text, action="Browse the experts")

    def _apply(self, event: events.BookingChanged) -> None:
        self._told[event.booking_id] = event.status
        if event.booking_id in self._cards or event.status is None:
            self._show(event.booking_id, event.status)
        else:
            background_tasks.create(self._load(self._key or ""), name="load a new booking")

    def _read_again(self, _: events.ChangesMissed) -> None:
        if self._key is not None:
            background_tasks.create(self._load(self._key), name="read the bookings again")

    def _show(self, booking_id: PydanticObjectId, status: BookingStatus | None) -> None:
        card = self._cards.get(booking_id)
        if card is not None and status is None:
            card.vanish()
        elif card is not None and status is not None:
            card.show(status)

    def _remove(self, booking_id: PydanticObjectId) -> None:
        if booking_id not in self._cards:
            return
        place = [*self._cards].index(booking_id)
        self._cards.pop(booking_id).element.delete()
        if left := [*self._cards.values()]:
            left[min(place, len(left) - 1)].rescue_focus()
            return
        with self._list:
            self._draw_empty()
            focus.rescue(".notice h2")
