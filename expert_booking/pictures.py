"""Pictures of experts: an uploaded file is looked at, drawn anew as a square without what a camera wrote into it, kept.

Nothing of the file itself is kept or served: what a browser gets was drawn here, as WebP, in two sizes. A file that
is not one of a few kinds, or would take too much memory to be drawn, is refused before it is decoded; a process of its
own draws, which is ended when it takes too long.
"""

import asyncio
import base64
from hashlib import sha256
from pathlib import Path
from typing import Any

from beanie import PydanticObjectId

from expert_booking import apart, clock, closing, database, journal, redrawing
from expert_booking.actors import Actor
from expert_booking.errors import FieldProblem, InvalidRequest, TooManyRequests
from expert_booking.redrawing import Undrawable
from expert_booking.sentence import Sentence
from models import Expert, Picture

MOST_BYTES = 8 * 1024 * 1024
SMALL, LARGE = SIZES = (redrawing.SMALL, redrawing.LARGE)
MOST_WAITING = 4

TOO_LARGE = Sentence("This file is larger than {number} MB. Please choose a smaller picture.", number=8)
NO_PICTURE = Sentence("This is not a picture that we can read. Please choose a JPEG, PNG, WebP, AVIF or GIF file.")
DAMAGED = Sentence("This picture is damaged and cannot be read to its end. Please choose another one.")
TOO_MANY_PIXELS = Sentence(
    "This picture has more than {number} million pixels. Please choose a smaller one.", number=50
)
TOO_SMALL = Sentence("This picture is too small: each side needs {number} pixels or more.", number=redrawing.LEAST_SIDE)
BUSY = Sentence("Several pictures are being prepared right now. Please try again in a moment.")

WHY = {
    Undrawable.NO_PICTURE: NO_PICTURE,
    Undrawable.DAMAGED: DAMAGED,
    Undrawable.TOO_MANY_PIXELS: TOO_MANY_PIXELS,
    Undrawable.TOO_SMALL: TOO_SMALL,
}

FOLDER = "/pictures/"
_OURS = {"$gte": FOLDER, "$lt": "/pictures0"}  # what begins with it, without a regular expression
_DRAWER = Path(redrawing.__file__)
_LIMITS = apart.Limits(seconds=30.0, processor_seconds=20, memory_bytes=2 << 30)
_drawing = asyncio.Semaphore(1)
_waiting = 0


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
        async with _drawing:
            return await redraw(content)
    finally:
        _waiting -= 1


async def redraw(content: bytes) -> dict[int, bytes]:
    """A file as square pictures of the house's own, by size; usually takes less than half a second.

    Raises:
        InvalidRequest
    """
    answer = await apart.ask(_DRAWER, file=content, limits=_LIMITS)
    if "files" not in answer:
        raise refusal(WHY[Undrawable(answer.get("why", Undrawable.DAMAGED))])
    return {int(size): base64.b64decode(file) for size, file in answer["files"].items()}


def refusal(message: Sentence) -> InvalidRequest:
    """What stands against a file."""
    return InvalidRequest([FieldProblem(field="picture", message=message)])
