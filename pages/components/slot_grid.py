"""An expert's calendar on one page: a week of days with free counts, and the chosen day's slots."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from beanie import PydanticObjectId

from expert_booking import clock
from expert_booking.events import SlotChanged
from pages import focus, times
from pages.live.board import Change, viewer
from pages.live.calendar import CalendarBoard
from pages.live.fragment import Fragment, Markup, fill

DAYS = 7

_HEADING = (
    '<div class="when"><h2 class="section" id="slots-heading" tabindex="-1">Pick a time</h2><div class="weeks">'
    '<button type="button" aria-label="Earlier week" data-pick="-1" data-live="earlier"{is_first}></button>'
    '<button type="button" aria-label="Later week" class="later" data-pick="1" data-live="later"{is_last}></button>'
    '</div></div><p class="faint">All times in {zone}.</p>'
    '<p class="visually-hidden" id="said" role="status" aria-live="polite"></p>'
)


class SlotGrid:
    """Which day this page has chosen, and which slot is this visitor's own; the rest is on the calendar's board."""

    def __init__(self, calendar: CalendarBoard, *, on_pick: Callable[[PydanticObjectId], Awaitable[None]]) -> None:
        self._calendar = calendar
        self._on_pick = on_pick
        self._viewer = viewer()
        self._viewer.look_at(calendar)
        self._mine: PydanticObjectId | None = None
        self._today = calendar.date_of(clock.now())
        self._chosen_on = self._today

    def known(self, slot_id: PydanticObjectId) -> SlotChanged | None:
        """The latest event of a slot."""
        return self._calendar.known(slot_id)

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
        """Draw all of it, on the day of a slot or else on the first day that has an open one."""
        event = self.known(show) if show is not None else None
        first_open = self._calendar.first_open_day or self._today
        self._chosen_on = self._calendar.date_of(event.starts_at) if event is not None else first_open
        Fragment("div", self._draw_heading).on_pick(lambda weeks: self._turn(int(weeks)))
        days = Fragment("div", self._draw_days).on_pick(lambda on: self._choose(date.fromisoformat(on)))
        self._days = days.classes("days").props('role=group aria-label="Day"')
        self._slots = Fragment("div", self._draw_slots).on_pick(lambda key: self._on_pick(PydanticObjectId(key)))

    def show_day_of(self, slot_id: PydanticObjectId) -> None:
        """Turn to the day of a slot."""
        if event := self.known(slot_id):
            self._choose(self._calendar.date_of(event.starts_at))

    @property
    def _week(self) -> int:
        return (self._chosen_on - self._today).days // DAYS

    def _is_at_end(self) -> tuple[bool, bool]:
        last = self._calendar.last_day or self._today
        return self._week <= 0, self._today + timedelta(days=(self._week + 1) * DAYS) > last

    def _turn(self, weeks: int) -> None:
        self._choose(self._today + timedelta(days=(self._week + weeks) * DAYS))
        focus.rescue('.day[aria-pressed="true"]')  # in the last week, the button that had it is disabled

    def _choose(self, on: date) -> None:
        if on == self._chosen_on:
            return
        before, week = self._chosen_on, self._week
        self._chosen_on = on
        if week != self._week:
            self._days.update()
            is_first, is_last = self._is_at_end()
            ends = {"earlier": is_first, "later": is_last}
            self._viewer.tell(
                Change(key=key, attributes={"disabled": "" if is_end else None}) for key, is_end in ends.items()
            )
        else:
            pressed = {before: "false", on: "true"}
            self._viewer.tell(
                Change(key=f"{day}", attributes={"aria-pressed": is_on}) for day, is_on in pressed.items()
            )
        self._slots.update()

    def _draw_heading(self) -> Markup:
        is_first, is_last = (Markup(" disabled") if is_end else Markup("") for is_end in self._is_at_end())
        return fill(_HEADING, is_first=is_first, is_last=is_last, zone=times.zone_in_words(self._calendar.reader))

    def _draw_days(self) -> Markup:
        first = self._today + timedelta(days=self._week * DAYS)
        week = (first + timedelta(days=offset) for offset in range(DAYS))
        return Markup("").join(self._calendar.draw_day(on, is_chosen=on == self._chosen_on) for on in week)

    def _draw_slots(self) -> Markup:
        return self._calendar.draw_slots(self._chosen_on, mine=self._mine)
