"""Routes for whoever watches the process: does it live, and can it work?"""

from fastapi import APIRouter
from starlette.responses import Response

from expert_booking import database
from expert_booking.api.error_body import ErrorBody, answer, documented
from expert_booking.api.shape import Shape
from expert_booking.errors import DatabaseUnavailable

router = APIRouter(tags=["health"])


class HealthShape(Shape):
    """One word on how the process is."""

    status: str


@router.get("/healthz")
async def is_alive() -> HealthShape:
    """The process lives; nothing else is asked."""
    return HealthShape(status="ok")


@router.get("/readyz", response_model=HealthShape, responses=documented(503))
async def is_ready() -> HealthShape | Response:
    """The database answers, so that requests can be served."""
    if await database.is_reachable():
        return HealthShape(status="ready")
    return answer(503, ErrorBody.of(DatabaseUnavailable()), headers={"Retry-After": "3"})
