"""Asks before a session is called off, and for a message to the customer."""

from nicegui import html
from nicegui.events import GenericEventArguments

from pages.components.dialog import Dialog
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

_FORM = (
    '<h2 class="section">{heading}</h2><p class="soft">{text}</p>'
    '<div class="field"><label for="field-message">{label} <span class="optional">{optional}</span></label>'
    '<textarea id="field-message" name="message" maxlength="1000" rows="3"></textarea></div>'
    '<div class="actions"><button type="submit" class="quiet" name="answer" value="no">{no}</button>'
    '<button type="submit" class="danger" name="answer" value="yes">{yes}</button></div>'
)


async def ask_for_message(heading: str, text: str, *, yes: str, no: str, reader: Reader) -> str | None:
    """The message, possibly blank, if the person says yes; none if they do not, or put the question away."""
    with Dialog() as dialog, html.div().classes("sheet"):
        dialog.props["aria-label"] = heading

        def draw() -> Markup:
            optional, label = reader.say("(optional)"), reader.say("Message to the customer")
            return fill(_FORM, heading=heading, text=text, label=label, optional=optional, no=no, yes=yes)

        def answered(event: GenericEventArguments) -> None:
            sent = event.args if isinstance(event.args, dict) else {}
            dialog.submit(str(sent.get("message", "")) if sent.get("answer") == "yes" else None)

        Fragment("form", draw).classes("asking").on("submit", answered, js_handler="wordsSent(emit)")
    dialog.on("hide", dialog.delete)
    message: str | None = await dialog
    return message
