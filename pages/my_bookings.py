"""A customer's bookings by e-mail address, along a line from what comes next to what is past, live."""

from datetime import datetime
from math import ceil

from beanie import PydanticObjectId
from nicegui import background_tasks, html, ui
from nicegui.elements.mixins.text_element import TextElement

from expert_booking import access, clock, customers, database, deletions, events, experts, statuses
from expert_booking.errors import BookingError, DatabaseUnavailable
from models import Booking, BookingStatus
from pages import problems, share, times, visitor
from pages.components import booking_actions, ticket, timeline
from pages.components.field import Problem
from pages.components.timeline import Timeline
from pages.layout import frame
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

ORDER = list(BookingStatus)

_HEAD = '<h1 class="hero">{heading}</h1><p class="lead">{lead}</p>'
_SAID = Markup('<p class="visually-hidden" id="said" data-live="said" role="status" aria-live="polite"></p>')


@ui.page("/my-bookings", response_timeout=10)
async def my_bookings_page() -> None:
    """Look up, follow, cancel and delete."""
    reader = visitor.reader()
    with frame(reader.say("My bookings"), current="/my-bookings"), html.div().classes("wrap narrow"):
        share.keep_private(reader)
        heading = reader.say("My bookings")
        lead = reader.say("Type the e-mail address you booked with. What changes shows here at once.")
        Fragment("div", lambda: fill(_HEAD, heading=heading, lead=lead))
        if not await database.is_reachable():  # nothing is read before somebody asks, and then it is late to say so
            raise DatabaseUnavailable
        BookingList(visitor=visitor.visitor_id(), reader=reader)


