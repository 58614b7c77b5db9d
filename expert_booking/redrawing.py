"""Draws the file of a picture anew: the middle of it as two squares, without what a camera wrote into it.

A file may say anything: be far larger than it seems, or the same picture again in a hundred thousand scans. So a
process of its own reads it, which has so much time and memory and knows nothing of the house (see `apart`):
`redrawing.py` takes a file from its input and writes JSON. That is why this imports nothing of it.
"""

import base64
import json
import sys
from contextlib import suppress
from enum import StrEnum
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageOps

MOST_PIXELS = 50_000_000
LEAST_SIDE = 64
SMALL, LARGE = 128, 512
"""Lengths of the sides in pixels."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
QUALITY = 82

_SMOOTH_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
"""What can be made smaller as it is; all others are brought into colours first."""


class Undrawable(StrEnum):
    """Why nothing was drawn."""

    NO_PICTURE = "no picture"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too many pixels"
    TOO_SMALL = "too small"


class CannotDraw(Exception):
    """Nothing can be drawn of the file; `why` is one of the reasons above."""

    def __init__(self, why: Undrawable) -> None:
        super().__init__(why)
        self.why = why


def redraw(content: bytes) -> dict[int, bytes]:
    """A file as square pictures of the house's own, by size, as WebP.

    Raises:
        CannotDraw
    """
    with _opened(content) as image:
        if image.width * image.height > MOST_PIXELS:
            raise CannotDraw(Undrawable.TOO_MANY_PIXELS)
        if min(image.size) < LEAST_SIDE:
            raise CannotDraw(Undrawable.TOO_SMALL)
        try:
            large = _square(image)
            small = large.resize((SMALL, SMALL), Image.Resampling.LANCZOS)
        except Exception as error:  # a decoder stumbles in its own way over what somebody has made up
            raise CannotDraw(Undrawable.DAMAGED) from error
    return {SMALL: _as_webp(small), LARGE: _as_webp(large)}


def _opened(content: bytes) -> Image.Image:
    """The file with its head read, and nothing else."""
    try:
        return Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CannotDraw(Undrawable.TOO_MANY_PIXELS) from error
    except Exception as error:  # likewise
        raise CannotDraw(Undrawable.NO_PICTURE) from error


def _square(image: Image.Image) -> Image.Image:
    """The middle of the first frame, upright, in the colours of screens, on white; nothing but its dots goes along."""
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    image.draft("RGB", (2 * LARGE, 2 * LARGE))  # a large JPEG is decoded smaller at once
    image.load()
    whole = image if image.mode in _SMOOTH_MODES else image.convert("RGBA")
    side = min(whole.size)
    left, top = (whole.width - side) / 2, (whole.height - side) / 2
    box = (left, top, left + side, top + side)
    square = whole.resize((LARGE, LARGE), Image.Resampling.LANCZOS, box=box, reducing_gap=3)
    square = _in_screen_colours(square, profile).convert("RGBA")
    square.getexif()[ExifTags.Base.Orientation] = orientation
    upright = ImageOps.exif_transpose(square)
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    return clean


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a picture with a broken note about how it was held is a picture all the same
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _in_screen_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Phones photograph in more colours than a page without a profile has."""
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError):
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode)
            return converted if converted is not None else image
    return image


def _as_webp(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


def main() -> None:
    """Draw the file that comes in."""
    try:
        drawn = redraw(sys.stdin.buffer.read())
        answer: dict[str, Any] = {"files": {size: base64.b64encode(file).decode() for size, file in drawn.items()}}
    except CannotDraw as error:
        answer = {"why": error.why}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
