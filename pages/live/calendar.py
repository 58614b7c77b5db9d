"""An expert's calendar as all readers of one kind see it: days with free counts, and the slots of each day."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from time import monotonic

from beanie import PydanticObjectId
from nicegui import background_tasks

from expert_booking import availability, events, policy
from expert_booking.events import ChangesMissed, SlotChanged
from models import Expert, SlotState
from pages import times
from pages.live import looking, slot_look
from pages.live.board import Board, Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

FRESH_SECONDS = 1.0
GATHER_SECONDS = 0.15
"""New hours bring many slots at once; so long they are gathered before pages draw them."""

_DAY = (
    '<button class="day" type="button" data-pick="{on}" data-live="{on}" data-free="{free}" aria-label="{name}"'
    ' aria-pressed="{pressed}"{today}><span>{weekday}</span><b>{number}</b>'
    '<i data-live="{on} free" data-short="{short}">{count}</i></button>'
)
_SLOTS = '<section class="day-slots"><header><h3 class="which">{day}</h3>{next}</header>{content}</section>'
_PART = '<h4 class="part">{part}</h4><div class="slots">{buttons}</div>'
_NOTHING = '<p class="nothing">{sentence}</p>'
_NEXT = '<button class="jump" type="button" data-pick="next {on}" data-live="{on} next"{hidden}>{text}</button>'


class CalendarBoard(Board):
    """Knows the latest event of each slot of an expert that is of one session type, and tells what becomes of them.

    Any number of readings and events may come in, in any order: what is older than what is known is dropped. A slot
    that is not offered any more stays where a page shows it, and is left out of what is drawn from then on.
    """

    def __init__(self, expert_id: PydanticObjectId, reader: Reader, session_type: str = "") -> None:
        super().__init__(expert_id, reader, session_type)
        self.expert_id = expert_id
        self.reader = reader
        self.session_type = session_type
        self.expert: Expert | None = None
        """Whose calendar it is, as the page has read them that was built last."""
        self._days: dict[date, dict[PydanticObjectId, SlotChanged]] = {}
        self._known: dict[PydanticObjectId, SlotChanged] = {}
        self._drawn: dict[date, Markup] = {}
        self._counted: dict[date, tuple[str, str, str]] = {}
        self._first_open: dict[date, SlotChanged] = {}
        self._next_drawn: dict[date, PydanticObjectId | None] = {}
        self.grids: set[Callable[[set[date]], None]] = set()
        """What is called with the dates on which there are slots that pages do not show yet."""
        self._appeared_on: set[date] = set()
        self._gathering: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._read_at = float("-inf")

    def open(self) -> None:
        """Follow this expert's slots, and those who look at them."""
        events.slots.subscribe(self.expert_id, self.apply, for_page=False)
        events.resync.subscribe(events.EVERY_EXPERT, self._read_again, for_page=False)
        looking.open_board(self.expert_id, self, self.reader)

    def close(self) -> None:
        """Follow them no more."""
        events.slots.unsubscribe(self.expert_id, self.apply)
        events.resync.unsubscribe(events.EVERY_EXPERT, self._read_again)
        looking.close_board(self.expert_id, self)
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
        """Take in what is read, and forget what is not ahead or not offered any more, of which pages are told."""
        before = dict(self._known)
        read = await availability.calendar_of(self.expert_id)
        found, earliest_start = {slot.slot_id for slot in read}, policy.earliest_start()
        gone = [slot for slot in before.values() if slot.slot_id not in found and self._known[slot.slot_id] == slot]
        self.take(replace(slot, state=SlotState.WITHDRAWN) for slot in gone if slot.starts_at > earliest_start)
        self._forget({slot.slot_id for slot in gone})
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
            if not self._is_news(event, known):
                continue
            on = self.date_of(event.starts_at)
            self._known[event.slot_id] = event
            self._place(on, event)
            changed_on.add(on)
            if not _is_offered(known) and _is_offered(event):
                self._appears(on)
            is_news = known is not None and known.state is not event.state
            changes.append(slot_look.look_of(event, self.reader, is_news=is_news))
        leads_elsewhere = self._find_first_open(changed_on)
        if self.viewers and self._next_drawn:  # before anything is drawn, nothing on a page can be out of date
            days = (change for on in changed_on for change in self._day_changes(on))
            self.tell([*changes, *days, *(self._next_changes() if leads_elsewhere else ())])

    def _is_news(self, event: SlotChanged, known: SlotChanged | None) -> bool:
        if event.session_type != self.session_type or event == known:
            return False
        return known is None or event.version >= known.version

    def _place(self, on: date, event: SlotChanged) -> None:
        """Put a slot on its date, or take it off when it is not offered any more."""
        if _is_offered(event):
            self._days.setdefault(on, {})[event.slot_id] = event
            self._outdate(on)
        else:
            self._take_off(on, event.slot_id)

    def _take_off(self, on: date, slot_id: PydanticObjectId) -> None:
        self._outdate(on)
        self._days.get(on, {}).pop(slot_id, None)
        if not self._days.get(on, True):
            del self._days[on]

    def _appears(self, on: date) -> None:
        """Have pages draw a date anew on which there is a slot that they have not drawn."""
        if not self.grids:
            return
        self._appeared_on.add(on)
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._draw_what_appeared)

    def _draw_what_appeared(self) -> None:
        dates, self._appeared_on, self._gathering = self._appeared_on, set(), None
        for draw in tuple(self.grids):
            draw(dates)

    def _find_first_open(self, changed_on: set[date]) -> bool:
        """Whether the first open slot of one of these dates is another now."""
        before = {on: self._first_open.pop(on, None) for on in changed_on}
        for on in changed_on:
            slots = self._days.get(on, {}).values()
            first = min((slot for slot in slots if slot.state is SlotState.OPEN), key=_start, default=None)
            if first is not None:
                self._first_open[on] = first
        return any(self._first_open.get(on) != first for on, first in before.items())

    def _outdate(self, on: date) -> None:
        self._drawn.pop(on, None)
        self._counted.pop(on, None)

    def _forget(self, gone: set[PydanticObjectId]) -> None:
        changed_on: set[date] = set()
        for slot_id in gone:
            on = self.date_of(self._known.pop(slot_id).starts_at)
            self._take_off(on, slot_id)
            changed_on.add(on)
        self._find_first_open(changed_on)

    @property
    def is_read(self) -> bool:
        """Whether it has been read at all."""
        return self._read_at > 0

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
        return min(self._first_open, default=None)

    def free_on(self, on: date) -> int:
        """How many slots of a date are open."""
        return sum(event.state is SlotState.OPEN for event in self._days.get(on, {}).values())

    def next_open(self, *, after: date) -> SlotChanged | None:
        """The first open slot on a later date or, when there is none, on an earlier one."""
        later = (on for on in self._first_open if on > after)
        on = min(later, default=None) or min(self._first_open, default=after)
        return self._first_open[on] if on in self._first_open and on != after else None

    def draw_day(self, on: date, *, is_chosen: bool, is_today: bool = False) -> Markup:
        """The button of a date, with its free count."""
        free, count, name = self._count(on)
        return fill(
            _DAY,
            on=on,
            free=free,
            name=name,
            pressed="true" if is_chosen else "false",
            today=Markup(' aria-current="date"') if is_today else Markup(""),
            weekday=times.weekday(on, self.reader),
            number=on.day,
            short=_short(free),
            count=count,
        )

    def _count(self, on: date) -> tuple[str, str, str]:
        """The number of free slots or "none" where there is no slot at all, and that in words, short and complete."""
        if on not in self._counted:
            self._counted[on] = self._count_anew(on)
        return self._counted[on]

    def _count_anew(self, on: date) -> tuple[str, str, str]:
        free, reader, day = self.free_on(on), self.reader, times.long_day(on, self.reader)
        if on not in self._days:
            return "none", reader.say("none"), reader.say("{day}, no times", day=day)
        if not free:
            return "0", reader.say("full"), reader.say("{day}, fully booked", day=day)
        count = reader.say_many("{number} free", "{number} free", free)
        return (
            str(free),
            count,
            reader.say_many("{day}, {number} free time", "{day}, {number} free times", free, day=day),
        )

    def _day_changes(self, on: date) -> list[Change]:
        free, count, name = self._count(on)
        return [
            Change(key=f"{on}", attributes={"data-free": free, "aria-label": name}),
            Change(key=f"{on} free", attributes={"data-short": _short(free)}, text=count),
        ]

    def draw_slots(self, on: date, *, mine: PydanticObjectId | None) -> Markup:
        """The slots of a date by part of day, one of them perhaps as the visitor's own; a sentence if there is none."""
        content = self._drawn.get(on)
        if content is None or mine in self._days.get(on, {}):
            content = self._draw_content(on, mine)
        return fill(_SLOTS, day=times.full_day(on, self.reader), next=self._draw_next(on), content=content)

    def _draw_content(self, on: date, mine: PydanticObjectId | None) -> Markup:
        slots = self._days.get(on, {})
        if not slots:
            return fill(_NOTHING, sentence=self._why_nothing())
        parts: dict[str, list[Markup]] = {}
        for event in sorted(slots.values(), key=_start):
            part = times.part_of_day(event.starts_at, self.reader)
            parts.setdefault(part, []).append(slot_look.draw(event, self.reader, is_mine=event.slot_id == mine))
        drawn = Markup("").join(
            fill(_PART, part=part, buttons=Markup("").join(buttons)) for part, buttons in parts.items()
        )
        if mine not in slots:
            self._drawn[on] = drawn
        return drawn

    def _why_nothing(self) -> str:
        if self.first_open_day is None:
            return self.reader.say("This expert has no open time at the moment.")
        return self.reader.say("No times on this day.")

    def _draw_next(self, on: date) -> Markup:
        slot = self.next_open(after=on)
        self._next_drawn[on] = slot.slot_id if slot is not None else None
        look = self._next_look(on, slot)
        hidden = Markup("") if look.attributes["hidden"] is None else Markup(" hidden")
        return fill(_NEXT, on=on, hidden=hidden, text=look.text)

    def _next_look(self, on: date, slot: SlotChanged | None) -> Change:
        if slot is None:
            return Change(key=f"{on} next", attributes={"hidden": ""}, text="")
        text = self.reader.say("Next: {time}", time=times.day_and_time(slot.starts_at, self.reader))
        return Change(key=f"{on} next", attributes={"hidden": None}, text=text)

    def _next_changes(self) -> list[Change]:
        """Where the way on from a day, as it stands on pages, leads to another time now."""
        changes: list[Change] = []
        for on, drawn in self._next_drawn.items():
            slot = self.next_open(after=on)
            slot_id = slot.slot_id if slot is not None else None
            if slot_id != drawn:
                self._next_drawn[on] = slot_id
                changes.append(self._next_look(on, slot))
        return changes

    def slot_look(self, event: SlotChanged, *, is_mine: bool = False) -> Change:
        """How a slot looks now, to everybody or to the visitor who holds it."""
        return slot_look.look_of(event, self.reader, is_mine=is_mine)


def _start(event: SlotChanged) -> datetime:
    return event.starts_at


def _is_offered(event: SlotChanged | None) -> bool:
    return event is not None and event.state is not SlotState.WITHDRAWN


def _short(free: str) -> str:
    """A count where there is no room for words."""
    return "–" if free == "none" else free
