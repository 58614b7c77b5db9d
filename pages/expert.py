"""One expert: profile, calendar, and the form beside it."""

from zoneinfo import ZoneInfo

from nicegui import html, ui

from expert_booking import experts
from expert_booking.errors import ExpertNotFound
from models import Expert
from pages import times, visitor
from pages.components.avatar import avatar
from pages.components.booking_desk import BookingDesk
from pages.components.expert_card import experience
from pages.layout import frame, name_tab


@ui.page("/experts/{expert_id}", response_timeout=10)
async def expert_page(expert_id: str) -> None:
    """An expert and their time slots; a slot that is picked is held, then booked."""
    with frame("Expert", current="/"):
        expert = await experts.get(experts.parse_id(expert_id, missing=ExpertNotFound))
        name_tab(expert.name)
        html.a("All experts", href="/").classes("back")
        zone = visitor.zone()
        desk = BookingDesk(expert.id, visitor=visitor.visitor_id(), zone=zone)
        with html.div().classes("two"):
            with html.section().classes("glass panel"):
                _profile(expert, zone)
                calendar = html.div()
            desk.add_panel(country=visitor.country())
        await desk.open(calendar)


def _profile(expert: Expert, zone: ZoneInfo) -> None:
    with html.div().classes("profile"):
        avatar(expert)
        html.h1(expert.name).classes("title")
        html.p(expert.headline).classes("soft")
        html.p(f"{experience(expert)} · {expert.session_minutes} min · {expert.category}").classes("meta")
    if expert.bio:
        html.p(expert.bio).classes("bio")
    if times.offset(expert.zone) != times.offset(zone):
        here = f"{times.place(expert.zone)}, {times.offset(expert.zone)}"
        html.p(f"{expert.name.split()[0]} is in {here}.").classes("faint")
