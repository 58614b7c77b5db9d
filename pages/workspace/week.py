"""A week as a time grid: hours from the top, a column for each day, what is booked, open and off in it.

Where something stands is said in rows of five minutes (`data-at`, `data-for`), for which the sheet has the places.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar

from expert_booking import clock
from expert_booking.events import SlotChanged
from models import Booking, BookingStatus, SlotState, TimeOff
from pages import times
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.live.pieces import Pieces
from pages.reader import Reader
from pages.workspace import session_words

DAYS = 7
PIECE = 5
PIECES_AN_HOUR = 60 // PIECE
SHORT = 45
"""Sessions of fewer minutes have room for one line."""

_EARLIEST, _LATEST = 8, 18
"""The hours that are shown even when nothing is in them."""

_HEADING = (
    '<div class="week-title" data-key="title"><h2 class="section" id="week-heading">{months}</h2>'
    '<div class="tools"><button type="button" class="ghost" data-pick="today">{today}</button><div class="weeks">'
    '<button type="button" aria-label="{earlier}" data-pick="earlier">{back}</button>'
    '<button type="button" aria-label="{later}" data-pick="later">{onward}</button></div></div></div>'
)
_SWITCHER = '<div class="week-days" data-key="days" role="group" aria-label="{name}">{days}</div>'
_SWITCH = (
    '<button type="button" class="week-day" data-pick="day:{on}" aria-pressed="{pressed}"{today}'
    ' aria-label="{name}"><span>{weekday}</span><b>{number}</b><i>{marks}</i></button>'
)
_MARK = "<s></s>"
_HOURS = '<div class="week-hours" data-key="hours" aria-hidden="true"><div class="rows">{rows}{hours}</div></div>'
_HOUR = '<span data-at="{at}">{text}</span>'
_ROWS = '<i class="rows-all" data-at="0" data-for="{rows}"></i>'
_DAY = (
    '<section class="week-column" data-key="{key}"{chosen}{today} aria-labelledby="{key}-name">'
    '<h3 id="{key}-name" aria-label="{name}"><span>{weekday}</span> <b>{number}</b></h3>'
    '<div class="rows">{rows}{off}{open}{booked}{now}</div></section>'
)
_BLOCK = (
    '<button type="button" class="session-block" data-pick="open:{id}" data-status="{status}" data-at="{at}"'
    ' data-for="{rows}"{short} aria-label="{name}"><b>{customer}</b><span>{hours}</span><span>{detail}</span></button>'
)
_SLOT = '<i class="opening" data-state="{state}" data-at="{at}" data-for="{rows}"><span>{text}</span></i>'
_OFF = '<i class="off-time" data-at="{at}" data-for="{rows}"><span>{text}</span></i>'
_NOW = '<i class="now" data-at="{at}" data-for="1" data-zone="{zone}" data-first="{first}" data-last="{last}"></i>'
_LEGEND = (
    '<p class="legend"><span><i class="opening" data-state="open"></i>{open}</span>'
    '<span><i class="opening" data-state="held"></i>{held}</span><span><i class="off-time"></i>{off}</span></p>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time from one aware moment to another."""

    starts_at: datetime
    ends_at: datetime


Span = TypeVar("Span", Booking, SlotChanged, TimeOff)


