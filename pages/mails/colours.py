"""The theme's colours as mail programs know them: six hexadecimal digits, and nothing that shines through."""

import re

from pages import theme

_HEX = re.compile(r"#([0-9a-f]{6})")
_VEIL = re.compile(r"rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)")
_NAMES = (
    "ground",
    "solid",
    "ink",
    "ink-soft",
    "ink-faint",
    "line-strong",
    "glass-raised",
    "accent",
    "accent-ink",
    "accent-veil",
    "accent-line",
    "on-accent",
    "open",
    "open-veil",
    "held",
    "held-veil",
    "bad",
    "bad-veil",
)

Colour = tuple[int, int, int]


def opaque(colour: str, *, on: str) -> str:
    """What a colour of the theme, which may be transparent, comes to on another."""
    if plain := _HEX.fullmatch(colour):
        return plain.group()
    veil = _VEIL.fullmatch(colour)
    if veil is None:
        raise ValueError(f"{colour!r} is neither a plain colour nor a transparent one")
    share = float(veil[4])
    mixed = (round(over * share + under * (1 - share)) for over, under in zip(_of(veil), _digits(on), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _of(veil: re.Match[str]) -> Colour:
    return int(veil[1]), int(veil[2]), int(veil[3])


def _digits(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _palette(tokens: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): opaque(tokens[name], on=tokens["solid"]) for name in _NAMES}


LIGHT = _palette(theme.LIGHT)
DARK = _palette(theme.DARK)
SHEEN = theme.LIGHT["heading-sheen"]
"""Of the house's mark; a program that knows no gradients shows the accent."""
