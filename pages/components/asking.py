"""Questions that need more than a yes: a form over the page, which stays until what it asks for is done."""

from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping

from nicegui import html

from expert_booking.own_words import LONGEST_MESSAGE
from pages import problems
from pages.components.dialog import Dialog
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_FORM = (
    '<h2 class="section">{heading}</h2><p class="soft">{text}</p>{fields}'
    '<div class="actions"><button type="submit" class="quiet" name="answer" value="no" formnovalidate>{no}</button>'
    '<button type="submit" class="{style}" name="answer" value="yes">{yes}</button></div>'
)
_PROBLEM = '<p class="problem">{problem}</p>'
_WORDS = (
    '<div class="field"><label for="field-{name}">{label}{optional}</label>'
    '<textarea id="field-{name}" name="{name}" maxlength="{most}" rows="3"{required}></textarea>'
    '<p class="faint">{hint}</p></div>'
)
_CHOICE = (
    '<div class="field"><label for="field-{name}">{label}</label><select id="field-{name}" name="{name}">{options}'
    "</select></div>"
)
_OPTION = '<option value="{value}"{selected}>{text}</option>'
_GROUP = '<optgroup label="{name}">{options}</optgroup>'
_OPTIONAL = ' <span class="optional">{words}</span>'
_PLAN = '<fieldset class="plans"><legend>{legend}</legend>{plans}</fieldset>'
_ONE_PLAN = (
    '<label class="check"><input type="radio" name="{name}" value="{value}"{checked}><span><b>{text}</b>'
    '<span class="faint">{hint}</span></span></label>'
)


async def ask_in_form(
    heading: str,
    text: str,
    fields: Markup,
    *,
    yes: str,
    reader: Reader,
    take: Callable[[dict[str, str]], Awaitable[None]],
    no: str = "",
    is_dangerous: bool = False,
) -> bool:
    """Whether it was done; not if the person says no, or puts the question away.

    Args:
        heading: the question.
        text: what a yes does.
        fields: what there is to fill in.
        yes: what the button says that does it.
        reader: who is asked.
        take: does it, with what was filled in. An error of the house is said below the fields, which stay as they are,
            until it is done or the person thinks better of it.
        no: what the other button says.
        is_dangerous: whether a yes takes something away.
    """
    one_at_a_time = Lock()
    is_done, problem = False, ""

    def draw() -> Markup:
        style = "danger" if is_dangerous else "cta"
        no_words = no or reader.say("Keep it as it is")
        return fill(_FORM, heading=heading, text=text, fields=fields, no=no_words, yes=yes, style=style)

    async def answered(sent: dict[str, str]) -> None:
        nonlocal is_done, problem
        if sent.get("answer") != "yes":
            dialog.close()
            return
        async with one_at_a_time:
            if is_done:
                return
            try:
                await take(sent)
                is_done, problem = True, ""
            except Exception as error:
                problem = reader.say(problems.as_booking_error(error).args[0])
        if is_done:
            dialog.close()
        else:
            refused.update()

    with Dialog() as dialog, html.div().classes("sheet"):
        dialog.props["aria-label"] = heading
        Fragment("form", draw).classes("asking").on_sent(answered)
        refused = Fragment("div", lambda: fill(_PROBLEM, problem=problem)).props("role=alert")
    dialog.on("hide", dialog.delete)
    await dialog
    async with one_at_a_time:  # who puts the question away while it is being done has still said yes
        return is_done


def words_field(name: str, label: str, hint: str, reader: Reader, *, is_required: bool, optional: str = "") -> Markup:
    """A few lines in one's own words; `optional` is said where they may be missing, which is always by default."""
    return fill(
        _WORDS,
        name=name,
        label=label,
        hint=hint,
        most=LONGEST_MESSAGE,
        optional=Markup("") if is_required else fill(_OPTIONAL, words=optional or reader.say("(optional)")),
        required=Markup(" required") if is_required else Markup(""),
    )


def choice_field(name: str, label: str, options: Mapping[str, str], *, chosen: str = "") -> Markup:
    """One of several, by what is sent for each and what it is called."""
    return fill(_CHOICE, name=name, label=label, options=_options(options, chosen=chosen))


def grouped_choice_field(name: str, label: str, groups: Mapping[str, Mapping[str, str]]) -> Markup:
    """One of many, in groups by what these are called."""
    drawn = Markup("").join(fill(_GROUP, name=group, options=_options(options)) for group, options in groups.items())
    return fill(_CHOICE, name=name, label=label, options=drawn)


def _options(options: Mapping[str, str], *, chosen: str = "") -> Markup:
    return Markup("").join(
        fill(_OPTION, value=value, text=text, selected=Markup(" selected") if value == chosen else Markup(""))
        for value, text in options.items()
    )


def plans_field(name: str, legend: str, plans: Mapping[str, tuple[str, str]]) -> Markup:
    """One of a few plans, each with what it means; the first is chosen until another one is."""
    drawn = Markup("").join(
        fill(
            _ONE_PLAN,
            name=name,
            value=value,
            text=text,
            hint=hint,
            checked=Markup(" checked") if number == 0 else Markup(""),
        )
        for number, (value, (text, hint)) in enumerate(plans.items())
    )
    return fill(_PLAN, legend=legend, plans=drawn)
