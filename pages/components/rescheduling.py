"""Moving a booking to another time: the open times by day, one question, and what became of it."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from itertools import groupby, islice

from beanie import PydanticObjectId
from nicegui import background_tasks, html

from expert_booking import actors, background, events, rescheduling
from expert_booking.errors import SlotNotFound, SlotUnavailable
from models import Booking, SlotState, TimeSlot
from pages import focus, problems, times
from pages.components.dialog import Dialog
from pages.icons import icon
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

DAYS_AT_ONCE = 5
MOST_NEAREST = 6
"""So many times are offered instead of one that was lost."""

_TOP = '<h2 class="section" id="move-heading" tabindex="-1">{heading}</h2><p class="soft">{now}</p>'
_ALARM = '<div class="alarm" role="alert"><h3 class="section">{message}</h3><p class="soft">{stays}</p></div>'
_DAYS = '<div class="other-times" role="group" aria-labelledby="move-heading">{days}</div>'
_DAY = '<section class="offered"><h3 class="part">{day}</h3><div class="free-times">{times}</div></section>'
_TIME = (
    '<button type="button" class="quiet offer" data-pick="to:{slot}" data-slot="{slot}" data-live="{slot}"'
    ' aria-label="{name}"{disabled}>{time}</button>'
)
_NOTHING = '<p class="nothing">{words}</p>'
_ACTIONS = '<div class="actions">{buttons}</div>'
_BUTTON = '<button type="button" class="{style}" data-pick="{pick}">{text}</button>'
_ASKED = (
    '<h2 class="section" id="move-heading" tabindex="-1">{heading}</h2>'
    '<div class="from-to" aria-hidden="true"><p><span>{from_day}</span><s>{from_time}</s></p>{icon}'
    "<p><span>{to_day}</span><b>{to_time}</b></p></div>"
    '<p class="soft">{words}</p>'
)

MayStill = Callable[[], Awaitable[bool]]


async def move(booking: Booking, reader: Reader, *, may_still: MayStill) -> TimeSlot | None:
    """Let the customer choose another time and move the booking there; where to, or none when it stays.

    Args:
        booking: as it is now.
        reader: how they read.
        may_still: whether they may move it, asked anew before it is done.
    """
    found = await rescheduling.choices(booking)
    with Dialog() as dialog, html.div().classes("sheet mover"):
        dialog.props["aria-label"] = reader.say("Move to another time")
        mover = Mover(booking, found, reader=reader, may_still=may_still, on_done=dialog.submit)
    dialog.on("hide", dialog.delete)
    events.slots.subscribe(booking.expert_id, mover.apply)
    events.bookings.subscribe(booking.customer_key, mover.overtaken)
    try:
        await dialog
        return mover.moved_to
    finally:
        events.slots.unsubscribe(booking.expert_id, mover.apply)
        events.bookings.unsubscribe(booking.customer_key, mover.overtaken)


class Mover:
    """What stands in the dialog: the times to choose from, or the question about the one that was chosen."""

    def __init__(
        self,
        booking: Booking,
        found: Iterable[TimeSlot],
        *,
        reader: Reader,
        may_still: MayStill,
        on_done: Callable[[object], None],
    ) -> None:
        self._booking = booking
        self._reader = reader
        self._may_still = may_still
        self._on_done = on_done
        self._slots = {slot.id: slot for slot in found}
        self._taken: set[PydanticObjectId] = set()
        self._in_doubt: set[PydanticObjectId] = set()
        self._is_looking = False
        self._days_shown = DAYS_AT_ONCE
        self._chosen: TimeSlot | None = None
        self._lost: TimeSlot | None = None
        self._why = ""
        self.moved_to: TimeSlot | None = None
        self._is_moving = False
        self._viewer = viewer()
        self._shown = Fragment("div", self._draw).classes("mover-pane").on_pick(self._picked)

    def apply(self, event: events.SlotChanged) -> None:
        """Take in what became of a time that can be chosen here; its button changes where it stands."""
        if event.slot_id not in self._slots:
            return
        if event.state is not SlotState.WITHDRAWN:
            self._mark(event.slot_id, is_taken=event.state is not SlotState.OPEN)
            return
        self._in_doubt.add(event.slot_id)
        if not self._is_looking:
            self._is_looking = True
            background_tasks.create(
                background.attempt(self._look_again), name="look which times a booking can be moved to"
            )

    async def _look_again(self) -> None:
        """What is withdrawn because its day is full is no loss to whoever has a place on that day already."""
        try:
            while self._in_doubt:
                doubted, self._in_doubt = self._in_doubt, set()
                found = {slot.id for slot in await rescheduling.choices(self._booking)}
                for slot_id in doubted & self._slots.keys():
                    self._mark(slot_id, is_taken=slot_id not in found)
        finally:
            self._is_looking = False

    def _mark(self, slot_id: PydanticObjectId, *, is_taken: bool) -> None:
        (self._taken.add if is_taken else self._taken.discard)(slot_id)
        attributes = {"disabled": "" if is_taken else None, "aria-label": self._name(self._slots[slot_id])}
        self._viewer.tell([Change(key=str(slot_id), attributes=attributes)])

    def overtaken(self, event: events.BookingChanged) -> None:
        """Ask nothing more when the booking has changed elsewhere."""
        if event.booking_id == self._booking.id and not self._is_moving:
            self._on_done(None)

    async def _picked(self, pick: str) -> None:
        verb, _, what = pick.partition(":")
        if self._is_moving:
            return
        if verb == "to" and PydanticObjectId.is_valid(what):
            self._chosen = self._slots.get(PydanticObjectId(what))
            self._show()
        elif verb == "more":
            self._days_shown += DAYS_AT_ONCE
            self._shown.update()
            focus.rescue(".mover [data-pick=more], .mover [data-pick=keep]")
        elif verb == "others":
            self._chosen = self._lost = None
            self._show()
        elif verb == "yes" and self._chosen is not None:
            await self._move_to(self._chosen)
        elif verb == "keep":
            self._on_done(None)

    def _show(self) -> None:
        self._shown.update()
        focus.move("#move-heading")

    async def _move_to(self, slot: TimeSlot) -> None:
        self._is_moving = True
        try:
            with problems.shown():
                if await self._may_still():
                    await self._try(slot)
                else:
                    self._on_done(None)
        finally:
            self._is_moving = False

    async def _try(self, slot: TimeSlot) -> None:
        try:
            await rescheduling.reschedule(self._booking.id, slot.id, by=actors.CUSTOMER)
        except (SlotUnavailable, SlotNotFound) as error:
            await self._lose(slot, self._reader.say(error.args[0]))
            return
        except Exception:
            self._on_done(None)  # it cannot be moved at all, which is told beside it
            raise
        self.moved_to = slot
        self._on_done(None)

    async def _lose(self, slot: TimeSlot, why: str) -> None:
        """Say that somebody was quicker, and offer what is nearest; the booking is where it was."""
        found = await rescheduling.choices(self._booking)
        self._slots = {each.id: each for each in found}
        self._taken.clear()
        self._chosen, self._lost, self._why = None, slot, why
        self._show()

    def _draw(self) -> Markup:
        if self._chosen is not None:
            return self._draw_question(self._chosen)
        return self._draw_lost(self._lost) if self._lost is not None else self._draw_choice()

    def _draw_choice(self) -> Markup:
        if not self._slots:
            none = self._reader.say("There is no other open time at the moment.")
            return self._draw_top() + fill(_NOTHING, words=none) + self._draw_buttons()
        by_day = groupby(self._slots.values(), key=self._day_of)
        days = [self._draw_day(day, slots) for day, slots in islice(by_day, self._days_shown)]
        is_more = next(by_day, None) is not None
        return self._draw_top() + fill(_DAYS, days=Markup("").join(days)) + self._draw_buttons(more=is_more)

    def _draw_lost(self, lost: TimeSlot) -> Markup:
        say = self._reader.say
        near = sorted(self._slots.values(), key=lambda slot: abs(slot.starts_at - lost.starts_at))[:MOST_NEAREST]
        by_day = groupby(sorted(near, key=lambda slot: slot.starts_at), key=self._day_of)
        days = Markup("").join(self._draw_day(day, slots) for day, slots in by_day)
        alarm = fill(_ALARM, message=self._why, stays=say("Your booking stays as it was."))
        free = fill('<p class="soft">{words}</p>', words=say("These times are free:")) if near else Markup("")
        others = fill(_BUTTON, style="quiet", pick="others", text=say("All times"))
        return self._draw_top() + alarm + free + fill(_DAYS, days=days) + self._draw_buttons(first=others)

    def _draw_top(self) -> Markup:
        reader, booking = self._reader, self._booking
        zone = times.zone_in_words(reader, booking.starts_at)
        now = reader.say("Now: {time}. All times in {zone}.", time=self._time(booking.starts_at), zone=zone)
        return fill(_TOP, heading=reader.say("Move to another time"), now=now)

    def _draw_day(self, day: str, slots: Iterable[TimeSlot]) -> Markup:
        return fill(_DAY, day=day, times=Markup("").join(map(self._draw_time, slots)))

    def _draw_time(self, slot: TimeSlot) -> Markup:
        disabled = Markup(" disabled") if slot.id in self._taken else Markup("")
        time = times.clock_time(slot.starts_at, self._reader)
        return fill(_TIME, slot=slot.id, name=self._name(slot), time=time, disabled=disabled)

    def _draw_buttons(self, *, more: bool = False, first: Markup | None = None) -> Markup:
        say, buttons = self._reader.say, first or Markup("")
        if more:
            buttons += fill(_BUTTON, style="quiet", pick="more", text=say("Show more days"))
        buttons += fill(_BUTTON, style="quiet", pick="keep", text=say("Keep the time"))
        return fill(_ACTIONS, buttons=buttons)

    def _draw_question(self, slot: TimeSlot) -> Markup:
        reader, booking = self._reader, self._booking
        before, after = self._time(booking.starts_at), self._time(slot.starts_at)
        asked = fill(
            _ASKED,
            heading=reader.say("Move from {before} to {after}?", before=before, after=after),
            from_day=self._day_of(booking),
            from_time=times.clock_time(booking.starts_at, reader),
            icon=icon("onward"),
            to_day=self._day_of(slot),
            to_time=times.clock_time(slot.starts_at, reader),
            words=reader.say("The time that you had opens for everybody at once."),
        )
        buttons = fill(_BUTTON, style="quiet", pick="others", text=reader.say("Choose another time"))
        buttons += fill(_BUTTON, style="cta", pick="yes", text=reader.say("Move the booking"))
        return asked + fill(_ACTIONS, buttons=buttons)

    def _name(self, slot: TimeSlot) -> str:
        time = self._time(slot.starts_at)
        return self._reader.say("{time}, just taken", time=time) if slot.id in self._taken else time

    def _day_of(self, at: TimeSlot | Booking) -> str:
        return times.day(at.starts_at.astimezone(self._reader.zone).date(), self._reader)

    def _time(self, moment: datetime) -> str:
        """With its day, and without today and tomorrow: what is asked about stays true over midnight."""
        day = times.day(moment.astimezone(self._reader.zone).date(), self._reader)
        return self._reader.say("{day}, {time}", day=day, time=times.clock_time(moment, self._reader))
