"""An expert's day and week, live: who waits for an answer, today's sessions, and the week as a grid of hours."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from beanie import PydanticObjectId
from fastapi import Request
from nicegui import background_tasks, html, ui

from expert_booking import agenda as agendas
from expert_booking import answers, background, bookings, clock, events
from expert_booking.errors import BookingNotFound, ExpertNotFound, NotAllowed, ProofRefused
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Booking, Expert, OutsideCalendar, SlotState
from pages import problems, visitor
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader
from pages.workspace import agenda, booking_pane
from pages.workspace.booking_pane import BookingPane
from pages.workspace.frame import TODAY, show_ended, whoever_works, workspace_page
from pages.workspace.week import DAYS, Week, first_day

LOOK_SECONDS = 30.0
"""How often a page that is open looks again at what nobody tells of.

Sessions begin and end, at midnight another day begins, time off is added in another tab or by a calendar of elsewhere,
and somebody signs out elsewhere.
"""

FURTHEST_WEEK = 60
"""So many weeks one can turn back and ahead."""

_SAID = Markup('<p class="visually-hidden" data-live="said" role="status" aria-live="polite"></p>')
_IN_THE_LIST = ("confirm", "decline")


@ui.page(TODAY, response_timeout=10)
async def today_page() -> None:
    """What waits, what is on today, and the week."""
    async with workspace_page(Sentence("Today"), TODAY) as expert:
        if expert is None:
            return
        desk = Desk(expert, request=ui.context.client.request, reader=visitor.reader())
        desk.follow()
        await desk.load()
        desk.draw()


class Desk:
    """What the page knows of its expert's calendar; it follows what happens, and reads what it has not been told."""

    def __init__(self, expert: Expert, *, request: Request, reader: Reader) -> None:
        self._expert_id = expert.id
        self._request = request
        self._reader = reader
        self._viewer = viewer()
        self._client = ui.context.client
        self._shown_on = self._today
        self._week = Week(reader=reader, first=first_day(self._shown_on, reader), chosen=self._shown_on)
        self._stale_calendars: Sequence[OutsideCalendar] = ()
        self._requests: Sequence[Booking] = ()
        self._coming: Sequence[Booking] = ()
        self._places_taken = 0
        self._slots: dict[PydanticObjectId, events.SlotChanged] = {}
        self._pane: BookingPane | None = None
        self._is_drawn = self._is_reading = self._is_outdated = False

    @property
    def _today(self) -> date:
        return clock.now().astimezone(self._reader.zone).date()

    def follow(self) -> None:
        """Hear of this expert's bookings, slots and line, and of the time."""
        events.bookings.subscribe(self._expert_id, self._booking_changed)
        events.slots.subscribe(self._expert_id, self._slot_changed)
        events.lines.subscribe(self._expert_id, self._line_changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._missed)
        looking = background.repeat(self._look_again, every_seconds=LOOK_SECONDS)
        self._looking = background_tasks.create(looking, name="look at a workspace again")
        self._client.on_delete(self._looking.cancel)

    # --- reading ---

    async def load(self) -> None:
        """Read everything; what comes while it is read is read once more.

        Whoever looks is asked for anew, and sees nothing more when it is not the expert any longer.
        """
        self._is_reading = True
        try:
            read = await self._read()
        except (NotAllowed, ExpertNotFound):
            self._end()
        else:
            self._take(read)
        finally:
            self._is_reading = False

    async def _read(self) -> agendas.Agenda:
        while True:
            self._is_outdated = False
            await self._require_expert()
            week = self._week
            read = await agendas.read(
                self._expert_id,
                today=week.begins(self._today),
                after=week.begins(week.first),
                before=week.begins(week.first + timedelta(days=DAYS)),
            )
            if not self._is_outdated:
                return read

    async def _require_expert(self) -> None:
        """Ask anew whether whoever has the page open is the expert whose page it is.

        Raises:
            ExpertNotFound, ProofMissing, ProofRefused, SignInNeeded
        """
        if (await whoever_works(self._request)).id != self._expert_id:
            raise ProofRefused

    def _take(self, read: agendas.Agenda) -> None:
        known = {each.id for each in self._requests}
        self._requests, self._coming, self._places_taken = read.requests, read.coming, read.places_taken
        self._stale_calendars = read.stale_calendars
        self._week.bookings, self._week.time_off = read.bookings, read.time_off
        for slot in read.slots:
            self._keep(slot)
        present = {slot.slot_id for slot in read.slots}
        self._slots = {key: slot for key, slot in self._slots.items() if key in present}
        if not self._is_drawn:
            return
        self._redraw()
        for new in (each for each in self._requests if each.id not in known and answers.can_be_answered(each)):
            self._say(self._reader.say("New request: {name}", name=new.customer_name))

    def _keep(self, slot: events.SlotChanged) -> None:
        known = self._slots.get(slot.slot_id)
        if known is None or known.version <= slot.version:
            self._slots[slot.slot_id] = slot

    def _booking_changed(self, event: events.BookingChanged) -> None:
        self._read_again()
        if self._pane is not None and event.booking_id == self._pane.booking.id:
            background_tasks.create(self._refresh_pane(self._pane), name="read a booking again")

    def _slot_changed(self, event: events.SlotChanged) -> None:
        self._keep(event)
        if self._pane is not None:
            self._pane.slot_changed(event)
        if self._is_drawn and event.state is not SlotState.BOOKED:  # what is booked is told as a booking
            self._redraw_week()

    def _line_changed(self, _: events.LineChanged) -> None:
        self._read_again()

    def _missed(self, _: events.ChangesMissed) -> None:
        self._read_again()

    def _read_again(self) -> None:
        if self._is_reading:
            self._is_outdated = True
        else:
            self._is_reading = True
            background_tasks.create(self._load_later(), name="read a workspace again")

    async def _look_again(self) -> None:
        if not self._is_drawn:
            return
        with self._client:
            if self._shown_on != self._today:
                self._begin_day()
            else:
                self._redraw()
            await self._read_now()

    def _begin_day(self) -> None:
        """Whoever looks at today goes on looking at today; another week stays where it is."""
        yesterday, self._shown_on = self._shown_on, self._today
        if self._week.chosen == yesterday:
            self._week.chosen, self._week.first = self._shown_on, first_day(self._shown_on, self._reader)

    async def _load_later(self) -> None:
        with self._client, problems.shown():
            await self.load()

    async def _read_now(self) -> None:
        if self._is_reading:
            self._is_outdated = True
        else:
            await self.load()

    async def _refresh_pane(self, pane: BookingPane) -> None:
        with self._client, problems.shown():
            try:
                await self._require_expert()
                await pane.refresh()
            except BookingNotFound:
                pane.close()
            except (NotAllowed, ExpertNotFound):
                self._end()

    def _end(self) -> None:
        """Show nothing of the expert's any more, listen no more, and say so: whoever looks has to sign in again."""
        if not self._is_drawn:
            return
        self._is_drawn = False
        self._looking.cancel()
        events.bookings.unsubscribe(self._expert_id, self._booking_changed)
        events.slots.unsubscribe(self._expert_id, self._slot_changed)
        events.lines.unsubscribe(self._expert_id, self._line_changed)
        events.resync.unsubscribe(events.EVERY_EXPERT, self._missed)
        if self._pane is not None:
            self._pane.remove()
        self._stale_calendars = self._requests = self._coming = self._week.bookings = self._week.time_off = ()
        self._slots.clear()
        self._questions.clear()
        show_ended(self._room, self._reader, onward=TODAY)

    # --- showing ---

    def draw(self) -> None:
        """All of it, as the page is built."""
        self._is_drawn = True
        reader = self._reader
        with html.div().classes("room") as self._room:
            Fragment("div", lambda: _SAID)
            self._warning_list = PieceList("div", lambda: agenda.draw_stale(self._stale_calendars, reader))
            self._warning_list.classes("desk-warnings")
            with html.div().classes("desk"):
                self._request_list = PieceList("section", self._draw_requests)
                self._request_list.on_pick(self._picked).classes("desk-requests").props["aria-label"] = reader.say(
                    "Requests"
                )
                self._today_list = PieceList("section", lambda: agenda.draw_today(self._coming, reader))
                self._today_list.on_pick(self._picked).classes("desk-today")
                self._today_list.props["aria-label"] = reader.say("Today")
            with html.section().classes("glass calendar-week").props("aria-labelledby=week-heading"):
                self._heading = PieceList("div", self._week.draw_heading).on_pick(self._turned)
                self._grid = PieceList("div", self._draw_week).on_pick(self._picked).classes("time-grid")
                Fragment("div", self._week.draw_legend)
        self._questions = html.div()

    def _draw_requests(self) -> Pieces:
        return agenda.draw_requests(self._requests, self._places_taken, self._reader)

    def _draw_week(self) -> Pieces:
        self._week.slots = list(self._slots.values())
        return self._week.draw()

    def _redraw(self) -> None:
        self._warning_list.redraw()
        self._request_list.redraw()
        self._today_list.redraw()
        self._redraw_week()

    def _redraw_week(self) -> None:
        self._heading.redraw()
        self._grid.redraw()

    def _say(self, words: str) -> None:
        self._viewer.tell([Change(key="said", attributes={}, said=words)])

    # --- doing ---

    async def _turned(self, pick: str) -> None:
        """Another week or, on a small screen, another day."""
        week = self._week
        if pick.startswith("day:"):
            week.chosen = next((on for on in week.days if f"{on}" == pick.removeprefix("day:")), week.chosen)
            self._redraw_week()
            return
        steps = {"earlier": -DAYS, "later": DAYS}
        if pick not in (*steps, "today"):
            return
        chosen = self._today if pick == "today" else week.chosen + timedelta(days=steps[pick])
        if abs((chosen - self._today).days) > FURTHEST_WEEK * DAYS:
            return
        week.chosen, week.first = chosen, first_day(chosen, self._reader)
        with self._client, problems.shown():  # what was clicked may be gone when the answer comes
            await visitor.count(Limit.LOOK_UPS)
            await self._read_now()

    async def _picked(self, pick: str) -> None:
        verb, _, what = pick.partition(":")
        known = (*self._requests, *self._coming, *self._week.bookings)
        booking = next((each for each in known if str(each.id) == what), None)
        if booking is None:
            return
        with self._questions, problems.shown():
            if verb == "open":
                await visitor.count(Limit.LOOK_UPS)
                await self._open(booking)
            elif verb in _IN_THE_LIST:
                await visitor.count(Limit.CHANGES)
                may = partial(booking_pane.require, booking_pane.ACTIONS[verb], booking, self._request)
                await may()
                await booking_pane.act(verb, await bookings.get(booking.id), self._reader, may_still=may)

    async def _open(self, booking: Booking) -> None:
        if self._pane is not None:
            return
        pane = BookingPane(booking, request=self._request, reader=self._reader, on_close=self._pane_closed)
        self._pane = pane
        try:
            await pane.may(booking_pane.ACTIONS["close"])
            await pane.load()
        except BaseException:
            self._pane = None
            raise
        if self._pane is pane:  # the page may have ended meanwhile
            pane.open()

    def _pane_closed(self) -> None:
        self._pane = None
