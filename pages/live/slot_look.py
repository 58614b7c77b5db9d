"""How one slot looks and what is said of it, to everybody or to the visitor who holds it."""

from expert_booking.events import SlotChanged
from expert_booking.sentence import Sentence
from models import SlotState
from pages import times
from pages.live.board import Change
from pages.live.markup import Markup, fill
from pages.reader import Reader

MINE = "mine"
WORDS = {
    SlotState.HELD: Sentence("being booked"),
    SlotState.BOOKED: Sentence("booked"),
    SlotState.PAST: Sentence("too late"),
    SlotState.WITHDRAWN: Sentence("no longer offered"),
}

_SLOT = (
    '<button class="slot" type="button" data-pick="{key}" data-slot="{key}" data-live="{key}" data-state="{state}"'
    ' aria-label="{name}"{disabled}>{text}</button>'
)


def draw(event: SlotChanged, reader: Reader, *, is_mine: bool) -> Markup:
    """The button of a slot."""
    look = look_of(event, reader, is_mine=is_mine)
    return fill(
        _SLOT,
        key=event.slot_id,
        state=look.attributes["data-state"],
        name=look.attributes["aria-label"],
        disabled=Markup("") if look.attributes["disabled"] is None else Markup(" disabled"),
        text=look.text,
    )


def look_of(event: SlotChanged, reader: Reader, *, is_mine: bool = False, is_news: bool = False) -> Change:
    """How a slot looks now; what is news is said, too."""
    is_mine = is_mine and event.state is SlotState.HELD
    word, when = WORDS.get(event.state), _when(event, reader)
    return Change(
        key=str(event.slot_id),
        attributes={
            "data-state": MINE if is_mine else event.state.value,
            "aria-label": _name_of_mine(reader, when) if is_mine else _name(event.state, reader, when),
            "disabled": None if is_mine or event.state is SlotState.OPEN else "",
        },
        text=when["time"] if is_mine or word is None else f"{when['time']}\n{reader.say(word)}",
        said=_news(event.state, reader, when) if is_news else None,
    )


def _name_of_mine(reader: Reader, when: dict[str, str]) -> str:
    return reader.say("{day}, {time}, {place} time, held for you", **when)


def _name(state: SlotState, reader: Reader, when: dict[str, str]) -> str:
    match state:
        case SlotState.OPEN:
            return reader.say("{day}, {time}, {place} time, available", **when)
        case SlotState.HELD:
            return reader.say("{day}, {time}, {place} time, being booked", **when)
        case SlotState.BOOKED:
            return reader.say("{day}, {time}, {place} time, booked", **when)
        case SlotState.PAST:
            return reader.say("{day}, {time}, {place} time, too late", **when)
        case SlotState.WITHDRAWN:
            return reader.say("{day}, {time}, {place} time, no longer offered", **when)


def _news(state: SlotState, reader: Reader, when: dict[str, str]) -> str:
    match state:
        case SlotState.OPEN:
            return reader.say("{day}, {time} is now available.", **when)
        case SlotState.HELD:
            return reader.say("{day}, {time} is now being booked.", **when)
        case SlotState.BOOKED:
            return reader.say("{day}, {time} is now booked.", **when)
        case SlotState.PAST:
            return reader.say("It is now too late for {day}, {time}.", **when)
        case SlotState.WITHDRAWN:
            return reader.say("{day}, {time} is no longer offered.", **when)


def _when(event: SlotChanged, reader: Reader) -> dict[str, str]:
    return {
        "day": times.day(event.starts_at.astimezone(reader.zone).date(), reader),
        "time": times.clock_time(event.starts_at, reader),
        "place": times.place(reader.zone, reader),
    }
