"""The list of experts: pages, search by name, filter by category, order; the address names the view."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from beanie import PydanticObjectId
from nicegui import html, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import ValueChangeEventArguments

from expert_booking import availability, experts
from expert_booking.experts import ExpertPage, SortOrder
from models import Expert
from pages import focus, problems, share, visitor
from pages.components.expert_card import expert_card
from pages.components.pager import pager
from pages.layout import frame
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.live.open_times import OpenTimesBoard
from pages.reader import Reader

ORDERS = {SortOrder.RATING: "Top rated", SortOrder.SOONEST: "Soonest"}
LONGEST_SEARCH = 120
_HERO = Markup(
    '<h1 class="hero">The right hour with <span>the right expert.</span></h1>'
    '<p class="lead">Every free time you see is free right now. Take one, and everyone else sees it go.</p>'
)
_ORDER = '<button type="button" data-pick="{sort}" data-live="{key}" aria-pressed="{pressed}">{text}</button>'
_CHIP = (
    '<button class="chip" type="button" data-pick="{category}" data-live="{key}" data-count="{count}"'
    ' aria-pressed="{pressed}">{text}</button>'
)
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the address says: which experts, in which order, from which page on."""

    page: int = 1
    search: str = ""
    category: str = ""
    sort: SortOrder = SortOrder.RATING

    @classmethod
    def from_query(cls, query: str) -> "View":
        """Read a query string; what makes no sense is as good as absent."""
        given = {name: values[-1] for name, values in parse_qs(query.removeprefix("?")).items()}
        page = given.get("page", "")
        sort = given.get("sort", "")
        return cls(
            page=int(page) if PAGE_NUMBER.fullmatch(page) else 1,
            search=given.get("search", "")[:LONGEST_SEARCH],
            category=given.get("category", ""),
            sort=SortOrder(sort) if sort in set(SortOrder) else SortOrder.RATING,
        )

    @property
    def address(self) -> str:
        """The path and query that lead back to this view."""
        named = {"search": self.search, "category": self.category, "sort": self.sort, "page": str(self.page)}
        defaults = {"search": "", "category": "", "sort": SortOrder.RATING, "page": "1"}
        query = urlencode({name: value for name, value in named.items() if value != defaults[name]})
        return f"/?{query}" if query else "/"

    @property
    def canonical(self) -> str:
        """The address of the view that shows the same experts in the order of the house."""
        return replace(self, sort=SortOrder.RATING).address


@ui.page("/", response_timeout=10)
async def experts_page() -> None:
    """Browse experts."""
    reader = visitor.reader()
    with frame(reader.say("Experts"), current="/"):
        Fragment("div", lambda: _HERO)
        view = View.from_query(str(ui.context.client.request.url.query))
        browser = ExpertBrowser(view, await experts.categories(), reader)
        await browser.load()
        share.describe_list(browser.experts, view.canonical, reader, is_search=bool(view.search))
        ui.on("address_changed", browser.go_back)


