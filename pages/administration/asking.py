"""Questions that need more than a yes: a form over the page."""

from collections.abc import Mapping

from nicegui import html
from nicegui.events import GenericEventArguments

from pages.administration.parts import sent_words
from pages.components.dialog import Dialog
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

LONGEST_REASON = 1000

_FORM = (
    '<h2 class="section">{heading}</h2><p class="soft">{text}</p>{fields}'
    '<div class="actions"><button type="submit" class="quiet" name="answer" value="no" formnovalidate>{no}</button>'
    '<button type="submit" class="{style}" name="answer" value="yes">{yes}</button></div>'
)
_REASON = (
    '<div class="field"><label for="field-reason">{label}{optional}</label>'
    '<textarea id="field-reason" name="reason" maxlength="{most}" rows="3"{required}></textarea>'
    '<p class="faint">{hint}</p></div>'
)
_CHOICE = (
    '<div class="field"><label for="field-{name}">{label}</label><select id="field-{name}" name="{name}">{options}'
    "</select></div>"
)
_OPTION = '<option value="{value}"{selected}>{text}</option>'
_OPTIONAL = ' <span class="optional">{words}</span>'
_PLAN = '<fieldset class="plans"><legend>{legend}</legend>{plans}</fieldset>'
_ONE_PLAN = (
    '<label class="check"><input type="radio" name="{name}" value="{value}"{checked}><span><b>{text}</b>'
    '<span class="faint">{hint}</span></span></label>'
)


async def ask_in_form(
    heading: str, text: str, fields: Markup, *, yes: str, reader: Reader, no: str = "", is_dangerous: bool = False
) -> dict[str, str] | None:
    """What was filled in, if the person says yes; none if they do not, or put the question away."""
    with Dialog() as dialog, html.div().classes("sheet"):
        dialog.props["aria-label"] = heading

        def draw() -> Markup:
            return fill(
                _FORM,
                heading=heading,
                text=text,
                fields=fields,
                no=no or reader.say("Keep it as it is"),
                yes=yes,
                style="danger" if is_dangerous else "cta",
            )

        def answered(event: GenericEventArguments) -> None:
            sent = sent_words(event)
            dialog.submit(sent if sent.get("answer") == "yes" else None)

        Fragment("form", draw).classes("asking").on("submit", answered, js_handler="wordsSent(emit)")
    dialog.on("hide", dialog.delete)
    sent: dict[str, str] | None = await dialog
    return sent


def reason_field(label: str, hint: str, reader: Reader, *, is_required: bool) -> Markup:
    """Why, in a few lines."""
    return fill(
        _REASON,
        label=label,
        hint=hint,
        most=LONGEST_REASON,
        optional=Markup("") if is_required else fill(_OPTIONAL, words=reader.say("(optional)")),
        required=Markup(" required") if is_required else Markup(""),
    )


def choice_field(name: str, label: str, options: Mapping[str, str], *, chosen: str = "") -> Markup:
    """One of several, by what is sent for each and what it is called."""
    drawn = Markup("").join(
        fill(_OPTION, value=value, text=text, selected=Markup(" selected") if value == chosen else Markup(""))
        for value, text in options.items()
    )
    return fill(_CHOICE, name=name, label=label, options=drawn)


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
