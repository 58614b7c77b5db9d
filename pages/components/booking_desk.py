"""What one visitor does on one expert's page: look, hold, book."""

import hashlib
import logging
from typing import Any
from weakref import WeakSet

from beanie import PydanticObjectId
from nicegui import background_tasks, html, json, ui
from nicegui.events import GenericEventArguments

from expert_booking import availability, bookings, clock, closing, database, events, hold_limits, holds
from expert_booking.customers import Customer
from expert_booking.errors import BookingError, IdempotencyKeyReused, SlotNotFound, SlotUnavailable, SlotWithdrawn
from expert_booking.holds import Hold
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Booking, Expert, SlotState
from pages import problems, visitor
from pages.components.booking_form import Sent
from pages.components.booking_panel import BookingPanel
from pages.components.slot_grid import SlotGrid
from pages.reader import Reader

log = logging.getLogger(__name__)

MOST_OFFERED = 6
"""So many times are offered instead of one that was lost."""

MOST_ATTEMPTS = 8
"""So many bookings whose answer did not come may one tab ask about when it comes back."""

# Tabs of one browser share their visitor's hold: whichever closes must leave it to the others.
_open_desks: "WeakSet[BookingDesk]" = WeakSet()


class BookingDesk:
    """Calendar and form together; the page of whoever clicks takes the same events as everybody else's."""

    def __init__(self, expert: Expert, *, session_type: str, visitor: str, reader: Reader) -> None:
        self._expert_id = expert.id
        self._visitor = visitor
        self._reader = reader
        self._hold: Hold | None = None
        self._keys: dict[PydanticObjectId, str] = {}  # idempotency keys, by the slots that this page tried to book
        self._is_booking = False
        self._client = ui.context.client  # what was clicked may be gone when the answer comes; the page is not
        self._followed: set[PydanticObjectId] = set()
        self._grid = SlotGrid(expert, reader, session_type=session_type, on_pick=self.pick)

    def add_panel(self, expert: Expert, *, country: str) -> None:
        """Draw the pane for the form; national phone numbers are read in this country (ISO 3166-1 alpha-2)."""
        self._panel = BookingPanel(
            reader=self._reader,
            country=country,
            expert=expert,
            on_book=self.book,
            on_pick=self.pick,
            on_let_go=self.let_go,
        )

    async def open(self, calendar: html.div) -> None:
        """Load the calendar, which is followed already, and take up a hold that a reload left.

        What the address asks for, or the tab remembers, comes from the browser once its line stands: nothing is held
        for a page that nobody looks at.
        """
        self._client.on_delete(self._leave)
        _open_desks.add(self)
        await self._grid.load()
        held = await holds.of_visitor(self._visitor)
        slot_id = None
        if held is not None and held.expert_id == self._expert_id:
            slot_id = held.id
            await self._grid.show_type(held.session_type)
        with calendar:
            self._grid.draw(show=slot_id)
        if slot_id is not None:
            await self.pick(slot_id)
        ui.on("arrived", self._arrive)
        ui.run_javascript("arrive()")

    async def _arrive(self, event: GenericEventArguments) -> None:
        """Go to a booking whose answer did not come, or else hold the time that the address names."""
        time, attempts = _arrival(event.args)
        for slot_id, attempt in attempts.items():
            self._keys[slot_id] = self._key(slot_id, attempt)
            self._follow(slot_id)
            if await self._arrived(slot_id):
                return
        if time is not None:
            await self.pick(time)

    def _key(self, slot_id: PydanticObjectId, attempt: str) -> str:
        """The idempotency key for an attempt that a browser has named: another browser cannot find what it made."""
        return hashlib.sha256(json.dumps([self._visitor, str(slot_id), attempt]).encode()).hexdigest()

    def apply(self, event: events.SlotChanged) -> None:
        """Take in what happened to a slot that this visitor has picked, here or in any other browser."""
        if self._is_booking:
            return
        hold = self._hold
        if hold is None or event.slot_id != hold.slot_id:
            if event.state is SlotState.BOOKED and event.slot_id in self._keys:
                background_tasks.create(self._arrived(event.slot_id))
        elif event.state is SlotState.OPEN:
            self._forget_hold()
            self._panel.show_ended(event, is_time_up=hold.until <= clock.now())
        elif event.state is not SlotState.HELD or event.held_until != hold.until:
            self._forget_hold()
            is_withdrawn = event.state is SlotState.WITHDRAWN
            taken = SlotUnavailable(Sentence("Somebody else has this time now."))
            background_tasks.create(self._lose(event.slot_id, SlotWithdrawn() if is_withdrawn else taken))

    async def pick(self, slot_id: PydanticObjectId) -> None:
        """Hold a slot and open the form for it."""
        if self._is_booking:
            return
        with self._client, problems.shown():
            try:
                hold = await self._take(slot_id)
            except (SlotUnavailable, SlotNotFound) as error:
                await self._lose(slot_id, error)
                return
            if self._grid.known(slot_id) is None:  # what the address names may be a time for another session
                taken = await availability.slot_of(self._expert_id, slot_id)
                await self._grid.show_type(taken.session_type)
            self._grid.mark_mine(slot_id)
            if slot := self._grid.known(slot_id):
                self._grid.show_day_of(slot_id)
                self._panel.show_form(hold, slot)

    async def _take(self, slot_id: PydanticObjectId) -> Hold:
        # What was held before is let go of on purpose, which is nothing to tell of.
        before, self._hold = self._hold, None
        self._follow(slot_id)
        try:
            with self._grid.picking(slot_id):
                self._hold = await hold_limits.hold(
                    expert_id=self._expert_id,
                    slot_id=slot_id,
                    visitor=self._visitor,
                    address=visitor.address_of(self._client.request),
                )
            return self._hold
        finally:
            self._hold = self._hold or before
            if self._client.is_deleted:
                self._leave()

    def _follow(self, slot_id: PydanticObjectId) -> None:
        if slot_id not in self._followed:
            self._followed.add(slot_id)
            events.slots.subscribe(slot_id, self.apply)

    async def let_go(self) -> PydanticObjectId | None:
        """Give back the slot that is held, if any, and look at the calendar again; which one it was."""
        if self._is_booking:
            return None
        hold = self._forget_hold()
        with self._client, problems.shown():
            self._panel.show_hint()
            if hold is not None:
                await holds.release(slot_id=hold.slot_id, token=hold.token)
        return hold.slot_id if hold is not None else None

    async def book(self, customer: Customer, sent: Sent) -> bool:
        """Book the held slot and go to the confirmation; whether that is where the page goes.

        A time lost at the last moment is answered with others. The browser keeps the name of its attempt until it has
        the answer, so that trying again can never book a slot twice, not even after the server has died.
        """
        hold = self._hold
        if hold is None or self._is_booking or sent.slot != str(hold.slot_id):
            return False
        self._is_booking = True
        self._keys[hold.slot_id] = self._key(hold.slot_id, sent.attempt)
        with self._client, problems.shown():
            try:
                await self._book(hold, customer)
                return True
            except SlotUnavailable as error:
                self._forget_hold()
                return await self._lose(hold.slot_id, error)
            except IdempotencyKeyReused:
                return await self._arrived(hold.slot_id)
            finally:
                self._is_booking = False
        return False

    async def _book(self, hold: Hold, customer: Customer) -> None:
        await visitor.count(Limit.BOOKING)
        booking = await bookings.book(
            expert_id=self._expert_id,
            slot_id=hold.slot_id,
            visitor=self._visitor,
            customer=customer,
            idempotency_key=self._keys[hold.slot_id],
            made_by=bookings.made_by_digest(self._visitor),
        )
        self._go_to(booking)

    def _go_to(self, booking: Booking) -> None:
        self._hold = None
        ui.run_javascript(f"bookingMade({json.dumps(str(booking.slot_id))})")
        ui.navigate.to(f"/bookings/{booking.manage_token}")

    async def _arrived(self, slot_id: PydanticObjectId) -> bool:
        """Whether a booking of this page, whose answer was lost, was made after all; if so, go to it."""
        key = self._keys.get(slot_id)
        with self._client, problems.shown():
            booking = await bookings.made_with(key) if key else None
            if booking is not None and booking.active:
                self._go_to(booking)
                return True
            if booking is not None:  # and cancelled since: the next attempt is another one
                ui.run_javascript(f"forgetAttempt({json.dumps(str(slot_id))})")
        return False

    async def _lose(self, slot_id: PydanticObjectId, error: BookingError) -> bool:
        """Say why the slot is not to be had, and which ones near it are, unless this page itself has booked it.

        Whether it has, and goes there.
        """
        if await self._arrived(slot_id):
            return True
        with self._client, problems.shown():
            await self._grid.load(anew=True)
            slot = self._grid.known(slot_id)
            near = clock.now() if slot is None else slot.starts_at
            nearest = await availability.nearest_open(
                self._expert_id, to=near, session_type=self._grid.session_type, limit=MOST_OFFERED
            )
            kept = self._grid.known(self._hold.slot_id) if self._hold is not None else None
            self._panel.show_lost(self._reader.say(error.args[0]), nearest, kept=kept)
        return False

    def _forget_hold(self) -> Hold | None:
        hold, self._hold = self._hold, None
        self._grid.mark_mine(None)
        return hold

    def _leave(self) -> None:
        _open_desks.discard(self)
        if self._hold is None or closing.is_closing():  # after the restart, the visitor's page takes the hold up again
            return
        heir = next((desk for desk in _open_desks if desk._shares(self._hold, self._visitor)), None)
        if heir is not None:
            heir._hold = self._hold
        else:
            background_tasks.create(_release_quietly(self._hold), name="release a hold")

    def _shares(self, hold: Hold, visitor: str) -> bool:
        return self._visitor == visitor and self._hold is not None and self._hold.slot_id == hold.slot_id


def _arrival(arguments: Any) -> tuple[PydanticObjectId | None, dict[PydanticObjectId, str]]:
    """What a browser brings along: the time that is asked for, and by time the attempts without an answer."""
    given = arguments if isinstance(arguments, dict) else {}
    attempts = given.get("attempts")
    named = list(attempts.items())[:MOST_ATTEMPTS] if isinstance(attempts, dict) else []
    known = {slot: str(attempt) for text, attempt in named if (slot := _slot_id(text))}
    return _slot_id(given.get("time")), known


def _slot_id(text: Any) -> PydanticObjectId | None:
    return PydanticObjectId(text) if isinstance(text, str) and PydanticObjectId.is_valid(text) else None


async def _release_quietly(hold: Hold) -> None:
    try:
        await holds.release(slot_id=hold.slot_id, token=hold.token)
    except database.CONNECTION_ERRORS:
        log.info("the hold on slot %s ends by itself", hold.slot_id)
