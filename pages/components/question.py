"""Asks before something that cannot be taken back."""

from nicegui import html, ui


async def ask(heading: str, text: str, *, yes: str, no: str = "Keep it") -> bool:
    """Whether the person said yes; Escape and a click beside the question are a no."""
    with ui.dialog() as dialog, html.div().classes("sheet"):
        html.h2(heading).classes("section")
        html.p(text).classes("soft")
        with html.div().classes("actions"):
            html.button(no).classes("quiet").props("type=button autofocus").on("click", lambda: dialog.submit(False))
            html.button(yes).classes("danger").props("type=button").on("click", lambda: dialog.submit(True))
    answer = await dialog
    if not dialog.is_deleted:  # it goes with what it asks about
        dialog.delete()
    return bool(answer)
