"""An expert's other calendars: their bookings go there by a feed, and the busy times of those come here."""

from urllib.parse import unquote

from beanie import PydanticObjectId
from fastapi import Request, Response
from nicegui import app, background_tasks, html, json, ui
from nicegui.events import GenericEventArguments

from expert_booking import background, feeds, limiting, outside_calendars
from expert_booking.actors import EXPERT
from expert_booking.errors import (
    BookingError,
    CalendarUnreadable,
    ExpertNotFound,
    InvalidRequest,
    NotAllowed,
    ProofRefused,
)
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Expert, OutsideCalendar
from pages import asked, focus, problems, times, visitor
from pages.components.painted_field import PaintedField, draw_field
from pages.components.question import ask
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.workspace import feed
from pages.workspace.frame import CALENDARS, show_ended, whoever_works, workspace_page

FILE = f"{CALENDARS}/file"
NAME_HEADER = "X-File-Name"
LONGEST_SENT = 4000
LOOK_SECONDS = 30.0
"""How often a page that is open looks what has become of the calendars."""

ADDRESS = PaintedField(
    name="address",
    label=Sentence("Address of the calendar"),
    attributes='type="url" inputmode="url" dir="ltr" maxlength="2000" autocomplete="off" spellcheck="false" required',
    is_kept=False,
)
NAME = PaintedField(
    name="name",
    label=Sentence("What you call it"),
    attributes='maxlength="80" autocomplete="off"',
    is_optional=True,
    is_kept=False,
)

_FEED = (
    '<section class="glass part-of-work" aria-labelledby="feed-heading"><header>'
    '<h2 class="section" id="feed-heading">{heading}</h2><p>{words}</p></header>'
    '<div class="address feed-address"><input readonly id="feed" dir="ltr" value="{address}" aria-label="{name}">'
    '<button type="button" class="quiet" data-copy="feed" data-copied="{copied}" data-by-hand="{by_hand}">{icon}'
    '<span>{copy}</span></button><a class="quiet" href="{subscribe}">{open}</a></div>'
    '<p class="faint" role="status" id="copied"></p><div class="feed-secret"><p class="faint">{warning}</p>'
    '<button type="button" class="ghost" data-pick="new-address">{renew}</button></div></section>'
)
_LIST = (
    '<section class="outside" aria-labelledby="outside-heading"><header>'
    '<h2 class="section" id="outside-heading">{heading}</h2><p class="soft">{words}</p></header>{calendars}</section>'
)
_CALENDARS = '<ul class="outside-list">{rows}</ul>'
_NONE = '<p class="quiet-note">{icon}<span>{words}</span></p>'
_CALENDAR = (
    '<li class="glass outside-calendar"{state}><span class="outside-kind">{drawing}</span><div class="told">'
    '<h3><bdi>{name}</bdi></h3><p class="outside-state">{mark}<span>{said}</span></p><p class="faint">{facts}</p></div>'
    '<div class="tools">{again}<button type="button" class="tool" data-pick="remove:{id}" aria-label="{remove}"'
    ' title="{remove}">{trash}</button></div></li>'
)
_AGAIN = (
    '<button type="button" class="tool{busy}" data-pick="read:{id}" aria-label="{words}" title="{words}"{disabled}>'
    "{icon}</button>"
)
_FORM = (
    '<form class="glass part-of-work" id="calendar-form" novalidate aria-labelledby="add-heading"'
    ' data-offline="{offline}" data-failed="{failed}" data-large="{large}">'
    '<header><h2 class="section" id="add-heading">{heading}</h2></header>'
    '<div class="fields">{fields}</div><div class="actions"><button type="submit" class="cta">{add}</button>'
    '<label class="quiet chooser"><input type="file" class="visually-hidden" id="calendar-file"'
    ' accept=".ics,text/calendar" aria-describedby="problem-file">{icon}<span>{choose}</span></label></div>'
    '<p class="problem" id="problem-file" role="alert"></p>'
    '<details class="where"><summary>{where}</summary><dl>{places}</dl></details></form>'
)
_PLACE = "<div><dt>{name}</dt><dd>{words}</dd></div>"

