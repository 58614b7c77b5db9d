"""An expert in the list: who, how good, and the next open time."""

from models import Expert
from pages.components.avatar import avatar
from pages.live.markup import Markup, fill
from pages.live.open_times import OpenTimesBoard

_CARD = (
    '<article class="glass card">{avatar}<h2><a href="/experts/{id}">{name}</a></h2><span class="meta">{meta}</span>'
    '<span class="category">{category}</span><p class="headline">{headline}</p>{next}</article>'
)


def expert_card(expert: Expert, open_times: OpenTimesBoard) -> Markup:
    """A card whose next open time changes in place."""
    return fill(
        _CARD,
        avatar=avatar(expert),
        id=expert.id,
        name=expert.name,
        meta=experience(expert),
        category=expert.category,
        headline=expert.headline,
        next=open_times.draw(),
    )


def experience(expert: Expert) -> str:
    """Such as "4.9 · 10 years"."""
    years = "year" if expert.experience_years == 1 else "years"
    return f"{expert.rating:.1f} · {expert.experience_years} {years}"
