"""Asks before something that cannot be taken back."""

from nicegui import html

from pages import visitor
from pages.components.dialog import Dialog


async def ask(heading: str, text: str, *, yes: str, no: str | None = None) -> bool:
    """Whether the person said yes; Escape and a click beside the question are a no."""
    no = no or visitor.reader().say("Keep it")
    with Dialog() as dialog, html.div().classes("sheet"):
        dialog.props["aria-label"] = heading
        html.h2(heading).classes("section")
        html.p(text).classes("soft")
        with html.div().classes("actions"):
            html.button(no).classes("quiet").props("type=button autofocus").on("click", lambda: dialog.submit(False))
            html.button(yes).classes("danger").props("type=button").on("click", lambda: dialog.submit(True))
    dialog.on("hide", dialog.delete)  # not before: while it closes, it gives the focus back to what opened it
    return bool(await dialog)
