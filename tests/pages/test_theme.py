"""The design is in one place: nothing but tokens is used, all of them are, and what they paint can be seen."""

import re
from collections.abc import Iterator
from functools import reduce
from itertools import product
from pathlib import Path

import pytest

from pages import theme

PAGES = Path(theme.__file__).parent
THEMES = {"dark": theme.DARK, "light": theme.LIGHT}

COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(")
NAMED = re.compile(r"(?<=[: ,(])(?:white|black|red|green|blue|gr[ae]y|silver|orange|yellow|purple|pink)(?=[;,) }])")
DURATION = re.compile(r"(?<![\w.-])\.?\d[\d.]*m?s\b")
FONT_SIZE = re.compile(r"font(?:-size)?:\s*([^;}]+)")
USED = re.compile(r"var\(--([\w-]+)")
SET = re.compile(r"(?<![\w(-])--([\w-]+)\s*:|setProperty\(\"--([\w-]+)\"")
STYLE = re.compile(r"<\w[^<>{(]*\sstyle=|\.style\(")

Rgb = tuple[float, float, float]
Rgba = tuple[float, float, float, float]


def shapes() -> dict[str, str]:
    """The sheets by name, without their comments."""
    files = sorted((theme.STATIC / "css").glob("*.css"))
    return {file.stem: re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL) for file in files}


def found(pattern: re.Pattern[str], sheets: dict[str, str]) -> list[str]:
    return [f"{name}.css: {match[0]}" for name, sheet in sheets.items() for match in pattern.finditer(sheet)]


def test_sheets_name_no_colour() -> None:
    sheets = shapes()

    assert found(COLOUR, sheets) + found(NAMED, sheets) == []


def test_sheets_name_no_duration() -> None:
    durations = found(DURATION, shapes())

    assert [each for each in durations if not each.endswith(": 0s")] == []


def test_sheets_name_no_size_of_type() -> None:
    sheets = {name: sheet for name, sheet in shapes().items() if name != "fonts"}
    sizes = [(name, size) for name, sheet in sheets.items() for size in FONT_SIZE.findall(sheet)]

    assert [size for size in sizes if "var(--type-" not in size[1] and size[1] not in ("inherit", "0")] == []
    assert len(sizes) > 40


def test_sources_name_neither_colours_nor_styles() -> None:
    sources = [path for path in PAGES.rglob("*.py") if path.name != "theme.py"]
    lines = [(path.name, line) for path in sources for line in path.read_text(encoding="utf-8").splitlines()]

    assert [each for each in lines if STYLE.search(each[1]) or re.search(r"[\"' (]#[0-9a-fA-F]{6}\b", each[1])] == []


def test_every_token_that_is_used_is_there_in_both_themes() -> None:
    sheets = shapes()
    scripts = "".join(path.read_text(encoding="utf-8") for path in (theme.STATIC / "js").glob("*.js"))
    used = set(USED.findall("".join(sheets.values())))
    local = {first or second for text in (*sheets.values(), scripts) for first, second in SET.findall(text)}

    assert set(theme.DARK) == set(theme.LIGHT)
    assert used - local - set(theme.DARK) - set(theme.SIZES) == set()


def test_every_token_is_used() -> None:
    used = set(USED.findall("".join(sheet for name, sheet in shapes().items() if name != "styleguide")))

    assert {*theme.DARK, *theme.SIZES} - used == set()


def colour(written: str) -> Rgba:
    """Channels from 0 to 255, and how much of what is behind it a colour covers, from 0 to 1."""
    if written.startswith("#"):
        channels = [int(written[place : place + 2], 16) for place in range(1, len(written), 2)]
        red, green, blue, alpha = [*channels, 255][:4]
        return red, green, blue, alpha / 255
    red, green, blue, alpha = (float(number) for number in re.findall(r"[\d.]+", written))
    return red, green, blue, alpha


def over(ground: Rgb, layer: Rgba) -> Rgb:
    red, green, blue = (layer[3] * top + (1 - layer[3]) * below for top, below in zip(layer[:3], ground, strict=True))
    return red, green, blue


def saturated(ground: Rgb, amount: float) -> Rgb:
    """As the filter of the same name paints it (Filter Effects, section 9.3)."""
    grey = 0.2126 * ground[0] + 0.7152 * ground[1] + 0.0722 * ground[2]
    red, green, blue = (min(255.0, max(0.0, grey + amount * (channel - grey))) for channel in ground)
    return red, green, blue


