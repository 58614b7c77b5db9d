import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from expert_booking.api.body_limit import MOST_BYTES
from expert_booking.api.booking_shapes import BookingRequest
from expert_booking.api.error_body import ErrorBody, answer
from expert_booking.api.problems import MOST_PROBLEMS, problems_of
from expert_booking.errors import InvalidRequest
from models import Booking, Expert, TimeSlot
from tests.api.conftest import ALICE, asks_for

JSON = {"Content-Type": "application/json"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*ALICE, "slotId", "country", "holdToken"]) | st.text(st.characters())


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": 1} x',
        b'{"a": "\xff"}',
        b"\xff\xfe{",
        b"\x00",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"nul",
        b"1" * 5000,
    ],
)
async def test_what_is_not_json_is_a_bad_request(client: httpx.AsyncClient, expert: Expert, body: bytes) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", content=body, headers=JSON)

    assert (response.status_code, response.json()["error"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"[1, 2]", b'"text"', b"7", b"null", b"true", b"1e400", b"NaN", b"-Infinity", b'"\\ud800"', b"{}"],
)
async def test_what_is_not_the_object_is_refused(client: httpx.AsyncClient, expert: Expert, body: bytes) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", content=body, headers=JSON)

    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")
    assert response.json()["details"]


@pytest.mark.parametrize("value", ["1e400", "NaN", "-1e400", "1" * 400, "[" * 90 + "]" * 90, '"\\ud83d"', '"\\u0000"'])
@pytest.mark.parametrize("field", ["userName", "notes", "slotId", "more"])
async def test_strange_values_are_refused_in_every_field(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, field: str, value: str
) -> None:
    body = json.dumps({**asks_for(slot), field: "HERE"}).replace('"HERE"', value)

    response = await client.post(f"/api/experts/{expert.id}/book", content=body, headers=JSON)

    assert response.status_code in (404, 422)
    assert await Booking.count() == 0


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "image/png", "json", "\x00", None],
)
async def test_another_content_type_is_refused(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    response = await client.post(f"/api/experts/{expert.id}/book", content=json.dumps(asks_for(slot)), headers=headers)

    assert response.status_code == 422
    assert response.json()["message"] == "The body must be a JSON object, sent as application/json."


async def test_many_unknown_fields_are_answered_briefly(client: httpx.AsyncClient, expert: Expert) -> None:
    body = {f"{number}" * 20: number for number in range(1000)}

    response = await client.post(f"/api/experts/{expert.id}/book", json=body)

    assert response.status_code == 422
    assert len(response.json()["details"]) == MOST_PROBLEMS


async def in_pieces(total: int) -> AsyncIterator[bytes]:
    """A body whose length nobody announces."""
    yield b'{"notes": "'
    for _ in range(total // 1024):
        yield b"x" * 1024
    yield b'"}'


async def test_large_body_is_refused_by_its_announced_length(client: httpx.AsyncClient, expert: Expert) -> None:
    body = json.dumps({"notes": "x" * MOST_BYTES})

    response = await client.post(f"/api/experts/{expert.id}/book", content=body, headers=JSON)

    assert (response.status_code, response.json()["error"]) == (413, "body_too_large")


async def test_large_body_is_refused_as_it_comes_in(client: httpx.AsyncClient, expert: Expert) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", content=in_pieces(MOST_BYTES), headers=JSON)

    assert (response.status_code, response.json()["error"]) == (413, "body_too_large")


async def test_body_up_to_the_limit_is_read(client: httpx.AsyncClient, expert: Expert, slot: TimeSlot) -> None:
    body = json.dumps(asks_for(slot))

    response = await client.post(
        f"/api/experts/{expert.id}/book", content=body + " " * (MOST_BYTES - len(body)), headers=JSON
    )

    assert response.status_code == 201


@given(st.dictionaries(fields, anything) | anything)
def test_any_json_is_either_right_or_explained(body: object) -> None:
    try:
        request = BookingRequest.model_validate(body)
    except ValidationError as error:
        problems = problems_of(error.errors())
        assert problems
        assert answer(422, ErrorBody.of(InvalidRequest(problems))).body
    else:
        assert request.customer
