"""All bookings of the house: filtered and searched by the address, a page at a time, and true while one looks."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta

from beanie import PydanticObjectId
from bson import ObjectId
from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from nicegui import app, background_tasks, ui

from expert_booking import access, clock, events, experts, limiting, statuses
from expert_booking import bookings as all_of_them
from expert_booking.administration import all_bookings
from expert_booking.administration.all_bookings import Found, MadeBy, Order, SearchTooShort, Wanted
from expert_booking.errors import BookingNotFound, SignInNeeded
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, Expert
from pages import asked, problems, times, visitor
from pages.administration import listing
from pages.administration.frame import BOOKINGS, administration_page, whoever_runs
from pages.administration.listing import Query
from pages.components import ticket
from pages.components.status_badge import status_badge
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

NAMES = ("q", "status", "expert", "from", "to", "made", "order", "after")
EXPORT = "/admin/bookings.csv"
MOST_EXPORTED = 10_000
EXPORTED_AT_ONCE = 500

LEAD = Sentence("Everything that was ever booked here. What changes shows here at once.")
ORDERS = {Order.NEWEST: Sentence("Made last"), Order.SOONEST: Sentence("Upcoming"), Order.LATEST: Sentence("Past")}
MADE = {MadeBy.PAGE: Sentence("On the page"), MadeBy.PROGRAM: Sentence("By programs")}
COLUMNS = (
    "code", "status", "starts_at", "ends_at", "session", "expert", "customer_name", "customer_email", "customer_phone",
    "notes", "made_at", "cancelled_at", "message",
)  # fmt: skip
"""The names of the columns stay the same in all languages: programs read them."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_TOP = '<div class="admin-top">{search}<a class="quiet" href="{export}" download>{icon}{words}</a></div>{chips}{chosen}'
_CHOSEN = '<p class="admin-chosen"><span>{words}</span><a class="ghost" href="{path}">{away}</a></p>'
_ROW = (
    '<li class="glass admin-row" data-key="{key}"><div class="admin-line"><div class="told"><h2>'
    '<a class="opens" href="{path}">{customer}</a></h2><p class="soft">{email}</p></div>'
    '<p class="admin-next">{when}<br><span class="soft">{expert}</span></p>'
    '<p class="admin-count"><bdi dir="ltr">{code}</bdi><br>{made}</p>{status}</div></li>'
)


@ui.page(BOOKINGS, response_timeout=10)
async def bookings_page() -> None:
    """Look through all bookings."""
    request = ui.context.client.request
    async with administration_page(Sentence("Bookings"), BOOKINGS, lead=LEAD) as person:
        if person is None:
            return
        desk = Desk(request=request, query=listing.asked(request, NAMES), reader=visitor.reader())
        await desk.load()
        desk.draw()


def wanted(query: Query, reader: Reader) -> Wanted:
    """What an address asks for; what it says that cannot be is as good as not said. Dates are the reader's."""
    status, made, order, expert = (query.get(name, "") for name in ("status", "made", "order", "expert"))
    until = on_date(query.get("to", ""))
    return Wanted(
        text=query.get("q", ""),
        status=listing.one_of(BookingStatus, status),
        expert_id=PydanticObjectId(expert) if ObjectId.is_valid(expert) else None,
        starts_from=begins(on_date(query.get("from", "")), reader),
        starts_before=begins(until + timedelta(days=1) if until is not None else None, reader),
        made_by=listing.one_of(MadeBy, made),
        order=listing.one_of(Order, order) or Order.NEWEST,
    )


