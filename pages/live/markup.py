"""HTML as text that knows it is HTML."""

from typing import Any

from markupsafe import Markup, escape

__all__ = ["Markup", "attribute", "fill"]


def fill(template: str, **values: Any) -> Markup:
    """A template of ours with values put in; what is not markup itself is escaped, as by the slower Markup.format."""
    return Markup(template.format_map({name: escape(value) for name, value in values.items()}))


def attribute(name: str, value: Any) -> Markup:
    """An attribute with a space before it, as Vue sets it; nothing if it is not set, or worked out in the browser."""
    if isinstance(value, bool):
        if name.startswith(("aria-", "data-")):
            value = "true" if value else "false"
        else:
            return Markup(f" {name}" if value else "")
    if not isinstance(value, str | int | float) or name.startswith(":"):
        return Markup("")
    return Markup(f' {name}="{escape(value)}"')
