"""The page that the links in the mail about a request open: one press confirms or declines, without signing in.

Looking at it changes nothing: programs that check mail follow every link.
"""

from beanie import PydanticObjectId
from nicegui import background_tasks, html, ui

from expert_booking import answers, events, journal
from expert_booking.errors import BookingNotFound
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Booking, BookingStatus, ChangeKind
from pages import focus, problems, share, theme, times, visitor
from pages.components import ticket
from pages.icons import icon
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader
from pages.workspace import session_words

CONFIRM, DECLINE = "confirm", "decline"

_HEAD = (
    '<span class="emblem">{icon}</span><h1 class="title" id="request-heading" tabindex="-1">{heading}</h1>'
    '<p class="soft">{lead}</p>'
)
_REQUEST = (
    '<h2 class="section">{name}</h2><p class="pane-when">{span}</p><p class="soft">{kind}</p>'
    '<p class="faint">{zone}</p><dl class="facts">{facts}</dl>'
)
_FACT = "<div><dt>{term}</dt><dd><bdi>{fact}</bdi></dd></div>"
_CONFIRMING = (
    '<button type="submit" class="cta" name="answer" value="confirm" id="answer">{confirm}</button>'
    '<button type="button" class="ghost" data-pick="decline">{decline}</button>'
)
_DECLINING = (
    '<div class="field"><label for="field-message">{label} <span class="optional">{optional}</span></label>'
    '<textarea id="field-message" name="message" maxlength="1000" rows="3">{message}</textarea></div>'
    '<button type="submit" class="danger" name="answer" value="decline" id="answer">{decline}</button>'
    '<button type="button" class="ghost" data-pick="confirm">{confirm}</button>'
)
_ONWARD = '<a class="quiet" href="/workspace">{words}</a>'

_BECAME = {
    ChangeKind.DECLINED: (
        Sentence("The request is declined"),
        Sentence("The customer has been told. The time is free again."),
    ),
    ChangeKind.LAPSED: (
        Sentence("The request has lapsed"),
        Sentence("Nobody answered in time. The customer has been told, and the time is free again."),
    ),
    ChangeKind.CANCELLED: (
        Sentence("The session is cancelled"),
        Sentence("It does not take place. The time is free again."),
    ),
}
_CONFIRMED = (Sentence("The request is confirmed"), Sentence("The customer has been told that you expect them."))
_COMPLETED = (Sentence("This session is over"), Sentence("There is nothing left to answer."))
_TOO_LATE = (Sentence("It is too late to answer"), answers.TOO_LATE)


@ui.page("/requests/{booking_id}/{token}", response_timeout=10)
async def answering_page(booking_id: str, token: str, answer: str = CONFIRM) -> None:
    """The request, with the answer that was chosen in the mail ready to be pressed."""
    reader = visitor.reader()
    with frame(reader.say("A request")):
        share.keep_private(reader)
        ui.add_head_html(theme.working_head())  # ours: the addresses of our own files
        if not PydanticObjectId.is_valid(booking_id):
            raise BookingNotFound
        booking = await answers.find(PydanticObjectId(booking_id), token)
        with html.div().classes("wrap narrow"):
            request = RequestShown(booking, token, reader=reader, is_declining=answer == DECLINE)
            await request.draw()


