"""Route: the figures of this process, for whoever has the token; and the count of answers that were no answers."""

import ipaddress
from http import HTTPStatus

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expert_booking import metrics
from expert_booking.access import is_same_token
from expert_booking.api.callers import SentToken
from expert_booking.api.error_body import ErrorBody, answer
from expert_booking.api.errors import HEADERS, status_of
from expert_booking.api.health import OutsideRoute
from expert_booking.errors import NotAllowed, ProofMissing, ProofRefused
from expert_booking.settings import Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
NO_ROUTE = "none"


def routes(settings: Settings) -> APIRouter:
    """`GET /metrics`, kept from the world as the settings say."""
    router = APIRouter(route_class=OutsideRoute, include_in_schema=False)

    @router.get("/metrics")
    async def figures(request: Request, token: SentToken) -> Response:
        try:
            _check(request, token, settings)
        except NotAllowed as error:
            status = status_of(error)
            return answer(status, ErrorBody.of(error), headers=HEADERS.get(status))
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router


def _check(request: Request, token: str | None, settings: Settings) -> None:
    """Let in whoever has the token; where none is set, the developer in front of the machine.

    Raises:
        ProofMissing, ProofRefused
    """
    if settings.metrics_token is not None:
        if token is None:
            raise ProofMissing("This needs the metrics token.")
        if not is_same_token(token, settings.metrics_token):
            raise ProofRefused
    elif settings.is_production or not _is_from_here(request):
        raise ProofRefused("This needs the metrics token, and no METRICS_TOKEN is set here.")


def _is_from_here(request: Request) -> bool:
    """Whether the request came from this machine, and not by a proxy on it."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class CountServerErrors:
    """Counts answers with 5xx by the route as it is declared, never by the address that was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = HTTPStatus.INTERNAL_SERVER_ERROR  # what is outside of here answers so
            raise
        finally:
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                metrics.server_error(_route(scope), status)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    within = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
    return NO_ROUTE if route is None else f"{within}{route.path}"
