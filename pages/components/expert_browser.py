"""The list of experts as one visitor looks at it: finder, cards and pager, drawn for the view that they are in."""

from dataclasses import replace
from typing import Any

from beanie import PydanticObjectId
from nicegui import ui
from nicegui.events import GenericEventArguments

from expert_booking import availability, experts
from expert_booking.experts import ExpertPage
from models import Expert
from models.expert import folded
from pages import focus, problems
from pages.categories import said
from pages.components import finder, instead_of_cards
from pages.components.expert_card import expert_card
from pages.components.instead_of_cards import WayOut
from pages.components.pager import pager
from pages.components.recent import recent
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.live.open_times import OpenTimesBoard
from pages.reader import Reader
from pages.view import LONGEST_SEARCH, View, When

NAMED_AT_MOST = 3

_HERO = '<h1 class="hero">{begin}<span>{end}</span></h1><p class="lead">{promise}</p>'
_COUNTED = '<div class="counted">{times}<p class="count" role="status" data-live="count">{count}</p></div>'
_CARDS = '<div class="cards">{cards}</div>{pager}'


class ExpertBrowser:
    """Two elements: what one looks with, which stays, and who is found; only this visitor's view is kept here."""

    def __init__(self, view: View, categories: dict[str, int], reader: Reader) -> None:
        self._view = view
        self._reader = reader
        self._loads = 0
        named = sorted(categories, key=lambda category: folded(said(category, reader)))
        self._categories = {"": sum(categories.values()), **{category: categories[category] for category in named}}
        self._found = ExpertPage(experts=[], page=1, pages=1, total=0)
        self._boards: dict[PydanticObjectId, OpenTimesBoard] = {}
        self._ways: list[WayOut] = []
        self._failure = ""
        self._viewer = viewer()
        finding = Fragment("div", self._draw_finder).on_pick(self._pick)
        finding.on("input", self._typed, js_handler="typed(emit)").classes("finding")
        self._results = Fragment("div", self._draw_results).on_pick(self._pick).classes("results")

    @property
    def shown(self) -> list[Expert]:
        """Those who are shown."""
        return self._found.experts

    def _draw_finder(self) -> Markup:
        reader, view = self._reader, self._view
        return Markup("").join(
            (
                _hero(reader),
                finder.finder(view, reader),
                finder.category_chips(view, self._categories, reader),
                recent(reader),
                fill(_COUNTED, count=self._counted(), times=finder.time_chips(view, reader)),
            )
        )

    def _draw_results(self) -> Markup:
        found, reader = self._found, self._reader
        if self._failure:
            return instead_of_cards.failure(self._failure, reader)
        if not found.experts:
            return instead_of_cards.nobody(self._ways, reader) if self._ways else instead_of_cards.empty_house(reader)
        cards = (
            expert_card(expert, self._boards[expert.id], reader, search=self._view.search) for expert in found.experts
        )
        return fill(_CARDS, cards=Markup("").join(cards), pager=pager(found.page, found.pages, reader))

    def _counted(self) -> str:
        """How many there are, and where one is among them."""
        reader, found = self._reader, self._found
        if self._failure:
            return ""
        if self._view.when is When.TODAY:
            said = reader.say_many("{number} expert open today", "{number} experts open today", found.total)
        elif self._view.when is When.THIS_WEEK:
            said = reader.say_many("{number} expert open this week", "{number} experts open this week", found.total)
        else:
            said = reader.say_many("{number} expert", "{number} experts", found.total)
        if found.pages == 1:
            return said
        return reader.say("{experts}, page {page} of {pages}", experts=said, page=found.page, pages=found.pages)

    async def _typed(self, event: GenericEventArguments) -> None:
        search = str(event.args or "")[:LONGEST_SEARCH]
        if search != self._view.search:
            self._view = replace(self._view, search=search, page=1)
            ui.navigate.history.replace(self._view.address)
        await self._reload()

    async def _pick(self, pick: str) -> None:
        view = self._view if pick == instead_of_cards.AGAIN else self._picked(pick)
        if view != self._view:
            self._view = view
            ui.navigate.history.push(view.address)
        is_elsewhere = pick.startswith("page=")
        await self._reload(is_elsewhere=is_elsewhere)
        (focus.move if is_elsewhere else focus.rescue)(".count")

    def _picked(self, pick: str) -> View:
        view = self._view.changed(pick)
        is_picked_again = pick.startswith("open=") and view.when is self._view.when
        return replace(view, when=When.EVER) if is_picked_again else view

    async def go_back(self, event: Any) -> None:
        """Show the view of an address that the browser went back or forward to."""
        self._view = View.from_query(str(event.args or ""))
        await self._reload()

    async def _reload(self, *, is_elsewhere: bool = False) -> None:
        keys = finder.toggles(self._view, self._categories).items()
        self._viewer.tell(Change(key=key, attributes={"aria-pressed": is_on}) for key, is_on in keys)
        mine = self._loads + 1
        try:
            await self.load()
        except Exception as error:
            self._fail(problems.as_booking_error(error), load=mine)
        finally:
            if mine == self._loads:
                ui.run_javascript(f"listed({'true' if is_elsewhere else 'false'})")

    def _fail(self, error: Exception, *, load: int) -> None:
        if load == self._loads:
            self._failure = self._reader.say(error.args[0])
            self._show()

    async def load(self) -> None:
        """Read the view's page and draw it, unless a later reading has begun meanwhile."""
        self._loads += 1
        mine, view = self._loads, self._view
        found = await self._find(view)
        if view.page > found.pages:
            found = await self._find(replace(view, page=found.pages))
        ways = [] if found.experts else await self._ways_out(view)
        if mine != self._loads:
            return
        self._look_at(found)
        self._found, self._ways, self._failure = found, ways, ""
        boards = self._boards
        news = {expert_id: board.news for expert_id, board in boards.items()}
        times = await availability.open_times(list(boards))
        if mine == self._loads:
            for expert_id, read in times.items():
                boards[expert_id].take(read, news=news[expert_id])
            self._show()

    async def _find(self, view: View, *, limit: int = experts.PAGE_SIZE) -> ExpertPage:
        return await experts.find(
            page=view.page,
            limit=limit,
            search=view.search,
            category=view.category,
            sort=view.sort,
            open_before=view.when.ends_at(self._reader.zone),
        )

    async def _ways_out(self, view: View) -> list[WayOut]:
        """What of the view to give up so that there is somebody: one thing if that is enough, else everything."""
        say = self._reader.say
        steps = {
            "search=": (view.search, say("Clear the search")),
            "category=": (view.category, say("Look in all categories")),
            "open=": (view.when, say("Open at any time")),
        }
        ways = [await self._way_out(view.changed(pick), pick, text) for pick, (is_set, text) in steps.items() if is_set]
        if not any(way.total for way in ways):
            ways = [await self._way_out(View(), "search=&category=&open=", say("Show everybody"))]
        return [way for way in ways if way.total]

    async def _way_out(self, view: View, pick: str, text: str) -> WayOut:
        found = await self._find(view, limit=NAMED_AT_MOST)
        return WayOut(pick=pick, text=text, names=[expert.name for expert in found.experts], total=found.total)

    def _look_at(self, found: ExpertPage) -> None:
        before, self._boards = self._boards, {}
        for expert in found.experts:
            self._boards[expert.id] = OpenTimesBoard.of(expert.id, self._reader)
            self._viewer.look_at(self._boards[expert.id])
        for expert_id in before.keys() - self._boards.keys():
            self._viewer.look_away(before[expert_id])

    def _show(self) -> None:
        self._viewer.tell([Change(key="count", attributes={}, text=self._counted())])
        self._results.update()


def _hero(reader: Reader) -> Markup:
    """The heading shines from the bar in it on."""
    begin, _, end = reader.say("The right hour with |the right expert.").partition("|")
    promise = reader.say("Every free time you see is free right now. Take one, and everyone else sees it go.")
    return fill(_HERO, begin=begin, end=end, promise=promise)
