"""The experts of the house: who works here, who was asked, who is hidden, who has left; and what becomes of that."""

from collections.abc import Mapping
from typing import Any

from beanie import PydanticObjectId
from fastapi import Request
from nicegui import html, ui

from expert_booking import actors, categories, events, experts
from expert_booking.actors import Actor
from expert_booking.administration import roster, staff
from expert_booking.administration.roster import Ahead, RosterPage, Row, Standing
from expert_booking.errors import ExpertNotFound, InvalidRequest
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import Expert
from models.expert import ZONE_NAMES
from pages import categories as category_words
from pages import languages, problems, times, visitor
from pages.administration import listing
from pages.administration.following import Following
from pages.administration.frame import BOOKINGS, EXPERTS, administration_page, whoever_runs
from pages.administration.listing import Query
from pages.administration.parts import problems_of, text_field
from pages.components.asking import ask_in_form, choice_field, plans_field, words_field
from pages.components.avatar import avatar
from pages.components.highlight import highlighted
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

NAMES = ("q", "category", "state", "page")
LEAD = Sentence("Everybody who offers sessions here. New ones are hidden until you show them.")
STANDINGS = {
    Standing.SHOWN: Sentence("Shown"),
    Standing.INVITED: Sentence("Invited"),
    Standing.HIDDEN: Sentence("Hidden"),
    Standing.REMOVED: Sentence("Removed"),
}
ACTIONS = {
    Standing.SHOWN: ("email", "invite", "hide", "remove"),
    Standing.INVITED: ("show", "email", "invite", "remove"),
    Standing.HIDDEN: ("show", "email", "invite", "remove"),
    Standing.REMOVED: ("take-back",),
}
WORDS = {
    "show": Sentence("Show"),
    "hide": Sentence("Hide"),
    "email": Sentence("Change e-mail"),
    "invite": Sentence("Invite again"),
    "remove": Sentence("Remove"),
    "take-back": Sentence("Take back"),
    "finish": Sentence("Cancel what is left"),
}
CANCEL, KEEP = "cancel", "keep"
NO_WAY_BACK = Sentence("Each customer is told, with your message. It cannot be undone.")

_TOP = (
    '<div class="admin-top">{search}<button type="button" class="cta" data-pick="new">{icon}{new}</button></div>{chips}'
)
_ROW = (
    '<li class="glass admin-row" data-key="{key}"{is_open}><div class="admin-line">{avatar}<div class="told"><h2>'
    '<button type="button" class="opens" data-pick="open:{key}" aria-expanded="{expanded}">{name}</button></h2>'
    '<p class="soft">{category}</p></div><p class="admin-next">{next}</p><p class="admin-count">{ahead}</p>{state}'
    "</div>{more}</li>"
)
_STATE = '<span class="pill state" data-state="{state}">{words}</span>'
_MORE = (
    '<div class="admin-more"><dl class="facts">{facts}</dl><div class="actions">{buttons}'
    '<a class="ghost" href="{bookings}">{see}</a></div></div>'
)
_FACT = "<div><dt>{term}</dt><dd>{fact}</dd></div>"
_BUTTON = '<button type="button" class="{style}" data-pick="{verb}:{key}">{words}</button>'
_FORM = (
    '<h2 class="section">{heading}</h2>{name}{category}{email}{zone}{language}<div class="actions">'
    '<button type="submit" class="cta" name="answer" value="save">{save}</button>'
    '<button type="submit" class="quiet" name="answer" value="cancel" formnovalidate>{cancel}</button></div>'
)
_LISTED = (
    '<div class="field"><label for="field-{name}">{label}</label><input id="field-{name}" name="{name}" value="{value}"'
    ' list="list-{name}" maxlength="60" autocomplete="off" aria-invalid="{is_wrong}" aria-describedby="problem-{name}">'
    '<datalist id="list-{name}">{options}</datalist><p class="problem" id="problem-{name}">{problem}</p></div>'
)
_OPTION = '<option value="{value}"></option>'


@ui.page(EXPERTS, response_timeout=10)
async def experts_page() -> None:
    """Look through the experts, add them, show and hide them, and have them leave."""
    request = ui.context.client.request
    async with administration_page(Sentence("Experts"), EXPERTS, lead=LEAD) as person:
        if person is None:
            return
        desk = Desk(request=request, query=listing.asked(request, NAMES), reader=visitor.reader())
        desk.follow()
        await desk.load()
        desk.draw()


