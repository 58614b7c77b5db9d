"""The list of experts: pages, search by name, filter by category, order; the address names the view."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from nicegui import html, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import ValueChangeEventArguments

from expert_booking import availability, events, experts
from expert_booking.experts import ExpertPage, SortOrder
from pages import focus, problems, visitor
from pages.components.expert_card import ExpertCard
from pages.components.pager import pager
from pages.layout import frame

LONGEST_SEARCH = 120
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


@ui.page("/", response_timeout=10)
async def experts_page() -> None:
    """Browse experts."""
    with frame("Experts", current="/"):
        with html.h1("The right hour with ").classes("hero"):
            html.span("the right expert.")
        html.p("Every free time you see is free right now. Take one, and everyone else sees it go.").classes("lead")
        view = View.from_query(str(ui.context.client.request.url.query))
        browser = ExpertBrowser(view, await experts.categories(), visitor.zone())
        events.open_times.subscribe(events.EVERY_EXPERT, browser.apply)
        await browser.load()
        ui.on("address_changed", browser.go_back)


class ExpertBrowser:
    """The finder, the cards of one page and the pager; only this visitor's view is kept here."""

    def __init__(self, view: View, categories: dict[str, int], zone: ZoneInfo) -> None:
        self._view = view
        self._zone = zone
        self._loads = 0
        self._cards: dict[PydanticObjectId, ExpertCard] = {}
        self._told: set[PydanticObjectId] = set()
        self._sorts: dict[SortOrder, html.button] = {}
        self._chips: dict[str, html.button] = {}
        self._draw_finder()
        self._draw_chips(categories)
        self._count = TextElement(tag="p", text="").classes("count").props("role=status aria-live=polite")
        self._list = html.div().classes("cards")
        self._empty = html.div()
        self._pager = html.nav().classes("pager").props('aria-label="Pages"')
        self._show_choice()

    def _draw_finder(self) -> None:
        with html.search().classes("glass finder"):
            with html.div().classes("search"):
                self._search = ui.input(placeholder="Search experts by name", value=self._view.search)
                self._search.props(f"type=search borderless dense debounce=250 maxlength={LONGEST_SEARCH}")
                self._search.props('aria-label="Search experts by name" autocomplete=off data-search=yes')
                self._search.on_value_change(self._typed)
            with html.div().classes("segments").props('role=group aria-label="Order"'):
                for sort, text in ((SortOrder.RATING, "Top rated"), (SortOrder.SOONEST, "Soonest")):
                    self._sorts[sort] = html.button(text).props("type=button")
                    self._sorts[sort].on("click", lambda sort=sort: self._go(sort=sort))

    def _draw_chips(self, categories: dict[str, int]) -> None:
        with html.div().classes("chips").props('role=group aria-label="Category"'):
            for category, count in {"": sum(categories.values()), **categories}.items():
                chip = html.button(category or "All").classes("chip").props("type=button")
                chip.props["data-count"] = str(count)
                chip.on("click", lambda category=category: self._go(category=category))
                self._chips[category] = chip

    def _show_choice(self) -> None:
        for category, chip in self._chips.items():
            chip.props["aria-pressed"] = "true" if category == self._view.category else "false"
        for sort, button in self._sorts.items():
            button.props["aria-pressed"] = "true" if sort is self._view.sort else "false"

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

    async def load(self) -> None:
        """Read the view's page and draw it, unless a later reading has begun meanwhile."""
        self._loads += 1
        mine, view = self._loads, self._view
        found = await experts.find(page=view.page, search=view.search, category=view.category, sort=view.sort)
        if view.page > found.pages:
            found = await experts.find(page=found.pages, search=view.search, category=view.category, sort=view.sort)
        if mine == self._loads:
            self._draw(found)
            self._told.clear()
        times = await availability.open_times([expert.id for expert in found.experts])
        if mine == self._loads:
            # What was told meanwhile is newer than what was read.
            for expert_id in times.keys() - self._told:
                self._cards[expert_id].show(times[expert_id].open_slots, times[expert_id].next_open_at)

    def _draw(self, found: ExpertPage) -> None:
        self._count.text = _counted(found)
        for part in (self._list, self._empty, self._pager):
            part.clear()
        with self._list:
            self._cards = {expert.id: ExpertCard(expert, zone=self._zone) for expert in found.experts}
        with self._pager:
            pager(found.page, found.pages, on_turn=self._turn_to)
        if not found.experts:
            with self._empty:
                self._draw_empty()

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

    def apply(self, event: events.OpenTimesChanged) -> None:
        """Set one card to what an expert has open now."""
        if card := self._cards.get(event.expert_id):
            self._told.add(event.expert_id)
            card.show(event.open_slots, event.next_open_at)


def _counted(found: ExpertPage) -> str:
    experts_found = "1 expert" if found.total == 1 else f"{found.total:,} experts"
    return experts_found if found.pages == 1 else f"{experts_found}, page {found.page} of {found.pages}"