def on_date(text: str) -> date | None:
    """A date of an address; none for what is no date that anybody means."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def begins(on: date | None, reader: Reader) -> datetime | None:
    """When a date begins for the reader, if there is one."""
    return datetime.combine(on, time(), tzinfo=reader.zone) if on is not None else None


class Desk:
    """A page of bookings; each is read again when something happens to it."""

    def __init__(self, *, request: Request, query: Query, reader: Reader) -> None:
        self._request, self._query, self._reader = request, query, reader
        self._found = Found(bookings=[])
        self._bookings: dict[PydanticObjectId, Booking] = {}
        self._experts: dict[PydanticObjectId, Expert] = {}
        self._too_short: Sentence | None = None

    async def load(self) -> None:
        """Read what is shown; of what happens meanwhile, one hears before."""
        try:
            self._found = await all_bookings.find(wanted(self._query, self._reader), after=self._query.get("after", ""))
        except SearchTooShort as error:
            self._too_short = error.args[0]
        self._bookings = {booking.id: booking for booking in self._found.bookings}
        ids = {booking.expert_id for booking in self._found.bookings}
        chosen = self._query.get("expert", "")
        ids |= {PydanticObjectId(chosen)} if ObjectId.is_valid(chosen) else set()
        self._experts = await experts.by_ids(ids)

    def draw(self) -> None:
        """Put it on the page, and follow what becomes of it."""
        Fragment("div", self._draw_top).classes("admin-tools")
        self._list = PieceList("ul", self._draw_rows)
        self._list.classes("admin-list bookings-found")
        Fragment("div", self._draw_end)
        for expert_id in {booking.expert_id for booking in self._bookings.values()}:
            events.bookings.subscribe(expert_id, self._changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._missed)
        if self._bookings:
            background_tasks.create(self._read_all(), name="read what was shown once more")

    def _changed(self, event: events.BookingChanged) -> None:
        if event.booking_id in self._bookings:
            background_tasks.create(self._read(event.booking_id), name="read a booking again")

    def _missed(self, _: events.ChangesMissed) -> None:
        background_tasks.create(self._read_all(), name="read the bookings again")

    async def _read_all(self) -> None:
        for booking_id in list(self._bookings):
            await self._read(booking_id)

    async def _read(self, booking_id: PydanticObjectId) -> None:
        with self._list, problems.shown():
            await whoever_runs(self._request)
            try:
                self._bookings[booking_id] = await all_of_them.get(booking_id)
            except BookingNotFound:
                self._bookings.pop(booking_id, None)
            if not self._list.is_deleted:
                self._list.redraw()

    # --- how it looks ---

    def _draw_top(self) -> Markup:
        say, query = self._reader.say, self._query
        dates = listing.date_field("from", say("From"), query) + listing.date_field("to", say("To"), query)
        label = say("Name, e-mail, phone or booking code")
        orders = {
            "": say(ORDERS[Order.NEWEST]),
            **{str(one): say(ORDERS[one]) for one in (Order.SOONEST, Order.LATEST)},
        }
        named = {"": say("All"), **{str(status): say(statuses.NAMES[status]) for status in BookingStatus}}
        made = {"": say("However made"), **{str(one): say(words) for one, words in MADE.items()}}
        chips = (
            listing.chips(BOOKINGS, query, "order", say("Order"), orders)
            + listing.chips(BOOKINGS, query, "status", say("Status"), named)
            + listing.chips(BOOKINGS, query, "made", say("Made"), made)
        )
        return fill(
            _TOP,
            search=listing.search(BOOKINGS, query, label, self._reader, more=dates),
            export=listing.address(EXPORT, query),
            icon=icon("download"),
            words=say("Export"),
            chips=Markup('<div class="admin-filters">') + chips + Markup("</div>"),
            chosen=self._draw_chosen(),
        )

    def _draw_chosen(self) -> Markup:
        expert = next((one for key, one in self._experts.items() if str(key) == self._query.get("expert")), None)
        if expert is None:
            return Markup("")
        words = self._reader.say("Only with {name}", name=expert.name)
        away = self._reader.say("With everybody")
        return fill(_CHOSEN, words=words, path=listing.address(BOOKINGS, self._query, expert=""), away=away)

    def _draw_rows(self) -> Pieces:
        return {str(booking.id): self._draw_row(booking) for booking in self._bookings.values()}

    def _draw_row(self, booking: Booking) -> Markup:
        expert = self._experts.get(booking.expert_id)
        made = times.day_and_time(booking.created_at, self._reader)
        return fill(
            _ROW,
            key=booking.id,
            path=f"{BOOKINGS}/{booking.id}",
            customer=booking.customer_name,
            email=booking.customer_email,
            when=times.day_and_time(booking.starts_at, self._reader),
            expert=expert.name if expert is not None else self._reader.say("an expert who has left"),
            code=ticket.code(booking),
            made=self._reader.say("Made: {time}", time=made),
            status=status_badge(booking.status, self._reader),
        )

    def _draw_end(self) -> Markup:
        found, query, reader = self._found, self._query, self._reader
        if self._too_short is not None:
            return listing.empty(BOOKINGS, query, Sentence("Tell a little more"), self._too_short, reader)
        if not found.bookings and not found.after:
            heading, text = Sentence("No bookings"), Sentence("Nothing fits what you are looking for.")
            return listing.empty(BOOKINGS, query, heading, text, reader)
        return listing.pages(
            reader,
            before=listing.address(BOOKINGS, query) if query.get("after") else "",
            counted=self._counted(),
            after=listing.address(BOOKINGS, query, after=found.after) if found.after else "",
            onward=reader.say("Look further") if found.looked_to is not None else "",
        )

    def _counted(self) -> str:
        found, reader = self._found, self._reader
        if found.looked_to is not None:
            on = times.long_day(found.looked_to.astimezone(reader.zone).date(), reader)
            return reader.say("Looked as far as {day}.", day=on)
        if found.is_cut:
            return reader.say("There may be more. Say more to find fewer.")
        number = len(found.bookings)
        if found.after:
            return reader.say_many("{number} of many more", "{number} of many more", number)
        return reader.say_many("{number} booking", "{number} bookings", number)


# --- as a file ---


async def export(request: Request) -> Response:
    """The bookings that an address asks for, as CSV, row by row as they are read."""
    reader = visitor.reader_of(request)
    which = wanted(listing.asked(request, NAMES), reader)
    try:
        await limiting.hit(Limit.LOOK_UPS, visitor.address_of(request))
        caller = await visitor.caller_of(request)
        if caller.person is None:
            raise SignInNeeded
        access.require(caller, Action.RUN)
        first = await all_bookings.find(which, limit=EXPORTED_AT_ONCE)
    except SignInNeeded:
        return RedirectResponse(f"/sign-in?next={BOOKINGS}", 303, headers={"Cache-Control": "no-store"})
    except SearchTooShort:
        first = Found(bookings=[])
    except Exception as error:
        return asked.refusal(problems.as_booking_error(error), reader)
    headers = {
        "Content-Disposition": f'attachment; filename="bookings-{clock.now():%Y-%m-%d}.csv"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    return StreamingResponse(_lines(first, which), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(first: Found, which: Wanted) -> AsyncIterator[str]:
    yield "\ufeff" + _line(list(COLUMNS))
    found, written = first, 0
    while True:
        named = await experts.by_ids({booking.expert_id for booking in found.bookings})
        yield "".join(_line(_cells(booking, named.get(booking.expert_id))) for booking in found.bookings)
        written += len(found.bookings)
        if not found.after or written >= MOST_EXPORTED:
            return
        found = await all_bookings.find(which, after=found.after, limit=EXPORTED_AT_ONCE)


def _cells(booking: Booking, expert: Expert | None) -> list[str]:
    moments = (booking.starts_at, booking.ends_at, booking.created_at, booking.cancelled_at)
    starts, ends, made, cancelled = (at.isoformat(timespec="seconds") if at is not None else "" for at in moments)
    return [
        ticket.code(booking),
        booking.status,
        starts,
        ends,
        booking.session_name,
        expert.name if expert is not None else "",
        booking.customer_name,
        booking.customer_email,
        booking.customer_phone,
        booking.notes,
        made,
        cancelled,
        booking.message,
    ]


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([defused(cell) for cell in cells])
    return written.getvalue()


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


app.remove_route(EXPORT)
app.get(EXPORT, include_in_schema=False)(export)
