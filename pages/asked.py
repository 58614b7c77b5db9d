"""What scripts of the pages ask for by requests of their own: a little JSON in, an answer in the visitor's words out.

Whether it was a page of the house that asked is seen to at the door (`armour`).
"""

import json
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from expert_booking import errors
from expert_booking.errors import BookingError, InvalidRequest, TooManyRequests
from pages import problems, visitor
from pages.reader import Reader

LONGEST_BODY = 4096

STATUSES: dict[type[BookingError], int] = {
    errors.InvalidRequest: 422,
    errors.SignInNeeded: 401,
    errors.CodeRefused: 401,
    errors.NotAllowed: 403,
    errors.TooManyRequests: 429,
    errors.DatabaseUnavailable: 503,
    errors.BookingError: 400,
}
"""By the class itself or, where that is not listed, the nearest above it."""

Sent = dict[str, str]
Handler = Callable[[Request, Sent, Reader], Awaitable[Response]]


def answered(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A route that hands on what was sent, and says in the visitor's language what stands against it."""

    async def answer_request(request: Request) -> Response:
        reader = visitor.reader_of(request)
        try:
            return await handler(request, await _read(request), reader)
        except Exception as error:
            return refusal(problems.as_booking_error(error), reader)

    return answer_request


def answer(content: dict[str, Any], status: int = 200, *, headers: dict[str, str] | None = None) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, headers={"Cache-Control": "no-store", **(headers or {})})


def refusal(error: BookingError, reader: Reader) -> Response:
    """What stands against it; `field` is the one that it is about, if it is about one."""
    status = next(STATUSES[ancestor] for ancestor in type(error).__mro__ if ancestor in STATUSES)
    body = {"error": error.code, "message": reader.say(error.args[0])}
    headers = {}
    if isinstance(error, InvalidRequest) and error.problems:
        body["field"] = error.problems[0].field
    elif isinstance(error, TooManyRequests):
        body["message"] = _wait(error.retry_after_seconds, reader)
        headers["Retry-After"] = str(error.retry_after_seconds)
    return answer(body, status, headers=headers)


def _wait(seconds: int, reader: Reader) -> str:
    if seconds < 90:
        return reader.say_many(
            "That was a lot at once. Please wait {number} second and try again.",
            "That was a lot at once. Please wait {number} seconds and try again.",
            seconds,
        )
    return reader.say_many(
        "That was a lot at once. Please wait {number} minute and try again.",
        "That was a lot at once. Please wait {number} minutes and try again.",
        ceil(seconds / 60),
    )


async def _read(request: Request) -> Sent:
    """The strings in a body by their names; what is larger than any page sends, or no JSON, is as good as nothing."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {name: text for name, text in given.items() if isinstance(text, str)} if isinstance(given, dict) else {}
