"""The house's icon, in the sizes and forms that browsers and telephones ask for."""

import json
from functools import lru_cache
from io import BytesIO
from typing import Any

from fastapi import APIRouter, Request, Response
from PIL import Image, ImageDraw

from pages import theme, visitor
from pages.share import answer, paint, pictures
from pages.share.picture import HOUSE, as_png

router = APIRouter(include_in_schema=False)

_FIRST, _SECOND = theme.AVATAR_GRADIENTS[0]
_INK = theme.SIZES["on-avatar"]
_GRID = 32
_CORNER = 10
_STROKE = 3.5
_TICK = ((9, 17), (14, 22), (23, 11))
_POINTS = " ".join(f"{x},{y}" for x, y in _TICK)
_SMALL = ((16, 16), (32, 32), (48, 48))

FAVICON = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_GRID} {_GRID}"><linearGradient id="g" x2="1" y2="1">'
    f'<stop stop-color="{_FIRST}"/><stop offset="1" stop-color="{_SECOND}"/></linearGradient>'
    f'<rect width="{_GRID}" height="{_GRID}" rx="{_CORNER}" fill="url(#g)"/><polyline points="{_POINTS}" fill="none"'
    f' stroke="{_INK}" stroke-width="{_STROKE}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
"""The icon as SVG, of which the others are copies in pixels."""

_SHAPES = {"plain": 1.0, "maskable": 0.8}
"""A maskable icon fills its square, and what matters stays in the inner four fifths of it."""
_SIZES = (192, 512)


@lru_cache(maxsize=16)
def draw(size: int, *, is_square: bool = False, tick: float = 1.0) -> Image.Image:
    """The icon in pixels; with round corners unless `is_square`, the tick in parts of its usual size."""
    face = paint.diagonal(size, _FIRST, _SECOND)
    lines = Image.new("L", (size * paint.FINE, size * paint.FINE))
    unit = size * paint.FINE / _GRID
    middle = _GRID / 2
    points = [((middle + (x - middle) * tick) * unit, (middle + (y - middle) * tick) * unit) for x, y in _TICK]
    canvas, stroke = ImageDraw.Draw(lines), _STROKE * unit * tick
    canvas.line(points, fill=255, width=round(stroke), joint="curve")
    for x, y in points:
        canvas.ellipse((x - stroke / 2, y - stroke / 2, x + stroke / 2, y + stroke / 2), fill=255)
    face.paste(_INK, (0, 0), lines.resize((size, size), Image.Resampling.BOX))
    if not is_square:
        face.putalpha(paint.rounded(size, size, round(_CORNER / _GRID * size)))
    return face


@router.get("/favicon.svg")
def favicon_svg(request: Request) -> Response:
    """The icon as lines."""
    return answer.kept(request, FAVICON.encode(), "image/svg+xml")


@router.get("/favicon.ico")
def favicon_ico(request: Request) -> Response:
    """The icon for whoever asks for it by its old name."""
    return answer.kept(request, _ico(), "image/x-icon")


@router.get("/apple-touch-icon.png")
async def apple_touch_icon(request: Request) -> Response:
    """The icon for a home screen that rounds its corners itself."""
    return await pictures.drawn(request, "apple", lambda: as_png(draw(180, is_square=True)), version=_version())


@router.get("/share/icons/{shape}-{size}.png")
async def icon(request: Request, shape: str, size: str) -> Response:
    """The icons that the manifest names."""
    if shape not in _SHAPES or size not in map(str, _SIZES):
        return answer.nothing()
    is_square, tick, pixels = shape == "maskable", _SHAPES[shape], int(size)
    key = f"icon {shape} {size}"
    return await pictures.drawn(
        request, key, lambda: as_png(draw(pixels, is_square=is_square, tick=tick)), version=_version()
    )


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """What a telephone wants to know that puts the house on its home screen."""
    reader = visitor.reader_of(request)
    described: dict[str, Any] = {
        "id": "/",
        "name": HOUSE,
        "short_name": HOUSE,
        "description": reader.say(pictures.PROMISE),
        "lang": reader.language,
        "dir": reader.direction,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": theme.DARK["ground"],
        "theme_color": theme.DARK["ground"],
        "categories": ["business", "productivity"],
        "icons": [_described(shape, size) for shape in _SHAPES for size in _SIZES],
    }
    content = json.dumps(described, ensure_ascii=False).encode()
    return answer.kept(request, content, "application/manifest+json", vary="Accept-Language, Cookie")


def _described(shape: str, size: int) -> dict[str, str]:
    address = f"/share/icons/{shape}-{size}.png?{_version()}"
    purpose = "maskable" if shape == "maskable" else "any"
    return {"src": address, "sizes": f"{size}x{size}", "type": pictures.PNG, "purpose": purpose}


@lru_cache(maxsize=1)
def _version() -> str:
    return answer.tag(FAVICON.encode())


@lru_cache(maxsize=1)
def _ico() -> bytes:
    file = BytesIO()
    draw(48).save(file, "ICO", sizes=_SMALL)
    return file.getvalue()
