"""What the forms of webhooks and tokens are made of."""

from collections.abc import Mapping

from expert_booking.errors import InvalidRequest
from expert_booking.sentence import Sentence
from pages.icons import icon
from pages.live.fragment import Markup, fill
from pages.reader import Reader

_TEXT = (
    '<div class="field"><label for="field-{name}">{label}</label><input id="field-{name}" name="{name}" type="{kind}"'
    ' value="{value}" maxlength="{most}" autocomplete="off" spellcheck="false" aria-invalid="{is_wrong}"'
    ' aria-describedby="problem-{name}"><p class="problem" id="problem-{name}">{problem}</p>{hint}</div>'
)
_HINT = '<p class="faint">{hint}</p>'
_CHECK = (
    '<label class="check"><input type="checkbox" name="{name}"{checked}><span><b>{label}</b>'
    '<span class="faint">{hint}</span></span></label>'
)
_CHECKS = (
    '<fieldset class="checks" aria-describedby="problem-{name}"><legend>{legend}</legend><div>{checks}</div>'
    '<p class="problem" id="problem-{name}">{problem}</p></fieldset>'
)
_ONCE = (
    '<div class="once" role="status"><h2 class="section">{heading}</h2><p class="soft">{words}</p>'
    '<div class="once-line"><input id="secret" readonly dir="ltr" value="{secret}" aria-label="{heading}">'
    '<button type="button" class="quiet" data-copy="secret" data-copied="{copied}" data-by-hand="{by_hand}">{icon}'
    '<span>{copy}</span></button></div><p class="faint" id="copied" role="status"></p></div>'
)

Problems = Mapping[str, Sentence]


def problems_of(error: InvalidRequest) -> dict[str, Sentence]:
    """What is wrong, by field."""
    return {problem.field: problem.message for problem in error.problems}


def text_field(
    name: str,
    label: Sentence,
    *,
    value: str,
    most: int,
    problems: Problems,
    reader: Reader,
    kind: str = "text",
    hint: Sentence | None = None,
) -> Markup:
    """A line to type in, with what was typed, and what is wrong with it below."""
    problem = problems.get(name)
    return fill(
        _TEXT,
        name=name,
        label=reader.say(label),
        kind=kind,
        value=value,
        most=most,
        is_wrong="true" if problem is not None else "false",
        problem=reader.say(problem) if problem is not None else "",
        hint=fill(_HINT, hint=reader.say(hint)) if hint is not None and problem is None else "",
    )


def check(name: str, label: str, *, is_checked: bool, hint: str = "") -> Markup:
    """A box to tick."""
    return fill(_CHECK, name=name, label=label, hint=hint, checked=Markup(" checked") if is_checked else Markup(""))


def checks(name: str, legend: Sentence, boxes: Markup, *, problems: Problems, reader: Reader) -> Markup:
    """Boxes that belong together."""
    problem = problems.get(name)
    said = reader.say(problem) if problem is not None else ""
    return fill(_CHECKS, name=name, legend=reader.say(legend), checks=boxes, problem=said)


def shown_once(heading: Sentence, words: Sentence, secret: str, reader: Reader) -> Markup:
    """A secret, to be copied now or never."""
    return fill(
        _ONCE,
        heading=reader.say(heading),
        words=reader.say(words),
        secret=secret,
        icon=icon("copy"),
        copy=reader.say("Copy"),
        copied=reader.say("Copied"),
        by_hand=reader.say("Copy it from the field"),
    )
