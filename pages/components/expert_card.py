"""An expert in the list: who, how good, and the next open time, which can be taken from here."""

from functools import lru_cache

from babel.numbers import format_decimal

from models import Expert
from pages import categories
from pages.components.avatar import avatar
from pages.components.highlight import highlighted
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.live.open_times import OpenTimesBoard
from pages.reader import Reader

_CARD = (
    '<article class="glass card">{avatar}<h2><a id="{id}" href="/experts/{id}"><bdi>{name}</bdi></a></h2>'
    '<p class="meta">{meta}</p><span class="category"><bdi>{category}</bdi></span>'
    '<p class="headline"><bdi>{headline}</bdi></p>{next}</article>'
)
_META = '<span class="rating" role="img" aria-label="{rated}">{star}<b>{rating}</b></span> <span>{years}</span>'


def expert_card(expert: Expert, open_times: OpenTimesBoard, reader: Reader, *, search: str = "") -> Markup:
    """A card whose next open time changes in place; the part of the name that a search has found is marked."""
    return fill(
        _CARD,
        avatar=avatar(expert),
        id=expert.id,
        name=highlighted(expert.name, search),
        meta=experience(expert, reader),
        category=categories.said(expert.category, reader),
        headline=expert.headline,
        next=open_times.draw(),
    )


def experience(expert: Expert, reader: Reader) -> Markup:
    """A star with the rating, such as "4.9", which is read out as such, and "10 years"."""
    return _experience(expert.rating, expert.experience_years, reader)


@lru_cache(maxsize=2048)
def _experience(stars: float, years: int, reader: Reader) -> Markup:
    rating = format_decimal(stars, format="0.0", locale=reader.locale)
    return fill(
        _META,
        rated=reader.say("Rated {rating} of 5", rating=rating),
        star=icon("star"),
        rating=rating,
        years=reader.say_many("{number} year", "{number} years", years),
    )