def luminance(painted: Rgb) -> float:
    parts = (channel / 255 for channel in painted)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """As WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    black, white, grey = (0.0, 0.0, 0.0), (255.0, 255.0, 255.0), (118.0, 118.0, 118.0)

    assert contrast(black, white) == 21
    assert round(contrast(grey, white), 2) == 4.54
    assert over(white, colour("#00000080")) == over(white, (0, 0, 0, 128 / 255))


def bare(tokens: dict[str, str]) -> Iterator[Rgb]:
    """The ground, and the ground where the light of the aurora is strongest."""
    ground = colour(tokens["ground"])[:3]
    yield ground
    for name in ("aurora-1", "aurora-2", "aurora-3"):
        yield over(ground, colour(tokens[name]))


def on_glass(tokens: dict[str, str], *layers: str) -> Iterator[Rgb]:
    """Layers upon each other, the first of which is glass, over everything that may be behind it."""
    amount = float(re.findall(r"saturate\((\d+)%\)", theme.SIZES["blur"])[0]) / 100
    for ground in bare(tokens):
        yield reduce(lambda painted, name: over(painted, colour(tokens[name])), layers, saturated(ground, amount))


def on_solid(tokens: dict[str, str], *layers: str) -> Iterator[Rgb]:
    yield reduce(lambda painted, name: over(painted, colour(tokens[name])), layers, colour(tokens["solid"])[:3])


def grounds(tokens: dict[str, str], *layers: str) -> list[Rgb]:
    """Everything on which layers may lie: the bare ground, glass, a sheet."""
    alone = (reduce(lambda painted, name: over(painted, colour(tokens[name])), layers, each) for each in bare(tokens))
    return [*alone, *on_glass(tokens, "glass", *layers), *on_solid(tokens, *layers)]


def least(tokens: dict[str, str], ink: str, painted: list[Rgb]) -> float:
    return min(contrast(over(ground, colour(tokens[ink])), ground) for ground in painted)


WORDS = ("ink", "ink-soft", "ink-faint")
LAYERS: tuple[tuple[str, ...], ...] = ((), ("glass-raised",), ("glass-sunken",))
ON_VEILS = {
    "open-ink": "open-veil",
    "held-ink": "held-veil",
    "bad": "bad-veil",
    "accent-ink": "accent-veil",
    "ink": "mark-veil",
}


@pytest.mark.parametrize("tokens", THEMES.values(), ids=THEMES)
def test_words_can_be_read_on_every_ground(tokens: dict[str, str]) -> None:
    ratios = {(ink, layers): least(tokens, ink, grounds(tokens, *layers)) for ink, layers in product(WORDS, LAYERS)}
    ratios |= {(ink, (veil,)): least(tokens, ink, grounds(tokens, veil)) for ink, veil in ON_VEILS.items()}
    # What is pointed at where there is no glass, such as a button of the header, has strong ink.
    ratios |= {
        (ink, ("glass-hover",)): least(tokens, ink, [*on_glass(tokens, "glass", "glass-hover")]) for ink in WORDS
    }
    ratios |= {(ink, ("bar",)): least(tokens, ink, [*on_glass(tokens, "glass-bar")]) for ink in WORDS}
    ratios |= {("bad", ()): least(tokens, "bad", grounds(tokens)), ("open", ()): least(tokens, "open", grounds(tokens))}

    assert {where: round(ratio, 2) for where, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("tokens", THEMES.values(), ids=THEMES)
def test_words_on_full_colours_can_be_read(tokens: dict[str, str]) -> None:
    faces = {
        "on-accent": [tokens["accent"], *re.findall(r"#\w{6}", tokens["accent-face"])],
        "on-chosen": [tokens["chosen"]],
    }

    for ink, painted in faces.items():
        assert [face for face in painted if contrast(colour(tokens[ink])[:3], colour(face)[:3]) < 4.5] == []


def test_initials_can_be_read_on_every_avatar() -> None:
    ink = colour(theme.SIZES["on-avatar"])[:3]
    faces = [face for pair in theme.AVATAR_GRADIENTS for face in pair]

    assert [face for face in faces if contrast(ink, colour(face)[:3]) < 4.5] == []


@pytest.mark.parametrize("tokens", THEMES.values(), ids=THEMES)
def test_borders_of_controls_and_the_focus_can_be_seen(tokens: dict[str, str]) -> None:
    ratios = {
        (line, layers): least(tokens, line, grounds(tokens, *layers))
        for line, layers in product(("line-control", "accent", "bad"), ((), ("glass-sunken",)))
    }

    assert {where: round(ratio, 2) for where, ratio in ratios.items() if ratio < 3} == {}
