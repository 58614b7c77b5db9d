"""One booking, for its expert: who comes, what they said, what can be done, and what has been."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import groupby

from fastapi import Request
from nicegui import background_tasks, html, ui

from expert_booking import access, actors, bookings, client_notes, journal, own_words, rescheduling
from expert_booking.errors import IllegalTransition, ProofRefused, SlotNotFound, SlotUnavailable
from expert_booking.events import SlotChanged
from expert_booking.limiting import Limit
from expert_booking.roles import Action
from models import Booking, BookingStatus, JournalEntry, TimeSlot
from models.client_note import LONGEST_NOTE
from pages import focus, problems, times, visitor
from pages.components import phones, ticket
from pages.components.asking import ask_in_form, words_field
from pages.components.dialog import Dialog
from pages.components.question import ask
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.workspace import session_words
from pages.workspace.frame import whoever_works

MOST_CHOICES = 60
"""So many times are offered at once to move to; the later ones are asked for."""

ACTIONS = {
    "confirm": Action.MOVE_ON,
    "decline": Action.MOVE_ON,
    "cancel": Action.CANCEL,
    "complete": Action.MOVE_ON,
    "no-show": Action.MOVE_ON,
    "reschedule": Action.RESCHEDULE,
    "move": Action.RESCHEDULE,
    "more-times": Action.RESCHEDULE,
    "keep-time": Action.WORK,
    "close": Action.WORK,
}
"""What each button asks for."""

_HEAD = (
    '<header class="pane-head"><div class="told"><h2 class="title" tabindex="-1">{name}</h2>{badge}</div>'
    '<button type="button" class="tool" data-pick="close" aria-label="{close}">{cross}</button></header>'
    '<p class="pane-when">{span}</p><p class="soft">{kind}</p>'
    '<dl class="facts">{facts}</dl>'
)
_FACT = "<div><dt>{term}</dt><dd>{fact}</dd></div>"
_MAIL = '<a href="mailto:{email}" class="reach"><bdi>{email}</bdi></a>'
_PHONE = '<a href="tel:{number}" class="reach"><bdi dir="ltr">{shown}</bdi></a>'
_TYPED = "<bdi>{text}</bdi>"
_BUTTON = '<button type="button" class="{style}" data-pick="{pick}">{text}</button>'
_CHOICES = (
    '<div class="moving"><h3 class="section" tabindex="-1" id="moving">{heading}</h3><p class="soft">{text}</p>{days}'
    '<div class="actions">{more}<button type="button" class="quiet" data-pick="keep-time">{keep}</button></div></div>'
)
_DAY = '<div class="moving-day"><h4>{day}</h4><div class="free-times">{times}</div></div>'
_TIME = '<button type="button" class="quiet offer" data-pick="move:{id}">{text}</button>'
_NOTE = (
    '<div class="field"><label for="field-note">{label}</label>'
    '<textarea id="field-note" name="note" rows="3" maxlength="{most}" aria-describedby="hint-note">{text}</textarea>'
    '<p class="faint" id="hint-note">{hint}</p></div>'
    '<div class="actions"><button type="submit" class="quiet">{keep}</button></div>'
)
_PAST = '<section><h3 class="part">{heading}</h3><ul class="past">{items}</ul></section>'
_VISIT = '<li><span>{when}</span><span class="faint">{status}</span></li>'
_ENTRY = '<li><span>{what}</span><span class="faint">{who}</span><time class="faint">{at}</time>{reason}</li>'
_REASON = '<p class="reason"><bdi>{text}</bdi></p>'


class BookingPane:
    """One booking beside the page; it is read again whenever something happens to it."""

    def __init__(self, booking: Booking, *, request: Request, reader: Reader, on_close: Callable[[], None]) -> None:
        self.booking = booking
        self._request = request
        self._reader = reader
        self._is_busy = False
        self._choices: list[TimeSlot] | None = None
        self._shown_choices = MOST_CHOICES
        self._is_choosing_anew = self._are_choices_outdated = False
        self._note = self._typed_note = ""
        self._visits: list[Booking] = []
        self._entries: list[JournalEntry] = []
        self._on_close = on_close
        self._dialog: Dialog | None = None

    async def load(self) -> None:
        """Read all that is shown."""
        await self._read()
        self._note = await client_notes.of(self.booking.expert_id, self.booking.customer_key)
        self._typed_note = self._note

    def open(self) -> None:
        """Show what was read."""
        side = "left" if self._reader.direction == "rtl" else "right"
        with Dialog() as dialog, html.div().classes("booking-pane"):
            dialog.props(f"position={side} full-height")
            dialog.props["aria-label"] = self._reader.say("Session with {name}", name=self.booking.customer_name)
            self._head = Fragment("div", self._draw_head).on_pick(self._picked)
            self._actions = Fragment("div", self._draw_actions).classes("pane-actions").on_pick(self._picked)
            if not self.booking.is_erased:
                Fragment("form", self._draw_note).classes("pane-note").on_sent(self._keep_note).on_left(self._note_left)
            self._past = Fragment("div", self._draw_past).classes("pane-past")
            self._questions = html.div()
        self._dialog = dialog
        dialog.on("hide", self._put_away)
        dialog.open()

    def close(self) -> None:
        """Put it away."""
        if self._dialog is not None:
            self._dialog.close()

    def remove(self) -> None:
        """Take it off the page at once, with whatever is asked in it."""
        self._on_close()
        self._delete()

    def _delete(self) -> None:
        if self._dialog is not None:
            self._dialog.delete()

    async def _put_away(self) -> None:
        """Whoever closes the pane has not thrown away what they typed."""
        self._on_close()
        if self._typed_note != self._note:
            await self._keep_note({"note": self._typed_note})
        self._delete()

    async def refresh(self) -> None:
        """Read the booking again and show what it has become; what is typed meanwhile stays."""
        await self._read()
        if self._dialog is None or self._dialog.is_deleted:
            return
        if self.booking.status not in rescheduling.MOVABLE:
            self._choices = None
        for part in (self._head, self._actions, self._past):
            part.update()

    async def _read(self) -> None:
        self.booking = await bookings.get(self.booking.id)
        self._visits = await bookings.with_customer(self.booking.expert_id, self.booking.customer_key)
        self._entries = await journal.of_booking(self.booking.id)

    # --- how it looks ---

    def _draw_head(self) -> Markup:
        booking, say = self.booking, self._reader.say
        span = times.span(booking.starts_at, booking.ends_at, self._reader)
        facts = {
            say("E-mail"): fill(_MAIL, email=booking.customer_email) if booking.customer_email else "",
            say("Phone"): _phone(booking.customer_phone),
            say("Notes"): fill(_TYPED, text=booking.notes) if booking.notes else "",
            say("Message"): fill(_TYPED, text=booking.message) if booking.message else "",
            say("Booking code"): fill(_TYPED, text=ticket.code(booking)),
        }
        return fill(
            _HEAD,
            name=booking.customer_name,
            badge=session_words.badge(booking, self._reader),
            close=say("Close"),
            cross=icon("close"),
            span=span,
            kind=session_words.kind(booking, self._reader),
            facts=Markup("").join(fill(_FACT, term=term, fact=fact) for term, fact in facts.items() if fact),
        )

    def _draw_actions(self) -> Markup:
        if self._choices is not None:
            return self._draw_choices(self._choices)
        say = self._reader.say
        words = {
            "confirm": ("cta", say("Confirm")),
            "decline": ("quiet", say("Decline")),
            "complete": ("quiet", say("Mark as completed")),
            "no-show": ("quiet", say("Did not come")),
            "reschedule": ("quiet", say("Move to another time")),
            "cancel": ("danger", say("Cancel session")),
        }
        possible = _possible(self.booking)
        return Markup("").join(
            fill(_BUTTON, style=style, pick=pick, text=text)
            for pick, (style, text) in words.items()
            if pick in possible
        )

    def _draw_choices(self, choices: list[TimeSlot]) -> Markup:
        reader, say = self._reader, self._reader.say
        shown = choices[: self._shown_choices]
        days = groupby(shown, key=lambda slot: slot.starts_at.astimezone(reader.zone).date())
        drawn = (
            fill(
                _DAY,
                day=times.full_day(on, reader),
                times=Markup("").join(
                    fill(_TIME, id=slot.id, text=times.clock_time(slot.starts_at, reader)) for slot in slots
                ),
            )
            for on, slots in days
        )
        more = fill(_BUTTON, style="ghost", pick="more-times", text=say("Show later times"))
        nothing = say("There is no open time of this kind. Open one under Hours first.")
        return fill(
            _CHOICES,
            heading=say("Move to another time"),
            text=say("The customer is told at once. The old time is free again.") if choices else nothing,
            days=Markup("").join(drawn),
            more=more if len(choices) > len(shown) else "",
            keep=say("Keep this time"),
        )

    def _draw_note(self) -> Markup:
        say = self._reader.say
        return fill(
            _NOTE,
            label=say("Your notes about {name}", name=self.booking.customer_name),
            most=LONGEST_NOTE,
            text=self._note,
            hint=say("No page shows them to anybody but you. They belong to the data that a customer can ask for."),
            keep=say("Keep the notes"),
        )

    def _draw_past(self) -> Markup:
        reader = self._reader
        others = [each for each in self._visits if each.id != self.booking.id]
        visits = Markup("").join(
            fill(
                _VISIT,
                when=times.day_and_time(each.starts_at, reader),
                status=session_words.status_words(each, reader),
            )
            for each in others
        )
        entries = Markup("").join(
            fill(
                _ENTRY,
                what=session_words.done(entry, reader),
                who=session_words.doer(entry, reader),
                at=times.day_and_time(entry.at, reader),
                reason=fill(_REASON, text=entry.reason) if entry.reason else "",
            )
            for entry in self._entries
        )
        counted = reader.say_many("{number} other session with you", "{number} other sessions with you", len(others))
        history = fill(_PAST, heading=counted, items=visits) if others else Markup("")
        return history + fill(_PAST, heading=reader.say("What has been done"), items=entries)

    # --- what is done ---

    def _note_left(self, field: str, text: str) -> None:
        if field == "note":
            self._typed_note = text

    async def _keep_note(self, sent: dict[str, str]) -> None:
        with problems.shown():
            await visitor.count(Limit.CHANGES)
            await self.may(Action.WORK)
            booking = await bookings.get(self.booking.id)
            if booking.is_erased:
                raise ProofRefused
            self._typed_note = sent.get("note", "")
            self._note = await client_notes.keep(booking.expert_id, booking.customer_key, self._typed_note)
            ui.notify(self._reader.say("Your notes are kept."), type="positive")

    async def _picked(self, pick: str) -> None:
        verb, _, what = pick.partition(":")
        if verb == "close":
            self.close()
        elif verb in ACTIONS and not self._is_busy:
            self._is_busy = True
            try:
                with self._questions, problems.shown():
                    await visitor.count(Limit.CHANGES)
                    await self.may(ACTIONS[verb])
                    await self._do(verb, what)
            finally:
                self._is_busy = False

    async def _do(self, verb: str, what: str) -> None:
        if verb == "reschedule":
            self._shown_choices = MOST_CHOICES
            self._choices = await rescheduling.choices(self.booking)
            self._actions.update()
            focus.move("#moving")
        elif verb == "more-times":
            self._shown_choices += MOST_CHOICES
            self._actions.update()
        elif verb == "keep-time":
            self._choices = None
            self._actions.update()
        elif verb == "move":
            await self._move(what)
        else:
            await act(verb, self.booking, self._reader, may_still=partial(self.may, ACTIONS[verb]))

    def slot_changed(self, event: SlotChanged) -> None:
        """See to it that the times to move to are those that are open, if they are shown."""
        if self._choices is not None and event.session_type == self.booking.session_type:
            background_tasks.create(self._choose_anew_later(), name="read the times to move to again")

    async def _choose_anew_later(self) -> None:
        with self._actions, problems.shown():
            await self._choose_anew()

    async def _choose_anew(self) -> None:
        """Read the times to move to again; what comes while they are read is read once more."""
        if self._is_choosing_anew:
            self._are_choices_outdated = True
            return
        self._is_choosing_anew = True
        try:
            while True:
                self._are_choices_outdated = False
                found = await rescheduling.choices(self.booking)
                if not self._are_choices_outdated:
                    break
        finally:
            self._is_choosing_anew = False
        self._show_choices(found)

    def _show_choices(self, found: list[TimeSlot]) -> None:
        """Whoever has gone back, or sees the same times, sees nothing move."""
        shown = self._choices
        if shown is None or self._actions.is_deleted or [each.id for each in shown] == [each.id for each in found]:
            return
        self._choices = found
        self._actions.update()
        with self._actions:
            focus.rescue("#moving")

    async def _move(self, slot_id: str) -> None:
        slot = next((each for each in self._choices or () if str(each.id) == slot_id), None)
        if slot is None:
            return
        say, customer = self._reader.say, self.booking.customer_name
        when = times.day_and_time(slot.starts_at, self._reader)
        heading = say("Move the session to {when}?", when=when)
        text = say("{name} gets a mail with the new time.", name=customer)
        if not await ask(heading, text, yes=say("Move it"), no=say("Keep this time"), is_grave=False):
            return
        await self.may(Action.RESCHEDULE)
        try:
            await rescheduling.reschedule(self.booking.id, slot.id, by=actors.EXPERT)
        except (SlotUnavailable, SlotNotFound):
            await self._choose_anew()
            raise
        self._choices = None
        ui.notify(say("Moved. The customer gets a mail."), type="positive")
        await self.refresh()

    async def may(self, action: Action) -> None:
        """Ask anew whether whoever looks may do this with the booking as its expert.

        Raises:
            ProofMissing, ProofRefused, SignInNeeded
        """
        await require(action, self.booking, self._request)


async def require(action: Action, booking: Booking, request: Request) -> None:
    """Ask whether whoever has the page open is the booking's expert by now, and may do this.

    Raises:
        ProofMissing, ProofRefused, SignInNeeded
    """
    expert = await whoever_works(request)
    if booking.expert_id != expert.id:
        raise ProofRefused
    access.require(await visitor.caller_of(request), action, booking)


async def act(verb: str, booking: Booking, reader: Reader, *, may_still: Callable[[], Awaitable[None]]) -> None:
    """Confirm, decline, cancel, complete, or mark as a no-show, with a question where it cannot be taken back.

    Raises:
        BookingNotFound, IllegalTransition, InvalidRequest
    """
    if verb not in _possible(booking):
        raise IllegalTransition
    if verb == "confirm":
        await bookings.confirm(booking.id, by=actors.EXPERT)
        ui.notify(reader.say("Confirmed. The customer gets a mail."), type="positive")
    elif verb in ("decline", "cancel"):
        await _call_off(verb, booking, reader, may_still=may_still)
    elif verb == "complete":
        await _complete(booking, reader, may_still=may_still)
    elif verb == "no-show":
        await _mark_no_show(booking, reader, may_still=may_still)


async def _call_off(verb: str, booking: Booking, reader: Reader, *, may_still: Callable[[], Awaitable[None]]) -> None:
    say, name = reader.say, booking.customer_name
    if verb == "decline":
        heading, yes = say("Decline the request of {name}?", name=name), say("Decline")
    else:
        heading, yes = say("Cancel the session with {name}?", name=name), say("Cancel session")

    async def call_off(sent: dict[str, str]) -> None:
        await may_still()
        message = own_words.check(sent.get("message", ""), field="message")
        if verb == "decline":
            await bookings.decline(booking.id, by=actors.EXPERT, message=message)
            ui.notify(say("Declined. The time is free again."), type="positive")
        else:
            await bookings.cancel(booking.id, is_refusal=True, by=actors.EXPERT, message=message)
            ui.notify(say("Cancelled. The time is free again."), type="positive")

    await ask_in_form(
        heading,
        say("They get a mail, and the time opens for everybody at once."),
        words_field("message", say("Message to the customer"), "", reader, is_required=False),
        yes=yes,
        no=say("Keep it"),
        reader=reader,
        take=call_off,
        is_dangerous=True,
    )


async def _complete(booking: Booking, reader: Reader, *, may_still: Callable[[], Awaitable[None]]) -> None:
    say = reader.say
    heading = say("Mark the session with {name} as completed?", name=booking.customer_name)
    text = say("The session has taken place. It cannot be undone.")
    if await ask(heading, text, yes=say("Mark as completed"), no=say("Leave it"), is_grave=False):
        await may_still()
        await bookings.complete(booking.id, by=actors.EXPERT)
        ui.notify(say("Marked as completed."), type="positive")


async def _mark_no_show(booking: Booking, reader: Reader, *, may_still: Callable[[], Awaitable[None]]) -> None:
    say = reader.say
    heading = say("Did {name} not come?", name=booking.customer_name)
    text = say("It is noted for you, and cannot be taken back. Nobody is told.")
    if await ask(heading, text, yes=say("Did not come"), no=say("Leave it")):
        await may_still()
        await bookings.mark_no_show(booking.id, by=actors.EXPERT)


def _possible(booking: Booking) -> frozenset[str]:
    """What can be done with a booking as it is, by the buttons' words."""
    has_begun, status = session_words.has_begun(booking), booking.status
    is_live = status in rescheduling.MOVABLE
    found = set()
    if status is BookingStatus.PENDING and not has_begun:
        found |= {"confirm", "decline"}
    if is_live and not has_begun:
        found.add("reschedule")
    if status is BookingStatus.CONFIRMED and not has_begun:
        found.add("cancel")
    if is_live and has_begun:
        found.add("complete")
    if has_begun and status is not BookingStatus.CANCELLED and booking.no_show_at is None:
        found.add("no-show")
    return frozenset(found)


def _phone(phone: str) -> Markup:
    if not phone.startswith("+"):
        return fill(_TYPED, text=phone) if phone else Markup("")
    return fill(_PHONE, number=phone, shown=phones.in_groups(phone))
