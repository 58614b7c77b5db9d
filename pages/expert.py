"""One expert: profile, calendar, and the form beside it."""

from nicegui import html, ui

from expert_booking import experts
from expert_booking.errors import ExpertNotFound
from models import Expert
from pages import categories, share, visitor
from pages.components import session_types
from pages.components.avatar import avatar
from pages.components.booking_desk import BookingDesk
from pages.components.expert_card import experience
from pages.icons import icon
from pages.layout import frame, name_tab
from pages.live import looking
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_PROFILE = (
    '<div class="profile" data-expert="{id}" data-expert-name="{name}">{avatar}<div class="who">'
    '<h1 class="title" dir="auto">{name}</h1>{looking}</div><p class="soft" dir="auto">{headline}</p>'
    '<ul class="about"><li class="meta">{meta}</li><li>{clock}{session}</li><li dir="auto">{category}</li></ul>'
    "</div>{bio}"
)
_BIO = '<p class="bio" dir="auto">{bio}</p>'


@ui.page("/experts/{expert_id}", response_timeout=10)
async def expert_page(expert_id: str) -> None:
    """An expert and their time slots; a slot that is picked is held, then booked."""
    reader = visitor.reader()
    with frame(reader.say("Expert"), current="/"):
        expert = await experts.shown(experts.parse_id(expert_id, missing=ExpertNotFound))
        name_tab(expert.name)
        share.describe_expert(expert, reader)
        html.a(reader.say("All experts"), href="/").classes("back")
        me = visitor.visitor_id()
        asked = ui.context.client.request.query_params.get("type", "")
        desk = BookingDesk(expert, session_type=session_types.known(expert, asked), visitor=me, reader=reader)
        looking.enter(expert.id, ui.context.client, me)
        with html.div().classes("two"):
            with html.section().classes("glass panel"):
                Fragment("div", lambda: _profile(expert, reader, me))
                calendar = html.div()
            desk.add_panel(expert, country=visitor.country())
        await desk.open(calendar)


def _profile(expert: Expert, reader: Reader, me: str) -> Markup:
    return fill(
        _PROFILE,
        id=expert.id,
        avatar=avatar(expert, width=84),
        name=expert.name,
        looking=looking.draw(expert.id, reader, visitor=me),
        headline=expert.headline,
        meta=experience(expert, reader),
        clock=icon("clock"),
        session=session_types.lengths(expert, reader),
        category=categories.said(expert.category, reader),
        bio=fill(_BIO, bio=expert.bio) if expert.bio else "",
    )
