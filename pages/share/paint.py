"""The house's light, glass and gradients as pictures: what the style sheet says, said with Pillow."""

import re
from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from pages import theme

Colour = tuple[int, int, int, int]

FINE = 4
"""Shapes are drawn so many times larger and made small again, for smooth edges."""

BLOBS = (
    ("aurora-1", (0.08, 0.12), (736, 544), 0.68),
    ("aurora-2", (0.96, 0.18), (704, 576), 0.66),
    ("aurora-3", (0.62, 1.04), (800, 480), 0.64),
)
"""As behind the pages: colour, centre in parts of the picture, radii in pixels, and where it has faded."""

_SPACED = re.compile(r"rgb\((\d+) (\d+) (\d+) / ([\d.]+)\)")
_HEX = re.compile(r"#[0-9a-f]{6,8}")


def colour(token: str) -> Colour:
    """A colour of the dark theme."""
    written = theme.DARK.get(token) or theme.SIZES[token]
    if spaced := _SPACED.fullmatch(written):
        red, green, blue, opacity = spaced.groups()
        return int(red), int(green), int(blue), round(float(opacity) * 255)
    red, green, blue, alpha = ImageColor.getcolor(written, "RGBA")  # type: ignore[misc]  # of this mode it has four
    return red, green, blue, alpha


def hex_colours(css: str) -> list[str]:
    """The colours of a gradient, in their order."""
    return _HEX.findall(css)


@lru_cache(maxsize=2)
def aurora(width: int, height: int) -> Image.Image:
    """The ground of every page; do not draw on it, but on a copy."""
    ground = Image.new("RGB", (width, height), colour("ground")[:3])
    for token, (x, y), (across, down), faded in BLOBS:
        *tone, opacity = colour(token)
        fade = [round(opacity * max(0.0, 1 - level / 255 / faded)) for level in range(256)]
        blob = Image.radial_gradient("L").resize((2 * across, 2 * down), Image.Resampling.BICUBIC).point(fade)
        ground.paste(tuple(tone), (round(x * width) - across, round(y * height) - down), blob)
    return ground


def rounded(width: int, height: int, radius: int) -> Image.Image:
    """A mask with round corners."""
    mask = Image.new("L", (width * FINE, height * FINE))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * FINE, fill=255)
    return mask.resize((width, height), Image.Resampling.BOX)


def lay_glass(picture: Image.Image, box: tuple[int, int, int, int], radius: int) -> None:
    """A pane of glass with a hairline, and light on its upper edge."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    pane = ImageEnhance.Color(picture.crop(box).filter(ImageFilter.GaussianBlur(22))).enhance(1.4)
    lay_tint(pane, (0, 0), colour("glass"), Image.new("L", pane.size, 255))
    whole, inner = rounded(width, height, radius), Image.new("L", pane.size)
    inner.paste(rounded(width - 2, height - 2, radius - 1), (1, 1))
    lower = ImageChops.offset(inner, 0, 1)
    lower.paste(0, (0, 0, width, 1))
    lay_tint(pane, (0, 0), colour("sheen"), ImageChops.subtract(inner, lower))
    lay_tint(pane, (0, 0), colour("line-strong"), ImageChops.subtract(whole, inner))
    picture.paste(pane, (left, top), whole)


def lay_tint(picture: Image.Image, at: tuple[int, int], tone: Colour, mask: Image.Image) -> None:
    """A colour of its own opacity in the shape of a mask."""
    *solid, opacity = tone
    picture.paste(tuple(solid), at, mask.point([level * opacity // 255 for level in range(256)]))


def diagonal(size: int, first: str, second: str) -> Image.Image:
    """A gradient from the upper left corner to the lower right one, as CSS has it at 135 degrees."""
    down = Image.linear_gradient("L").resize((size, size), Image.Resampling.BICUBIC)
    both = ImageChops.add(down, down.transpose(Image.Transpose.TRANSPOSE), scale=2)
    return ImageOps.colorize(both, first, second)


@lru_cache(maxsize=8)
def mark(size: int) -> Image.Image:
    """The gradient of the house's mark, which turns once round the middle; do not draw on it, but on a copy."""
    tones = [ImageColor.getrgb(tone) for tone in hex_colours(theme.SIZES["mark"])]
    wheel = Image.new("RGB", (size * FINE, size * FINE))
    canvas, reach = ImageDraw.Draw(wheel), size * FINE
    box = (-reach, -reach, 2 * reach, 2 * reach)
    for degree in range(720):
        place = degree / 720 * (len(tones) - 1)
        before, after = tones[int(place)], tones[int(place) + 1]
        tone = tuple(round(a + (b - a) * (place % 1)) for a, b in zip(before, after, strict=True))
        start = 210 - 90 + degree / 2  # CSS counts from above, Pillow from the right
        canvas.pieslice(box, start, start + 1, fill=tone)
    return wheel.resize((size, size), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(size / 60))


def star(size: int) -> Image.Image:
    """A mask in the shape of a star of five points."""
    mask = Image.new("L", (size * FINE, size * FINE))
    middle = size * FINE / 2
    points = [
        (middle + reach * sin(turn * pi / 5), middle * 1.05 - reach * cos(turn * pi / 5))
        for turn in range(10)
        for reach in [middle * (0.98 if turn % 2 == 0 else 0.45)]
    ]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask.resize((size, size), Image.Resampling.BOX)
