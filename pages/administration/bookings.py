"""All bookings of the house: filtered and searched by the address, a page at a time, and true while one looks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from beanie import PydanticObjectId
from bson import ObjectId
from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from nicegui import app, ui

from expert_booking import access, clock, events, experts, limiting, spreadsheets, statuses
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
from pages.administration.following import Following
from pages.administration.frame import BOOKINGS, administration_page
from pages.administration.listing import Query
from pages.components import ticket
from pages.components.status_badge import status_badge
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

NAMES = ("q", "status", "expert", "from", "to", "made", "order", "after")
EXPORT = "/admin/bookings.csv"
EXPORTED_AT_ONCE = 500
CLOCKS_APART = timedelta(seconds=10)
"""So much the clocks of several processes may differ."""

LEAD = Sentence("Everything that was ever booked here. What changes shows here at once.")
ORDERS = {Order.NEWEST: Sentence("Made last"), Order.SOONEST: Sentence("Upcoming"), Order.LATEST: Sentence("Past")}
MADE = {MadeBy.PAGE: Sentence("On the page"), MadeBy.PROGRAM: Sentence("By programs")}
COLUMNS = (
    "code", "status", "starts_at", "ends_at", "session", "expert", "customer_name", "customer_email", "customer_phone",
    "notes", "made_at", "cancelled_at", "message",
)  # fmt: skip
"""The names of the columns stay the same in all languages: programs read them."""

HEAD = "\ufeff" + spreadsheets.line(COLUMNS)
MORE = Sentence("There may be more. Say more to find fewer.")
BROKEN_OFF = Sentence("The file breaks off here, as something went wrong. Please have it made again.")

_TOP = '<div class="admin-top">{search}<a class="quiet" href="{export}" download>{icon}{words}</a></div>{chips}{chosen}'
_CHOSEN = '<p class="admin-chosen"><span>{words}</span><a class="ghost" href="{path}">{away}</a></p>'
_NEW = '<p class="admin-new"><span>{words}</span><a class="quiet" href="{path}">{show}</a></p>'
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
        desk.follow()
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
    """A page of bookings; each is read again when something happens to it, and new ones are counted above them."""

    def __init__(self, *, request: Request, query: Query, reader: Reader) -> None:
        self._query, self._reader = query, reader
        self._following = Following(self._read_told, request=request)
        self._wanted = wanted(query, reader)
        self._since = clock.now() - CLOCKS_APART
        self._found = Found(bookings=[])
        self._bookings: dict[PydanticObjectId, Booking] = {}
        self._new: set[PydanticObjectId] = set()
        self._told: set[PydanticObjectId] = set()
        self._experts: dict[PydanticObjectId, Expert] = {}
        self._too_short: Sentence | None = None
        self._is_drawn = self._has_missed = False

    def follow(self) -> None:
        """Hear of all bookings; what is told before the page is drawn is read when it is."""
        events.bookings.subscribe(events.EVERY_EXPERT, self._changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._missed)

    async def load(self) -> None:
        """Read what is shown; of what happens meanwhile, one hears before."""
        try:
            self._found = await all_bookings.find(self._wanted, after=self._query.get("after", ""))
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
        self._news = Fragment("div", self._draw_new).classes("admin-news").props("role=status")
        self._list = PieceList("ul", self._draw_rows)
        self._list.classes("admin-list bookings-found")
        Fragment("div", self._draw_end)
        self._is_drawn = self._too_short is None
        if self._told or self._has_missed:
            self._following.changed()

    def _changed(self, event: events.BookingChanged) -> None:
        self._told.add(event.booking_id)
        self._following.changed()

    def _missed(self, event: events.ChangesMissed) -> None:
        self._has_missed = True
        self._following.changed()

    async def _read_told(self) -> None:
        if not self._is_drawn:
            return
        if self._has_missed:
            self._has_missed = False
            newest = await all_bookings.find(replace(self._wanted, order=Order.NEWEST))
            self._told |= {*self._bookings, *(booking.id for booking in newest.bookings)}
        while self._told:
            await self._read(self._told.pop())
        self._list.redraw()
        self._news.update()

    async def _read(self, booking_id: PydanticObjectId) -> None:
        self._new.discard(booking_id)
        try:
            booking = await all_of_them.get(booking_id)
        except BookingNotFound:
            self._bookings.pop(booking_id, None)
            return
        if booking_id in self._bookings:
            self._bookings[booking_id] = booking
        elif all_bookings.is_wanted(booking, self._wanted) and self._came_at(booking) > self._since:
            self._new.add(booking_id)

    def _came_at(self, booking: Booking) -> datetime:
        """When a booking came to be among those that are wanted."""
        moments = {
            BookingStatus.CONFIRMED: booking.confirmed_at,
            BookingStatus.COMPLETED: booking.completed_at,
            BookingStatus.CANCELLED: booking.cancelled_at,
        }
        status = self._wanted.status
        return (moments.get(status) if status is not None else None) or booking.created_at

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

    def _draw_new(self) -> Markup:
        if not self._new:
            return Markup("")
        words = self._reader.say_many("{number} new booking", "{number} new bookings", len(self._new))
        return fill(
            _NEW, words=words, path=listing.address(BOOKINGS, self._query), show=self._reader.say("Load the list anew")
        )

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
            return reader.say(MORE)
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
        lines = _lines(await all_bookings.find(which, limit=EXPORTED_AT_ONCE), which, reader)
    except SignInNeeded:
        return RedirectResponse(f"/sign-in?next={BOOKINGS}", 303, headers={"Cache-Control": "no-store"})
    except SearchTooShort as error:
        lines = _nothing(error.args[0], reader)
    except Exception as error:
        return asked.refusal(problems.as_booking_error(error), reader)
    headers = {
        "Content-Disposition": f'attachment; filename="bookings-{clock.now():%Y-%m-%d}.csv"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _nothing(why: Sentence, reader: Reader) -> AsyncIterator[str]:
    yield HEAD
    yield spreadsheets.line([reader.say(why)])


async def _lines(first: Found, which: Wanted, reader: Reader) -> AsyncIterator[str]:
    """All of them, a page at a time; where that is not all there is, or reading failed, the last line says so."""
    yield HEAD
    try:
        found = first
        yield await _page_of_lines(found)
        while found.after:
            found = await all_bookings.find(which, after=found.after, limit=EXPORTED_AT_ONCE)
            yield await _page_of_lines(found)
    except Exception as error:
        yield spreadsheets.line([reader.say(BROKEN_OFF)])
        problems.as_booking_error(error)  # what nobody foresaw breaks the line off as well
    else:
        if found.is_cut:
            yield spreadsheets.line([reader.say(MORE)])


async def _page_of_lines(found: Found) -> str:
    named = await experts.by_ids({booking.expert_id for booking in found.bookings})
    cells = (_cells(booking, named.get(booking.expert_id)) for booking in found.bookings)
    return "".join(map(spreadsheets.line, cells))


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


app.remove_route(EXPORT)
app.get(EXPORT, include_in_schema=False)(export)
