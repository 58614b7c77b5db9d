"""One expert: profile, calendar, and the form beside it."""

from nicegui import html, ui

from expert_booking import experts
from expert_booking.errors import ExpertNotFound
from models import Expert
from pages import categories, share, times, visitor
from pages.components.avatar import avatar
from pages.components.booking_desk import BookingDesk
from pages.components.expert_card import experience
from pages.layout import frame, name_tab
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_PROFILE = (
    '<div class="profile" data-expert="{id}" data-expert-name="{name}">{avatar}<h1 class="title" dir="auto">{name}</h1>'
    '<p class="soft" dir="auto">{headline}</p><p class="meta">{meta} <span>{session}</span> <span>{category}</span></p>'
    "</div>{bio}{place}"
)


@ui.page("/experts/{expert_id}", response_timeout=10)
async def expert_page(expert_id: str) -> None:
    """An expert and their time slots; a slot that is picked is held, then booked."""
    reader = visitor.reader()
    with frame(reader.say("Expert"), current="/"):
        expert = await experts.get(experts.parse_id(expert_id, missing=ExpertNotFound))
        name_tab(expert.name)
        share.describe_expert(expert, reader)
        html.a("All experts", href="/").classes("back")
        desk = BookingDesk(expert.id, visitor=visitor.visitor_id(), reader=reader)
        with html.div().classes("two"):
            with html.section().classes("glass panel"):
                Fragment("div", lambda: _profile(expert, reader))
                calendar = html.div()
            desk.add_panel(country=visitor.country())
        await desk.open(calendar)


def _profile(expert: Expert, reader: Reader) -> Markup:
    bio = fill('<p class="bio" dir="auto">{bio}</p>', bio=expert.bio) if expert.bio else Markup("")
    return fill(
        _PROFILE,
        id=expert.id,
        avatar=avatar(expert),
        name=expert.name,
        headline=expert.headline,
        meta=experience(expert, reader),
        session=reader.say_many("{number} minute", "{number} minutes", expert.session_minutes),
        category=categories.said(expert.category, reader),
        bio=bio,
        place=_place(expert, reader),
    )


def _place(expert: Expert, reader: Reader) -> Markup:
    if times.offset(expert.zone) == times.offset(reader.zone):
        return Markup("")
    here = f"{times.place(expert.zone, reader)}, {times.offset(expert.zone)}"
    return fill('<p class="faint">{name} is in {here}.</p>', name=expert.name.split()[0], here=here)
