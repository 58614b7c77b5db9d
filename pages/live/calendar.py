"""An expert's calendar as all visitors of one time zone see it: days with free counts, and the slots of each day."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from time import monotonic

from beanie import PydanticObjectId
from nicegui import background_tasks

from expert_booking import availability, events
from expert_booking.events import ChangesMissed, SlotChanged
from models import SlotState
from pages import times
from pages.live.board import Board, Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

WORDS = {SlotState.HELD: "being booked", SlotState.BOOKED: "booked", SlotState.PAST: "too late"}
SPOKEN = {SlotState.OPEN: "available", **WORDS}
MINE = "mine"
FRESH_SECONDS = 1.0

_DAY = (
    '<button class="day" type="button" data-pick="{on}" data-live="{on}" data-free="{free}" aria-label="{name}"'
    ' aria-pressed="{pressed}"><span>{weekday}</span><b>{number}</b><i data-live="{on} free">{count}</i></button>'
)
_PART = '<h4 class="part">{part}</h4><div class="slots">{buttons}</div>'
_SLOT = (
    '<button class="slot" type="button" data-pick="{key}" data-slot="{key}" data-live="{key}" data-state="{state}"'
    ' aria-label="{name}"{disabled}>{text}</button>'
)


class CalendarBoard(Board):
    """Knows the latest event of each slot of an expert, and tells what becomes of them.

    Any number of readings and events may come in, in any order: what is older than what is known is dropped.
    """

    def __init__(self, expert_id: PydanticObjectId, reader: Reader) -> None:
        super().__init__(expert_id, reader)
        self.reader = reader
        self._expert_id = expert_id
        self._days: dict[date, dict[PydanticObjectId, SlotChanged]] = {}
        self._known: dict[PydanticObjectId, SlotChanged] = {}
        self._drawn: dict[date, Markup] = {}
        self._reading: asyncio.Task[None] | None = None
        self._read_at = float("-inf")

    def open(self) -> None:
        """Follow this expert's slots."""
        events.slots.subscribe(self._expert_id, self.apply, for_page=False)
        events.resync.subscribe(events.EVERY_EXPERT, self._read_again, for_page=False)

    def close(self) -> None:
        """Follow them no more."""
        events.slots.unsubscribe(self._expert_id, self.apply)
        events.resync.unsubscribe(events.EVERY_EXPERT, self._read_again)
        super().close()

    def _read_again(self, _: ChangesMissed) -> None:
        background_tasks.create(self.load(), name="read a calendar again")

    async def load_unless_fresh(self) -> None:
        """Read the calendar, unless it was read a moment ago: what this process writes since is told in any case."""
        if monotonic() - self._read_at > FRESH_SECONDS:
            await self.load()

    async def load(self) -> None:
        """Read the slots that are still ahead; those who ask while somebody reads wait for the same answer."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._load(), name="read a calendar")
        await asyncio.shield(self._reading)

    async def _load(self) -> None:
        """Take in what is read, and forget what is not ahead any more or not there at all."""
        before = set(self._known)
        read = await availability.calendar_of(self._expert_id)
        self._forget(before - {slot.slot_id for slot in read})
        self.take(read)
        self._read_at = monotonic()

    def apply(self, event: SlotChanged) -> None:
        """Take in what a slot is now."""
        self.take([event])

    def take(self, found: Iterable[SlotChanged]) -> None:
        """Take in what slots are now, and tell what is news."""
        changes: list[Change] = []
        changed_on: set[date] = set()
        for event in found:
            known = self._known.get(event.slot_id)
            if event == known or (known is not None and event.version < known.version):
                continue
            on = self.date_of(event.starts_at)
            self._known[event.slot_id] = self._days.setdefault(on, {})[event.slot_id] = event
            self._drawn.pop(on, None)
            changed_on.add(on)
            is_news = known is not None and known.state is not event.state
            changes.append(self._slot_change(event, is_said=is_news))
        if self.viewers:
            self.tell([*changes, *(change for on in changed_on for change in self._day_changes(on))])

    def _forget(self, gone: set[PydanticObjectId]) -> None:
        for slot_id in gone:
            on = self.date_of(self._known.pop(slot_id).starts_at)
            self._drawn.pop(on, None)
            del self._days[on][slot_id]
            if not self._days[on]:
                del self._days[on]

    def known(self, slot_id: PydanticObjectId) -> SlotChanged | None:
        """The latest event of a slot."""
        return self._known.get(slot_id)

    def date_of(self, moment: datetime) -> date:
        """The date in its reader's zone."""
        return moment.astimezone(self.reader.zone).date()

    @property
    def last_day(self) -> date | None:
        """The last date that has a slot."""
        return max(self._days, default=None)

    @property
    def first_open_day(self) -> date | None:
        """The first date that has an open slot."""
        return min((on for on in self._days if self.free_on(on)), default=None)

    def free_on(self, on: date) -> int:
        """How many slots of a date are open."""
        return sum(event.state is SlotState.OPEN for event in self._days.get(on, {}).values())

    def draw_day(self, on: date, *, is_chosen: bool) -> Markup:
        """The button of a date, with its free count."""
        free, count, name = self._count(on)
        pressed, weekday = "true" if is_chosen else "false", times.weekday(on, self.reader)
        return fill(
            _DAY,
            on=on,
            free=free,
            name=name,
            pressed=pressed,
            weekday=weekday,
            number=on.day,
            count=count,
        )

    def _count(self, on: date) -> tuple[str, str, str]:
        free, any_at_all = self.free_on(on), on in self._days
        count = f"{free} free" if free else "full" if any_at_all else "none"
        return str(free) if any_at_all else "none", count, f"{times.long_day(on, self.reader)}, {count}"

    def _day_changes(self, on: date) -> list[Change]:
        free, count, name = self._count(on)
        return [
            Change(key=f"{on}", attributes={"data-free": free, "aria-label": name}),
            Change(key=f"{on} free", attributes={}, text=count),
        ]

    def draw_slots(self, on: date, *, mine: PydanticObjectId | None) -> Markup:
        """The slots of a date by part of day, one of them perhaps as the visitor's own; a sentence if there is none."""
        if on in self._drawn and mine not in self._days.get(on, {}):
            return self._drawn[on]
        parts = [fill('<h3 class="visually-hidden">{day}</h3>', day=times.long_day(on, self.reader))]
        shown = sorted(self._days.get(on, {}).values(), key=lambda event: event.starts_at)
        for part, slots in groupby(shown, key=lambda event: times.part_of_day(event.starts_at, self.reader)):
            buttons = Markup("").join(self._draw_slot(event, is_mine=event.slot_id == mine) for event in slots)
            parts.append(
                fill('<h4 class="part">{part}</h4><div class="slots">{buttons}</div>', part=part, buttons=buttons)
            )
        if not shown:
            sentence = f"No times on {times.long_day(on, self.reader)}. {self._hint()}"
            parts.append(fill('<p class="soft part">{sentence}</p>', sentence=sentence))
        drawn = Markup("").join(parts)
        if shown and mine not in self._days[on]:
            self._drawn[on] = drawn
        return drawn

    def _hint(self) -> str:
        is_any_open = self.first_open_day is not None
        return "Choose another day." if is_any_open else "This expert has no open time at the moment."

    def _draw_slot(self, event: SlotChanged, *, is_mine: bool) -> Markup:
        look = self.slot_look(event, is_mine=is_mine)
        return fill(
            _SLOT,
            key=event.slot_id,
            state=look.attributes["data-state"],
            name=look.attributes["aria-label"],
            disabled=Markup("") if look.attributes["disabled"] is None else Markup(" disabled"),
            text=look.text,
        )

    def slot_look(self, event: SlotChanged, *, is_mine: bool = False) -> Change:
        """How a slot looks now, to everybody or to the visitor who holds it."""
        is_mine = is_mine and event.state is SlotState.HELD
        time, word = times.clock_time(event.starts_at, self.reader), WORDS.get(event.state)
        spoken = "held for you" if is_mine else SPOKEN[event.state]
        return Change(
            key=str(event.slot_id),
            attributes={
                "data-state": MINE if is_mine else event.state.value,
                "aria-label": f"{self._spoken_time(event)}, {spoken}",
                "disabled": None if is_mine or event.state is SlotState.OPEN else "",
            },
            text=time if is_mine or word is None else f"{time}\n{word}",
        )

    def _slot_change(self, event: SlotChanged, *, is_said: bool) -> Change:
        look = self.slot_look(event)
        if not is_said:
            return look
        said = f"{self._spoken_time(event)} is now {SPOKEN[event.state]}."
        return Change(key=look.key, attributes=look.attributes, text=look.text, said=said)

    def _spoken_time(self, event: SlotChanged) -> str:
        time = times.clock_time(event.starts_at, self.reader)
        day, place = times.day(self.date_of(event.starts_at), self.reader), times.place(self.reader.zone, self.reader)
        return f"{day}, {time}, {place} time"
