"""The API as a client meets it: every answer in every test is held against the description."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from expert_booking import access, api, people, sign_in
from expert_booking.api.description import describe
from expert_booking.api.shape import Shape
from expert_booking.settings import Settings
from models import Expert, Message, MessageKind, TimeSlot

ADMIN_TOKEN = "the-admin-token-of-these-tests-and-no-other"
AS_ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
NOBODY = "6998151da2703c790995027d"
"""An id that nothing has."""

ALICE = {"userName": "Alice", "userEmail": "alice@example.com", "userPhone": "+44 20 7946 0958", "notes": ""}

AnyBooking = dict[str, Any]
Book = Callable[..., Awaitable[AnyBooking]]
Headers = dict[str, str]
SignIn = Callable[[str], Awaitable[Headers]]


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, admin_token=ADMIN_TOKEN)


@pytest.fixture(autouse=True)
def closed_house() -> Iterator[None]:
    """Every test begins and ends with a house in which nobody runs anything and whoever comes has to sign in."""
    sign_in.use("the secret of these tests")
    yield
    access.use(email_verification="on")
    people.use(())


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with the API beside a page of its own."""
    app = FastAPI(openapi_url=None)
    api.install(app, settings)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who uses the API and checks that it answers as described."""
    async with client_of(app) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    hooks = {"response": [as_described]}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://booking.test", event_hooks=hooks)


async def as_described(response: httpx.Response) -> None:
    """The status is one that the route documents, and the body has exactly the documented fields."""
    await response.aread()
    operation = operation_of(response.request)
    if operation is None:
        return
    answers = operation["responses"]
    documented = answers.get(str(response.status_code))
    if documented is None:
        assert response.status_code == 500, f"{response.request.url.path} does not document {response.status_code}"
        documented = answers["default"]
    if content := documented.get("content"):
        assert response.headers["content-type"] == "application/json"
        TypeAdapter(type_of(content["application/json"]["schema"])).validate_json(response.content)
    else:
        assert response.content == b""


def operation_of(request: httpx.Request) -> dict[str, Any] | None:
    for template, operations in describe()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+}", "[^/]+", template), request.url.path):
            operation: dict[str, Any] | None = operations.get(request.method.lower())
            return operation
    return None


def type_of(schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return list[type_of(schema["items"])]  # type: ignore[misc]  # the type is known when the test runs
    name = schema["$ref"].rpartition("/")[2]
    return next(shape for shape in shapes(Shape) if shape.__name__ == name)


def shapes(shape: type[Shape]) -> Iterator[type[Shape]]:
    yield shape
    for special in shape.__subclasses__():
        yield from shapes(special)


def asks_for(slot: TimeSlot, **details: Any) -> dict[str, Any]:
    """A body with which Alice books a slot; anything in it can be given."""
    return {"slotId": str(slot.id), **ALICE, **details}


def escaped(body: object) -> dict[str, Any]:
    """A body as pure ASCII JSON, in which half a surrogate pair can be sent too."""
    return {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}


@pytest.fixture
def book(client: httpx.AsyncClient, expert: Expert) -> Book:
    """Books a slot through the API."""

    async def book(slot: TimeSlot, **details: Any) -> AnyBooking:
        response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot, **details))
        assert response.status_code == 201, response.text
        made: AnyBooking = response.json()
        return made

    return book


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def code_for(email: str) -> str:
    """The code that was sent to an address last."""
    sent = Message.find({"kind": MessageKind.SIGN_IN_CODE, "to": email})
    message = await sent.sort("-created_at").first_or_none()
    assert message is not None
    return sign_in.code_of(message.nonce)


@pytest.fixture
def sign_in_as(client: httpx.AsyncClient) -> SignIn:
    """Signs somebody in as they would themselves; the headers that say who they are."""

    async def sign_in_as(email: str) -> Headers:
        asked = await client.post("/api/sign-in", json={"email": email})
        assert asked.status_code == 202, asked.text
        response = await client.post("/api/sign-in/verify", json={"email": email, "code": await code_for(email)})
        assert response.status_code == 200, response.text
        return bearing(response.json()["token"])

    return sign_in_as