class RequestShown:
    """A request and its answer; when it is answered elsewhere, this page says so."""

    def __init__(self, booking: Booking, token: str, *, reader: Reader, is_declining: bool) -> None:
        self._booking = booking
        self._token = token
        self._reader = reader
        self._is_declining = is_declining
        self._is_busy = False
        self._message = ""
        self._last: str = ""
        self._client = ui.context.client

    async def draw(self) -> None:
        """All of it; what has become of the request meanwhile is shown too."""
        events.bookings.subscribe(self._booking.expert_id, self._changed)
        await self._read()
        self._head = Fragment("div", self._draw_head).classes("request-head").props("role=status")
        with html.div().classes("glass request-pane"):
            self._pane = Fragment("div", self._draw_request)
            self._form = Fragment("form", self._draw_form).classes("request-form").on_pick(self._switched)
            self._form.on_sent(self._sent).on_left(self._typed)
        if answers.can_be_answered(self._booking):
            focus.move("#answer")

    async def _read(self) -> None:
        self._booking = await answers.find(self._booking.id, self._token)
        entries = await journal.of_booking(self._booking.id)
        self._last = entries[-1].what.removeprefix("booking.") if entries else ""

    def _draw_head(self) -> Markup:
        booking, say = self._booking, self._reader.say
        if answers.can_be_answered(booking):
            deadline = times.day_and_time(answers.answer_by(booking), self._reader)
            heading = say("{name} would like a session with you", name=booking.customer_name)
            return fill(
                _HEAD, icon=icon("letter"), heading=heading, lead=say("Answer by: {deadline}", deadline=deadline)
            )
        heading, lead = self._became()
        drawing = "check" if booking.status is not BookingStatus.CANCELLED else "close"
        return fill(_HEAD, icon=icon(drawing), heading=say(heading), lead=say(lead))

    def _became(self) -> tuple[Sentence, Sentence]:
        status = self._booking.status
        if status is BookingStatus.PENDING:
            return _TOO_LATE
        if status is BookingStatus.CONFIRMED:
            return _CONFIRMED
        if status is BookingStatus.COMPLETED:
            return _COMPLETED
        kind = ChangeKind(self._last) if self._last in set(ChangeKind) else ChangeKind.CANCELLED
        return _BECAME.get(kind, _BECAME[ChangeKind.CANCELLED])

    def _draw_request(self) -> Markup:
        booking, reader = self._booking, self._reader
        facts = {reader.say("Notes"): booking.notes, reader.say("Booking code"): ticket.code(booking)}
        return fill(
            _REQUEST,
            name=booking.customer_name,
            span=times.span(booking.starts_at, booking.ends_at, reader),
            kind=session_words.kind(booking, reader),
            zone=times.zone_in_words(reader, booking.starts_at),
            facts=Markup("").join(fill(_FACT, term=term, fact=fact) for term, fact in facts.items() if fact),
        )

    def _draw_form(self) -> Markup:
        say = self._reader.say
        if not answers.can_be_answered(self._booking):
            return fill(_ONWARD, words=say("Open your workspace"))
        if self._is_declining:
            return fill(
                _DECLINING,
                label=say("Message to the customer"),
                optional=say("(optional)"),
                message=self._message,
                decline=say("Decline the request"),
                confirm=say("Confirm instead"),
            )
        return fill(_CONFIRMING, confirm=say("Confirm the request"), decline=say("Decline instead"))

    def _typed(self, field: str, text: str) -> None:
        """What is to be said when the request is declined stays, whichever answer is ready to be pressed."""
        if field == "message":
            self._message = text

    def _switched(self, pick: str) -> None:
        if pick in (CONFIRM, DECLINE):
            self._is_declining = pick == DECLINE
            self._form.update()
            focus.move("#answer")

    async def _sent(self, sent: dict[str, str]) -> None:
        answer = sent.get("answer")
        if self._is_busy or answer not in (CONFIRM, DECLINE):
            return
        self._is_busy = True
        try:
            with problems.shown():
                await visitor.count(Limit.CHANGES)
                message = sent.get("message", "")
                await answers.answer(self._booking.id, self._token, confirms=answer == CONFIRM, message=message)
                await self._show()
        finally:
            self._is_busy = False

    async def _show(self) -> None:
        await self._read()
        for part in (self._head, self._pane, self._form):
            part.update()
        if not answers.can_be_answered(self._booking):
            focus.move("#request-heading")

    def _changed(self, event: events.BookingChanged) -> None:
        if event.booking_id == self._booking.id and not self._is_busy:
            background_tasks.create(self._show_later(), name="read a request again")

    async def _show_later(self) -> None:
        with self._client, problems.shown():
            await self._show()
