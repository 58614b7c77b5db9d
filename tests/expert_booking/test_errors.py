from typing import Any

import pytest

from expert_booking import errors, statuses
from expert_booking.errors import BookingError, FieldProblem, InvalidRequest
from expert_booking.sentence import Sentence
from models import BookingStatus


def family(error: type[BookingError]) -> list[type[BookingError]]:
    return [error, *(member for child in error.__subclasses__() for member in family(child))]


@pytest.mark.parametrize(
    "error", [error for error in family(BookingError) if error is not InvalidRequest], ids=lambda error: error.__name__
)
def test_every_error_says_a_sentence_that_can_be_translated(error: Any) -> None:
    raised = error()

    assert isinstance(raised.args[0], Sentence)
    assert str(raised) == raised.args[0].template == error.message


def test_problems_of_a_request_are_said_one_after_another() -> None:
    name, email = Sentence("Your name is missing."), Sentence("{most} at most.", most=254)

    error = InvalidRequest([FieldProblem(field="name", message=name), FieldProblem(field="email", message=email)])

    assert str(error) == "Your name is missing. 254 at most."
    assert list(error.args[0].values.values()) == [name, email]


def test_request_without_a_named_problem_is_still_refused_in_words() -> None:
    assert str(InvalidRequest([])) == errors.InvalidRequest.message


def test_every_status_has_a_name() -> None:
    assert {status: str(name) for status, name in statuses.NAMES.items()} == {
        status: status.value for status in BookingStatus
    }