class BookingList:
    """The field, and the bookings of the address that was looked up last."""

    def __init__(self, *, visitor: str, reader: Reader) -> None:
        self._visitor = visitor
        self._reader = reader
        self._viewer = viewer()
        self._email = ""
        self._key: str | None = None
        self._loads = 0
        self._is_reading = False
        self._told: dict[PydanticObjectId, BookingStatus | None] = {}
        self._timeline = Timeline(reader=reader)
        self._instead: Pieces | None = {}
        self._draw_lookup()
        self._summary = TextElement(tag="p", text="").classes("count").props("role=status")
        Fragment("div", lambda: _SAID)
        self._list = PieceList("div", self._draw).on_pick(self._picked)
        self._list.classes("bookings")
        ui.run_javascript("restoreDrafts(); lookUpAgain()")
        events.resync.subscribe(events.EVERY_EXPERT, self._read_again)

    def _draw_lookup(self) -> None:
        with html.form().classes("glass lookup").props("novalidate") as form:
            self._field = ui.input(self._reader.say("E-mail"))
            self._field.props("outlined type=email autocomplete=email inputmode=email data-draft=email no-error-icon")
            self._problem = Problem(self._field, "email")
            html.button(self._reader.say("Show my bookings")).classes("cta").props("type=submit")
        # The submission brings the address itself: before the line stands, two events may overtake each other.
        typed = '(event) => emit(event.target.querySelector("input").value)'
        form.on("submit.prevent", lambda submission: self.look_up(str(submission.args or "")), js_handler=typed)

    def _draw(self) -> Pieces:
        return self._timeline.draw() if self._instead is None else self._instead

    def _show(self, instead: Pieces | None = None) -> None:
        """Draw what has changed: the bookings, or what stands there instead of them."""
        self._instead = instead
        self._summary.text = self._summed_up() if instead is None else ""
        self._list.redraw()

    def _summed_up(self) -> str:
        if not (number := len(self._timeline.bookings)):
            return ""
        counted = self._reader.say_many("{number} booking", "{number} bookings", number)
        zone = times.zone_in_words(self._reader)
        return self._reader.say("{bookings}. All times in {zone}.", bookings=counted, zone=zone)

    async def look_up(self, address: str) -> None:
        """Find the bookings of an address."""
        self._problem.show(None)
        try:
            email = customers.check_email(address)
        except ValueError as error:
            self._problem.show(self._reader.say(error.args[0]))
            self._field.run_method("focus")
            return
        ui.run_javascript("keepLookingUp()")
        self._watch(customers.customer_key(email))
        self._email = email
        self._timeline = Timeline(reader=self._reader)
        self._show(timeline.looking())
        self._summary.text = self._reader.say("Looking up your bookings")
        await self._load()

    def _watch(self, key: str) -> None:
        if self._key is not None:
            events.bookings.unsubscribe(self._key, self._apply)
            events.deletions.unsubscribe(self._key, self._apply_deletion)
        self._key = key
        events.bookings.subscribe(key, self._apply)
        events.deletions.subscribe(key, self._apply_deletion)

    async def _load(self) -> None:
        """Read the bookings and draw them, unless a later reading has begun meanwhile."""
        self._loads += 1
        mine = self._loads
        self._is_reading = True
        self._told.clear()
        try:
            found = await access.bookings_of(access.NOBODY, email=self._email)
            named = await experts.by_ids({booking.expert_id for booking in found})
        except Exception as error:
            self._fail(problems.as_booking_error(error), load=mine)
            return
        if mine != self._loads or self._list.is_deleted:
            return
        self._is_reading = False
        self._timeline.bookings = {booking.id: booking for booking in found}
        self._timeline.experts = named
        going = deletions.pending(self._timeline.bookings)
        self._timeline.going = {one: self._timeline.going.get(one, _seconds_until(at)) for one, at in going.items()}
        for booking_id, status in self._told.items():
            self._take(booking_id, status)
        self._show()
        if any(status and one not in self._timeline.bookings for one, status in self._told.items()):
            await self._load()

    def _fail(self, error: BookingError, *, load: int) -> None:
        if load == self._loads and not self._list.is_deleted:
            self._is_reading = False
            self._show(timeline.failed(self._reader.say(error.args[0]), self._reader))

    def _apply(self, event: events.BookingChanged) -> None:
        self._told[event.booking_id] = event.status
        if self._is_reading:  # then it is taken in after what is read, which may be older
            return
        if event.booking_id not in self._timeline.bookings and event.status is not None:
            background_tasks.create(self._load(), name="load a new booking")
        elif self._take(event.booking_id, event.status):
            self._show()
            self._say(event.booking_id)

    def _take(self, booking_id: PydanticObjectId, status: BookingStatus | None) -> bool:
        """Whether this is news; a status that comes late and is older than the known one is dropped."""
        booking = self._timeline.bookings.get(booking_id)
        if booking is None:
            return False
        if status is None:
            del self._timeline.bookings[booking_id]
        elif ORDER.index(status) > ORDER.index(booking.status):
            booking.status = status
        else:
            return False
        return True

    def _apply_deletion(self, event: events.DeletionChanged) -> None:
        if event.booking_id not in self._timeline.bookings:
            return
        if event.takes_effect_at is None:
            self._timeline.going.pop(event.booking_id, None)
        else:
            self._timeline.going[event.booking_id] = _seconds_until(event.takes_effect_at)
        self._show()
        self._say(event.booking_id)

    def _say(self, booking_id: PydanticObjectId) -> None:
        """Tell a screen reader what has become of a booking."""
        if (booking := self._timeline.bookings.get(booking_id)) is None:
            return
        session = self._title(booking)
        if booking_id in self._timeline.going:
            said = self._reader.say("Deleted: {session}", session=session)
        else:
            status = statuses.NAMES[booking.status]
            said = self._reader.say("{session}: {status}", session=session, status=status)
        self._viewer.tell([Change(key="said", attributes={}, said=said)])

    def _read_again(self, _: events.ChangesMissed) -> None:
        if self._key is not None:
            background_tasks.create(self._load(), name="read the bookings again")

    async def _picked(self, picked: str) -> None:
        """Do what was clicked, with a booking that this page shows."""
        verb, _, what = picked.partition(":")
        if verb == "more":
            self._timeline.show_more(what)
            self._show()
        elif verb == "again":
            await self.look_up(self._email)
        elif any(str(booking_id) == what for booking_id in self._timeline.bookings):
            with problems.shown():
                await self._do(verb, self._timeline.bookings[PydanticObjectId(what)])

    async def _do(self, verb: str, booking: Booking) -> None:
        if verb == "cancel":
            await booking_actions.cancel(booking, self._reader)
        elif verb == "delete":
            await deletions.begin(booking.id)
        elif verb == "undo":
            await booking_actions.undo(booking, self._reader)
        elif verb == "calendar":
            booking_actions.hand_over(booking, self._title(booking), self._reader)

    def _title(self, booking: Booking) -> str:
        return ticket.title(self._timeline.experts.get(booking.expert_id), self._reader)


def _seconds_until(moment: datetime) -> int:
    return max(0, ceil((moment - clock.now()).total_seconds()))
