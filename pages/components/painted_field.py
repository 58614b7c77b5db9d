"""A field of a form as HTML: the label above it, what is wrong with it below, tied together for a screen reader."""

from collections.abc import Iterable
from dataclasses import dataclass

from expert_booking.sentence import Sentence
from pages.icons import icon
from pages.live.fragment import Markup, fill
from pages.reader import Reader

_FIELD = (
    '<div class="field" data-live="box-{name}"><label for="field-{name}">{label}{optional}</label>{control}'
    '{good}<p class="problem" id="problem-{name}" data-live="problem-{name}" aria-live="polite">{problem}</p>'
    "{suggestion}{hint}</div>"
)
_INPUT = "<input {attributes} {common}{content}>"
_VALUE = ' value="{content}"'
_TEXTAREA = "<textarea {attributes} {common}>{content}</textarea>"
_SELECT = "<select {attributes} {common}>{content}</select>"
_CHOICE = '<option value="{value}"{chosen}>{words}</option>'
_COMMON = (
    'id="field-{name}" name="{name}"{draft} data-live="field-{name}" aria-invalid="{is_wrong}"'
    ' aria-describedby="problem-{name}{also}"'
)
_DRAFT = ' data-draft="{name}"'
_HINT = '<p class="faint" id="hint-{name}" data-live="hint-{name}">{hint}</p>'
_MEANT = (
    '<button type="button" class="meant" data-live="meant" data-for="field-{name}" data-meant="{meant}"{hidden}>'
    "{question}</button>"
)
_OPTIONAL = ' <span class="optional">{words}</span>'


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintedField:
    """One field of a form; `attributes` are HTML of ours: the keyboard and what the browser may fill in.

    What is typed into it is kept in the tab, unless it `is_kept` no longer than it stands there. The `tag` is input,
    textarea or select.
    """

    name: str
    label: Sentence
    attributes: str
    tag: str = "input"
    is_optional: bool = False
    is_kept: bool = True


def draw_field(
    field: PaintedField,
    reader: Reader,
    *,
    hint: str = "",
    problem: str = "",
    suggestion: tuple[str, str] | None = None,
    content: str = "",
    choices: Iterable[tuple[str, str]] = (),
) -> Markup:
    """The field, with what is stored, or empty: what was typed into it is in the browser.

    Args:
        field: which one.
        reader: of the page.
        hint: stands below as long as nothing is wrong.
        problem: what is wrong, if anything.
        suggestion: for a field that has them, another content and the question that offers it, both blank for none.
        content: what it holds at first.
        choices: the values of a select and their words.
    """
    name = field.name
    common = fill(
        _COMMON,
        name=name,
        draft=fill(_DRAFT, name=name) if field.is_kept else "",
        is_wrong="true" if problem else "false",
        also=f" hint-{name}" if hint else "",
    )
    return fill(
        _FIELD,
        name=name,
        label=reader.say(field.label),
        optional=fill(_OPTIONAL, words=reader.say("(optional)")) if field.is_optional else "",
        control=_draw_control(field, common, content, choices),
        good=icon("check"),
        problem=problem,
        suggestion=_draw_suggestion(name, *suggestion) if suggestion is not None else "",
        hint=fill(_HINT, name=name, hint=hint) if hint else "",
    )


def _draw_control(field: PaintedField, common: Markup, content: str, choices: Iterable[tuple[str, str]]) -> Markup:
    attributes = Markup(field.attributes)  # ours: constants of forms
    if field.tag == "select":
        chosen = Markup(" selected")
        options = (
            fill(_CHOICE, value=value, words=words, chosen=chosen if value == content else "")
            for value, words in choices
        )
        return fill(_SELECT, attributes=attributes, common=common, content=Markup("").join(options))
    if field.tag == "textarea":
        return fill(_TEXTAREA, attributes=attributes, common=common, content=content)
    return fill(_INPUT, attributes=attributes, common=common, content=fill(_VALUE, content=content) if content else "")


def _draw_suggestion(name: str, meant: str, question: str) -> Markup:
    return fill(_MEANT, name=name, meant=meant, question=question, hidden=Markup("") if meant else Markup(" hidden"))
