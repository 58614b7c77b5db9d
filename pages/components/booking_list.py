"""Bookings that somebody may see, as a timeline which follows what happens to them, and what can be done about each."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil

from beanie import PydanticObjectId
from fastapi import Request
from nicegui import background_tasks, ui
from nicegui.elements.mixins.text_element import TextElement

from expert_booking import access, clock, deletions, events, experts, statuses
from expert_booking.access import Caller
from expert_booking.errors import BookingError, SignInNeeded
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus
from pages import problems, times, visitor
from pages.components import booking_actions, rescheduling, ticket, timeline
from pages.components.timeline import Timeline
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

ORDER = list(BookingStatus)
ACTIONS = {
    "cancel": Action.CANCEL,
    "move": Action.RESCHEDULE,
    "delete": Action.DELETE,
    "undo": Action.DELETE,
    "calendar": Action.SEE,
}
"""What each button on a booking asks for."""

_SAID = Markup('<p class="visually-hidden" id="said" data-live="said" role="status" aria-live="polite"></p>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """On what grounds somebody sees bookings; asked anew whenever they are read and before anything is done.

    `key` is the address whose bookings, new ones too, all belong here; none when only single bookings do. It was proved
    by signing in, or `typed_email` is that address, which counts in an open house only.
    """

    request: Request
    key: str | None = None
    typed_email: str | None = None

    async def caller(self) -> Caller:
        """Who it is by now.

        Raises:
            SignInNeeded: the sign-in that this was read with has ended.
        """
        found = await visitor.caller_of(self.request)
        if self.typed_email is not None:
            return Caller(typed_email=self.typed_email)
        if self.key is None:
            return found
        if found.person is None or found.person.key != self.key:
            raise SignInNeeded
        return Caller(person=found.person)  # without what others may have booked in this browser

    async def read(self) -> list[Booking]:
        """The bookings, newest first.

        Raises:
            SignInNeeded
        """
        return await access.bookings_of(await self.caller(), email=self.typed_email)


class BookingList:
    """The bookings of one claim at a time, and how many they are."""

    def __init__(self, *, reader: Reader) -> None:
        self._reader = reader
        self._viewer = viewer()
        self._claim: Claim | None = None
        self._followed: dict[str, tuple[events.Handler, events.Handler]] = {}
        self._loads = 0
        self._is_reading = False
        self._told: dict[PydanticObjectId, events.BookingChanged] = {}
        self._timeline = Timeline(reader=reader)
        self._instead: Pieces | None = {}
        self._summary = TextElement(tag="p", text="").classes("count").props("role=status")
        Fragment("div", lambda: _SAID)
        self._list = PieceList("div", self._draw).on_pick(self._picked)
        self._list.classes("bookings")
        events.resync.subscribe(events.EVERY_EXPERT, self._read_again)

    async def show(self, claim: Claim, *, nothing: Sentence) -> None:
        """Show what a claim gives while the page is built; `nothing` is said when there is no booking."""
        self._begin(claim, nothing)
        await self._load(is_first=True)
        if claim.key is None:  # whose they are is known only now, and something may have happened since
            await self._load(is_first=True)

    async def look_up(self, claim: Claim) -> None:
        """Show what another claim gives, on a page that stands already."""
        self._begin(claim, timeline.NOTHING_LOOKED_UP)
        self._show(timeline.looking())
        self._summary.text = self._reader.say("Looking up your bookings")
        await self._load()

    def _begin(self, claim: Claim, nothing: Sentence) -> None:
        self._claim = claim
        self._timeline = Timeline(reader=self._reader, nothing=nothing)
        self._follow({claim.key} if claim.key is not None else set())

    def _follow(self, keys: set[str]) -> None:
        """Hear of these customers' bookings and of nobody else's."""
        for key in self._followed.keys() - keys:
            changed, deleted = self._followed.pop(key)
            events.bookings.unsubscribe(key, changed)
            events.deletions.unsubscribe(key, deleted)
        for key in keys - self._followed.keys():
            changed = partial(self._apply, is_all=self._claim is not None and key == self._claim.key)
            self._followed[key] = (changed, self._apply_deletion)
            events.bookings.subscribe(key, changed)
            events.deletions.subscribe(key, self._apply_deletion)

    def _draw(self) -> Pieces:
        return self._timeline.draw() if self._instead is None else self._instead

    def _show(self, instead: Pieces | None = None, *, is_first: bool = False) -> None:
        """Draw what has changed: the bookings, or what stands there instead of them."""
        self._instead = instead
        self._summary.text = self._summed_up() if instead is None else ""
        if not is_first:
            self._list.redraw()

    def _summed_up(self) -> str:
        if not (number := len(self._timeline.bookings)):
            return ""
        counted = self._reader.say_many("{number} booking", "{number} bookings", number)
        zone = times.zone_in_words(self._reader)
        return self._reader.say("{bookings}. All times in {zone}.", bookings=counted, zone=zone)

    async def _load(self, *, is_first: bool = False) -> None:
        """Read the bookings and draw them, unless a later reading has begun meanwhile."""
        if self._claim is None:
            return
        self._loads += 1
        mine = self._loads
        self._is_reading = True
        self._told.clear()
        try:
            found = await self._claim.read()
            named = await experts.by_ids({booking.expert_id for booking in found})
        except Exception as error:
            if is_first:
                raise
            self._fail(problems.as_booking_error(error), load=mine)
            return
        if mine != self._loads or self._list.is_deleted:
            return
        self._is_reading = False
        before = self._timeline.bookings
        self._timeline.bookings = {booking.id: booking for booking in found}
        self._timeline.experts = named
        going = deletions.pending(self._timeline.bookings)
        self._timeline.going = {one: self._timeline.going.get(one, _seconds_until(at)) for one, at in going.items()}
        told = list(self._told.values())
        is_behind = any(map(self._is_behind, told))
        for event in told:
            self._take(event)
        own = {self._claim.key} if self._claim.key is not None else set()
        self._follow(own | {booking.customer_key for booking in found})
        self._show(is_first=is_first)
        for booking in found:
            if booking.id in before and booking.starts_at != before[booking.id].starts_at:
                self._say_moved(booking)
        if is_behind or any(event.status and event.booking_id not in self._timeline.bookings for event in told):
            await self._load()

    def _fail(self, error: BookingError, *, load: int) -> None:
        if load != self._loads or self._list.is_deleted:
            return
        self._is_reading = False
        if isinstance(error, SignInNeeded):
            self._end()
        else:
            self._show(timeline.failed(self._reader.say(error.args[0]), self._reader))

    def _end(self) -> None:
        """Show nothing of anybody's any more."""
        self._claim = None
        self._follow(set())
        self._timeline = Timeline(reader=self._reader)
        self._show(timeline.ended(self._reader))

    def _apply(self, event: events.BookingChanged, *, is_all: bool) -> None:
        """Take in what happened to a booking; one that is not here is read only where all of an address's belong."""
        is_here = event.booking_id in self._timeline.bookings
        if not (is_all or is_here):
            return
        self._told[event.booking_id] = event
        if self._is_reading:  # then it is taken in after what is read, which may be older
            return
        if not is_here and event.status is not None:
            background_tasks.create(self._load(), name="load a new booking")
            return
        is_behind = self._is_behind(event)
        if self._take(event):
            self._show()
            self._say(event.booking_id)
        if is_behind:
            background_tasks.create(self._load(), name="load a booking that was moved")

    def _is_behind(self, event: events.BookingChanged) -> bool:
        """Whether more than the status has changed, of which an event says nothing: the time, or words of the other."""
        booking = self._timeline.bookings.get(event.booking_id)
        if booking is None or event.status is None or event.sequence <= booking.sequence:
            return False
        by_status = int(event.status is not booking.status)
        return event.status is BookingStatus.CANCELLED or event.sequence > booking.sequence + by_status

    def _take(self, event: events.BookingChanged) -> bool:
        """Whether this is news; a status that comes late and is older than the known one is dropped."""
        booking = self._timeline.bookings.get(event.booking_id)
        if booking is None:
            return False
        if event.status is None:
            del self._timeline.bookings[event.booking_id]
            return True
        if ORDER.index(event.status) <= ORDER.index(booking.status):
            return False
        booking.status, booking.sequence = event.status, max(booking.sequence, event.sequence)
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

    def _say_moved(self, booking: Booking) -> None:
        day = times.day(booking.starts_at.astimezone(self._reader.zone).date(), self._reader)
        time = times.clock_time(booking.starts_at, self._reader)
        session = self._title(booking)
        said = self._reader.say("{session} is on {day}, {time} now.", session=session, day=day, time=time)
        self._viewer.tell([Change(key="said", attributes={}, said=said)])

    def _read_again(self, _: events.ChangesMissed) -> None:
        background_tasks.create(self._load(), name="read the bookings again")

    async def _picked(self, picked: str) -> None:
        """Do what was clicked, with a booking that this page shows."""
        verb, _, what = picked.partition(":")
        if verb == "more":
            self._timeline.show_more(what)
            self._show()
        elif verb == "again":
            with problems.shown():
                await visitor.count(Limit.LOOK_UPS)
                await self._load()
        elif verb in ACTIONS and any(str(booking_id) == what for booking_id in self._timeline.bookings):
            with problems.shown():
                await self._do(verb, self._timeline.bookings[PydanticObjectId(what)])

    async def _do(self, verb: str, booking: Booking) -> None:
        await visitor.count(Limit.CHANGES)
        require = partial(self._require, ACTIONS[verb], booking)
        if not await require():
            return
        if verb == "cancel":
            await booking_actions.cancel(booking, self._reader, may_still=require)
        elif verb == "move":
            moved_to = await rescheduling.move(booking, self._reader, may_still=require)
            if moved_to is not None:
                time = times.day_and_time(moved_to.starts_at, self._reader)
                ui.notify(self._reader.say("Moved. The new time is {time}.", time=time), type="positive")
        elif verb == "delete":
            await deletions.begin(booking.id)
        elif verb == "undo":
            await booking_actions.undo(booking, self._reader)
        elif verb == "calendar":
            booking_actions.hand_over(booking, self._title(booking), self._reader)

    async def _require(self, action: Action, booking: Booking) -> bool:
        """Whether whoever looks may do this now; when their sign-in has ended, it ends here too."""
        if self._claim is None:
            return False
        try:
            access.require(await self._claim.caller(), action, booking)
        except SignInNeeded:
            self._end()
            return False
        return True

    def _title(self, booking: Booking) -> str:
        expert = self._timeline.experts.get(booking.expert_id)
        return ticket.title(expert, self._reader, session=booking.session_name)


def _seconds_until(moment: datetime) -> int:
    return max(0, ceil((moment - clock.now()).total_seconds()))
