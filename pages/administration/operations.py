"""Operations, live: what the process is doing, mail that could not be sent, and how the house is doing in charts."""

from collections.abc import Sequence

from fastapi import Request, Response
from nicegui import app, background_tasks, html, ui

from expert_booking import figures, outbox, spreadsheets
from expert_booking.figures import Figures
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Message, MessageKind
from pages import asked, focus, problems, times, visitor
from pages.administration.charts import CHARTS, draw_table
from pages.administration.following import Following
from pages.administration.frame import OPERATIONS, administration_page, whoever_runs
from pages.administration.pulse_board import PulseBoard
from pages.components.chart import Chart
from pages.live.board import viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

FILE = "/admin/figures/{table}.csv"
DAYS = 30
MOST_FAILED = 20
CUT = Sentence(
    "Of each status, no more than {number} bookings are counted; there are more.", number=figures.MOST_COUNTED
)
LEAD = Sentence("What happens just now shows by itself; the charts are counted anew when you choose.")
KINDS = {
    MessageKind.SIGN_IN_CODE: Sentence("A code to sign in with"),
    MessageKind.RECEIVED: Sentence("A request has come"),
    MessageKind.CONFIRMED: Sentence("Confirmed"),
    MessageKind.DECLINED: Sentence("Declined"),
    MessageKind.CANCELLED: Sentence("Cancelled"),
    MessageKind.RESCHEDULED: Sentence("Moved"),
    MessageKind.LAPSED: Sentence("Lapsed"),
    MessageKind.REMINDER: Sentence("A reminder"),
    MessageKind.OFFER: Sentence("A time has opened"),
    MessageKind.LINE_CLOSED: Sentence("A line is closed"),
    MessageKind.INVITATION: Sentence("An invitation"),
}

_FAILED = (
    '<section class="glass failed"><h2 class="section">{heading}</h2><div class="scrolls" tabindex="0" role="region"'
    ' aria-label="{heading}"><table class="ledger"><thead><tr><th scope="col">{what}</th><th scope="col">{why}</th>'
    '<th scope="col">{at}</th><th scope="col"><span class="visually-hidden">{again}</span></th></tr></thead><tbody>'
    "{rows}</tbody></table></div></section>"
)
_MESSAGE = (
    '<tr><th scope="row">{what}</th><td><code>{why}</code></td><td>{at}</td>'
    '<td><button type="button" class="ghost" data-pick="mail:{key}">{again}</button></td></tr>'
)
_RANGES = (
    '<div class="figures-head"><div><h2 class="section">{heading}</h2><p class="faint">{words}</p></div>'
    '<div class="switch" role="group" aria-label="{name}">{buttons}</div></div>'
)
_RANGE = '<button type="button" data-pick="days:{days}" aria-pressed="{pressed}">{words}</button>'


@ui.page(OPERATIONS, response_timeout=10)
async def operations_page() -> None:
    """Watch, have mail sent again, and read the charts."""
    async with administration_page(Sentence("Operations"), OPERATIONS, lead=LEAD) as person:
        if person is None:
            return
        reader = visitor.reader()
        board = PulseBoard.of(reader)
        viewer().look_at(board)
        Fragment("div", board.draw)
        desk = Desk(request=ui.context.client.request, reader=reader)
        board.failures.subscribe(desk.mail_failed)
        await desk.load()
        desk.draw()


