"""The confirmation: one booking, at an address that only its customer knows."""

from beanie import PydanticObjectId
from fastapi import HTTPException, Request, Response
from nicegui import app, background_tasks, html, ui

from expert_booking import access, bookings, calendar_file, database, events, experts, letters
from expert_booking.access import Caller
from expert_booking.errors import BookingNotFound
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from models import Booking, BookingStatus, Expert
from models.booking import TRANSITIONS
from pages import focus, managed, problems, share, times, visitor
from pages.components import booking_actions, confirmation, rescheduling
from pages.components.question import ask
from pages.components.ticket import draw_ticket
from pages.icons import icon
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.share import place

ORDER = list(BookingStatus)
CALENDAR_FILE = "/bookings/{manage_token}/calendar.ics"
ACTIONS = {"cancel": Action.CANCEL, "delete": Action.DELETE, "move": Action.RESCHEDULE}
"""What each button asks for."""

_ACTION = '<button type="button" class="{style}" data-pick="{pick}">{icon}{words}</button>'
_TOO_LATE = '<p class="faint too-late">{words}</p>'


@ui.page("/bookings/{manage_token}", response_timeout=10)
async def booking_page(manage_token: str) -> None:
    """What was booked, when, in which zone, how far it has come, and the link to come back."""
    reader = visitor.reader()
    with frame(reader.say("Your booking")):
        share.keep_private(reader)
        booking = await bookings.by_manage_token(manage_token)
        managed.remember(booking, ui.context.client.request, visitor=visitor.visitor_id())
        expert = await _expert_of(booking)
        html.a(reader.say("All experts"), href="/").classes("back")
        with html.div().classes("wrap narrow") as pane:
            shown = BookingShown(booking, expert, reader=reader, pane=pane)
        ui.run_javascript("celebrate()")

        def apply(event: events.BookingChanged) -> None:
            if event.booking_id != booking.id:
                return
            if event.status is None:
                shown.say_gone()
            elif shown.is_older_than(event):
                background_tasks.create(read(), name="read a booking that has changed")

        async def read() -> None:
            with pane, problems.shown():
                try:
                    shown.show(await bookings.by_manage_token(manage_token))
                except BookingNotFound:
                    shown.say_gone()

        def read_again(_: events.ChangesMissed) -> None:
            background_tasks.create(read(), name="read a booking again")

        events.bookings.subscribe(booking.customer_key, apply)
        events.resync.subscribe(events.EVERY_EXPERT, read_again)
        shown.show(await bookings.by_manage_token(manage_token))


