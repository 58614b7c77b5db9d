"""The JSON API: the original application's routes, in its words, with what it lacked."""

import re

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware
from starlette.routing import Mount

from expert_booking import metrics
from expert_booking.api import bookings, description, experts, figures, health, holds, house, me, sign_in, slot_events
from expert_booking.api.body_limit import BodyLimit
from expert_booking.api.errors import answer_errors
from expert_booking.api.figures import CountServerErrors
from expert_booking.api.head import AnswerHead
from expert_booking.api.last_resort import LastResort
from expert_booking.api.limits import OverallLimit
from expert_booking.api.retry_after import SayWhen
from expert_booking.api.slot_events import end_streams
from expert_booking.settings import Settings

__all__ = ["AnswerHead", "CountServerErrors", "SayWhen", "end_streams", "install"]


def install(app: FastAPI, settings: Settings) -> None:
    """Mount the API under /api, and /healthz, /readyz, /metrics and /openapi.json beside it.

    The API is an application of its own, so that its errors, limits and cross-origin rules touch no page of `app`.
    Installing it again, with other settings perhaps, puts the new one in the place of the old.
    """
    present = [route for route in app.router.routes if route not in getattr(app.state, "json_api", ())]
    app.router.routes[:] = present
    mounted = Mount("/api", _application(settings))
    mounted.path_regex = re.compile(mounted.path_regex.pattern, re.DOTALL)  # a line break leads to no page either
    app.router.routes.append(mounted)
    app.include_router(health.router)
    app.include_router(figures.routes(settings))
    app.include_router(description.router)
    app.state.json_api = app.router.routes[len(present) :]
    metrics.count_viewers("event streams", slot_events.readers)


def _application(settings: Settings) -> FastAPI:
    api = FastAPI(openapi_url=None, redirect_slashes=False, middleware=_middleware(settings))
    api.state.settings = settings
    answer_errors(api)
    parts = (experts, bookings, holds, sign_in, me, house, slot_events)
    for part in parts:
        api.include_router(part.router)
    api.state.routes = [route for part in parts for route in part.router.routes]
    return api


def _middleware(settings: Settings) -> list[Middleware]:
    """Outermost first: other origins must be able to read errors too."""
    inner = [Middleware(OverallLimit), Middleware(LastResort), Middleware(BodyLimit)]
    if not settings.cors_origins:
        return inner
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Hold-Token", "Idempotency-Key"],
        expose_headers=["Retry-After", "WWW-Authenticate"],
    )
    return [cors, *inner]