class ExpertBrowser:
    """The finder, the cards of one page and the pager; only this visitor's view is kept here."""

    def __init__(self, view: View, categories: dict[str, int], reader: Reader) -> None:
        self._view = view
        self._reader = reader
        self._loads = 0
        self._categories = {"": sum(categories.values()), **categories}
        self._found = ExpertPage(experts=[], page=1, pages=1, total=0)
        self._boards: dict[PydanticObjectId, OpenTimesBoard] = {}
        self._viewer = viewer()
        self._draw_finder()
        chips = Fragment("div", self._draw_chips).on_pick(lambda category: self._go(category=category))
        chips.classes("chips").props('role=group aria-label="Category"')
        self._count = TextElement(tag="p", text="").classes("count").props("role=status aria-live=polite")
        self._list = Fragment("div", self._draw_cards).classes("cards")
        self._empty = html.div()
        self._pager = Fragment("nav", self._draw_pager).on_pick(lambda page: self._turn_to(int(page)))
        self._pager.classes("pager").props('aria-label="Pages"')

    def _draw_finder(self) -> None:
        with html.search().classes("glass finder"):
            with html.div().classes("search"):
                self._search = ui.input(placeholder="Search experts by name", value=self._view.search)
                self._search.props(f"type=search borderless dense debounce=250 maxlength={LONGEST_SEARCH}")
                self._search.props('aria-label="Search experts by name" autocomplete=off data-search=yes')
                self._search.on_value_change(self._typed)
            orders = Fragment("div", self._draw_orders).on_pick(lambda sort: self._go(sort=SortOrder(sort)))
            orders.classes("segments").props('role=group aria-label="Order"')

    def _draw_orders(self) -> Markup:
        pressed = self._pressed()
        return Markup("").join(
            fill(_ORDER, key=f"order {sort}", sort=sort, pressed=pressed[f"order {sort}"], text=text)
            for sort, text in ORDERS.items()
        )

    def _draw_chips(self) -> Markup:
        pressed = self._pressed()
        return Markup("").join(
            fill(
                _CHIP,
                key=f"category {category}",
                category=category,
                count=count,
                pressed=pressed[f"category {category}"],
                text=category or "All",
            )
            for category, count in self._categories.items()
        )

    def _pressed(self) -> dict[str, str]:
        """Which of the toggles are on, by their keys."""
        orders = {f"order {sort}": sort is self._view.sort for sort in ORDERS}
        categories = {f"category {category}": category == self._view.category for category in self._categories}
        return {key: "true" if is_on else "false" for key, is_on in {**orders, **categories}.items()}

    def _show_choice(self) -> None:
        self._viewer.tell(
            Change(key=key, attributes={"aria-pressed": pressed}) for key, pressed in self._pressed().items()
        )

    async def _typed(self, change: ValueChangeEventArguments[str | None]) -> None:
        search = (change.value or "")[:LONGEST_SEARCH]
        if search != self._view.search:
            self._view = replace(self._view, search=search, page=1)
            ui.navigate.history.replace(self._view.address)
            await self._reload()

    async def _go(self, **changes: Any) -> None:
        self._view = replace(self._view, **{"page": 1, **changes})
        ui.navigate.history.push(self._view.address)
        await self._reload()

    async def _turn_to(self, page: int) -> None:
        await self._go(page=page)
        ui.run_javascript("window.scrollTo({top: 0})")
        focus.rescue(".count")

    async def go_back(self, event: Any) -> None:
        """Show the view of an address that the browser went back or forward to."""
        self._view = View.from_query(str(event.args or ""))
        self._search.value = self._view.search
        await self._reload()

    async def _reload(self) -> None:
        self._show_choice()
        self._list.classes(add="busy")
        try:
            with problems.shown():
                await self.load()
        finally:
            self._list.classes(remove="busy")

    @property
    def experts(self) -> list[Expert]:
        """Those who are shown."""
        return self._found.experts

    async def load(self) -> None:
        """Read the view's page and draw it, unless a later reading has begun meanwhile."""
        self._loads += 1
        mine, view = self._loads, self._view
        found = await experts.find(page=view.page, search=view.search, category=view.category, sort=view.sort)
        if view.page > found.pages:
            found = await experts.find(page=found.pages, search=view.search, category=view.category, sort=view.sort)
        if mine != self._loads:
            return
        self._draw(found)
        boards = self._boards
        news = {expert_id: board.news for expert_id, board in boards.items()}
        for expert_id, read in (await availability.open_times(list(boards))).items():
            boards[expert_id].take(read, news=news[expert_id])

    def _draw(self, found: ExpertPage) -> None:
        self._found = found
        self._count.text = _counted(found)
        self._look_at(found)
        self._list.update()
        self._pager.update()
        self._empty.clear()
        if not found.experts:
            with self._empty:
                self._draw_empty()

    def _look_at(self, found: ExpertPage) -> None:
        before, self._boards = self._boards, {}
        for expert in found.experts:
            self._boards[expert.id] = OpenTimesBoard.of(expert.id, self._reader)
            self._viewer.look_at(self._boards[expert.id])
        for expert_id in before.keys() - self._boards.keys():
            self._viewer.look_away(before[expert_id])

    def _draw_cards(self) -> Markup:
        cards = (expert_card(expert, self._boards[expert.id]) for expert in self._found.experts)
        return Markup("").join(cards)

    def _draw_pager(self) -> Markup:
        return pager(self._found.page, self._found.pages)

    def _draw_empty(self) -> None:
        if self._view.search or self._view.category:
            text = "No expert has a name like this. Check the spelling."
            if self._view.category:
                text = "No expert has a name like this here. Check the spelling, or look in all categories."
            problems.notice("Nobody found", text, action="Show everybody", on_click=self._show_everybody)
        else:
            problems.notice("No experts yet", "Fill the house with: python seed.py")

    async def _show_everybody(self) -> None:
        await self._go(search="", category="")
        self._search.value = ""


def _counted(found: ExpertPage) -> str:
    experts_found = "1 expert" if found.total == 1 else f"{found.total:,} experts"
    return experts_found if found.pages == 1 else f"{experts_found}, page {found.page} of {found.pages}"
