"""What kinds of session an expert offers, as a choice of one above the calendar, and in words."""

from models import Expert, SessionType
from pages.live.board import Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

_TYPES = (
    '<h2 class="section" id="types-heading">{heading}</h2>'
    '<div class="session-types" role="radiogroup" aria-labelledby="types-heading">{types}</div>'
)
_TYPE = (
    '<button class="session-type" type="button" role="radio" data-pick="{key}" data-live="type {key}"'
    ' aria-checked="{checked}" tabindex="{tabindex}"><i aria-hidden="true"></i><b><bdi>{name}</bdi></b>'
    "<span>{length}</span></button>"
)


def has_several(expert: Expert) -> bool:
    """Whether there is anything to choose between."""
    return len(expert.offered_types) > 1


def known(expert: Expert, key: str) -> str:
    """The key of a session type that the expert offers: this one or, failing that, the first."""
    keys = [each.key for each in expert.offered_types]
    return key if key in keys else keys[0]


def name_of(expert: Expert, key: str) -> str:
    """What a session type is called; blank where there is but one, or none of this key."""
    if not has_several(expert):
        return ""
    return next((each.name for each in expert.session_types if each.key == key), "")


def lengths(expert: Expert, reader: Reader) -> str:
    """How long sessions take, such as "60 minutes" or "30 to 60 minutes"."""
    minutes = [each.minutes for each in expert.offered_types]
    shortest, longest = min(minutes), max(minutes)
    if shortest == longest:
        return _length(longest, reader)
    return reader.say("{shortest} to {longest} minutes", shortest=shortest, longest=longest)


def draw(expert: Expert, reader: Reader, *, chosen: str) -> Markup:
    """The choice; one can be reached with the Tab key, the others from there with the arrow keys."""
    types = Markup("").join(_draw_type(each, reader, is_chosen=each.key == chosen) for each in expert.session_types)
    return fill(_TYPES, heading=reader.say("Choose a session"), types=types)


def _draw_type(each: SessionType, reader: Reader, *, is_chosen: bool) -> Markup:
    return fill(
        _TYPE,
        key=each.key,
        checked=_checked(is_chosen),
        tabindex=_tabindex(is_chosen),
        name=each.name,
        length=_length(each.minutes, reader),
    )


def changes(expert: Expert, reader: Reader, *, chosen: str) -> list[Change]:
    """Another one is chosen now, which is said."""
    return [
        Change(
            key=f"type {each.key}",
            attributes={"aria-checked": _checked(each.key == chosen), "tabindex": _tabindex(each.key == chosen)},
            said=reader.say("These are the times for {session}.", session=each.name) if each.key == chosen else None,
        )
        for each in expert.session_types
    ]


def _checked(is_chosen: bool) -> str:
    return "true" if is_chosen else "false"


def _tabindex(is_chosen: bool) -> str:
    return "0" if is_chosen else "-1"


def _length(minutes: int, reader: Reader) -> str:
    return reader.say_many("{number} minute", "{number} minutes", minutes)
