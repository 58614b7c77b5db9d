"""Where the keyboard goes on when the page changes under it; a selector is fixed and holds nobody's words."""

import json

from nicegui import ui


def move(selector: str) -> None:
    """Put the focus on an element, as soon as it is there."""
    ui.run_javascript(f"focusOn({json.dumps(selector)})")


def rescue(selector: str) -> None:
    """Put the focus on an element if what had it goes away about now; otherwise it stays where it is."""
    ui.run_javascript(f"rescueFocus({json.dumps(selector)})")
