"""Routes: experts, and the times they have."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

from expert_booking import availability, clock, experts
from expert_booking.api.error_body import documented
from expert_booking.api.expert_shapes import CategoryShape, ExpertDetailShape, ExpertListShape, ExpertShape
from expert_booking.errors import ExpertNotFound
from expert_booking.experts import PAGE_SIZE, SortOrder
from models import Expert

LARGEST_PAGE = 50
LAST_PAGE = 1_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2200
OPEN_BEFORE = "only experts with a slot that can be booked and starts before this moment, ISO 8601 with its zone"

router = APIRouter(tags=["experts"], responses=documented(503))


async def expert_of_path(expert_id: str) -> Expert:
    """The expert that the address names; what cannot be an id is nobody's."""
    return await experts.shown(experts.parse_id(expert_id, missing=ExpertNotFound))


def _written_out(text: object) -> object:
    """Pydantic would read a bare number as seconds since 1970, which nobody has promised."""
    if isinstance(text, str) and "-" not in text[1:]:
        raise PydanticKnownError("datetime_parsing", {"error": "not ISO 8601"})
    return text


def _meant(moment: datetime) -> datetime:
    """What somebody may mean; beside the ends of the calendar there is no room to count in."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("moment_too_far", "too far away", {"first": FIRST_YEAR, "last": LAST_YEAR})
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_meant)]
ExpertOfPath = Annotated[Expert, Depends(expert_of_path)]


@router.get("/experts", responses=documented(422))
async def list_experts(
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
    search: Annotated[str, Query(max_length=120, description="words that words of the name begin with")] = "",
    category: Annotated[str, Query(max_length=60, description="exact; blank for all")] = "",
    sort: SortOrder = SortOrder.RATING,
    open_before: Annotated[Moment | None, Query(alias="openBefore", description=OPEN_BEFORE)] = None,
) -> ExpertListShape:
    """A page of the experts that match; a page past the end is empty."""
    found = await experts.find(
        page=page, limit=limit, search=search, category=category or None, sort=sort, open_before=open_before
    )
    times = await availability.open_times([expert.id for expert in found.experts])
    shapes = [ExpertShape.of(expert, times[expert.id]) for expert in found.experts]
    return ExpertListShape(experts=shapes, page=found.page, pages=found.pages, total=found.total)


@router.get("/categories")
async def list_categories() -> list[CategoryShape]:
    """The categories in alphabetical order."""
    counts = await experts.categories()
    return [CategoryShape(category=category, experts=count) for category, count in counts.items()]


@router.get("/experts/{expert_id}", responses=documented(404))
async def show_expert(expert: ExpertOfPath) -> ExpertDetailShape:
    """An expert and the slots that are still ahead."""
    times = await availability.open_times([expert.id])
    slots = await availability.slots_of(expert.id, after=clock.now())
    return ExpertDetailShape.told(expert, times[expert.id], slots)
