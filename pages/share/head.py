"""What stands in the head of a page for those who share it and those who search."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel.core import get_global
from nicegui import ui

from expert_booking.sentence import Sentence
from models import Expert
from pages import categories, languages
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.share import linked_data, picture, pictures, place

_DESCRIPTION = Sentence("Choose an expert, take a free time, and see it change everywhere at once.")
_META = '<meta name="{name}" content="{content}">'
_PROPERTY = '<meta property="{name}" content="{content}">'
_CANONICAL = '<link rel="canonical" href="{address}">'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """What a shared link shows; the addresses are whole, `alt` says what the picture shows."""

    kind: str
    address: str
    title: str
    text: str
    image: str
    alt: str


def describe_expert(expert: Expert, reader: Reader) -> None:
    """Call it while an expert's page is built."""
    base = _base()
    image = f"{base}{pictures.path_of(expert)}"
    headline = expert.headline.rstrip(".")
    if headline:
        text = reader.say("{name}: {headline}. Choose a free time and book it.", name=expert.name, headline=headline)
    else:
        text = reader.say("Choose a free time with {name} and book it.", name=expert.name)
    card = _Card(
        kind="profile",
        address=f"{base}/experts/{expert.id}",
        title=expert.name,
        text=text,
        image=image,
        alt=reader.say("{name}, {category}", name=expert.name, category=categories.said(expert.category, reader)),
    )
    described = linked_data.expert(expert, reader, base=base, image=image)
    _add(_tags(card, reader) + linked_data.script(described))


def describe_list(found: Sequence[Expert], address: str, reader: Reader, *, is_search: bool) -> None:
    """Call it while a page of the list is built.

    Args:
        found: the experts on it.
        address: path and query of the view.
        reader: whose words to use.
        is_search: whether it shows what somebody searched for, which nobody else should find.
    """
    base = _base()
    card = _Card(
        kind="website",
        address=f"{base}{address}",
        title=reader.say(pictures.PROMISE),
        text=reader.say(pictures.LEAD),
        image=f"{base}{pictures.path_of_house(reader)}",
        alt=picture.HOUSE,
    )
    hidden = fill(_META, name="robots", content="noindex, follow") if is_search else Markup("")
    _add(_tags(card, reader) + hidden + linked_data.script(linked_data.experts(found, base=base)))


def keep_private(reader: Reader) -> None:
    """Call it while a page of one customer's is built: nothing of it is found, previewed, or told to another site."""
    unfound = fill(_META, name="robots", content="noindex")
    untold = fill(_META, name="referrer", content="no-referrer")
    ui.add_head_html(str(unfound + untold + fill(_META, name="description", content=reader.say(_DESCRIPTION))))


def _add(tags: Markup) -> None:
    """As plain text: joined with what all pages have in their heads, markup would escape it."""
    ui.add_head_html(str(tags))


def _base() -> str:
    return place.base(ui.context.client.request)


def _tags(card: _Card, reader: Reader) -> Markup:
    properties = {
        "og:title": card.title,
        "og:description": card.text,
        "og:type": card.kind,
        "og:url": card.address,
        "og:site_name": picture.HOUSE,
        "og:locale": _locale(reader.language),
        "og:image": card.image,
        "og:image:type": pictures.PNG,
        "og:image:width": picture.WIDTH,
        "og:image:height": picture.HEIGHT,
        "og:image:alt": card.alt,
    }
    named = {"description": card.text, "twitter:card": "summary_large_image"}
    return Markup("").join(
        [
            fill(_CANONICAL, address=card.address),
            *(fill(_META, name=name, content=content) for name, content in named.items()),
            *(fill(_PROPERTY, name=name, content=content) for name, content in properties.items()),
        ]
    )


@lru_cache(maxsize=8)
def _locale(language: str) -> str:
    """With the region in which most people read this language, such as "de_DE", unless it is in the locale."""
    likely = get_global("likely_subtags").get(language, language)
    return f"{language}_{languages.locale(language).territory or likely.rpartition('_')[2]}"
