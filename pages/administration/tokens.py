"""API tokens: which programs may do a part of what runs the house, and for how long."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from fastapi import Request
from nicegui import html, ui

from expert_booking import actors, api_tokens, clock
from expert_booking.actors import Actor
from expert_booking.api_tokens import NewToken
from expert_booking.errors import InvalidRequest
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from models import ApiToken, Scope
from pages import problems, times, visitor
from pages.administration.frame import TOKENS, administration_page, whoever_runs
from pages.administration.parts import check, checks, problems_of, shown_once, text_field
from pages.components import question
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

LEAD = Sentence("Programs use the administration's routes with a token of their own, and may do what its scopes say.")
SCOPES = {
    Scope.BOOKINGS_READ: Sentence("Search and read all bookings, with who booked"),
    Scope.BOOKINGS_WRITE: Sentence("Confirm, complete, cancel, move and delete bookings"),
    Scope.EXPERTS_READ: Sentence("Read all experts, hidden ones as well"),
    Scope.EXPERTS_WRITE: Sentence("Add, hide and show experts"),
    Scope.JOURNAL_READ: Sentence("Read who changed what"),
    Scope.FIGURES_READ: Sentence("Read how the house is doing"),
    Scope.WEBHOOKS_READ: Sentence("Read which addresses are told of bookings"),
    Scope.WEBHOOKS_WRITE: Sentence("Add and remove addresses that are told of bookings"),
}
DAYS = "90"
_EMPTY = '<p class="quiet-note">{icon}<span>{words}</span></p>'
_NEW = '<button type="button" class="cta" data-pick="new">{words}</button>'
_FORM = (
    '<h2 class="section">{heading}</h2>{name}{scopes}{days}<div class="actions">'
    '<button type="submit" class="cta" name="answer" value="save">{save}</button>'
    '<button type="submit" class="quiet" name="answer" value="cancel" formnovalidate>{cancel}</button></div>'
)
_TABLE = (
    '<div class="glass scrolls" tabindex="0" role="region" aria-label="{label}"><table class="ledger"><thead><tr>'
    '<th scope="col">{name}</th><th scope="col">{may}</th><th scope="col">{used}</th><th scope="col">{state}</th>'
    '<th scope="col"><span class="visually-hidden">{revoke}</span></th></tr></thead><tbody>{rows}</tbody></table></div>'
)
_ROW = (
    '<tr><th scope="row">{name}<code dir="ltr">{begins}…</code></th><td class="scopes">{scopes}</td><td>{used}</td>'
    '<td><span class="pill state" data-state="{state}">{words}</span><p class="faint">{more}</p></td>'
    "<td>{revoke}</td></tr>"
)
_REVOKE = '<button type="button" class="ghost" data-pick="revoke:{key}">{words}</button>'
_SCOPE = "<code>{scope}</code> "


@ui.page(TOKENS, response_timeout=10)
async def tokens_page() -> None:
    """Make and revoke; a token is shown once."""
    async with administration_page(Sentence("API tokens"), TOKENS, lead=LEAD) as person:
        if person is None:
            return
        desk = Desk(request=ui.context.client.request, reader=visitor.reader())
        await desk.load()
        desk.draw()


class Desk:
    """What the page shows: the tokens, the form while one is typed, and the one that was just made."""

    def __init__(self, *, request: Request, reader: Reader) -> None:
        self._request, self._reader = request, reader
        self._tokens: Sequence[ApiToken] = ()
        self._typed: Mapping[str, str] | None = None
        self._problems: Mapping[str, Sentence] = {}
        self._new: NewToken | None = None

    async def load(self) -> None:
        """Read what is shown."""
        self._tokens = await api_tokens.find_all()

    def draw(self) -> None:
        """Put it on the page."""
        self._once = Fragment("div", self._draw_once).classes("once-box")
        self._form = Fragment("form", self._draw_form).classes("glass house-form")
        self._form.on_sent(self._sent)
        self._list = Fragment("div", self._draw_list).classes("hooks").on_pick(self._picked)
        self._questions = html.div()
        self._show()

    def _show(self) -> None:
        for part in (self._once, self._form, self._list):
            part.update()

    async def _actor(self) -> Actor:
        await visitor.count(Limit.CHANGES)
        return actors.administrator((await whoever_runs(self._request)).email)

    async def _picked(self, picked: str) -> None:
        verb, _, what = picked.partition(":")
        with problems.shown():
            actor = await self._actor()
            if verb == "new":
                self._typed, self._problems, self._new = {"days": DAYS}, {}, None
            elif verb == "revoke" and await self._is_sure(what):
                await whoever_runs(self._request)  # the question may have stood for long
                await api_tokens.revoke(what, by=actor)
            await self.load()
        self._show()

    async def _is_sure(self, token_id: str) -> bool:
        say, name = self._reader.say, next((each.name for each in self._tokens if each.id == token_id), "")
        with self._questions:
            return await question.ask(
                say("Revoke “{name}”?", name=name),
                say("Whoever uses it is let in no more, from the next request on."),
                yes=say("Revoke"),
            )

    async def _sent(self, sent: dict[str, str]) -> None:
        if sent.get("answer") == "cancel":
            self._typed = None
        else:
            with problems.shown():
                await self._make(sent)
                await self.load()
        self._show()

    async def _make(self, sent: Mapping[str, str]) -> None:
        actor = await self._actor()
        scopes = tuple(scope for scope in Scope if scope in sent)
        try:
            self._new = await api_tokens.make(
                name=sent.get("name", ""), scopes=scopes, days=_days(sent.get("days", "")), by=actor
            )
        except InvalidRequest as error:
            self._typed, self._problems = sent, problems_of(error)
        else:
            self._typed = None

    # --- how it looks ---

    def _draw_once(self) -> Markup:
        if self._new is None:
            return Markup("")
        heading = Sentence("The token of “{name}”", name=self._new.token.name)
        words = Sentence("Copy it now: it is not shown again. Programs send it as Authorization: Bearer.")
        return shown_once(heading, words, self._new.secret, self._reader)

    def _draw_form(self) -> Markup:
        typed, say = self._typed, self._reader.say
        if typed is None:
            return Markup("")
        boxes = Markup("").join(
            check(scope, scope, hint=say(words), is_checked=scope in typed) for scope, words in SCOPES.items()
        )
        texts: dict[str, Any] = {"problems": self._problems, "reader": self._reader}
        return fill(
            _FORM,
            heading=say("Make a token"),
            name=text_field(
                "name",
                Sentence("Name"),
                value=typed.get("name", ""),
                most=api_tokens.LONGEST_NAME,
                hint=Sentence("What the program does with it. The journal knows it by this name."),
                **texts,
            ),
            scopes=checks("scopes", Sentence("What it may do"), boxes, **texts),
            days=text_field(
                "days",
                Sentence("Good for so many days"),
                value=typed.get("days", ""),
                most=4,
                hint=Sentence("Leave it blank for a token that is good until you revoke it."),
                **texts,
            ),
            save=say("Make it"),
            cancel=say("Cancel"),
        )

    def _draw_list(self) -> Markup:
        say = self._reader.say
        add = fill(_NEW, words=say("Make a token")) if self._typed is None else Markup("")
        if not self._tokens:
            return fill(_EMPTY, icon=icon("nobody"), words=say("No program has a token yet.")) + add
        rows = Markup("").join(map(self._draw_row, self._tokens))
        table = fill(
            _TABLE,
            label=say("API tokens"),
            name=say("Name"),
            may=say("What it may do"),
            used=say("Last used"),
            state=say("State"),
            revoke=say("Revoke"),
            rows=rows,
        )
        return table + add

    def _draw_row(self, token: ApiToken) -> Markup:
        say, is_good = self._reader.say, api_tokens.is_good(token, at=clock.now())
        words = say("Good") if is_good else say("Revoked") if token.revoked_at is not None else say("Expired")
        used = token.last_used_at
        return fill(
            _ROW,
            name=token.name,
            begins=token.begins,
            scopes=Markup("").join(fill(_SCOPE, scope=scope) for scope in token.scopes),
            used=times.day_and_time(used, self._reader) if used is not None else say("Never"),
            state="on" if is_good else "off",
            words=words,
            more=self._until(token) if is_good else "",
            revoke=fill(_REVOKE, key=token.id, words=say("Revoke")) if is_good else Markup(""),
        )

    def _until(self, token: ApiToken) -> str:
        if token.expires_at is None:
            return self._reader.say("until you revoke it")
        return self._reader.say("until {time}", time=times.day_and_time(token.expires_at, self._reader))


def _days(typed: str) -> int | None:
    """Blank for none; what is no number is none that a token can have."""
    typed = typed.strip()
    if not typed:
        return None
    with suppress(ValueError):
        return int(typed)
    return 0
