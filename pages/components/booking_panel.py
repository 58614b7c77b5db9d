"""The pane beside the calendar: a hint, the form for a held slot, or what became of the hold."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from beanie import PydanticObjectId
from nicegui import html, ui

from expert_booking import clock, policy
from expert_booking.customers import Customer
from expert_booking.events import SlotChanged
from expert_booking.holds import Hold
from models import TimeSlot
from pages import times
from pages.components.booking_form import BookingForm, Typed

Book = Callable[[Customer, str], Awaitable[None]]
Pick = Callable[[PydanticObjectId], Awaitable[None]]


class BookingPanel:
    """What was typed and the idempotency key live as long as the page, so that trying again can never book twice."""

    def __init__(self, *, zone: ZoneInfo, country: str, on_book: Book, on_pick: Pick, on_cancel: Pick) -> None:
        self._zone = zone
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
        with self._pane, html.div().classes("hint"):
            minutes = int(policy.current().hold / timedelta(minutes=1))
            html.h2("Choose a time").classes("section")
            html.p(f"It is kept for you for {minutes} minutes while you fill in a short form.").classes("soft")

    def show_form(self, hold: Hold, slot: SlotChanged) -> None:
        """The slot is held: the countdown and the form, with whatever was typed before."""
        key = secrets.token_urlsafe(24)
        self._pane.clear()
        with self._pane:
            self._draw_countdown(hold, slot)
            BookingForm(
                self._typed,
                country=self._country,
                button=f"Book {times.clock_time(slot.starts_at, self._zone)}",
                on_submit=lambda customer: self._on_book(customer, key),
            )
            release = html.button("Choose another time").classes("quiet").props("type=button")
            release.on("click", lambda: self._on_cancel(hold.slot_id))
            ui.run_javascript(
                f'getHtmlElement({self._pane.id}).scrollIntoView({{block: "nearest", behavior: "smooth"}})'
            )

    def _draw_countdown(self, hold: Hold, slot: SlotChanged) -> None:
        seconds = max(0, round((hold.until - clock.now()) / timedelta(seconds=1)))
        with html.div().classes("held"):
            with html.div().classes("ring").props("role=timer") as ring:
                html.span(f"{seconds // 60}:{seconds % 60:02}")
            ring.props["data-seconds-left"] = str(seconds)
            ring.props["data-seconds-whole"] = str(int(policy.current().hold.total_seconds()))
            with html.div():
                html.strong(times.day_and_time(slot.starts_at, self._zone))
                html.span(f"Held for you, {times.place(self._zone)} time").classes("soft")

    def show_ended(self, slot: SlotChanged) -> None:
        """The hold ran out; what was typed is kept."""
        time = times.day_and_time(slot.starts_at, self._zone)
        self._pane.clear()
        with self._pane, html.div().classes("hint").props("role=alert"):
            html.h2("Your time to fill in the form is up").classes("section")
            html.p(f"{time} is free for everybody again. What you typed is kept.").classes("soft")
            again = html.button(f"Hold {time} again").classes("cta").props("type=button")
            again.on("click", lambda: self._on_pick(slot.slot_id))

    def show_lost(self, message: str, nearest: list[TimeSlot]) -> None:
        """The slot went to somebody else; the nearest open times are one click away, and what was typed is kept."""
        self._pane.clear()
        with self._pane, html.div().classes("alarm").props("role=alert"):
            html.p(message)
            if nearest:
                html.p("What you typed is kept. These times are free:").classes("soft")
            for slot in nearest:
                offer = (
                    html.button(times.day_and_time(slot.starts_at, self._zone)).classes("quiet").props("type=button")
                )
                offer.on("click", lambda slot_id=slot.id: self._on_pick(slot_id))
            if not nearest:
                html.p("This expert has no other open time at the moment. What you typed is kept.").classes("soft")
