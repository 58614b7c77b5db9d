"""Every error is an answer: one body, the right status, and no word about the inside of the house."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from expert_booking import database, errors
from expert_booking.api.error_body import ErrorBody, answer
from expert_booking.api.offers import SlotRefused
from expert_booking.api.problems import problems_of

STATUSES: dict[type[errors.BookingError], int] = {
    errors.InvalidRequest: 422,
    errors.NotFound: 404,
    errors.SlotUnavailable: 409,
    errors.IllegalTransition: 409,
    errors.HoursChanged: 409,
    errors.FetchRefused: 422,
    errors.CalendarUnreadable: 422,
    errors.IdempotencyKeyReused: 422,
    errors.ProofMissing: 401,
    errors.SignInNeeded: 401,
    errors.TooManyRequests: 429,
    errors.NotAllowed: 403,
    errors.DatabaseUnavailable: 503,
    errors.BookingError: 400,
}
"""By the class itself or, where that is not listed, the nearest above it."""

HOW_TO_SIGN_IN = (
    "This needs a sign-in. Ask for a code with POST /api/sign-in, send it with POST /api/sign-in/verify, "
    "and send the token that you get as Authorization: Bearer."
)
"""What `SignInNeeded` says to a program, unless something else is to be said."""

HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "3"}}

UNREADABLE = ErrorBody(error="malformed_json", message="The body could not be read as JSON.")

OF_THE_FRAMEWORK = {
    400: UNREADABLE,
    404: ErrorBody(error="not_found", message="There is nothing at this address."),
    405: ErrorBody(error="method_not_allowed", message="This address does not take this method."),
}
"""What is said in place of the framework's own words."""

CODES = {413: "body_too_large", 429: "too_many_requests"}


def answer_errors(api: FastAPI) -> None:
    """Let every foreseen error of an application become an `ErrorBody`."""
    api.add_exception_handler(errors.BookingError, _booking_error)
    api.add_exception_handler(SlotRefused, _slot_refused)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    api.add_exception_handler(HTTPException, _http_error)
    for error in (*database.CONNECTION_ERRORS, database.OperationFailure):
        api.add_exception_handler(error, _database_unavailable)


def status_of(error: errors.BookingError) -> int:
    """The HTTP status that says what this error says."""
    return next(STATUSES[ancestor] for ancestor in type(error).__mro__ if ancestor in STATUSES)


async def _booking_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.BookingError)
    return _say(error)


async def _slot_refused(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, SlotRefused)
    return _say(refused.error, alternatives=refused.alternatives)


async def _database_unavailable(_request: Request, error: Exception) -> Response:
    if not database.cannot_answer(error):
        raise error
    return _say(errors.DatabaseUnavailable())


async def _invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(problem["type"] == "json_invalid" for problem in error.errors()):
        return answer(400, UNREADABLE)
    return _say(errors.InvalidRequest(problems_of(error.errors())))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answered = http_error(error)
    if error.status_code == 405:
        answered.headers["Allow"] = ", ".join(_methods_at(request))
    return answered


def _methods_at(request: Request) -> list[str]:
    """All methods that an address takes; the framework names those of the first route that it finds there."""
    there = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in there for method in route.methods})


def http_error(error: HTTPException) -> Response:
    """The framework's refusals, in the API's words."""
    body = OF_THE_FRAMEWORK.get(error.status_code) or ErrorBody(
        error=CODES.get(error.status_code, "http_error"), message=str(error.detail)
    )
    return answer(error.status_code, body, headers=error.headers)


def _say(error: errors.BookingError, **more: Any) -> Response:
    status = status_of(error)
    headers: Mapping[str, str] | None = HEADERS.get(status)
    if isinstance(error, errors.TooManyRequests):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, errors.SignInNeeded) and str(error) == errors.SignInNeeded.message:
        error = errors.SignInNeeded(HOW_TO_SIGN_IN)
    return answer(status, ErrorBody.of(error, **more), headers=headers)
