"""Routes for whoever watches the process: does it live, and can it work?"""

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from expert_booking import closing, database
from expert_booking.api.error_body import ErrorBody, answer, documented
from expert_booking.api.errors import http_error
from expert_booking.api.shape import Shape
from expert_booking.errors import DatabaseUnavailable


class OutsideRoute(APIRoute):
    """A route beside the pages: a wrong method is answered as in the API, not with a page."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route, or say why not."""
        try:
            await super().handle(scope, receive, send)
        except HTTPException as error:
            await http_error(error)(scope, receive, send)


LATER = {"Retry-After": "3"}

CLOSING = ErrorBody(error="closing", message="This process is about to end. Another one answers, or it is back soon.")

router = APIRouter(tags=["health"], route_class=OutsideRoute)


class HealthShape(Shape):
    """One word on how the process is."""

    status: str


@router.get("/healthz")
async def is_alive() -> HealthShape:
    """The process lives; nothing else is asked."""
    return HealthShape(status="ok")


@router.get("/readyz", response_model=HealthShape, responses=documented(503))
async def is_ready() -> HealthShape | Response:
    """The database answers and the process is not about to end, so that requests can be served."""
    if closing.is_closing():
        return answer(503, CLOSING, headers=LATER)
    if await database.is_reachable():
        return HealthShape(status="ready")
    return answer(503, ErrorBody.of(DatabaseUnavailable()), headers=LATER)
