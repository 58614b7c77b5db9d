"""What is pressed and typed into, at rest and in every other state."""

from expert_booking.experts import SortOrder
from expert_booking.sentence import Sentence
from pages.components import finder, preferences
from pages.components.painted_field import PaintedField, draw_field
from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.styleguide.sheet import FORCED, forced, row, specimen
from pages.view import View

BUTTONS = ("cta", "quiet", "danger", "ghost", "ghost grave")
COUNTS = {"": 24, "Technology": 9, "Design": 6, "Health": 9}  # not said: keys, which the chips say

PLACE = "New York GMT-5"  # not said: a name

_BUTTON = '<button class="{style}" type="button"{attributes}>{icon}{text}</button>'
_TOOL = '<button class="tool" type="button" aria-label="{name}">{icon}</button>'
_PILL = '<button class="pill" type="button"><span>{text}</span></button>'


def buttons(reader: Reader) -> Markup:
    """Each kind in a row of its states."""
    rows = [row(_states(style, reader)) for style in BUTTONS]
    tools = (specimen(state or "tool", forced(fill(_TOOL, name=state, icon=icon("adjust")), state)) for state in FORCED)
    return Markup("").join([*rows, row(tools)])


def _states(style: str, reader: Reader) -> list[Markup]:
    text = reader.say("Add to calendar")
    disabled, busy = Markup(" disabled"), Markup(' aria-busy="true"')
    parts = {"style": style, "icon": icon("calendar"), "text": text}
    plain = fill(_BUTTON, **parts, attributes="")
    return [
        *(specimen(state or style, forced(plain, state)) for state in FORCED),
        specimen("disabled", fill(_BUTTON, **parts, attributes=disabled)),
        specimen("busy", fill(_BUTTON, **{**parts, "style": f"{style} busy"}, attributes=busy)),
    ]


def toggles(reader: Reader) -> Markup:
    """Pills, chips and segments."""
    view = View(category="Design", sort=SortOrder.SOONEST)  # not said: a key
    pills = (specimen(state or "pill", forced(fill(_PILL, text=PLACE), state)) for state in FORCED)
    return Markup("").join(
        [
            row(pills),
            finder.finder(view, reader),
            finder.category_chips(view, COUNTS, reader),
            finder.time_chips(view, reader),
            preferences.clock_switch(reader),
        ]
    )


def fields(reader: Reader) -> Markup:
    """A field empty, filled, focused, wrong and out of use."""
    problem = reader.say("This is not an e-mail address yet. It needs an @, as in name@example.com.")
    states = {
        "empty": draw_field(_field(""), reader, hint=reader.say("(optional)")),
        "filled": draw_field(_field('value="ada@example.com"'), reader),
        "focused": draw_field(_field('value="ada@" data-force="focus"'), reader),
        "wrong": draw_field(_field('value="ada"'), reader, problem=problem),
        "wrong and focused": draw_field(_field('value="ada" data-force="focus"'), reader, problem=problem),
        "disabled": draw_field(_field('value="ada@example.com" disabled'), reader),
    }
    return row((specimen(name, drawn) for name, drawn in states.items()), css_class="columns")


_drawn = iter(range(10**9))


def _field(attributes: str) -> PaintedField:
    """Under a name of its own, as there are many of them on one page."""
    return PaintedField(name=f"sample-{next(_drawn)}", label=Sentence("E-mail"), attributes=attributes)
