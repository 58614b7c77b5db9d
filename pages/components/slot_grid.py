"""An expert's calendar: a week of days with free counts, and the chosen day's slots. Slots change in place."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from nicegui import html
from nicegui.elements.mixins.text_element import TextElement

from expert_booking import clock
from expert_booking.events import SlotChanged
from models import SlotState
from pages import focus, times

DAYS = 7
WORDS = {SlotState.HELD: "being booked", SlotState.BOOKED: "booked", SlotState.PAST: "too late"}
SPOKEN = {SlotState.OPEN: "available", **WORDS}
MINE = "mine"


class SlotGrid:
    """Knows the latest event of each slot; draws a week of days and a day of slots, then sets single elements."""

    def __init__(self, *, zone: ZoneInfo, on_pick: Callable[[PydanticObjectId], Awaitable[None]]) -> None:
        self._zone = zone
        self._on_pick = on_pick
        self._known: dict[PydanticObjectId, SlotChanged] = {}
        self._dates: dict[PydanticObjectId, date] = {}
        self._buttons: dict[PydanticObjectId, TextElement] = {}
        self._mine: PydanticObjectId | None = None
        self._picked: PydanticObjectId | None = None
        self._today = clock.now().astimezone(zone).date()
        self._chosen_on = self._today
        self._week = 0
        self._is_drawn = False

    def apply(self, event: SlotChanged) -> None:
        """Take in what a slot is now; what is older than what is known is dropped."""
        known = self._known.get(event.slot_id)
        if known is not None and event.version < known.version:
            return
        self._known[event.slot_id] = event
        if known is None:
            self._dates[event.slot_id] = event.starts_at.astimezone(self._zone).date()
        if self._is_drawn and event != known:
            self._show(event, was=known)

    def _show(self, event: SlotChanged, *, was: SlotChanged | None) -> None:
        on = self._date_of(event)
        if on in self._day_counts:
            self._count(on)
        if event.slot_id in self._buttons:
            self._set(event)
            if was is not None and was.state is not event.state and event.slot_id not in (self._mine, self._picked):
                self._said.text = f"{self._spoken_time(event)} is now {SPOKEN[event.state]}."
        elif was is None and on == self._chosen_on:
            self._draw_slots()

    def known(self, slot_id: PydanticObjectId) -> SlotChanged | None:
        """The latest event of a slot."""
        return self._known.get(slot_id)

    @contextmanager
    def picking(self, slot_id: PydanticObjectId) -> Iterator[None]:
        """What happens to this slot meanwhile is this visitor's own doing, and is not read out."""
        self._picked = slot_id
        try:
            yield
        finally:
            self._picked = None

    def mark_mine(self, slot_id: PydanticObjectId | None) -> None:
        """Show one slot as this visitor's own choice, or none."""
        before, self._mine = self._mine, slot_id
        for changed in {before, slot_id}:
            if changed in self._buttons and changed in self._known:
                self._set(self._known[changed])

    def draw(self, *, show: PydanticObjectId | None = None) -> None:
        """Draw all of it, on the day of a slot or else on the first day that has an open one."""
        self._chosen_on = self._first_day(show)
        self._week = (self._chosen_on - self._today).days // DAYS
        self._draw_heading()
        self._days = html.div().classes("days").props('role=group aria-label="Day"')
        self._slots = html.div()
        self._said = TextElement(tag="p", text="").classes("visually-hidden").props("role=status aria-live=polite")
        self._is_drawn = True
        self._draw_days()
        self._draw_slots()

    def show_day_of(self, slot_id: PydanticObjectId) -> None:
        """Turn to the day of a slot."""
        self._choose(self._date_of(self._known[slot_id]))

    def _first_day(self, show: PydanticObjectId | None) -> date:
        if show is not None and show in self._known:
            return self._date_of(self._known[show])
        opens = [event.starts_at for event in self._known.values() if event.state is SlotState.OPEN]
        return min(opens).astimezone(self._zone).date() if opens else self._today

    def _draw_heading(self) -> None:
        with html.div().classes("when"):
            html.h2("Pick a time").classes("section").props('id=slots-heading tabindex="-1"')
            with html.div().classes("weeks"):
                self._earlier = html.button().props('type=button aria-label="Earlier week"')
                self._earlier.on("click", lambda: self._turn(-1))
                self._later = html.button().classes("later").props('type=button aria-label="Later week"')
                self._later.on("click", lambda: self._turn(1))
        html.p(f"All times in {times.zone_in_words(self._zone)}.").classes("faint")

    def _turn(self, weeks: int) -> None:
        self._choose(self._today + timedelta(days=(self._week + weeks) * DAYS))
        focus.rescue('.day[aria-pressed="true"]')  # in the last week, the button that had it is disabled

    def _choose(self, on: date) -> None:
        if on == self._chosen_on:
            return
        week = (on - self._today).days // DAYS
        self._chosen_on, turned = on, week != self._week
        self._week = week
        if turned:
            self._draw_days()
        for day, (button, _) in self._day_counts.items():
            button.props["aria-pressed"] = "true" if day == on else "false"
        self._draw_slots()

    def _draw_days(self) -> None:
        first = self._today + timedelta(days=self._week * DAYS)
        last = max((self._date_of(event) for event in self._known.values()), default=self._today)
        self._earlier.props.set_bool("disabled", self._week == 0)
        self._later.props.set_bool("disabled", first + timedelta(days=DAYS) > last)
        self._day_counts: dict[date, tuple[html.button, TextElement]] = {}
        self._days.clear()
        with self._days:
            for on in (first + timedelta(days=offset) for offset in range(DAYS)):
                self._draw_day(on)

    def _draw_day(self, on: date) -> None:
        with html.button().classes("day").props("type=button") as button:
            html.span(f"{on:%a}")
            html.b(str(on.day))
            count = TextElement(tag="i", text="")
        button.props["aria-pressed"] = "true" if on == self._chosen_on else "false"
        button.on("click", lambda: self._choose(on))
        self._day_counts[on] = (button, count)
        self._count(on)

    def _count(self, on: date) -> None:
        button, count = self._day_counts[on]
        states = [event.state for event in self._known.values() if self._date_of(event) == on]
        free = states.count(SlotState.OPEN)
        count.text = f"{free} free" if free else "full" if states else "none"
        button.props["data-free"] = str(free) if states else "none"
        button.props["aria-label"] = f"{times.long_day(on)}, {count.text}"

    def _draw_slots(self) -> None:
        shown = sorted(
            (event for event in self._known.values() if self._date_of(event) == self._chosen_on),
            key=lambda event: event.starts_at,
        )
        self._buttons = {}
        self._slots.clear()
        with self._slots:
            html.h3(times.long_day(self._chosen_on)).classes("visually-hidden")
            for part, events in groupby(shown, key=lambda event: times.part_of_day(event.starts_at, self._zone)):
                html.h4(part).classes("part")
                with html.div().classes("slots"):
                    for event in events:
                        self._draw_slot(event)
            if not shown:
                html.p(f"No times on {times.long_day(self._chosen_on)}. {self._hint()}").classes("soft part")

    def _hint(self) -> str:
        if any(event.state is SlotState.OPEN for event in self._known.values()):
            return "Choose another day."
        return "This expert has no open time at the moment."

    def _draw_slot(self, event: SlotChanged) -> None:
        button = TextElement(tag="button", text="").classes("slot").props("type=button")
        button.props["data-slot"] = str(event.slot_id)
        button.on("click", lambda: self._on_pick(event.slot_id))
        self._buttons[event.slot_id] = button
        self._set(event)

    def _set(self, event: SlotChanged) -> None:
        button, time = self._buttons[event.slot_id], times.clock_time(event.starts_at, self._zone)
        is_mine = event.slot_id == self._mine and event.state is SlotState.HELD
        word = WORDS.get(event.state)
        button.text = time if is_mine or word is None else f"{time}\n{word}"
        button.props["data-state"] = MINE if is_mine else event.state.value
        button.props["aria-label"] = f"{self._spoken_time(event)}, {'held for you' if is_mine else SPOKEN[event.state]}"
        button.props.set_bool("disabled", event.state is not SlotState.OPEN and not is_mine)

    def _spoken_time(self, event: SlotChanged) -> str:
        on, time = self._date_of(event), times.clock_time(event.starts_at, self._zone)
        return f"{times.day(on)}, {time}, {times.place(self._zone)} time"

    def _date_of(self, event: SlotChanged) -> date:
        return self._dates[event.slot_id]
