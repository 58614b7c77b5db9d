"""How often the API may be asked: all of it together, and what matters by limits of its own."""

from typing import Any

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from expert_booking import limiting
from expert_booking.api.error_body import ErrorBody, answer
from expert_booking.errors import TooManyRequests
from expert_booking.limiting import Limit


def address_of(client: tuple[str, int] | None) -> str | None:
    """The client's address as the limits take it."""
    return client[0] if client else None


def limited(limit: Limit) -> Any:
    """A dependency of a route that counts each request, before anything else is looked at."""

    async def count(request: Request) -> None:
        await limiting.hit(limit, address_of(request.client))

    return Depends(count)


class OverallLimit:
    """Refuses whoever asks the API too often, whatever they ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                await limiting.hit(Limit.OVERALL, address_of(scope.get("client")))
            except TooManyRequests as error:
                headers = {"Retry-After": str(error.retry_after_seconds)}
                await answer(429, ErrorBody.of(error), headers=headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)