class Desk:
    """What the page shows: the form while somebody is added, and a page of the roster with one of them open."""

    def __init__(self, *, request: Request, query: Query, reader: Reader) -> None:
        self._request, self._query, self._reader = request, query, reader
        self._following = Following(self._read_again, request=request)
        self._followed: set[PydanticObjectId] = set()
        self._found = RosterPage(rows=[], page=1, pages=1, total=0)
        self._categories: list[str] = []
        self._open: PydanticObjectId | None = None
        self._typed: Mapping[str, str] | None = None
        self._problems: Mapping[str, Sentence] = {}
        self._is_drawn = False

    def follow(self) -> None:
        """Hear of who there is; of those who are shown, one hears when they are known."""
        events.catalogue.subscribe(events.EVERY_EXPERT, self._following.changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._following.changed)

    def _follow_rows(self) -> None:
        new = {row.expert.id for row in self._found.rows} - self._followed
        for expert_id in new:
            events.bookings.subscribe(expert_id, self._following.changed)
            events.open_times.subscribe(expert_id, self._following.changed)
        self._followed |= new
        if new:
            self._following.changed()  # between reading them and hearing of them, something may have happened

    async def load(self) -> None:
        """Read what is shown."""
        state, page = self._query.get("state", ""), self._query.get("page", "")
        self._found = await roster.find(
            search=self._query.get("q", ""),
            category=self._query.get("category"),
            standing=listing.one_of(Standing, state),
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )
        self._categories = await categories.names()
        self._follow_rows()

    async def _read_again(self) -> None:
        if self._is_drawn:
            await self.load()
            self._redraw()

    def draw(self) -> None:
        """Put it on the page."""
        self._top = Fragment("div", self._draw_top).classes("admin-tools").on_pick(self._picked)
        self._form = Fragment("form", self._draw_form).classes("glass house-form")
        self._form.on_sent(self._sent)
        with html.div().classes("admin-found"):
            self._list = PieceList("ul", self._draw_rows).on_pick(self._picked)
            self._list.classes("admin-list roster")
            self._end = Fragment("div", self._draw_end)
        self._questions = html.div()
        self._is_drawn = True

    def _redraw(self) -> None:
        self._list.redraw()
        self._end.update()

    async def _actor(self) -> Actor:
        await visitor.count(Limit.CHANGES)
        return actors.administrator((await whoever_runs(self._request)).email)

    async def _again(self) -> Actor:
        """Who it is after a question, which may have stood for long."""
        return actors.administrator((await whoever_runs(self._request)).email)

    # --- what is done ---

    async def _picked(self, picked: str) -> None:
        verb, _, what = picked.partition(":")
        with problems.shown():
            if verb == "new":
                await self._actor()
                self._typed, self._problems = {"time_zone": self._reader.zone.key}, {}
                self._form.update()
                return
            expert_id = experts.parse_id(what, missing=ExpertNotFound)
            if verb == "open":
                await self._again()
                self._open = None if self._open == expert_id else expert_id
            else:
                await self._do(verb, await experts.get(expert_id), await self._actor())
            await self.load()
        self._redraw()

    async def _do(self, verb: str, expert: Expert, actor: Actor) -> None:
        say = self._reader.say
        if verb == "show":
            await staff.show(expert.id, by=actor)
            ui.notify(say("{name} is shown.", name=expert.name), type="positive")
        elif verb == "hide":
            await staff.hide(expert.id, by=actor)
            ui.notify(say("{name} is hidden. What is booked takes place.", name=expert.name), type="positive")
        elif verb == "invite":
            await staff.invite(expert.id, by=actor)
            ui.notify(say("An invitation is on its way to {address}.", address=expert.email), type="positive")
        elif verb == "take-back":
            await staff.take_back(expert.id, by=actor)
            ui.notify(say("{name} is back, and hidden until you show them.", name=expert.name), type="positive")
        elif verb == "email":
            await self._change_email(expert)
        elif verb == "remove":
            await self._remove(expert)
        elif verb == "finish":
            await self._finish(expert)

    async def _change_email(self, expert: Expert) -> None:
        say = self._reader.say
        field = text_field(
            "email",
            Sentence("E-mail"),
            value=expert.email or "",
            most=254,
            problems={},
            reader=self._reader,
            kind="email",
            hint=Sentence("Mail goes there from now on, and only there can they ask for a code to sign in."),
        )

        async def change(sent: dict[str, str]) -> None:
            changed = await staff.change_email(expert.id, sent.get("email", ""), by=await self._again())
            told = say("Mail for {name} goes to {address} from now on.", name=expert.name, address=changed.email)
            ui.notify(told, type="positive")

        with self._questions:
            await ask_in_form(
                say("Another e-mail address for {name}", name=expert.name),
                say(
                    "Make sure that it is theirs: whoever reads mail there acts as this expert. Their calendar feed"
                    " gets a new address as well."
                ),
                field,
                yes=say("Change it"),
                reader=self._reader,
                take=change,
            )

    async def _remove(self, expert: Expert) -> None:
        say, ahead = self._reader.say, await roster.ahead_of(expert.id)

        async def remove(sent: dict[str, str]) -> None:
            done = say("{name} is removed.", name=expert.name)
            await self._leave(expert, sent, cancels=sent.get("plan") == CANCEL, done=done)

        with self._questions:
            await ask_in_form(
                say("Remove {name}?", name=expert.name),
                self._told_ahead(ahead),
                self._plan_fields() if ahead.number else Markup(""),
                yes=say("Remove"),
                reader=self._reader,
                take=remove,
                no=say("Keep them"),
                is_dangerous=True,
            )

    async def _finish(self, expert: Expert) -> None:
        """Cancel what was to take place when they left."""
        say, ahead = self._reader.say, await roster.ahead_of(expert.id)
        if not ahead.number:
            return

        async def finish(sent: dict[str, str]) -> None:
            done = say("All bookings of {name} are cancelled.", name=expert.name)
            await self._leave(expert, sent, cancels=True, done=done)

        with self._questions:
            await ask_in_form(
                say("Cancel what is left of {name}?", name=expert.name),
                f"{self._told_ahead(ahead)} {say(NO_WAY_BACK)}",
                self._message_field(is_required=True),
                yes=say("Cancel all of them"),
                reader=self._reader,
                take=finish,
                is_dangerous=True,
            )

    async def _leave(self, expert: Expert, sent: Mapping[str, str], *, cancels: bool, done: str) -> None:
        """Have them leave, and say what came of it."""
        message = sent.get("reason", "")
        left = await staff.remove(expert.id, cancels=cancels, message=message, by=await self._again())
        if cancels and left.number:
            told = self._reader.say("Not everything could be cancelled. What is left is shown here.")
            ui.notify(told, type="warning")
        else:
            ui.notify(done, type="positive")

    def _told_ahead(self, ahead: Ahead) -> str:
        if ahead.first_at is None or ahead.last_at is None:
            return self._reader.say("Nothing is booked with them. They are not found any more and cannot sign in.")
        if ahead.number == 1:
            return self._reader.say(
                "One booking is ahead: {when}.", when=times.day_and_time(ahead.first_at, self._reader)
            )
        return self._reader.say(
            "{bookings} are ahead, the first {first}, the last {last}.",
            bookings=self._reader.say_many("{number} booking", "{number} bookings", ahead.number),
            first=times.day_and_time(ahead.first_at, self._reader),
            last=times.day_and_time(ahead.last_at, self._reader),
        )

    def _plan_fields(self) -> Markup:
        say = self._reader.say
        plans = {
            KEEP: (say("Let them take place"), say("Nothing more can be booked. The expert gets mail about these.")),
            CANCEL: (say("Cancel all of them"), say(NO_WAY_BACK)),
        }
        return plans_field("plan", say("What becomes of what is booked"), plans) + self._message_field()

    def _message_field(self, *, is_required: bool = False) -> Markup:
        say = self._reader.say
        return words_field(
            "reason",
            say("Message to the customers"),
            say("It goes into the mail of each customer, and into the journal."),
            self._reader,
            is_required=is_required,
            optional=say("(needed where you cancel)"),
        )

    async def _sent(self, sent: dict[str, str]) -> None:
        if sent.get("answer") == "cancel":
            self._typed = None
        else:
            with problems.shown():
                await self._add(sent)
        self._form.update()
        self._redraw()

    async def _add(self, sent: Mapping[str, str]) -> None:
        actor, say = await self._actor(), self._reader.say
        names = ("name", "category", "email", "time_zone", "language")
        wanted: dict[str, Any] = {name: sent.get(name, "") for name in names}
        if wanted["language"] not in languages.NAMES:
            wanted["language"] = languages.FALLBACK
        try:
            expert = await staff.add(**wanted, by=actor)
        except InvalidRequest as error:
            self._typed, self._problems = sent, problems_of(error)
            return
        self._typed, self._open = None, expert.id
        await self.load()
        ui.notify(say("An invitation is on its way to {address}.", address=expert.email), type="positive")

    # --- how it looks ---

    def _draw_top(self) -> Markup:
        say, query = self._reader.say, self._query
        standings = {"": say("All"), **{str(standing): say(words) for standing, words in STANDINGS.items()}}
        chips = listing.chips(EXPERTS, query, "state", say("State"), standings)
        if len(self._categories) > 1:
            named = {name: category_words.said(name, self._reader) for name in self._categories}
            chips += listing.chips(EXPERTS, query, "category", say("Category"), {"": say("All categories"), **named})
        return fill(
            _TOP,
            search=listing.search(EXPERTS, query, say("Search by name or e-mail"), self._reader),
            icon=icon("plus"),
            new=say("Add an expert"),
            chips=chips,
        )

    def _draw_rows(self) -> Pieces:
        return {str(row.expert.id): self._draw_row(row) for row in self._found.rows}

    def _draw_end(self) -> Markup:
        found, query = self._found, self._query
        if not found.rows:
            heading, text = Sentence("Nobody here"), Sentence("No expert fits what you are looking for.")
            return listing.empty(EXPERTS, query, heading, text, self._reader)
        counted = self._reader.say_many("{number} expert", "{number} experts", found.total)
        if found.pages > 1:
            counted = self._reader.say(
                "{experts}, page {page} of {pages}", experts=counted, page=found.page, pages=found.pages
            )
        return listing.pages(
            self._reader,
            before=listing.address(EXPERTS, query, page=str(found.page - 1)) if found.page > 1 else "",
            counted=counted,
            after=listing.address(EXPERTS, query, page=str(found.page + 1)) if found.page < found.pages else "",
        )

    def _draw_row(self, row: Row) -> Markup:
        expert, say = row.expert, self._reader.say
        is_open = expert.id == self._open
        return fill(
            _ROW,
            key=expert.id,
            is_open=Markup(" data-open") if is_open else Markup(""),
            expanded="true" if is_open else "false",
            avatar=avatar(expert, width=40),
            name=highlighted(expert.name, self._query.get("q", "")),
            category=category_words.said(expert.category, self._reader),
            next=self._next(row),
            ahead=self._reader.say_many("{number} booking ahead", "{number} bookings ahead", row.bookings_ahead)
            if row.bookings_ahead
            else say("Nothing ahead"),
            state=fill(_STATE, state=row.standing, words=say(STANDINGS[row.standing])),
            more=self._draw_more(row) if is_open else Markup(""),
        )

    def _next(self, row: Row) -> str:
        if row.next_open_at is None or row.standing is Standing.REMOVED:
            return self._reader.say("No open times")
        return self._reader.say("Next: {time}", time=times.day_and_time(row.next_open_at, self._reader))

    def _draw_more(self, row: Row) -> Markup:
        expert, say = row.expert, self._reader.say
        invited = times.day_and_time(expert.invited_at, self._reader) if expert.invited_at is not None else ""
        left = times.day_and_time(expert.removed_at, self._reader) if expert.removed_at is not None else ""
        facts = {
            say("E-mail"): expert.email or say("None: cannot sign in"),
            say("Time zone"): times.place(expert.zone, self._reader),
            say("Last invited"): invited,
            say("Removed"): left,
        }
        verbs = list(ACTIONS[row.standing])
        if row.standing is Standing.REMOVED and row.bookings_ahead:
            verbs.append("finish")
        buttons = Markup("").join(
            fill(
                _BUTTON,
                style="danger" if verb in ("remove", "finish") else "quiet",
                verb=verb,
                key=expert.id,
                words=say(WORDS[verb]),
            )
            for verb in verbs
            if verb != "invite" or expert.email
        )
        return fill(
            _MORE,
            facts=Markup("").join(fill(_FACT, term=term, fact=fact) for term, fact in facts.items() if fact),
            buttons=buttons,
            bookings=listing.address(BOOKINGS, {}, expert=str(expert.id)),
            see=say("See the bookings"),
        )

    def _draw_form(self) -> Markup:
        typed, say = self._typed, self._reader.say
        if typed is None:
            return Markup("")
        texts: dict[str, Any] = {"problems": self._problems, "reader": self._reader}
        spoken = choice_field(
            "language", say("Language"), languages.NAMES, chosen=typed.get("language", self._reader.language)
        )
        return fill(
            _FORM,
            heading=say("Add an expert"),
            name=text_field("name", Sentence("Full name"), value=typed.get("name", ""), most=120, **texts),
            category=self._listed("category", say("Category"), typed.get("category", ""), self._categories),
            email=text_field(
                "email",
                Sentence("E-mail"),
                value=typed.get("email", ""),
                most=254,
                kind="email",
                hint=Sentence("We send an invitation there. They sign in with a code, without a password."),
                **texts,
            ),
            zone=self._listed("time_zone", say("Time zone"), typed.get("time_zone", ""), sorted(ZONE_NAMES)),
            language=spoken,
            save=say("Add and invite"),
            cancel=say("Cancel"),
        )

    def _listed(self, name: str, label: str, value: str, choices: list[str]) -> Markup:
        problem = self._problems.get(name)
        return fill(
            _LISTED,
            name=name,
            label=label,
            value=value,
            is_wrong="true" if problem is not None else "false",
            problem=self._reader.say(problem) if problem is not None else "",
            options=Markup("").join(fill(_OPTION, value=choice) for choice in choices),
        )