class Desk:
    """The mail that failed, and the charts of the range that was chosen."""

    def __init__(self, *, request: Request, reader: Reader) -> None:
        self._request, self._reader = request, reader
        self._client = ui.context.client
        self._following = Following(self._read_mail, request=request)
        self._failed: Sequence[Message] = ()
        self._number_failed = 0
        self._mail: Fragment | None = None
        self._days = DAYS
        self._figures: Figures | None = None
        self._charts: dict[str, Chart] = {}
        self._tables: dict[str, Fragment] = {}
        self._pages: dict[str, int] = {}

    async def load(self) -> None:
        """Read which mail has failed."""
        self._failed = await outbox.failed(MOST_FAILED)

    def draw(self) -> None:
        """Put it on the page; the charts come when they are counted."""
        self._mail = Fragment("div", self._draw_failed).classes("once-box").on_pick(self._picked)
        self._head = Fragment("div", self._draw_ranges).on_pick(self._picked)
        with html.div().classes("charts"):
            for name in CHARTS:
                self._place_chart(name)
        self._count()

    def _place_chart(self, name: str) -> None:
        drawing, heading = CHARTS[name], self._reader.say(CHARTS[name].heading)
        with html.section().classes("glass chart wide" if drawing.is_wide else "glass chart") as section:
            section.props["data-name"] = name
            html.h3(heading).classes("chart-name")
            if drawing.part is not None:
                html.p(self._reader.say(drawing.part)).classes("faint")
            self._charts[name] = Chart({}, label=heading)
            table = Fragment("div", lambda: self._draw_table(name)).classes("chart-foot").on_pick(self._picked)
            self._tables[name] = table

    def _count(self) -> None:
        """Count in the background, as that may take as long as there are bookings."""
        days = self._days

        async def count() -> None:
            with self._client, problems.shown():
                found = await figures.of_days(days)
                if days == self._days and not self._client.is_deleted:
                    self._show(found)

        background_tasks.create(count(), name="count for the charts")

    def _show(self, found: Figures) -> None:
        self._figures = found
        for name, chart in self._charts.items():
            chart.draw(CHARTS[name].options(found, self._reader))
        for part in (self._head, *self._tables.values()):
            part.update()

    async def _picked(self, picked: str) -> None:
        verb, _, what = picked.partition(":")
        with problems.shown():
            await visitor.count(Limit.CHANGES if verb == "mail" else Limit.LOOK_UPS)
            await whoever_runs(self._request)
            if verb == "days" and what in map(str, figures.RANGES):
                self._days, self._figures = int(what), None
                self._head.update()
                self._count()
            elif verb == "page":
                self._turn(what)
            elif verb == "mail":
                await outbox.send_again(what)
                await self._read_mail()

    def _turn(self, what: str) -> None:
        name, _, page = what.partition(":")
        if name in CHARTS and page.isascii() and page.isdigit() and len(page) < 7:
            self._pages[name] = int(page)
            self._tables[name].update()
            focus.move(f'.chart[data-name="{name}"] .scrolls')

    async def _read_mail(self) -> None:
        await self.load()
        if self._mail is not None:
            self._mail.update()

    def mail_failed(self, number: int) -> None:
        """Read which messages failed, if there are more or less than before, or than are shown."""
        if number != self._number_failed or min(number, MOST_FAILED) != len(self._failed):
            self._number_failed = number
            self._following.changed()

    # --- how it looks ---

    def _draw_failed(self) -> Markup:
        if not self._failed:
            return Markup("")
        say = self._reader.say
        return fill(
            _FAILED,
            heading=say("Mail that could not be sent"),
            what=say("Message"),
            why=say("Why"),
            at=say("Given up"),
            again=say("Send again"),
            rows=Markup("").join(map(self._draw_message, self._failed)),
        )

    def _draw_message(self, message: Message) -> Markup:
        return fill(
            _MESSAGE,
            key=message.id,
            what=self._reader.say(KINDS[message.kind]),
            why=message.refusal,
            at=times.day_and_time(message.due_at, self._reader),
            again=self._reader.say("Send again"),
        )

    def _draw_ranges(self) -> Markup:
        say, found = self._reader.say, self._figures
        buttons = Markup("").join(
            fill(
                _RANGE,
                days=days,
                pressed="true" if days == self._days else "false",
                words=self._reader.say_many("{number} day", "{number} days", days),
            )
            for days in figures.RANGES
        )
        if found is None:
            words = say("Counting …")
        else:
            at = times.clock_time(found.at, self._reader)
            words = say("So many days back and ahead, by days in UTC. Counted at {time}.", time=at)
            words = f"{words} {say(CUT)}" if found.is_cut else words
        return fill(_RANGES, heading=say("Figures"), words=words, name=say("Days back and ahead"), buttons=buttons)

    def _draw_table(self, name: str) -> Markup:
        if self._figures is None:
            return Markup("")
        return draw_table(name, self._figures, self._reader, page=self._pages.get(name))


async def download(table: str, request: Request) -> Response:
    """A chart's figures as a file for a spreadsheet."""
    reader = visitor.reader_of(request)
    try:
        await whoever_runs(request)
        days = request.query_params.get("days", str(DAYS))
        if table not in figures.TABLES or days not in map(str, figures.RANGES):
            return Response(status_code=404)
        found = await figures.of_days(int(days))
        text = figures.as_csv(found, table) + (spreadsheets.line([reader.say(CUT)]) if found.is_cut else "")
    except Exception as error:
        return asked.refusal(problems.as_booking_error(error), reader)
    headers = {"Content-Disposition": f'attachment; filename="{table}-{days}.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


app.remove_route(FILE)
app.get(FILE, include_in_schema=False)(download)
