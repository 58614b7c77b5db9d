"""One booking, for those who run the house: all about it, what was done to it, and what can be done."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from beanie import PydanticObjectId
from fastapi import Request
from nicegui import background_tasks, html, ui

from expert_booking import access, actors, bookings, clock, events, experts, journal, own_words, rescheduling
from expert_booking.actors import Actor
from expert_booking.errors import BookingNotFound, SlotNotFound
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, Expert, JournalEntry, TimeSlot
from models.booking import TRANSITIONS
from pages import problems, times, visitor
from pages.administration import entry_words, listing
from pages.administration.frame import BOOKINGS, administration_page, whoever_runs
from pages.components import phones, ticket
from pages.components.asking import ask_in_form, choice_field, grouped_choice_field, words_field
from pages.components.status_badge import status_badge
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

PATH = f"{BOOKINGS}/{{booking_id}}"
MOST_CHOICES = 100
"""So many times are offered at once to move to; where there are more, from a day on that is asked for first."""

ACTIONS = {
    "confirm": Action.MOVE_ON,
    "complete": Action.MOVE_ON,
    "decline": Action.CANCEL,
    "cancel": Action.CANCEL,
    "no-show": Action.MOVE_ON,
    "move": Action.RESCHEDULE,
    "delete": Action.DELETE,
}
"""What each button asks for."""

WORDS = {
    "confirm": Sentence("Confirm"),
    "complete": Sentence("Complete"),
    "decline": Sentence("Decline"),
    "cancel": Sentence("Cancel booking"),
    "no-show": Sentence("Did not come"),
    "move": Sentence("Move"),
    "delete": Sentence("Delete"),
}
NOTHING_ELSE = Markup("")
DANGEROUS = frozenset({"decline", "cancel", "delete"})

_HEAD = (
    '<a class="back" href="{back}">{all}</a><div class="admin-booking"><h2 class="section">{title}</h2>{status}</div>'
    '<p class="soft">{what}</p>'
)
_FACTS = '<dl class="facts">{facts}</dl>'
_FACT = "<div><dt>{term}</dt><dd>{fact}</dd></div>"
_LTR = '<bdi dir="ltr">{text}</bdi>'
_LINK = '<a href="{address}">{text}</a>'
_BUTTON = '<button type="button" class="{style}" data-pick="{pick}">{words}</button>'
_JOURNAL = '<h2 class="section">{heading}</h2><ol class="entries">{entries}</ol>'


@ui.page(PATH, response_timeout=10)
async def booking_page(booking_id: str) -> None:
    """See everything about a booking, and act on it."""
    request = ui.context.client.request
    async with administration_page(Sentence("Booking details"), BOOKINGS) as person:
        if person is None:
            return
        key, reader = experts.parse_id(booking_id, missing=BookingNotFound), visitor.reader()
        try:
            booking = await bookings.get(key)
        except BookingNotFound:
            await _remember(key, reader)
            return
        desk = Desk(booking, request=request, reader=reader)
        desk.follow()
        await desk.load()
        desk.draw()


async def _remember(booking_id: PydanticObjectId, reader: Reader) -> None:
    """What the journal knows of a booking that is deleted.

    Raises:
        BookingNotFound: there never was one.
    """
    entries = await journal.of_booking(booking_id)
    if not entries:
        raise BookingNotFound
    known = await experts.by_ids({entry.expert_id for entry in entries if entry.expert_id is not None})
    expert = next((known[entry.expert_id] for entry in entries if entry.expert_id in known), None)
    code = fill(_LTR, text=ticket.code_of(booking_id))
    Fragment("div", lambda: _draw_head(expert, code, _gone(reader), reader)).classes("admin-head")
    Fragment("div", lambda: _draw_gone(reader)).classes("glass admin-facts")
    Fragment("section", lambda: _draw_journal(entries, reader)).classes("glass admin-journal")


def _draw_head(expert: Expert | None, what: str | Markup, status: Markup, reader: Reader) -> Markup:
    title = ticket.title(expert, reader)
    return fill(_HEAD, back=BOOKINGS, all=reader.say("All bookings"), title=title, status=status, what=what)


def _gone(reader: Reader) -> Markup:
    return fill('<span class="pill state" data-state="failed">{words}</span>', words=reader.say("Deleted"))


def _draw_gone(reader: Reader) -> Markup:
    return fill('<p class="soft">{words}</p>', words=reader.say("This booking is deleted. The journal stays."))


def _draw_journal(entries: Sequence[JournalEntry], reader: Reader) -> Markup:
    drawn = Markup("").join(entry_words.draw(entry, reader) for entry in reversed(entries))
    return fill(_JOURNAL, heading=reader.say("Journal"), entries=drawn)


class Desk:
    """The booking as it is by now."""

    def __init__(self, booking: Booking, *, request: Request, reader: Reader) -> None:
        self._booking, self._request, self._reader = booking, request, reader
        self._expert: Expert | None = None
        self._entries: list[JournalEntry] = []
        self._is_deleted = False
        self._parts: list[Fragment] = []

    def follow(self) -> None:
        """Hear of it."""
        events.bookings.subscribe(self._booking.expert_id, self._changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._missed)

    async def load(self) -> None:
        """Read what is shown."""
        try:
            self._booking = await bookings.get(self._booking.id)
        except BookingNotFound:
            self._is_deleted = True
        self._expert = (await experts.by_ids({self._booking.expert_id})).get(self._booking.expert_id)
        self._entries = await journal.of_booking(self._booking.id)

    def draw(self) -> None:
        """Put it on the page."""
        self._parts = [
            Fragment("div", self._draw_head).classes("admin-head"),
            Fragment("div", self._draw_facts).classes("glass admin-facts"),
            Fragment("div", self._draw_actions).classes("actions").on_pick(self._picked),
            Fragment("section", self._draw_journal).classes("glass admin-journal"),
        ]
        self._questions = html.div()

    def _changed(self, event: events.BookingChanged) -> None:
        if event.booking_id == self._booking.id:
            background_tasks.create(self._read(), name="read a booking again")

    def _missed(self, _: events.ChangesMissed) -> None:
        background_tasks.create(self._read(), name="read a booking again")

    async def _read(self) -> None:
        if not self._parts:
            return
        with self._parts[0], problems.shown():
            await whoever_runs(self._request)
            await self.load()
            for part in self._parts:
                part.update()

    # --- what is done ---

    async def _may(self, verb: str, reason: str = "") -> Actor:
        """Who does it and why; asked anew before anything is done.

        Raises:
            SignInNeeded, ProofMissing, ProofRefused
        """
        caller = await visitor.caller_of(self._request)
        access.require(caller, ACTIONS[verb], self._booking)
        return actors.administrator((await whoever_runs(self._request)).email, reason=reason)

    async def _picked(self, verb: str) -> None:
        if verb not in ACTIONS or verb not in self._possible():
            return
        with problems.shown():
            await visitor.count(Limit.CHANGES)
            await self._may(verb)
            with self._questions:
                await self._do(verb)
            await self._read()

    async def _do(self, verb: str) -> None:
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "move": self._move,
            "delete": self._delete,
            "cancel": lambda: self._call_off("cancel"),
            "decline": lambda: self._call_off("decline"),
        }
        await steps.get(verb, lambda: self._step(verb))()

    async def _step(self, verb: str) -> None:
        say = self._reader.say
        asked = {
            "confirm": (say("Confirm this booking?"), say("The customer is told by mail.")),
            "complete": (say("Complete this booking?"), say("The session has taken place. It cannot be undone.")),
            "no-show": (say("Did the customer not come?"), say("The expert and you see it; it cannot be undone.")),
        }
        steps = {"confirm": bookings.confirm, "complete": bookings.complete, "no-show": bookings.mark_no_show}

        async def step(by: Actor, _: dict[str, str]) -> None:
            await steps[verb](self._booking.id, by=by)

        await self._ask_why(verb, *asked[verb], step, is_dangerous=verb != "confirm")

    async def _call_off(self, verb: str) -> None:
        say = self._reader.say

        async def call_off(by: Actor, _: dict[str, str]) -> None:
            await bookings.cancel(self._booking.id, is_refusal=True, by=by, message=by.reason)

        await self._ask_why(
            verb,
            say("Decline this request?") if verb == "decline" else say("Cancel this booking?"),
            say("The time opens for everybody at once."),
            call_off,
            hint=say("It goes into the mail of the customer, and into the journal."),
            is_required=True,
        )

    async def _delete(self) -> None:
        say = self._reader.say

        async def delete(by: Actor, _: dict[str, str]) -> None:
            await bookings.delete(self._booking.id, by=by)

        heading, text = say("Delete this booking?"), say("It disappears for good, for its customer as well.")
        await self._ask_why("delete", heading, text, delete, is_required=True)

    async def _move(self) -> None:
        say = self._reader.say
        free = await rescheduling.choices(self._booking)
        if not free:
            ui.notify(say("There is no open time to move to."), type="warning")
            return
        if len(free) > MOST_CHOICES and not (free := await self._from_a_day_on(free)):
            return

        async def move(by: Actor, sent: dict[str, str]) -> None:
            slot_id = experts.parse_id(sent.get("slot", ""), missing=SlotNotFound)
            await rescheduling.reschedule(self._booking.id, slot_id, by=by)

        choices: dict[str, dict[str, str]] = {}
        for slot in free:
            of_day = choices.setdefault(times.full_day(self._day_of(slot), self._reader), {})
            of_day[str(slot.id)] = times.day_and_time(slot.starts_at, self._reader)
        await self._ask_why(
            "move",
            say("Move to another time"),
            say("The old time is free again at once, and both sides are told by mail."),
            move,
            fields=grouped_choice_field("slot", say("Open times"), choices),
            is_dangerous=False,
        )

    async def _from_a_day_on(self, free: list[TimeSlot]) -> list[TimeSlot]:
        """As many times as are offered at once, from a day on; none for whoever thinks better of it."""
        say, chosen = self._reader.say, list[TimeSlot]()
        days = {self._day_of(slot).isoformat(): times.full_day(self._day_of(slot), self._reader) for slot in free}

        async def choose(sent: dict[str, str]) -> None:
            chosen[:] = [slot for slot in free if self._day_of(slot).isoformat() >= sent.get("day", "")]

        await ask_in_form(
            say("Move to another time"),
            say("There are many open times. Choose the day from which on you would like to see them."),
            choice_field("day", say("Day"), days),
            yes=say("Show times"),
            reader=self._reader,
            take=choose,
        )
        return chosen[:MOST_CHOICES]

    def _day_of(self, slot: TimeSlot) -> date:
        return slot.starts_at.astimezone(self._reader.zone).date()

    async def _ask_why(
        self,
        verb: str,
        heading: str,
        text: str,
        do: Callable[[Actor, dict[str, str]], Awaitable[None]],
        *,
        fields: Markup = NOTHING_ELSE,
        hint: str = "",
        is_required: bool = False,
        is_dangerous: bool = True,
    ) -> None:
        """Ask for the reason, and do it as whoever gives one."""

        async def take(sent: dict[str, str]) -> None:
            reason = own_words.check(sent.get("reason", ""), field="reason", is_required=is_required)
            await do(await self._may(verb, reason), sent)

        say = self._reader.say
        hint = hint or say("It goes into the journal, which stays.")
        why = words_field("reason", say("Reason"), hint, self._reader, is_required=is_required)
        await ask_in_form(
            heading, text, fields + why, yes=say(WORDS[verb]), reader=self._reader, take=take, is_dangerous=is_dangerous
        )

    def _possible(self) -> list[str]:
        booking, now = self._booking, clock.now()
        if self._is_deleted:
            return []
        later = TRANSITIONS[booking.status]
        is_ahead = booking.starts_at > now
        possible = {
            "confirm": BookingStatus.CONFIRMED in later,
            "complete": BookingStatus.COMPLETED in later,
            "no-show": booking.no_show_at is None and not is_ahead and booking.status is not BookingStatus.CANCELLED,
            "move": booking.status in rescheduling.MOVABLE and is_ahead,
            "decline": booking.status is BookingStatus.PENDING,
            "cancel": booking.status is BookingStatus.CONFIRMED,
            "delete": booking.status is BookingStatus.COMPLETED,
        }
        return [verb for verb, is_possible in possible.items() if is_possible]

    # --- how it looks ---

    def _draw_head(self) -> Markup:
        booking, reader = self._booking, self._reader
        status = _gone(reader) if self._is_deleted else status_badge(booking.status, reader)
        return _draw_head(self._expert, times.span(booking.starts_at, booking.ends_at, reader), status, reader)

    def _draw_facts(self) -> Markup:
        booking, say, reader = self._booking, self._reader.say, self._reader
        if self._is_deleted:
            return _draw_gone(reader)

        def at(moment: datetime | None) -> str:
            return times.day_and_time(moment, reader) if moment is not None else ""

        with_expert = listing.address(BOOKINGS, {}, expert=str(booking.expert_id))
        of_customer = listing.address(BOOKINGS, {}, q=booking.customer_email)
        facts: dict[str, str | Markup] = {
            say("Booking code"): fill(_LTR, text=ticket.code(booking)),
            say("With"): fill(_LINK, address=with_expert, text=self._expert.name) if self._expert is not None else "",
            say("Session"): booking.session_name,
            say("Booked for"): booking.customer_name,
            say("E-mail"): fill(_LINK, address=of_customer, text=booking.customer_email)
            if booking.customer_email
            else "",
            say("Phone"): fill(_LTR, text=phones.in_groups(booking.customer_phone)) if booking.customer_phone else "",
            say("Notes"): booking.notes,
            say("Message"): booking.message,
            say("Made"): at(booking.created_at),
            say("Confirmed"): at(booking.confirmed_at),
            say("Completed"): at(booking.completed_at),
            say("Did not come"): at(booking.no_show_at),
            say("Cancelled"): at(booking.cancelled_at),
            say("Made through"): say("The page") if booking.made_by else say("A program"),
        }
        drawn = Markup("").join(fill(_FACT, term=term, fact=fact) for term, fact in facts.items() if fact)
        return fill(_FACTS, facts=drawn)

    def _draw_actions(self) -> Markup:
        buttons = (
            fill(
                _BUTTON,
                pick=verb,
                style="danger" if verb in DANGEROUS else "quiet",
                words=self._reader.say(WORDS[verb]),
            )
            for verb in self._possible()
        )
        return Markup("").join(buttons)

    def _draw_journal(self) -> Markup:
        return _draw_journal(self._entries, self._reader)
