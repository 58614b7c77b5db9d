"""What validation found wrong, field by field, in sentences."""

from collections.abc import Sequence
from typing import Any

from expert_booking.errors import FieldProblem
from expert_booking.sentence import Sentence

MOST_PROBLEMS = 30
LONGEST_FIELD = 60

_NOT_A_WHOLE_NUMBER = "{field} must be a whole number."
_NOT_A_MOMENT = "{field} must be a moment with its zone, such as 2026-11-23T00:00:00Z (write + as %2B)."
_NOT_AN_OBJECT = "The body must be a JSON object, sent as application/json."

SENTENCES = {
    "missing": "{field} is missing.",
    "extra_forbidden": "{field} is not a field of this request.",
    "string_type": "{field} must be text.",
    "string_unicode": "{field} is not text that can be stored.",
    "string_too_short": "{field} must not be empty.",  # no field asks for more than one character
    "string_too_long": "{field} must have at most {max_length} characters.",
    "string_pattern_mismatch": "{field} does not have the right form.",
    "int_type": _NOT_A_WHOLE_NUMBER,
    "int_parsing": _NOT_A_WHOLE_NUMBER,
    "int_parsing_size": _NOT_A_WHOLE_NUMBER,
    "int_from_float": _NOT_A_WHOLE_NUMBER,
    "greater_than_equal": "{field} must be at least {ge}.",
    "less_than_equal": "{field} must be at most {le}.",
    "datetime_parsing": _NOT_A_MOMENT,
    "datetime_from_date_parsing": _NOT_A_MOMENT,
    "datetime_object_invalid": _NOT_A_MOMENT,
    "timezone_aware": _NOT_A_MOMENT,
    "moment_too_far": "{field} must be in one of the years {first} to {last}.",
    "enum": "{field} must be {expected}.",
    "value_error": "{error}",
    "model_type": _NOT_AN_OBJECT,
    "model_attributes_type": _NOT_AN_OBJECT,
    "dict_type": _NOT_AN_OBJECT,
}
"""What a person is told instead of pydantic's sentences; any other kind of problem is "not right"."""


def problems_of(found: Sequence[Any]) -> list[FieldProblem]:
    """One problem for each of pydantic's, the first few of them when somebody sends very many."""
    return [_problem(details) for details in found[:MOST_PROBLEMS]]


def _problem(details: dict[str, Any]) -> FieldProblem:
    field = _field(details["loc"])
    template = SENTENCES.get(details["type"], "{field} is not right.")
    return FieldProblem(field=field, message=Sentence(template, field=field, **details.get("ctx", {})))


def _field(location: tuple[str | int, ...]) -> str:
    """The name in the request: what comes after "body", "query" or "header", or that word when nothing does."""
    return ".".join(str(part) for part in location[1:] or location)[:LONGEST_FIELD]
