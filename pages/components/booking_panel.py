"""The pane beside the calendar, on small screens a sheet over it: a hint, the form, or what became of the hold.

The page has one element for what stands above and, once somebody has picked a time, one for the form, which stays from
then on and is only hidden: nothing that was typed goes away with it.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import groupby

from beanie import PydanticObjectId
from nicegui import html, json, ui

from expert_booking import clock, policy
from expert_booking.events import SlotChanged
from expert_booking.holds import Hold
from models import Expert, TimeSlot
from pages import focus, times
from pages.components import session_types
from pages.components.booking_form import BookingForm, Submit
from pages.icons import icon
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

LET_GO = "let-go"

_SHEET_TOP = Markup(
    '<button type="button" class="grip" aria-labelledby="pane-heading" aria-expanded="true"><i></i></button>'
    '<p class="visually-hidden" id="hold-said" role="status"></p>'
)
_HINT = (
    '<div class="hint"><span class="emblem">{icon}</span><h2 class="section">{heading}</h2>'
    '<p class="soft">{promise}</p></div>'
)
_HELD = (
    '<div class="held"><div class="ring" role="timer" data-seconds-left="{seconds}" data-seconds-whole="{whole}"'
    ' data-last="{last}" data-over="{over}"><span>{left}</span><svg viewBox="0 0 54 54" aria-hidden="true">'
    '<circle cx="27" cy="27" r="24.5"/><circle class="left" cx="27" cy="27" r="24.5" pathLength="1"/></svg></div>'
    '<div class="what"><h2 id="pane-heading" aria-label="{heading}">{time}</h2><p class="soft">{what}</p>'
    '<p class="faint">{held}</p></div></div>'
)
_ENDED = (
    '<div class="ended" role="alert"><span class="emblem">{icon}</span>'
    '<h2 class="section" id="pane-heading">{heading}</h2><p class="soft">{free}</p>'
    '<p class="soft kept">{kept}</p>{again}{back}</div>'
)
_LOST = (
    '<div class="alarm" role="alert"><h2 class="section" id="pane-heading">{message}</h2>'
    '<p class="soft kept">{kept}</p></div><div class="offers">{go_on}<p class="soft">{free}</p>{days}{back}</div>'
)
_DAY = '<div class="offered"><h3 class="part">{day}</h3><div class="free-times">{times}</div></div>'
_TIME = '<button type="button" class="quiet offer" data-pick="{slot}" aria-label="{name}">{time}</button>'
_CTA = '<button type="button" class="cta" data-pick="{pick}">{text}</button>'
_BACK = '<button type="button" class="quiet way-back" data-pick="let-go">{text}</button>'

Pick = Callable[[PydanticObjectId], Awaitable[None]]


class BookingPanel:
    """What stands here is drawn when it is sent, so that the countdown is right however long that took."""

    def __init__(
        self,
        *,
        reader: Reader,
        country: str,
        expert: Expert,
        on_book: Submit,
        on_pick: Pick,
        on_let_go: Callable[[], Awaitable[PydanticObjectId | None]],
    ) -> None:
        self._reader = reader
        self._country = country
        self._expert = expert
        self._on_book = on_book
        self._on_pick = on_pick
        self._on_let_go = on_let_go
        self._draw = self._draw_hint
        self._form: BookingForm | None = None
        self._pane = html.section().classes("glass panel side").props("data-state=hint")
        self._pane.props["aria-label"] = reader.say("Your booking")
        with self._pane:
            self._top = Fragment("div", lambda: self._draw()).classes("top").on_pick(self._picked)

    def show_hint(self) -> None:
        """Nothing is chosen."""
        self._show("hint", self._draw_hint)

    def show_form(self, hold: Hold, slot: SlotChanged) -> None:
        """The slot is held: the countdown and the form, with whatever was typed before."""
        self._show("form", partial(self._draw_held, hold, slot))
        if self._form is None:
            with self._pane:
                self._form = BookingForm(
                    reader=self._reader, country=self._country, on_submit=self._on_book, on_let_go=self._let_go
                )
        time = times.clock_time(slot.starts_at, self._reader)
        self._form.aim(str(slot.slot_id), button=self._reader.say("Book {time}", time=time))

    def show_ended(self, slot: SlotChanged, *, is_time_up: bool) -> None:
        """The hold ran out or was given back in another tab; what was typed is kept."""
        self._show("ended", partial(self._draw_ended, slot, is_time_up=is_time_up))

    def show_lost(self, message: str, nearest: list[TimeSlot], *, kept: SlotChanged | None) -> None:
        """The slot went to somebody else; the nearest open times are one click away, and what was typed is kept.

        Args:
            message: why it is not to be had.
            nearest: open slots to offer instead.
            kept: the slot that the visitor held before and still holds.
        """
        self._show("lost", partial(self._draw_lost, message, nearest, kept=kept))

    def _show(self, state: str, draw: Callable[[], Markup]) -> None:
        self._draw = draw
        self._top.update()
        self._pane.props["data-state"] = state
        with self._pane:
            ui.run_javascript(f"deskShows({json.dumps(state)})")

    async def _picked(self, pick: str) -> None:
        if pick == LET_GO:
            await self._let_go()
        elif PydanticObjectId.is_valid(pick):
            await self._on_pick(PydanticObjectId(pick))

    async def _let_go(self) -> None:
        slot_id = await self._on_let_go()
        with self._pane:
            focus.move(f'[data-slot="{slot_id}"]' if slot_id else "#slots-heading")

    def _draw_hint(self) -> Markup:
        say = self._reader.say
        minutes = self._minutes(policy.current().hold)
        promise = say("It is kept for you for {minutes} while you fill in a short form.", minutes=minutes)
        return fill(_HINT, icon=icon("clock"), heading=say("Choose a time"), promise=promise)

    def _draw_held(self, hold: Hold, slot: SlotChanged) -> Markup:
        reader = self._reader
        left, time = hold.until - clock.now(), times.day_and_time(slot.starts_at, reader)
        seconds = max(0, round(left / timedelta(seconds=1)))
        return _SHEET_TOP + fill(
            _HELD,
            seconds=seconds,
            whole=max(seconds, int(policy.current().hold.total_seconds())),  # what was offered is held for longer
            left=f"{seconds // 60}:{seconds % 60:02}",
            last=reader.say("One minute left to book {time}.", time=time),
            over=reader.say("Your time to fill in the form is up"),
            heading=reader.say("Held for you: {time}, {minutes}", time=time, minutes=self._minutes(left)),
            time=time,
            what=self._what(slot),
            held=reader.say("Held for you, {place} time", place=times.place(reader.zone, reader)),
        )

    def _what(self, slot: SlotChanged) -> str:
        lasts = self._minutes(slot.ends_at - slot.starts_at)
        values = {"minutes": lasts, "expert": self._expert.name}
        if session := session_types.name_of(self._expert, slot.session_type):
            return self._reader.say("{session}, {minutes} with {expert}", session=session, **values)
        return self._reader.say("{minutes} with {expert}", **values)

    def _draw_ended(self, slot: SlotChanged, *, is_time_up: bool) -> Markup:
        say, time = self._reader.say, times.day_and_time(slot.starts_at, self._reader)
        up, given = say("Your time to fill in the form is up"), say("You gave this time back in another tab")
        return _SHEET_TOP + fill(
            _ENDED,
            icon=icon("clock"),
            heading=up if is_time_up else given,
            free=say("{time} is free for everybody again.", time=time),
            kept=say("What you typed is kept."),
            again=fill(_CTA, pick=slot.slot_id, text=say("Hold {time} again", time=time)),
            back=self._back(),
        )

    def _draw_lost(self, message: str, nearest: list[TimeSlot], *, kept: SlotChanged | None) -> Markup:
        say, go_on = self._reader.say, Markup("")
        if kept is not None:
            time = times.day_and_time(kept.starts_at, self._reader)
            go_on = fill(_CTA, pick=kept.slot_id, text=say("Go on with {time}", time=time))
        none = say("This expert has no other open time at the moment.")
        return _SHEET_TOP + fill(
            _LOST,
            message=message,
            kept=say("What you typed is kept."),
            go_on=go_on,
            free=say("These times are free:") if nearest else none,
            days=self._draw_days(nearest),
            back=self._back(),
        )

    def _draw_days(self, nearest: list[TimeSlot]) -> Markup:
        by_day = groupby(nearest, key=lambda slot: slot.starts_at.astimezone(self._reader.zone).date())
        return Markup("").join(
            fill(_DAY, day=times.day(on, self._reader), times=Markup("").join(map(self._draw_time, slots)))
            for on, slots in by_day
        )

    def _draw_time(self, slot: TimeSlot) -> Markup:
        name = times.day_and_time(slot.starts_at, self._reader)
        return fill(_TIME, slot=slot.id, name=name, time=times.clock_time(slot.starts_at, self._reader))

    def _back(self) -> Markup:
        return fill(_BACK, text=self._reader.say("Back to the calendar"))

    def _minutes(self, time: timedelta) -> str:
        minutes = max(1, round(time / timedelta(minutes=1)))
        return self._reader.say_many("{number} minute", "{number} minutes", minutes)
