"""What an error looks like on the wire."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

from pydantic import Field
from starlette.responses import JSONResponse

from expert_booking.api.shape import Shape
from expert_booking.api.slot_shape import SlotShape
from expert_booking.errors import BookingError, InvalidRequest


class ProblemShape(Shape):
    """What is wrong with one field."""

    field: str = Field(examples=["userEmail"])
    message: str = Field(examples=["Your e-mail address is missing."])


class ErrorBody(Shape):
    """Every error of the API: `error` is for programs and stable, `message` is for people."""

    error: str = Field(examples=["slot_already_booked"])
    message: str = Field(examples=["This time has just been taken. Please choose another one."])
    details: list[ProblemShape] = Field(default_factory=list, description="one for each field that is wrong")
    alternatives: list[SlotShape] | None = Field(
        default=None, description="when a time could not be had: the open times nearest to it"
    )

    @classmethod
    def of(cls, error: BookingError, *, alternatives: list[SlotShape] | None = None) -> Self:
        """The body that says what a domain error says."""
        problems = error.problems if isinstance(error, InvalidRequest) else []
        details = [ProblemShape(field=problem.field, message=problem.message) for problem in problems]
        return cls(error=error.code, message=str(error), details=details, alternatives=alternatives)


class _AsciiAnswer(JSONResponse):
    """JSON in pure ASCII: half a surrogate pair, echoed in a field's name, cannot be sent as UTF-8."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def answer(status: int, body: ErrorBody, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response that carries an error."""
    return _AsciiAnswer(body.model_dump(by_alias=True, exclude_none=True, mode="json"), status, headers)


def json_error(description: str) -> dict[str, Any]:
    """An error answer of a route whose success is no JSON, which the framework would take the error for too."""
    schema = {"$ref": f"#/components/schemas/{ErrorBody.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return {status: {"model": ErrorBody, "description": HTTPStatus(status).phrase} for status in statuses}
