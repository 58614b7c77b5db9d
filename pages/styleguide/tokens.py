"""The tokens of the theme, each by what it is for."""

from collections.abc import Iterator

from pages import icons as drawings
from pages import theme
from pages.live.markup import Markup, fill
from pages.reader import Reader
from pages.styleguide.sheet import row, specimen

_SWATCH = '<i class="swatch" data-token="{name}"{measured}></i>'
_TYPE = '<p data-token="{name}">Ag 0123 4:00</p>'  # not said: how letters and figures look
_BAR = '<i class="bar-of" data-token="{name}"></i>'
_BOX = '<i class="box-of" data-token="{name}"></i>'

_KINDS = {
    "font": "",
    "type": "font-size",
    "space": "width",
    "target": "width",
    "radius": "border-radius",
    "blur": "backdrop-filter",
    **dict.fromkeys(("quick", "calm", "slow", "patience", "second", "turn", "pulse"), "animation-duration"),
    "ease": "animation-timing-function",
    "shadow": "box-shadow",
}
"""The property that shows a token, by the first word of its name; all others are grounds."""


def rules() -> str:
    """One rule for each token, which shows it."""
    return "".join(_rule(name) for name in (*theme.DARK, *theme.SIZES))


def _rule(name: str) -> str:
    shown = _KINDS.get(name.partition("-")[0], "background")
    return f'[data-token="{name}"]{{{shown}:var(--{name})}}' if shown else ""


def _of_kind(*kinds: str) -> Iterator[str]:
    return (name for name in (*theme.SIZES, *theme.DARK) if name.partition("-")[0] in kinds)


def colours(_: Reader) -> Markup:
    """Colours and grounds; the page measures the contrast of each with the ground of its theme."""
    found = [name for name in (*theme.DARK, *theme.SIZES) if name.partition("-")[0] not in _KINDS]
    return row(specimen(name, fill(_SWATCH, name=name, measured=Markup(" data-measure"))) for name in found)


def types(_: Reader) -> Markup:
    """The scale of type."""
    return row((specimen(name, fill(_TYPE, name=name)) for name in _of_kind("type")), css_class="column")


def sizes(_: Reader) -> Markup:
    """Distances, corners, shadows, and how long a motion takes."""
    bars = (specimen(name, fill(_BAR, name=name)) for name in _of_kind("space", "target"))
    boxes = (specimen(name, fill(_BOX, name=name)) for name in _of_kind("radius", "shadow", "blur"))
    motions = (specimen(name, fill(_BOX, name=name)) for name, kind in _KINDS.items() if kind == "animation-duration")
    return row(bars) + row(boxes) + row(motions, css_class="row motions")


def icons(_: Reader) -> Markup:
    """All drawings."""
    return row(specimen(name, drawings.icon(name)) for name in drawings.NAMES)
