"""How specimens stand on the page: each with its name below."""

from collections.abc import Iterable

from pages.live.markup import Markup, fill

_SPECIMEN = '<figure class="specimen">{drawn}<figcaption>{name}</figcaption></figure>'

FORCED = ("", "hover", "focus", "pressed")
"""The states that a mouse or a keyboard brings about; the first is none of them."""


def row(specimens: Iterable[Markup], *, css_class: str = "row") -> Markup:
    """Specimens beside each other."""
    return fill('<div class="{css_class}">{specimens}</div>', css_class=css_class, specimens=Markup("").join(specimens))


def specimen(name: str, drawn: Markup) -> Markup:
    """A piece with its name."""
    return fill(_SPECIMEN, name=name, drawn=drawn)


def forced(markup: Markup, state: str) -> Markup:
    """A piece as if its first element were hovered, focused or pressed."""
    head, _, rest = str(markup).partition(" ")
    return Markup(f'{head} data-force="{state}" {rest}') if state else markup  # ours: samples
