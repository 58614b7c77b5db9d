"""The categories of the house: named, renamed, made one, and offered to experts before anybody is in them."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import html, ui

from expert_booking import actors, categories, events
from expert_booking.actors import Actor
from expert_booking.categories import Counted
from expert_booking.limiting import Limit
from expert_booking.sentence import Sentence
from pages import categories as category_words
from pages import focus, problems, visitor
from pages.administration import listing
from pages.administration.following import Following
from pages.administration.frame import CATEGORIES, EXPERTS, administration_page, whoever_runs
from pages.administration.parts import text_field
from pages.components import question
from pages.components.asking import ask_in_form, choice_field
from pages.live.fragment import Fragment, Markup, fill
from pages.live.pieces import PieceList, Pieces
from pages.reader import Reader

LEAD = Sentence("What experts can be found by. Visitors see those that somebody is in.")
NAME = Sentence("Name")

_FORM = '{name}<button type="submit" class="cta" data-added="{added}">{add}</button>'
_ROW = (
    '<li class="glass admin-row" data-key="{key}"><div class="admin-line"><div class="told">'
    '<h2><a href="{experts}">{name}</a></h2><p class="soft">{counted}</p></div>'
    '<div class="actions">{buttons}</div></div></li>'
)
_BUTTON = '<button type="button" class="ghost" data-pick="{verb}:{key}" aria-label="{label}">{words}</button>'


@ui.page(CATEGORIES, response_timeout=10)
async def categories_page() -> None:
    """Look through the categories, and change them."""
    request = ui.context.client.request
    async with administration_page(Sentence("Categories"), CATEGORIES, lead=LEAD) as person:
        if person is None:
            return
        desk = Desk(request=request, reader=visitor.reader())
        desk.follow()
        await desk.load()
        desk.draw()


class Desk:
    """What the page shows."""

    def __init__(self, *, request: Request, reader: Reader) -> None:
        self._request, self._reader = request, reader
        self._found: Sequence[Counted] = ()
        self._added = 0
        self._following = Following(self._read_again, request=request)
        self._is_drawn = False

    def follow(self) -> None:
        """Hear of who there is."""
        events.catalogue.subscribe(events.EVERY_EXPERT, self._following.changed)
        events.resync.subscribe(events.EVERY_EXPERT, self._following.changed)

    async def _read_again(self) -> None:
        if self._is_drawn:
            await self.load()
            self._redraw()

    async def load(self) -> None:
        """Read what is shown."""
        self._found = await categories.counted()

    def draw(self) -> None:
        """Put it on the page."""
        self._form = Fragment("form", self._draw_form).classes("glass house-form in-line")
        self._form.on_sent(self._sent)
        with html.div().classes("admin-found"):
            self._list = PieceList("ul", self._draw_rows).on_pick(self._picked)
            self._list.classes("admin-list categories")
            self._end = Fragment("div", self._draw_end)
        self._questions = html.div()
        self._is_drawn = True

    def _redraw(self) -> None:
        self._list.redraw()
        self._end.update()

    async def _actor(self) -> Actor:
        await visitor.count(Limit.CHANGES)
        return await self._again()

    async def _again(self) -> Actor:
        return actors.administrator((await whoever_runs(self._request)).email)

    async def _sent(self, sent: dict[str, str]) -> None:
        with problems.shown():
            await categories.add(sent.get("name", ""), by=await self._actor())
            self._added += 1
            await self.load()
            self._form.update()
            focus.move(".house-form [name=name]")
        self._redraw()

    async def _picked(self, picked: str) -> None:
        verb, _, name = picked.partition(":")
        with problems.shown():
            await self._actor()
            if verb == "rename":
                await self._rename(name)
            elif verb == "merge":
                await self._merge(name)
            elif verb == "remove":
                await self._remove(name)
            await self.load()
        self._redraw()

    async def _rename(self, name: str) -> None:
        say = self._reader.say
        field = text_field("name", NAME, value=name, most=categories.LONGEST, problems={}, reader=self._reader)

        async def rename(sent: dict[str, str]) -> None:
            became = await categories.rename(name, sent.get("name", ""), by=await self._again())
            ui.notify(say("“{name}” is “{became}” now.", name=name, became=became), type="positive")

        with self._questions:
            await ask_in_form(
                say("Rename “{name}”", name=name),
                say("All experts in it are found by the new name at once."),
                field,
                yes=say("Rename"),
                reader=self._reader,
                take=rename,
            )

    async def _merge(self, name: str) -> None:
        say = self._reader.say
        others = {one.name: category_words.said(one.name, self._reader) for one in self._found if one.name != name}

        async def merge(sent: dict[str, str]) -> None:
            into = sent.get("into", "")
            await categories.merge(name, into, by=await self._again())
            told = say("“{name}” is part of “{into}” now.", name=name, into=category_words.said(into, self._reader))
            ui.notify(told, type="positive")

        with self._questions:
            await ask_in_form(
                say("Merge “{name}” into another category", name=name),
                say("All its experts move there. It cannot be taken apart again."),
                choice_field("into", say("Into"), others),
                yes=say("Merge"),
                reader=self._reader,
                take=merge,
                is_dangerous=True,
            )

    async def _remove(self, name: str) -> None:
        say = self._reader.say
        with self._questions:
            is_sure = await question.ask(say("Remove “{name}”?", name=name), say("Nobody is in it."), yes=say("Remove"))
        if is_sure:
            await categories.remove(name, by=await self._again())

    # --- how it looks ---

    def _draw_form(self) -> Markup:
        """How many were added is in the markup: a browser that is sent the same again keeps what was typed."""
        label = Sentence("A new category")
        field = text_field("name", label, value="", most=categories.LONGEST, problems={}, reader=self._reader)
        return fill(_FORM, name=field, add=self._reader.say("Add"), added=self._added)

    def _draw_rows(self) -> Pieces:
        return {one.name: self._draw_row(one) for one in self._found}

    def _draw_end(self) -> Markup:
        if self._found:
            return Markup("")
        heading, text = Sentence("No category yet"), Sentence("Add one, or add an expert.")
        return listing.empty(CATEGORIES, {}, heading, text, self._reader)

    def _draw_row(self, one: Counted) -> Markup:
        say = self._reader.say
        number = one.shown + one.others
        counted = self._reader.say_many("{number} expert", "{number} experts", number) if number else say("Nobody yet")
        if one.others:
            hidden = self._reader.say_many("{number} of them hidden", "{number} of them hidden", one.others)
            counted = say("{experts}, {hidden}", experts=counted, hidden=hidden)
        named = category_words.said(one.name, self._reader)
        buttons = [("rename", say("Rename"))]
        if len(self._found) > 1 and number:
            buttons.append(("merge", say("Merge")))
        if not number:
            buttons.append(("remove", say("Remove")))
        return fill(
            _ROW,
            key=one.name,
            experts=listing.address(EXPERTS, {}, category=one.name),
            name=named,
            counted=counted,
            buttons=Markup("").join(self._draw_button(verb, words, one.name) for verb, words in buttons),
        )

    def _draw_button(self, verb: str, words: str, name: str) -> Markup:
        named = category_words.said(name, self._reader)
        label = self._reader.say("{action}: {name}", action=words, name=named)
        return fill(_BUTTON, verb=verb, key=name, words=words, label=label)
