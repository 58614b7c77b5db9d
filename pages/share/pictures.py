"""Where the pictures are: the addresses stay, and what is behind the question mark changes with what is drawn."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from expert_booking import experts
from expert_booking import pictures as portraits
from expert_booking.errors import ExpertNotFound
from expert_booking.sentence import Sentence
from models import Expert
from pages import languages, problems, theme
from pages.components import avatar
from pages.reader import Reader
from pages.share import answer, picture
from pages.share.studio import Studio, StudioBusy

PROMISE = Sentence("The right hour with the right expert.")
LEAD = Sentence("Every free time you see is free right now. Take one, and everyone else sees it go.")
PNG = "image/png"
RETRY_SECONDS = 5

router = APIRouter(include_in_schema=False)
studio = Studio()

_DRAWN_BY = (*sorted(Path(__file__).parent.glob("*.py")), Path(theme.__file__), Path(avatar.__file__))
_EDITION = answer.tag(b"".join(file.read_bytes() for file in _DRAWN_BY))


def path_of(expert: Expert) -> str:
    """Where an expert's picture is, with its version."""
    return f"/share/experts/{expert.id}.png?{_version(expert)}"


def path_of_house(reader: Reader) -> str:
    """Where the picture of the house is in the reader's language, with its version."""
    return f"/share/house/{reader.language}.png?{_version_of_house(reader)}"


@router.get("/share/experts/{expert_id}.png")
async def expert_picture(request: Request, expert_id: str) -> Response:
    """An expert's picture."""
    try:
        expert = await experts.shown(experts.parse_id(expert_id, missing=ExpertNotFound))
        portrait = await portraits.large_of(expert)
    except Exception as error:
        is_missing = isinstance(problems.as_booking_error(error), ExpertNotFound)
        return answer.nothing() if is_missing else answer.later(RETRY_SECONDS)
    version = _version(expert)
    draw = partial(picture.of_expert, expert, portrait)
    return await drawn(request, f"{expert.id} {version}", draw, version=version)


@router.get("/share/house/{language}.png")
async def house_picture(request: Request, language: str) -> Response:
    """The picture of the house, in one of its languages."""
    if language not in languages.NAMES:
        return answer.nothing()
    reader = Reader(zone=ZoneInfo("UTC"), language=language)
    version = _version_of_house(reader)
    draw = partial(picture.of_house, reader.say(PROMISE), reader.say(LEAD))
    return await drawn(request, f"house {language}", draw, version=version)


async def drawn(request: Request, key: str, draw: Callable[[], bytes], *, version: str) -> Response:
    """What the studio draws or has drawn, or else when to come again."""
    try:
        content = await studio.picture(key, draw)
    except StudioBusy:
        return answer.later(RETRY_SECONDS)
    return answer.kept(request, content, PNG, version=version)


def _version(expert: Expert) -> str:
    shown = (_EDITION, expert.name, expert.category, expert.headline, f"{expert.rating:.1f}", expert.avatar)
    return answer.tag(repr(shown).encode())


def _version_of_house(reader: Reader) -> str:
    return answer.tag(repr((_EDITION, reader.say(PROMISE), reader.say(LEAD))).encode())
