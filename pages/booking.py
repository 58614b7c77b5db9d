"""The confirmation: one booking, at an address that only its customer knows."""

from nicegui import background_tasks, html, ui

from expert_booking import bookings, events, experts
from expert_booking.errors import BookingNotFound
from pages import focus, problems, share, visitor
from pages.components.booking_card import BookingCard
from pages.layout import frame


@ui.page("/bookings/{manage_token}", response_timeout=10)
async def booking_page(manage_token: str) -> None:
    """What was booked, when, in which zone, how far it has come, and the link to come back."""
    reader = visitor.reader()
    with frame(reader.say("Your booking")):
        share.keep_private(reader)
        booking = await bookings.by_manage_token(manage_token)
        expert = (await experts.by_ids({booking.expert_id})).get(booking.expert_id)
        html.a("All experts", href="/").classes("back")
        with html.div().classes("wrap narrow"):
            html.h1("Your booking").classes("hero")
            pane = html.div().classes("bookings")
            with pane:
                card = BookingCard(booking, expert, reader=reader, on_gone=lambda: _say_gone(pane), has_details=True)
                _way_back()

        def apply(event: events.BookingChanged) -> None:
            if event.booking_id == booking.id:
                card.show(event.status) if event.status else card.vanish()

        async def read() -> None:
            with pane, problems.shown():
                try:
                    card.show((await bookings.by_manage_token(manage_token)).status)
                except BookingNotFound:
                    card.vanish()

        def read_again(_: events.ChangesMissed) -> None:
            background_tasks.create(read(), name="read a booking again")

        events.bookings.subscribe(booking.customer_key, apply)
        events.resync.subscribe(events.EVERY_EXPERT, read_again)
        card.show((await bookings.by_manage_token(manage_token)).status)


def _way_back() -> None:
    with html.div().classes("glass booking"):
        html.h2("Come back to it").classes("section")
        html.p("This page has an address of its own. Whoever has the address can see and cancel this booking.").classes(
            "soft"
        )
        with html.div().classes("actions"):
            copy = html.button("Copy the address").classes("quiet").props("type=button")
            copy.on(
                "click",
                js_handler="() => copyAddress().then(emit)",
                handler=lambda event: _say_copied(event.args is True),
            )
            html.a("My bookings", href="/my-bookings").classes("quiet")


def _say_copied(is_copied: bool) -> None:
    if is_copied:
        ui.notify("The address is copied.", type="positive")
    else:
        ui.notify("This browser does not let us copy. Please copy it from the address bar.", type="warning")


def _say_gone(pane: html.div) -> None:
    pane.clear()
    with pane:
        problems.notice("This booking is deleted", "There is nothing left to do here.", action="Browse the experts")
        focus.rescue(".notice h2")
