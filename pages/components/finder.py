"""What one looks for experts with: the search, the order, the categories, how soon they have to be open.

A toggle is picked by what it changes in the address, which is its key on the page as well.
"""

from collections.abc import Iterable
from urllib.parse import urlencode

from babel.numbers import format_decimal

from expert_booking.experts import SortOrder
from expert_booking.sentence import Sentence
from pages import categories
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.view import LONGEST_SEARCH, View, When

ORDERS = {SortOrder.RATING: Sentence("Top rated"), SortOrder.SOONEST: Sentence("Soonest")}
TIMES = {When.TODAY: Sentence("Open today"), When.THIS_WEEK: Sentence("This week")}

_FINDER = '<search class="glass finder">{search}{orders}</search>'
_SEARCH = (
    '<div class="search">{glass}<input type="search" data-search aria-label="{label}" aria-keyshortcuts="/"'
    ' placeholder="{label}" value="{text}" maxlength="{longest}" autocomplete="off" spellcheck="false"'
    ' enterkeyhint="search"><kbd aria-hidden="true">/</kbd><button type="button" class="tool"'
    ' data-clear-search aria-label="{clear}">{cross}</button></div>'
)
_GROUP = '<div class="{css_class}" role="group" aria-label="{name}">{toggles}</div>'
_TOGGLE = '<button type="button" data-pick="{key}" data-live="{key}" aria-pressed="{is_on}">{text}</button>'
_CHIP = (
    '<button class="chip" type="button" data-pick="{key}" data-live="{key}" data-count="{count}" aria-pressed="{is_on}"'
    "><bdi>{text}</bdi></button>"
)


def finder(view: View, reader: Reader) -> Markup:
    """The search field and the order."""
    label = reader.say("Search experts by name")
    search = fill(
        _SEARCH,
        glass=icon("search"),
        label=label,
        text=view.search,
        longest=LONGEST_SEARCH,
        clear=reader.say("Clear the search"),
        cross=icon("close"),
    )
    orders = (_toggle("sort", sort, is_on=sort is view.sort, text=reader.say(text)) for sort, text in ORDERS.items())
    return fill(_FINDER, search=search, orders=_group("segments", reader.say("Order"), orders))


def category_chips(view: View, counts: dict[str, int], reader: Reader) -> Markup:
    """All categories with how many experts they have; the first, which is blank, is for everybody."""
    chips = (
        fill(
            _CHIP,
            key=_key("category", category),
            count=format_decimal(count, locale=reader.locale),
            is_on=_is_on(category == view.category),
            text=categories.said(category, reader) if category else reader.say("All"),
        )
        for category, count in counts.items()
    )
    return _group("chips", reader.say("Category"), chips)


def time_chips(view: View, reader: Reader) -> Markup:
    """How soon an expert has to be open; picked once more, it does not matter again."""
    chips = (_toggle("open", when, is_on=when is view.when, text=reader.say(text)) for when, text in TIMES.items())
    return _group("soon", reader.say("Open times"), chips)


def toggles(view: View, counts: dict[str, int]) -> dict[str, str]:
    """Which of the toggles are on ("true" or "false"), by their keys."""
    orders = {_key("sort", sort): sort is view.sort for sort in ORDERS}
    chosen = {_key("category", category): category == view.category for category in counts}
    times = {_key("open", when): when is view.when for when in TIMES}
    return {key: _is_on(is_on) for key, is_on in {**orders, **chosen, **times}.items()}


def _group(css_class: str, name: str, toggles: Iterable[Markup]) -> Markup:
    return fill(_GROUP, css_class=css_class, name=name, toggles=Markup("").join(toggles))


def _toggle(name: str, value: str, *, is_on: bool, text: str) -> Markup:
    return fill(_TOGGLE, key=_key(name, value), is_on=_is_on(is_on), text=text)


def _key(name: str, value: str) -> str:
    return urlencode({name: value})


def _is_on(is_on: bool) -> str:
    return "true" if is_on else "false"