@dataclass(kw_only=True)
class Week:
    """Seven days from `first` on, as its reader sees them; `chosen` is the one that a small screen shows."""

    reader: Reader
    first: date
    chosen: date
    bookings: Sequence[Booking] = ()
    slots: Sequence[SlotChanged] = ()
    time_off: Sequence[TimeOff] = ()
    _hours: tuple[int, int] = field(init=False, default=(_EARLIEST, _LATEST))

    @property
    def days(self) -> list[date]:
        """The dates, from the first to the last."""
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    def begins(self, on: date) -> datetime:
        """When a date begins for the reader (aware UTC)."""
        return datetime.combine(on, time(), tzinfo=self.reader.zone).astimezone(UTC)

    def draw_heading(self) -> Pieces:
        """The months, the ways to other weeks and, for small screens, to each day."""
        say = self.reader.say
        title = fill(
            _HEADING,
            months=times.months(self.first, self.days[-1], self.reader),
            today=say("Today"),
            earlier=say("Earlier week"),
            back=icon("back"),
            later=say("Later week"),
            onward=icon("onward"),
        )
        days = fill(_SWITCHER, name=say("Days"), days=Markup("").join(map(self._switch, self.days)))
        return {"title": title, "days": days}

    def _switch(self, on: date) -> Markup:
        booked = sum(1 for _ in self._on(on, self.bookings))
        return fill(
            _SWITCH,
            on=on,
            pressed="true" if on == self.chosen else "false",
            today=self._today(on),
            name=self.reader.say_many(
                "{day}, {number} session", "{day}, {number} sessions", booked, day=times.full_day(on, self.reader)
            ),
            weekday=times.weekday(on, self.reader),
            number=on.day,
            marks=Markup(_MARK) * min(booked, 3),
        )

    def _today(self, on: date) -> Markup:
        is_today = on == clock.now().astimezone(self.reader.zone).date()
        return Markup(' aria-current="date"') if is_today else Markup("")

    def draw(self) -> Pieces:
        """The hours, and the seven columns."""
        self._hours = self._hours_in_use()
        columns = {f"day-{number}": self._column(f"day-{number}", on) for number, on in enumerate(self.days)}
        return {"hours": self._gutter(), **columns}

    def draw_legend(self) -> Markup:
        """What the shapes mean that have no words of their own."""
        say = self.reader.say
        return fill(_LEGEND, open=say("Open"), held=say("Being booked"), off=say("Time off"))

    def _hours_in_use(self) -> tuple[int, int]:
        """From which full hour to which."""
        first, last = _EARLIEST, _LATEST
        for on in self.days:
            booked, seen = self._on(on, self.bookings), self._on(on, self._seen)
            for at, rows in (self._place(each, on) for found in (booked, seen) for each in found):
                first = min(first, at // PIECES_AN_HOUR)
                last = max(last, -(-(at + rows) // PIECES_AN_HOUR))
        return first, last

    @property
    def _seen(self) -> list[SlotChanged]:
        return [slot for slot in self.slots if slot.state in (SlotState.OPEN, SlotState.HELD)]

    def _on(self, on: date, found: Iterable[Span]) -> Iterator[Span]:
        """What lies on a date, or partly."""
        begins, ends = self.begins(on), self.begins(on + timedelta(days=1))
        return (each for each in found if each.starts_at < ends and each.ends_at > begins)

    def _place(self, each: Booking | SlotChanged | TimeOff | Stretch, on: date) -> tuple[int, int]:
        """The row of a date in which something begins, counted from midnight, and how many rows it takes."""
        begins = max(each.starts_at, self.begins(on))
        ends = min(each.ends_at, self.begins(on + timedelta(days=1)))
        local = begins.astimezone(self.reader.zone)
        at = (local.hour * 60 + local.minute) // PIECE
        rows = -(-int((ends - begins).total_seconds()) // (PIECE * 60))
        return at, max(1, min(rows, 24 * PIECES_AN_HOUR - at))

    def _shown(self, each: Booking | SlotChanged | TimeOff | Stretch, on: date) -> dict[str, int] | None:
        """Its place among the hours that are shown; none where it lies outside of them."""
        first, last = (hour * PIECES_AN_HOUR for hour in self._hours)
        at, rows = self._place(each, on)
        begins, ends = max(at, first), min(at + rows, last)
        return {"at": begins - first, "rows": ends - begins} if begins < ends else None

    @property
    def _rows(self) -> Markup:
        first, last = self._hours
        return fill(_ROWS, rows=(last - first) * PIECES_AN_HOUR)

    def _gutter(self) -> Markup:
        first, last = self._hours
        drawn = (
            fill(_HOUR, at=(hour - first) * PIECES_AN_HOUR, text=_hour(hour, self.reader))
            for hour in range(first, last)
        )
        return fill(_HOURS, rows=self._rows, hours=Markup("").join(drawn))

    def _column(self, key: str, on: date) -> Markup:
        booked = list(self._on(on, self.bookings))
        return fill(
            _DAY,
            key=key,
            chosen=Markup(" data-chosen") if on == self.chosen else Markup(""),
            today=Markup(" data-today") if self._today(on) else Markup(""),
            name=times.full_day(on, self.reader),
            weekday=times.weekday(on, self.reader),
            number=on.day,
            rows=self._rows,
            off=self._draw_off(on),
            open=self._draw_openings(on, booked),
            booked=Markup("").join(block for each in booked if (block := self._block(each, on))),
            now=self._now() if self._today(on) else "",
        )

    def _block(self, booking: Booking, on: date) -> Markup:
        place = self._shown(booking, on)
        if place is None:
            return Markup("")
        reader, hours = self.reader, session_words.hours(booking.starts_at, booking.ends_at, self.reader)
        status = session_words.status_words(booking, reader)
        kind = booking.session_name if booking.status is BookingStatus.CONFIRMED else ""
        name = reader.say(
            "{name}, {hours}, {kind}, {status}",
            name=booking.customer_name,
            hours=hours,
            kind=session_words.kind(booking, reader),
            status=status,
        )
        is_short = place["rows"] * PIECE < SHORT
        return fill(
            _BLOCK,
            **place,
            id=booking.id,
            status=session_words.status_of(booking),
            short=Markup(" data-short") if is_short else Markup(""),
            name=name,
            customer=booking.customer_name,
            hours=hours,
            detail=kind or status,
        )

    def _draw_off(self, on: date) -> Markup:
        text = self.reader.say("Time off")
        places = ((self._shown(each, on), each.note or text) for each in self._on(on, self.time_off))
        return Markup("").join(fill(_OFF, **place, text=words) for place, words in places if place is not None)

    def _draw_openings(self, on: date, booked: Sequence[Booking]) -> Markup:
        """What is open or being booked; slots that share time stand as one."""
        spans: list[tuple[datetime, datetime, SlotState]] = []
        for slot in sorted(self._on(on, self._seen), key=lambda slot: (slot.starts_at, slot.ends_at)):
            if any(each.starts_at < slot.ends_at and each.ends_at > slot.starts_at for each in booked):
                continue
            if spans and slot.starts_at < spans[-1][1]:
                begins, ends, state = spans[-1]
                is_held = SlotState.HELD in (state, slot.state)
                spans[-1] = (begins, max(ends, slot.ends_at), SlotState.HELD if is_held else SlotState.OPEN)
            else:
                spans.append((slot.starts_at, slot.ends_at, slot.state))
        return Markup("").join(self._opening(on, *span) for span in spans)

    def _opening(self, on: date, starts_at: datetime, ends_at: datetime, state: SlotState) -> Markup:
        place = self._shown(Stretch(starts_at=starts_at, ends_at=ends_at), on)
        text = self.reader.say("Being booked") if state is SlotState.HELD else ""
        return fill(_SLOT, **place, state=state, text=text) if place is not None else Markup("")

    def _now(self) -> Markup:
        first, last = self._hours
        local = clock.now().astimezone(self.reader.zone)
        at = (local.hour * 60 + local.minute) // PIECE - first * PIECES_AN_HOUR
        return fill(_NOW, at=max(at, 0), zone=self.reader.zone.key, first=first, last=last) if at >= 0 else Markup("")


@lru_cache(maxsize=256)
def _hour(hour: int, reader: Reader) -> str:
    """On a day on which no clocks change."""
    return times.clock_time(datetime(2026, 1, 15, hour, tzinfo=reader.zone), reader)


def first_day(of: date, reader: Reader) -> date:
    """The first day of the week of a date, as the reader's language counts weeks."""
    return of - timedelta(days=(of.weekday() - reader.locale.first_week_day) % DAYS)
