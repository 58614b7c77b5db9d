"""An expert's calendar on one page: which session, a week of days with free counts, and the slots of day or week."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from urllib.parse import urlencode

from beanie import PydanticObjectId
from nicegui import ui

from expert_booking import clock
from expert_booking.events import SlotChanged
from models import Expert
from pages import focus, problems
from pages.components import session_types
from pages.components.calendar_heading import DAY, EARLIER, LATER, WEEK, ZONE, Shown, draw_heading, heading_changes
from pages.components.zone_picker import pick_zone
from pages.icons import icon
from pages.live.board import Change, viewer
from pages.live.calendar import CalendarBoard
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

DAYS = 7

_WAY_TO_WAIT = '<p class="wait-way"><a class="{style}" href="{address}" rel="nofollow">{icon}{words}</a></p>'


class SlotGrid:
    """Which session and day this page has chosen, and which slot is this visitor's own; the rest is on the board."""

    def __init__(
        self,
        expert: Expert,
        reader: Reader,
        *,
        session_type: str,
        on_pick: Callable[[PydanticObjectId], Awaitable[None]],
    ) -> None:
        self._expert = expert
        self._reader = reader
        self._on_pick = on_pick
        self._viewer = viewer()
        self._wanted = session_type
        self._calendar = calendar = self._look_at(session_type)
        self._client = ui.context.client
        self._client.on_delete(lambda: self._calendar.grids.discard(self._appeared))
        self._mine: PydanticObjectId | None = None
        self._today = calendar.date_of(clock.now())
        self._chosen_on = self._today
        self._span = DAY
        self._is_drawn = False

    def _look_at(self, session_type: str) -> CalendarBoard:
        calendar = CalendarBoard.of(self._expert.id, self._reader, session_type)
        calendar.expert = self._expert
        self._viewer.look_at(calendar)
        return calendar

    @property
    def session_type(self) -> str:
        """The key of the session type whose times are shown."""
        return self._calendar.session_type

    def known(self, slot_id: PydanticObjectId) -> SlotChanged | None:
        """The latest event of a slot of the session that is shown."""
        return self._calendar.known(slot_id)

    async def show_type(self, session_type: str) -> None:
        """Show the times for another session, on the same day if it has any; the last one who asks is heard."""
        self._wanted = session_type = session_types.known(self._expert, session_type)
        if session_type == self._calendar.session_type:
            return
        calendar = self._look_at(session_type)
        try:
            await calendar.load_unless_fresh()
        finally:
            if calendar.session_type != self._wanted or not calendar.is_read:
                self._viewer.look_away(calendar)
        if calendar.session_type == self._wanted:
            self._turn_to(calendar)

    def _turn_to(self, calendar: CalendarBoard) -> None:
        before, self._calendar = self._calendar, calendar
        if before is calendar:
            return
        before.grids.discard(self._appeared)
        self._viewer.look_away(before)
        if not calendar.free_on(self._chosen_on):
            there = calendar.next_open(after=self._chosen_on)
            self._chosen_on = self._chosen_on if there is None else calendar.date_of(there.starts_at)
        if self._is_drawn:
            self._draw_anew()

    def _draw_anew(self) -> None:
        """Everything but the choice itself, which keeps the focus."""
        calendar = self._calendar
        if not self._client.is_deleted:
            calendar.grids.add(self._appeared)
        self._viewer.tell(session_types.changes(self._expert, self._reader, chosen=calendar.session_type))
        self._viewer.tell(heading_changes(calendar, self._shown()))
        self._days.update()
        self._slots.update()
        self._name_in_address()

    def _appeared(self, dates: set[date]) -> None:
        """There are slots that this page may not show yet."""
        shown = self._dates(self._week) if self._span == WEEK else [self._chosen_on]
        if not dates.isdisjoint(shown):
            self._slots.update()
        self._viewer.tell(heading_changes(self._calendar, self._shown()))

    async def load(self, *, anew: bool = False) -> None:
        """Read the calendar, which may have been read a moment ago, or read it anew."""
        await (self._calendar.load() if anew else self._calendar.load_unless_fresh())

    @contextmanager
    def picking(self, slot_id: PydanticObjectId) -> Iterator[None]:
        """What happens to this slot meanwhile is this visitor's own doing, and no news here; it is marked mine next."""
        self._viewer.own.add(str(slot_id))
        try:
            yield
        except BaseException:
            if slot_id != self._mine:
                self._share(slot_id)
            raise

    def mark_mine(self, slot_id: PydanticObjectId | None) -> None:
        """Show one slot as this visitor's own choice, or none."""
        before, self._mine = self._mine, slot_id
        if before is not None and before != slot_id:
            self._share(before)
        if slot_id is not None and (event := self.known(slot_id)):
            self._viewer.own.add(str(slot_id))
            self._viewer.tell([self._calendar.slot_look(event, is_mine=True)])

    def _share(self, slot_id: PydanticObjectId) -> None:
        """Show a slot as everybody sees it, from now on."""
        self._viewer.own.discard(str(slot_id))
        if event := self.known(slot_id):
            self._viewer.tell([self._calendar.slot_look(event)])

    def draw(self, *, show: PydanticObjectId | None = None) -> None:
        """Draw all of it, on the day of a slot, else on the day that the address names, else on the first open one."""
        self._take_up_address()
        if show is not None and (event := self.known(show)):
            self._chosen_on = self._calendar.date_of(event.starts_at)
        if session_types.has_several(self._expert):
            Fragment("div", self._draw_types).on_pick(self._choose_type).classes("types")
        Fragment("div", self._draw_heading).on_pick(self._turn_or_switch).classes("calendar-heading")
        self._days = Fragment("div", self._draw_days).on_pick(self._show_day).classes("days").props("role=group")
        self._days.props["aria-label"] = self._reader.say("Days")
        self._slots = Fragment("div", self._draw_slots).on_pick(self._pick_or_jump)
        self._slots.classes(self._style)  # ours: one of a few
        self._is_drawn = True
        self._calendar.grids.add(self._appeared)

    def show_day_of(self, slot_id: PydanticObjectId) -> None:
        """Turn to the day of a slot."""
        if event := self.known(slot_id):
            self._show(self._calendar.date_of(event.starts_at), self._span)

    def _take_up_address(self) -> None:
        asked = ui.context.client.request.query_params
        self._span = WEEK if asked.get("view") == WEEK else DAY
        self._chosen_on = self._calendar.first_open_day or self._today
        try:
            on = date.fromisoformat(asked.get("day", ""))
        except ValueError:
            return
        if self._today <= on <= self._last_day:
            self._chosen_on = on

    def _name_in_address(self) -> None:
        """So that the page, loaded again or sent to somebody, shows the same."""
        named = {"day": f"{self._chosen_on}", **({"view": WEEK} if self._span == WEEK else {})}
        if session_types.has_several(self._expert):
            named |= {"type": self.session_type}
        ui.navigate.history.replace(f"/experts/{self._calendar.expert_id}?{urlencode(named)}")

    @property
    def _last_day(self) -> date:
        return max(self._calendar.last_day or self._today, self._today)

    @property
    def _week(self) -> int:
        return (self._chosen_on - self._today).days // DAYS

    def _dates(self, week: int) -> list[date]:
        first = self._today + timedelta(days=week * DAYS)
        return [first + timedelta(days=offset) for offset in range(DAYS)]

    def _shown(self) -> Shown:
        dates = self._dates(self._week)
        return Shown(
            first=dates[0],
            last=dates[-1],
            chosen=self._chosen_on,
            span=self._span,
            is_first=self._week <= 0,
            is_last=dates[-1] >= self._last_day,
        )

    async def _turn_or_switch(self, picked: str) -> None:
        if picked == ZONE:
            await pick_zone(self._reader)
        elif picked in (DAY, WEEK):
            self._show(self._chosen_on, picked)
        elif picked in (EARLIER, LATER):
            self._turn(1 if picked == LATER else -1)

    def _turn(self, weeks: int) -> None:
        """Show another week, on the first of its days that has an open time."""
        dates = self._dates(max(0, self._week + weeks))
        self._show(next((on for on in dates if self._calendar.free_on(on)), dates[0]), self._span)
        focus.rescue('.day[aria-pressed="true"]')  # in the last week, the button that had it is disabled

    async def _choose_type(self, picked: str) -> None:
        with problems.shown():
            await self.show_type(picked)

    def _show_day(self, picked: str) -> None:
        self._show(date.fromisoformat(picked), DAY)

    async def _pick_or_jump(self, picked: str) -> None:
        if not picked.startswith("next "):
            await self._on_pick(PydanticObjectId(picked))
        elif (event := self._calendar.next_open(after=self._chosen_on)) is not None:
            self._show(self._calendar.date_of(event.starts_at), self._span)
            focus.move(f'[data-slot="{event.slot_id}"]')

    def _show(self, on: date, span: str) -> None:
        """Choose a day and how much is shown with it; what is on the page already is not drawn again."""
        before, week, span_before = self._chosen_on, self._week, self._span
        if (on, span) == (before, span_before):
            return
        self._chosen_on, self._span = on, span
        if week != self._week:
            self._days.update()
        else:
            pressed = {before: "false", on: "true"}
            self._viewer.tell(
                Change(key=f"{day}", attributes={"aria-pressed": is_on}) for day, is_on in pressed.items()
            )
        self._viewer.tell(heading_changes(self._calendar, self._shown()))
        if span != span_before:
            self._slots.classes(replace=self._style)  # ours: one of a few
        if span == DAY or span != span_before or week != self._week:
            self._slots.update()
        self._name_in_address()

    @property
    def _style(self) -> str:
        return "calendar-slots week" if self._span == WEEK else "calendar-slots"

    def _draw_types(self) -> Markup:
        return session_types.draw(self._expert, self._reader, chosen=self.session_type)

    def _draw_heading(self) -> Markup:
        return draw_heading(self._calendar, self._shown())

    def _draw_days(self) -> Markup:
        return Markup("").join(
            self._calendar.draw_day(on, is_chosen=on == self._chosen_on, is_today=on == self._today)
            for on in self._dates(self._week)
        )

    def _draw_slots(self) -> Markup:
        dates = self._dates(self._week) if self._span == WEEK else [self._chosen_on]
        slots = Markup("").join(self._calendar.draw_slots(on, mine=self._mine) for on in dates)
        return slots + self._draw_way_to_wait(dates)

    def _draw_way_to_wait(self, shown: list[date]) -> Markup:
        """To the waiting list: a button where nothing is open, a quiet link elsewhere."""
        named = {"from": max(shown[0], self._today), "type": self.session_type}
        return fill(
            _WAY_TO_WAIT,
            style="ghost" if any(map(self._calendar.free_on, shown)) else "quiet",
            address=f"/experts/{self._expert.id}/waiting?{urlencode(named)}",
            icon=icon("bell"),
            words=self._reader.say("Tell me when something opens"),
        )