class BookingShown:
    """The parts of the page that follow the booking; each is drawn from it when it is sent."""

    def __init__(self, booking: Booking, expert: Expert | None, *, reader: Reader, pane: html.div) -> None:
        self._booking = booking
        self._expert = expert
        self._reader = reader
        self._pane = pane
        self._address = confirmation.address_of(booking, ui.context.client)
        self._head = Fragment("div", lambda: confirmation.draw_head(self._booking, reader)).classes("booked")
        self._head.props("role=status")
        self._ticket = Fragment("div", lambda: draw_ticket(self._booking, expert, reader)).classes("pass-box")
        self._after = Fragment("div", self._draw_after).classes("papers")
        Fragment("div", lambda: confirmation.draw_way_back(reader, address=self._address)).classes("papers")
        self._actions = Fragment("div", self._draw_actions).classes("actions last").on_pick(self._picked)
        self._questions = html.div()

    def is_older_than(self, event: events.BookingChanged) -> bool:
        """Whether the booking has changed since it was read for this page."""
        return event.sequence > self._booking.sequence or event.status is not self._booking.status

    def show(self, booking: Booking) -> None:
        """Show the booking as it was read; what comes late and is older is dropped."""
        before = self._booking
        if ORDER.index(booking.status) < ORDER.index(before.status) or booking.sequence < before.sequence:
            return
        self._booking = booking
        if booking.starts_at != before.starts_at or booking.session_name != before.session_name:
            self._show_new_time()
        if booking.status is not before.status:
            self._show_new_status()

    def _show_new_time(self) -> None:
        for part in (self._ticket, self._after, self._actions):
            part.update()
        starts_at = self._booking.starts_at
        day = times.day(starts_at.astimezone(self._reader.zone).date(), self._reader)
        said = self._reader.say(
            "This booking has a new time: {day}, {time}.", day=day, time=times.clock_time(starts_at, self._reader)
        )
        with self._pane:
            ui.notify(said, type="positive")
            focus.rescue("#pass-heading")

    def _show_new_status(self) -> None:
        for part in (self._head, self._after, self._actions):
            part.update()
        self._questions.clear()  # what is asked about what was
        with self._pane:
            focus.rescue("#booked")

    def _draw_after(self) -> Markup:
        if self._booking.status not in confirmation.AHEAD:
            return Markup("")
        calendars = confirmation.draw_calendars(self._booking, self._expert, self._reader, address=self._address)
        return confirmation.draw_next(self._booking, self._expert, self._reader) + calendars

    def _draw_actions(self) -> Markup:
        booking, say = self._booking, self._reader.say
        if booking.status is BookingStatus.COMPLETED:
            return fill(_ACTION, style="danger", pick="delete", icon="", words=say("Delete"))
        if BookingStatus.CANCELLED not in TRANSITIONS[booking.status]:
            return Markup("")
        if booking_actions.is_too_late(booking):
            return fill(_TOO_LATE, words=booking_actions.why_too_late(booking, self._reader))
        cancel = fill(_ACTION, style="danger", pick="cancel", icon="", words=say("Cancel booking"))
        if not booking_actions.can_move(booking):
            return cancel
        words = say("Move to another time")
        return fill(_ACTION, style="quiet", pick="move", icon=icon("move"), words=words) + cancel

    async def _picked(self, pick: str) -> None:
        if pick not in ACTIONS:
            return
        with self._questions, problems.shown():
            await visitor.count(Limit.CHANGES)
            booking = await self._allowed(ACTIONS[pick])
            if pick == "cancel":
                await booking_actions.cancel(booking, self._reader)
            elif pick == "move":
                await self._move(booking)
            else:
                await self._delete(booking.id)

    async def _allowed(self, action: Action) -> Booking:
        """The booking, if whoever has the address of this page may still do this with it."""
        token = self._booking.manage_token
        booking = await bookings.by_manage_token(token)  # which may open nothing any more
        access.require(Caller(manage_tokens=(token,)), action, booking)
        return booking

    async def _move(self, booking: Booking) -> None:
        async def may_still() -> bool:
            await self._allowed(Action.RESCHEDULE)
            return True

        await rescheduling.move(booking, self._reader, may_still=may_still)

    async def _delete(self, booking_id: PydanticObjectId) -> None:
        say = self._reader.say
        text = say("It disappears from your list for good.")
        if await ask(say("Delete this booking?"), text, yes=say("Delete"), no=say("Keep it")):
            await bookings.delete(booking_id)
            ui.notify(say("Deleted."), type="positive")

    def say_gone(self) -> None:
        """The booking is deleted."""
        say = self._reader.say
        self._pane.clear()
        with self._pane:
            heading, text = say("This booking is deleted"), say("There is nothing left to do here.")
            problems.notice(heading, text, action=say("Browse the experts"))
            focus.rescue(".notice h2")


async def _expert_of(booking: Booking) -> Expert | None:
    return (await experts.by_ids({booking.expert_id})).get(booking.expert_id)


async def booking_file(manage_token: str, request: Request) -> Response:
    """The booking for the customer's own calendar; whoever has the address of the page has this one, too."""
    try:
        booking = await bookings.by_manage_token(manage_token)
        expert = await _expert_of(booking)
    except BookingNotFound:
        raise HTTPException(404) from None
    except database.CONNECTION_ERRORS:
        raise HTTPException(503) from None
    base = place.base(request)
    entry = confirmation.entry(
        booking, expert, visitor.reader_of(request), address=f"{base}/bookings/{booking.manage_token}"
    )
    file = calendar_file.calendar_file(booking, entry, house=letters.house().host)
    headers = {
        "Content-Disposition": f'attachment; filename="session-{booking.starts_at:%Y-%m-%d}.ics"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    return Response(file, media_type=calendar_file.MEDIA_TYPE, headers=headers)


app.remove_route(CALENDAR_FILE)
app.get(CALENDAR_FILE, include_in_schema=False)(booking_file)