_WHERE = {
    Sentence("Google Calendar"): Sentence(
        "In the settings of the calendar: Integrate calendar, Secret address in iCal format."
    ),
    Sentence("Apple Calendar"): Sentence("Share the calendar as a public calendar, and copy its address."),
    Sentence("Outlook"): Sentence("In the settings: Shared calendars, Publish a calendar, then the ICS link."),
}


@ui.page(CALENDARS, response_timeout=10)
async def calendars_page() -> None:
    """The feed, the calendars that keep the expert busy, and a form to add one."""
    lead = Sentence("Your bookings in the calendar that you use, and its busy times here.")
    async with workspace_page(Sentence("Calendars"), CALENDARS, lead=lead) as expert:
        if expert is None:
            return
        calendars = Calendars(expert, await outside_calendars.of_expert(expert.id), visitor.reader())
        calendars.build()
        calendars.follow()


class Calendars:
    """The parts of the page; each is drawn from what is known when it is sent."""

    def __init__(self, expert: Expert, known: list[OutsideCalendar], reader: Reader) -> None:
        self._expert = expert
        self._known = known
        self._reader = reader
        self._request = ui.context.client.request
        self._client = ui.context.client
        self._reading: set[PydanticObjectId] = set()
        self._is_adding = False

    def build(self) -> None:
        """Draw it."""
        with html.div().classes("beside") as self._room:
            with html.div().classes("work"):
                self._list = Fragment("div", self._draw_list).on_pick(self._picked)
                form = Fragment("div", self._draw_form).classes("parts")
                form.on("submit", self._sent, js_handler="calendarSent(emit)")
                form.on("change", self._filed, js_handler="calendarChosen(emit)")
            self._feed = Fragment("aside", self._draw_feed).on_pick(self._picked)
        self._questions = html.div()

    def follow(self) -> None:
        """Look again and again: calendars are read without anybody here, and nobody tells of it."""
        self._looking = background_tasks.create(
            background.repeat(self._look_again, every_seconds=LOOK_SECONDS), name="look at the calendars again"
        )
        self._client.on_delete(self._looking.cancel)

    async def _look_again(self) -> None:
        before = self._known
        with self._client:
            try:
                known = await self._read_known()
            except (NotAllowed, ExpertNotFound):
                self._end()
                return
            if self._known is before and known != before:
                self._known = known
                self._list.update()
                focus.rescue("#outside-heading")

    async def _read_known(self) -> list[OutsideCalendar]:
        """The expert's calendars, for whoever may still see them.

        Raises:
            ExpertNotFound, ProofMissing, ProofRefused, SignInNeeded
        """
        expert = await whoever_works(self._request)
        if expert.id != self._expert.id:
            raise ProofRefused
        return await outside_calendars.of_expert(expert.id)

    def _end(self) -> None:
        """Show nothing any more: whoever knows the feed's address reads it."""
        self._looking.cancel()
        self._questions.clear()
        show_ended(self._room, self._reader, onward=CALENDARS)

    # --- drawing ---

    def _draw_feed(self) -> Markup:
        say, address = self._reader.say, feed.address_of(self._expert, self._request)
        return fill(
            _FEED,
            heading=say("Your bookings, in your calendar"),
            words=say("Subscribe to this address. New bookings and changes follow, as often as your calendar looks."),
            address=address,
            name=say("Address of your feed"),
            icon=icon("copy"),
            copy=say("Copy"),
            copied=say("The address is copied."),
            by_hand=say("This browser does not let us copy. The address is selected: please copy it yourself."),
            subscribe=f"webcal://{address.partition('://')[2]}",
            open=say("Open in a calendar"),
            renew=say("Make a new address"),
            warning=say("Whoever has this address sees who has booked you. If others have got it, make a new one."),
        )

    def _draw_list(self) -> Markup:
        say = self._reader.say
        rows = Markup("").join(map(self._draw_calendar, self._known))
        none = fill(_NONE, icon=icon("calendar"), words=say("None yet. Add one, and nobody can book you twice."))
        return fill(
            _LIST,
            heading=say("Busy elsewhere"),
            words=say("When one of these calendars says that you are busy, nobody can book you. Only times are kept."),
            calendars=fill(_CALENDARS, rows=rows) if self._known else none,
        )

    def _draw_calendar(self, calendar: OutsideCalendar) -> Markup:
        is_reading, is_wrong = calendar.id in self._reading, bool(calendar.problem)
        state = ' data-state="wrong"' if is_wrong and not is_reading else ""
        return fill(
            _CALENDAR,
            state=Markup(state),
            drawing=icon("globe" if calendar.address is not None else "calendar"),
            name=calendar.name,
            mark=icon("warning") if state else "",
            said=self._say_state(calendar, is_reading=is_reading),
            facts=self._say_facts(calendar),
            again=self._draw_again(calendar, is_reading=is_reading) if calendar.address is not None else "",
            id=calendar.id,
            remove=self._reader.say("Remove {name}", name=calendar.name),
            trash=icon("trash"),
        )

    def _draw_again(self, calendar: OutsideCalendar, *, is_reading: bool) -> Markup:
        return fill(
            _AGAIN,
            id=calendar.id,
            busy=" busy" if is_reading else "",
            disabled=Markup(" disabled") if is_reading else "",
            words=self._reader.say("Read {name} again", name=calendar.name),
            icon=icon("again"),
        )

    def _say_state(self, calendar: OutsideCalendar, *, is_reading: bool) -> str:
        if is_reading:
            return self._reader.say("Reading it …")
        if calendar.problem:
            return self._reader.say(calendar.problem)
        return self._reader.say_many("{number} busy time", "{number} busy times", calendar.stretches)

    def _say_facts(self, calendar: OutsideCalendar) -> str:
        say, reader = self._reader.say, self._reader
        if calendar.address is None and calendar.read_until is not None:
            until = times.day(calendar.read_until.astimezone(reader.zone).date(), reader)
            return say("From a file, good until {day}", day=until)
        read = times.day_and_time(calendar.read_at, reader) if calendar.read_at is not None else say("never")
        if not calendar.problem:
            return say("Last read: {when}", when=read)
        again = times.day_and_time(calendar.next_at, reader)
        return say("Last read: {when}. Asked again: {again}", when=read, again=again)

    def _draw_form(self) -> Markup:
        say = self._reader.say
        hint = say("It begins with https:// or webcal:// and often ends in .ics.")
        places = (fill(_PLACE, name=say(name), words=say(words)) for name, words in _WHERE.items())
        return fill(
            _FORM,
            heading=say("Add a calendar"),
            fields=draw_field(ADDRESS, self._reader, hint=hint) + draw_field(NAME, self._reader),
            add=say("Add"),
            icon=icon("download"),
            choose=say("Import a file"),
            where=say("Where do I find the address?"),
            places=Markup("").join(places),
            large=say(outside_calendars.FILE_TOO_LARGE),
            offline=say("We cannot be reached just now. Please try again in a moment."),
            failed=say("That did not work. Please try again."),
        )

    # --- doing ---

    async def _picked(self, pick: str) -> None:
        verb, _, key = pick.partition(":")
        with self._client, problems.shown():  # what was clicked may be gone when the answer comes
            await visitor.count(Limit.CHANGES)
            expert = await whoever_works(self._request)
            if verb == "new-address":
                await self._renew(expert)
            elif (calendar := self._calendar(key)) is not None and verb == "read":
                await self._read(expert, calendar)
            elif calendar is not None and verb == "remove":
                await self._remove(expert, calendar)

    def _calendar(self, key: str) -> OutsideCalendar | None:
        return next((calendar for calendar in self._known if str(calendar.id) == key), None)

    async def _renew(self, expert: Expert) -> None:
        say = self._reader.say
        text = say("The address that you have now stops working at once. Subscribe again with the new one.")
        with self._questions:
            if not await ask(say("Make a new address?"), text, yes=say("Make a new one")):
                return
        await whoever_works(self._request)
        self._expert = await feeds.renew(expert.id, by=EXPERT)
        self._feed.update()
        with self._questions:
            ui.notify(say("Your feed has a new address."), type="positive")

    async def _read(self, expert: Expert, calendar: OutsideCalendar) -> None:
        if calendar.id in self._reading:
            return
        self._reading.add(calendar.id)
        self._list.update()
        try:
            await outside_calendars.read_again(expert.id, calendar.id)
        finally:
            self._reading.discard(calendar.id)
            await self._redraw()
            focus.move(f'[data-pick="read:{calendar.id}"]')

    async def _remove(self, expert: Expert, calendar: OutsideCalendar) -> None:
        say = self._reader.say
        text = say("Its busy times go with it: you can be booked then. The calendar itself stays where it is.")
        with self._questions:
            if not await ask(say("Remove {name}?", name=calendar.name), text, yes=say("Remove")):
                return
        await whoever_works(self._request)
        await outside_calendars.remove(expert.id, calendar.id, by=EXPERT)
        await self._redraw()
        focus.move("#outside-heading")

    async def _sent(self, event: GenericEventArguments) -> None:
        """Add the calendar at the address; what is wrong with it stands below the field."""
        if self._is_adding:
            return
        self._is_adding, given = True, event.args if isinstance(event.args, dict) else {}
        problem = self._reader.say("That did not work. Please try again.")
        try:
            await visitor.count(Limit.CHANGES)
            expert = await whoever_works(self._request)
            address, name = (str(given.get(field.name) or "")[:LONGEST_SENT] for field in (ADDRESS, NAME))
            added = await outside_calendars.subscribe(expert.id, address, name=name, by=EXPERT)
            await self._redraw()
            self._say_added(added)
            problem = ""
        except Exception as error:
            problem = self._reader.say(problems.as_booking_error(error).args[0])
        finally:
            self._is_adding = False
            ui.run_javascript(f"calendarAnswered({json.dumps(problem)})")

    async def _filed(self, _: GenericEventArguments) -> None:
        """Show the calendar whose file the browser has sent by a request of its own."""
        with problems.shown():
            known = {calendar.id for calendar in self._known}
            await self._redraw()
            for added in (calendar for calendar in self._known if calendar.id not in known):
                self._say_added(added)

    def _say_added(self, added: OutsideCalendar) -> None:
        said = self._reader.say_many(
            "{name} is added: {number} busy time.",
            "{name} is added: {number} busy times.",
            added.stretches,
            name=added.name,
        )
        ui.notify(said, type="positive")

    async def _redraw(self) -> None:
        self._known = await self._read_known()
        self._list.update()


async def take_file(request: Request) -> Response:
    """Take the busy times of a calendar file that was sent as it is; nothing is read before it is known by whom."""
    reader = visitor.reader_of(request)
    try:
        await whoever_works(request)
        await limiting.hit(Limit.CHANGES, visitor.address_of(request))
        file = await _content(request)
        expert = await whoever_works(request)  # sending it may have taken a while
        name = unquote(request.headers.get(NAME_HEADER, ""))[:LONGEST_SENT] or reader.say("A file")
        added = await outside_calendars.take_file(expert.id, file, name=name, by=EXPERT)
        return asked.answer({"added": str(added.id)})
    except Exception as error:
        return asked.refusal(_in_one(problems.as_booking_error(error)), reader)


def _in_one(error: BookingError) -> BookingError:
    return BookingError(error.problems[0].message) if isinstance(error, InvalidRequest) else error


async def _content(request: Request) -> bytes:
    """What was sent, up to the most that a calendar may have.

    Raises:
        CalendarUnreadable
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > outside_calendars.MOST_BYTES:
            raise CalendarUnreadable(outside_calendars.FILE_TOO_LARGE)
    return bytes(content)


app.remove_route(FILE)
app.post(FILE, include_in_schema=False)(take_file)
