"""What stands in the place of the cards when there are none: who would be found in another way, or what went wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from babel.lists import format_list

from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

AGAIN = "again"

_NOTICE = (
    '<div class="glass notice"><span class="emblem">{drawing}</span><h2 class="section">{heading}</h2><p>{text}</p>'
    "{actions}</div>"
)
_ACTION = '<button class="quiet" type="button" data-pick="{pick}">{text}</button>'
_WAY = (
    '<li><button class="way-out" type="button" data-pick="{pick}"><span><b>{text}</b> <span>{who}</span></span>'
    "{onward}</button></li>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """Another view, in which there is somebody.

    Attributes:
        pick: what it changes in the address.
        text: what it does, said to the reader.
        names: of the first experts in it.
        total: how many experts there are in it.
    """

    pick: str
    text: str
    names: list[str]
    total: int


def nobody(ways: Iterable[WayOut], reader: Reader) -> Markup:
    """Nobody is like this; these ways lead to somebody."""
    rows = Markup("").join(_way(way, reader) for way in ways)
    return fill(
        _NOTICE,
        drawing=icon("nobody"),
        heading=reader.say("Nobody found"),
        text=reader.say("No expert matches all of this. One step back:"),
        actions=fill('<ul class="ways-out">{rows}</ul>', rows=rows),
    )


def empty_house(reader: Reader) -> Markup:
    """There is no expert at all."""
    return fill(
        _NOTICE,
        drawing=icon("person"),
        heading=reader.say("No experts yet"),
        text=reader.say("Fill the house with: {command}", command="python seed.py"),
        actions="",
    )


def failure(said: str, reader: Reader) -> Markup:
    """The list could not be read, for a reason that was said to the reader; what was asked for is asked again."""
    return fill(
        _NOTICE,
        drawing=icon("warning"),
        heading=reader.say("The list cannot be shown right now"),
        text=said,
        actions=fill(_ACTION, pick=AGAIN, text=reader.say("Try again")),
    )


def _way(way: WayOut, reader: Reader) -> Markup:
    who, more = way.names, way.total - len(way.names)
    if more:
        who = [*who, reader.say_many("{number} more", "{number} more", more)]
    return fill(_WAY, pick=way.pick, text=way.text, who=format_list(who, locale=reader.locale), onward=icon("onward"))
