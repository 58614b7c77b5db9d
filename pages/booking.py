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
from pages import focus, managed, problems, share, visitor
from pages.components import booking_actions, confirmation
from pages.components.question import ask
from pages.components.ticket import draw_ticket
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.share import place

ORDER = list(BookingStatus)
CALENDAR_FILE = "/bookings/{manage_token}/calendar.ics"
ACTIONS = {"cancel": Action.CANCEL, "delete": Action.DELETE}
"""What each button asks for."""

_ACTION = '<button type="button" class="danger" data-pick="{pick}">{words}</button>'


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
            if event.booking_id == booking.id:
                shown.show(event.status)

        async def read() -> None:
            with pane, problems.shown():
                try:
                    shown.show((await bookings.by_manage_token(manage_token)).status)
                except BookingNotFound:
                    shown.show(None)

        def read_again(_: events.ChangesMissed) -> None:
            background_tasks.create(read(), name="read a booking again")

        events.bookings.subscribe(booking.customer_key, apply)
        events.resync.subscribe(events.EVERY_EXPERT, read_again)
        shown.show((await bookings.by_manage_token(manage_token)).status)


class BookingShown:
    """The parts of the page that follow the status; each is drawn from it when it is sent."""

    def __init__(self, booking: Booking, expert: Expert | None, *, reader: Reader, pane: html.div) -> None:
        self._booking = booking
        self._expert = expert
        self._reader = reader
        self._pane = pane
        self._status = booking.status
        self._address = confirmation.address_of(booking, ui.context.client)
        self._head = Fragment("div", lambda: confirmation.draw_head(self._status, reader)).classes("booked")
        self._head.props("role=status")
        Fragment("div", lambda: draw_ticket(booking, expert, reader)).classes("pass-box")
        self._after = Fragment("div", self._draw_after).classes("papers")
        Fragment("div", lambda: confirmation.draw_way_back(reader, address=self._address)).classes("papers")
        self._actions = Fragment("div", self._draw_actions).classes("actions last").on_pick(self._picked)
        self._questions = html.div()

    def show(self, status: BookingStatus | None) -> None:
        """Show a status, none once the booking is deleted; one that comes late and is older is dropped."""
        if status is None:
            self._say_gone()
        elif ORDER.index(status) > ORDER.index(self._status):
            self._status = status
            for part in (self._head, self._after, self._actions):
                part.update()
            self._questions.clear()  # what is asked about what was
            with self._pane:
                focus.rescue("#booked")

    def _draw_after(self) -> Markup:
        if self._status not in confirmation.AHEAD:
            return Markup("")
        calendars = confirmation.draw_calendars(self._booking, self._expert, self._reader, address=self._address)
        return confirmation.draw_next(self._booking, self._status, self._expert, self._reader) + calendars

    def _draw_actions(self) -> Markup:
        if BookingStatus.CANCELLED in TRANSITIONS[self._status]:
            return fill(_ACTION, pick="cancel", words=self._reader.say("Cancel booking"))
        if self._status is BookingStatus.COMPLETED:
            return fill(_ACTION, pick="delete", words=self._reader.say("Delete"))
        return Markup("")

    async def _picked(self, pick: str) -> None:
        if pick not in ACTIONS:
            return
        token = self._booking.manage_token
        with self._questions, problems.shown():
            await visitor.count(Limit.CHANGES)
            booking = await bookings.by_manage_token(token)  # which may open nothing any more
            access.require(Caller(manage_tokens=(token,)), ACTIONS[pick], booking)
            if pick == "cancel":
                await booking_actions.cancel(self._booking, self._reader)
            else:
                await self._delete(self._booking.id)

    async def _delete(self, booking_id: PydanticObjectId) -> None:
        say = self._reader.say
        text = say("It disappears from your list for good.")
        if await ask(say("Delete this booking?"), text, yes=say("Delete"), no=say("Keep it")):
            await bookings.delete(booking_id)
            ui.notify(say("Deleted."), type="positive")

    def _say_gone(self) -> None:
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
