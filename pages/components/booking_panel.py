"""The pane beside the calendar: a hint, the form for a held slot, or what became of the hold."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from beanie import PydanticObjectId
from nicegui import html

from expert_booking import clock, policy
from expert_booking.customers import Customer
from expert_booking.events import SlotChanged
from expert_booking.holds import Hold
from models import TimeSlot
from pages import focus, times
from pages.components.booking_form import BookingForm, Typed
from pages.live.fragment import Fragment, fill
from pages.reader import Reader

_HINT = (
    '<h2 class="section">Choose a time</h2>'
    '<p class="soft">It is kept for you for {minutes} minutes while you fill in a short form.</p>'
)

Book = Callable[[Customer], Awaitable[None]]
Pick = Callable[[PydanticObjectId], Awaitable[None]]


class BookingPanel:
    """What was typed lives as long as the page, whatever becomes of the slot it was typed for."""

    def __init__(self, *, reader: Reader, country: str, on_book: Book, on_pick: Pick, on_cancel: Pick) -> None:
        self._reader = reader
        self._country = country
        self._on_book = on_book
        self._on_pick = on_pick
        self._on_cancel = on_cancel
        self._typed = Typed()
        self._pane = html.aside().classes("glass panel side").props('aria-label="Your booking"')
        self.show_hint()

    def show_hint(self) -> None:
        """Nothing is chosen yet."""
        self._pane.clear()
        with self._pane:
            minutes = int(policy.current().hold / timedelta(minutes=1))
            Fragment("div", lambda: fill(_HINT, minutes=minutes)).classes("hint")

    def show_form(self, hold: Hold, slot: SlotChanged) -> None:
        """The slot is held: the countdown and the form, with whatever was typed before."""
        self._pane.clear()
        with self._pane:
            self._draw_countdown(hold, slot)
            BookingForm(
                self._typed,
                country=self._country,
                button=f"Book {times.clock_time(slot.starts_at, self._reader)}",
                on_submit=self._on_book,
            )
            release = html.button("Choose another time").classes("quiet").props("type=button")
            release.on("click", lambda: self._cancel(hold.slot_id))
            focus.move("#pane-heading")

    async def _cancel(self, slot_id: PydanticObjectId) -> None:
        await self._on_cancel(slot_id)
        with self._pane:
            focus.move(f'[data-slot="{slot_id}"]')

    def _draw_countdown(self, hold: Hold, slot: SlotChanged) -> None:
        seconds = max(0, round((hold.until - clock.now()) / timedelta(seconds=1)))
        with html.div().classes("held"):
            with html.div().classes("ring").props("role=timer") as ring:
                html.span(f"{seconds // 60}:{seconds % 60:02}")
            ring.props["data-seconds-left"] = str(seconds)
            ring.props["data-seconds-whole"] = str(int(policy.current().hold.total_seconds()))
            with html.div():
                time = times.day_and_time(slot.starts_at, self._reader)
                with html.h2().props("id=pane-heading") as heading:
                    html.strong(time)
                heading.props["aria-label"] = f"Held for you: {time}, {_in_minutes(seconds)}"
                html.span(f"Held for you, {times.place(self._reader.zone, self._reader)} time").classes("soft")

    def show_ended(self, slot: SlotChanged, *, is_time_up: bool) -> None:
        """The hold ran out or was given back in another tab; what was typed is kept."""
        time = times.day_and_time(slot.starts_at, self._reader)
        heading = "Your time to fill in the form is up" if is_time_up else "You gave this time back in another tab"
        self._pane.clear()
        with self._pane, html.div().classes("hint").props("role=alert"):
            html.h2(heading).classes("section").props("id=pane-heading")
            html.p(f"{time} is free for everybody again. {self._typed.kept}").classes("soft")
            self._offer(f"Hold {time} again", slot.slot_id, style="cta")
            focus.rescue("#pane-heading")

    def show_lost(self, message: str, nearest: list[TimeSlot], *, kept: SlotChanged | None) -> None:
        """The slot went to somebody else; the nearest open times are one click away, and what was typed is kept.

        Args:
            message: why it is not to be had.
            nearest: open slots to offer instead.
            kept: the slot that the visitor held before and still holds.
        """
        self._pane.clear()
        with self._pane, html.div().classes("alarm").props("role=alert"):
            html.p(message).props("id=pane-heading")
            if kept is not None:
                self._offer(f"Go on with {times.day_and_time(kept.starts_at, self._reader)}", kept.slot_id, style="cta")
            free = "These times are free:" if nearest else "This expert has no other open time at the moment."
            html.p(f"{self._typed.kept} {free}".strip()).classes("soft")
            for slot in nearest:
                self._offer(times.day_and_time(slot.starts_at, self._reader), slot.id, style="quiet")
            focus.rescue("#pane-heading")

    def _offer(self, text: str, slot_id: PydanticObjectId, *, style: str) -> None:
        html.button(text).classes(style).props("type=button").on("click", lambda: self._on_pick(slot_id))


def _in_minutes(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
