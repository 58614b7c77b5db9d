"""Route: the description of the API in OpenAPI."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from expert_booking import __version__
from expert_booking.api import bookings, experts, health, holds, house, me, sign_in, slot_events
from expert_booking.api.error_body import ErrorBody, documented, json_error
from expert_booking.api.health import OutsideRoute

ANY_OTHER: dict[int | str, dict[str, Any]] = {
    **documented(429),
    "default": {"model": ErrorBody, "description": "any other error"},
}

DESCRIPTION = (
    "Find an expert, hold a free time, book it, and hear of every change. Times are ISO 8601 in UTC.\n\n"
    "What is somebody's own needs a bearer token: that of a sign-in (ask for a code with `POST /api/sign-in` and send "
    "it with `POST /api/sign-in/verify`), the manage token of a booking, which opens that one, an API token, "
    "which opens what its scopes say, or the admin token."
)

router = APIRouter(route_class=OutsideRoute)


@router.get("/openapi.json", include_in_schema=False)
async def openapi() -> dict[str, Any]:
    """The description, addresses as they are from outside."""
    return describe()


@cache
def describe() -> dict[str, Any]:
    """Every route of the API with its answers and errors."""
    described = APIRouter()
    for part in (experts, bookings, holds, sign_in, me, house):
        described.include_router(part.router, prefix="/api", responses=ANY_OTHER)
    described.include_router(slot_events.router, prefix="/api", responses={"default": json_error("any other error")})
    described.include_router(health.router)
    return get_openapi(
        title="Expert Booking",
        version=__version__,
        description=DESCRIPTION,
        routes=described.routes,
    )
