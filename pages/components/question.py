"""Asks before something that cannot be taken back."""

from nicegui import html

from pages import visitor
from pages.components.dialog import Dialog


async def ask(heading: str, text: str, *, yes: str, no: str | None = None, is_grave: bool = True) -> bool:
    """Whether the person said yes; Escape and a click beside the question are a no.

    Args:
        heading: the question.
        text: what a yes does.
        yes: what the button says that does it.
        no: what the other one says.
        is_grave: whether a yes takes something away.
    """
    no = no or visitor.reader().say("Keep it")
    with Dialog() as dialog, html.div().classes("sheet"):
        dialog.props["aria-label"] = heading
        html.h2(heading).classes("section")
        html.p(text).classes("soft")
        with html.div().classes("actions"):
            html.button(no).classes("quiet").props("type=button autofocus").on("click", lambda: dialog.submit(False))
            html.button(yes).classes("danger" if is_grave else "cta").props("type=button").on(
                "click", lambda: dialog.submit(True)
            )
    dialog.on("hide", dialog.delete)  # not before: while it closes, it gives the focus back to what opened it
    return bool(await dialog)
