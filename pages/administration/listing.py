"""What lists of those who run the house share: the address is the view, a search is a form, and a filter is a link."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import Request

from expert_booking.sentence import Sentence
from pages.icons import icon
from pages.live.fragment import Markup, fill
from pages.reader import Reader

LONGEST = 120

_SEARCH = (
    '<form class="admin-search" role="search" method="get" action="{path}">{kept}'
    '<div class="glass search">{glass}<input type="search" name="q" value="{text}" maxlength="{longest}"'
    ' aria-label="{label}" placeholder="{label}" autocomplete="off" spellcheck="false" enterkeyhint="search"></div>'
    '{more}<button type="submit" class="quiet">{button}</button></form>'
)
_KEPT = '<input type="hidden" name="{name}" value="{value}">'
_DATE = '<label class="admin-date"><span>{label}</span><input type="date" name="{name}" value="{value}"></label>'
_CHIPS = '<nav class="admin-chips" aria-label="{name}">{chips}</nav>'
_CHIP = '<a class="chip" href="{address}"{is_current}><bdi>{text}</bdi></a>'
_EMPTY = (
    '<div class="glass notice" role="status"><span class="emblem">{icon}</span><h2 class="section">{heading}</h2>'
    "<p>{text}</p>{way}</div>"
)
_WAY = '<a class="quiet" href="{path}">{text}</a>'
_PAGES = '<nav class="admin-pages" aria-label="{name}">{before}<span class="soft">{counted}</span>{after}</nav>'

Query = Mapping[str, str]
Choice = TypeVar("Choice", bound=StrEnum)


def asked(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """What the address asks for: these names and nothing else, each as short as anybody would type it."""
    given = {name: request.query_params.get(name, "")[:LONGEST].strip() for name in names}
    return {name: text for name, text in given.items() if text}


def one_of(choices: type[Choice], text: str) -> Choice | None:
    """The choice that a text names; none when it names none."""
    return next((choice for choice in choices if choice == text), None)


def address(path: str, query: Query, **changes: str) -> str:
    """The address of a view with some of it changed; what is blank is left out, and the place in it forgotten."""
    wanted = {name: text for name, text in {**query, "page": "", "after": "", **changes}.items() if text}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def search(path: str, query: Query, label: str, reader: Reader, *, more: Markup | None = None) -> Markup:
    """The field that searches, and fields that go with it; what else the address says is kept."""
    in_form = {"q", "page", "after", *(("from", "to") if more is not None else ())}
    kept = Markup("").join(fill(_KEPT, name=name, value=value) for name, value in query.items() if name not in in_form)
    return fill(
        _SEARCH,
        path=path,
        kept=kept,
        glass=icon("search"),
        text=query.get("q", ""),
        longest=LONGEST,
        label=label,
        more=more if more is not None else "",
        button=reader.say("Search"),
    )


def date_field(name: str, label: str, query: Query) -> Markup:
    """A date to search from or to."""
    return fill(_DATE, name=name, label=label, value=query.get(name, ""))


def chips(path: str, query: Query, key: str, name: str, choices: Mapping[str, str]) -> Markup:
    """Filters of which one is on, by the value in the address and what they are called."""
    drawn = Markup("").join(
        fill(
            _CHIP,
            address=address(path, query, **{key: value}),
            text=text,
            is_current=Markup(' aria-current="true"') if query.get(key, "") == value else Markup(""),
        )
        for value, text in choices.items()
    )
    return fill(_CHIPS, name=name, chips=drawn)


def empty(path: str, query: Query, heading: Sentence, text: Sentence, reader: Reader) -> Markup:
    """Nothing is there, and the way back to everything if something was asked for."""
    way = fill(_WAY, path=path, text=reader.say("Show everything")) if query else Markup("")
    return fill(_EMPTY, icon=icon("nobody"), heading=reader.say(heading), text=reader.say(text), way=way)


def pages(reader: Reader, *, before: str, counted: str, after: str, onward: str = "") -> Markup:
    """Where one is, and the ways back and on; a blank address is no way."""
    return fill(
        _PAGES,
        name=reader.say("Pages"),
        before=fill(_WAY, path=before, text=reader.say("Back")) if before else Markup("<span></span>"),
        counted=counted,
        after=fill(_WAY, path=after, text=onward or reader.say("Next")) if after else Markup("<span></span>"),
    )
