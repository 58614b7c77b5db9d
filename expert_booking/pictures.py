"""Pictures of experts: an uploaded file is looked at, drawn anew as a square without what a camera wrote into it, kept.

Nothing of the file itself is kept or served: what a browser gets was drawn here, as WebP, in two sizes. A file that
is not one of a few kinds, or would take too much memory to be drawn, is refused before it is decoded.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import Any

from beanie import PydanticObjectId
from PIL import ExifTags, Image, ImageCms, ImageOps

from expert_booking import clock, closing, database, journal
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest, TooManyRequests
from expert_booking.sentence import Sentence
from models import Expert, Picture

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
LEAST_SIDE = 64
SMALL, LARGE = SIZES = (128, 512)
"""Lengths of the sides in pixels."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
QUALITY = 82
MOST_WAITING = 4

TOO_LARGE = Sentence("This file is larger than {number} MB. Please choose a smaller picture.", number=8)
NO_PICTURE = Sentence("This is not a picture that we can read. Please choose a JPEG, PNG, WebP, AVIF or GIF file.")
DAMAGED = Sentence("This picture is damaged and cannot be read to its end. Please choose another one.")
TOO_MANY_PIXELS = Sentence(
    "This picture has more than {number} million pixels. Please choose a smaller one.", number=50
)
TOO_SMALL = Sentence("This picture is too small: each side needs {number} pixels or more.", number=LEAST_SIDE)
BUSY = Sentence("Several pictures are being prepared right now. Please try again in a moment.")

FOLDER = "/pictures/"
_OURS = {"$gte": FOLDER, "$lt": "/pictures0"}  # what begins with it, without a regular expression
_ONE_AT_A_TIME = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")
_waiting = 0

_SMOOTH_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
"""What can be made smaller as it is; all others are brought into colours first."""


@closing.finished_first
async def put(expert_id: PydanticObjectId, content: bytes, *, by: Actor) -> str:
    """Keep a file as the expert's picture instead of the one before; the address of the small one.

    Raises:
        InvalidRequest: the file is no picture, or none that the house takes; about the field "picture".
        TooManyRequests: others wait already.
    """
    files = await _redrawn(content)
    digest = sha256(files[LARGE]).hexdigest()[:32]
    kept = {
        "digest": digest,
        "files": {str(size): file for size, file in files.items()},
        "created_at": clock.now(),
    }
    await database.collection(Picture).update_one({"_id": expert_id}, {"$set": kept}, upsert=True)
    await _show(expert_id)
    await journal.write("expert.picture", by=by, expert_id=expert_id, became="another picture")
    return address_of(digest, SMALL)


@closing.finished_first
async def remove(expert_id: PydanticObjectId, *, by: Actor) -> None:
    """Keep no picture of this expert; the drawn one stands in for it."""
    result = await database.collection(Picture).delete_one({"_id": expert_id})
    await _show(expert_id)
    if result.deleted_count:
        await journal.write("expert.picture", by=by, expert_id=expert_id, became="no picture")


async def find(digest: str, size: int) -> bytes | None:
    """A picture as WebP, by what its address says; none where there is none (any more)."""
    found = await Picture.find_one({"digest": digest})
    return found.files.get(str(size)) if found is not None else None


async def large_of(expert: Expert) -> bytes | None:
    """The large picture of an expert who has one."""
    if not (expert.avatar or "").startswith(FOLDER):
        return None
    found = await Picture.find_one({"_id": expert.id})
    return found.files.get(str(LARGE)) if found is not None else None


def address_of(digest: str, size: int) -> str:
    """Where a picture is served."""
    return f"{FOLDER}{digest}-{size}.webp"


async def _show(expert_id: PydanticObjectId) -> None:
    """Bring the expert's address in step with what is kept, also when somebody else changes it at the same moment.

    A picture that somebody was given when they were imported stays until they have one of their own.
    """
    kept = await _digest_of(expert_id)
    while True:
        address = address_of(kept, SMALL) if kept is not None else None
        wanted: dict[str, Any] = {"_id": expert_id} if kept is not None else {"_id": expert_id, "avatar": _OURS}
        await database.collection(Expert).update_one(wanted, {"$set": {"avatar": address}})
        before, kept = kept, await _digest_of(expert_id)
        if kept == before:
            return


async def _digest_of(expert_id: PydanticObjectId) -> str | None:
    found = await database.collection(Picture).find_one({"_id": expert_id}, {"digest": 1})
    return found["digest"] if found is not None else None


async def _redrawn(content: bytes) -> dict[int, bytes]:
    global _waiting
    if len(content) > MOST_BYTES:
        raise refusal(TOO_LARGE)
    if _waiting >= MOST_WAITING:
        raise TooManyRequests(BUSY, retry_after_seconds=5)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, redraw, content)
    finally:
        _waiting -= 1


def redraw(content: bytes) -> dict[int, bytes]:
    """A file as square pictures of the house's own, by size; takes up to half a second, so not on the event loop.

    Raises:
        InvalidRequest
    """
    with _opened(content) as image:
        if image.width * image.height > MOST_PIXELS:
            raise refusal(TOO_MANY_PIXELS)
        if min(image.size) < LEAST_SIDE:
            raise refusal(TOO_SMALL)
        try:
            large = _square(image)
            small = large.resize((SMALL, SMALL), Image.Resampling.LANCZOS)
        except Exception as error:  # a decoder stumbles in its own way over what somebody has made up
            raise refusal(DAMAGED) from error
    return {SMALL: _as_webp(small), LARGE: _as_webp(large)}


def refusal(message: Sentence) -> InvalidRequest:
    """What stands against a file."""
    return InvalidRequest([FieldProblem(field="picture", message=message)])


def _opened(content: bytes) -> Image.Image:
    """The file with its head read, and nothing else."""
    try:
        return Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refusal(TOO_MANY_PIXELS) from error
    except Exception as error:  # likewise
        raise refusal(NO_PICTURE) from error


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
