"""Signing in over HTTP; what a code can and cannot do is held by tests/expert_booking/test_sign_in.py."""

import asyncio

import httpx
import pytest

from expert_booking import people, sign_in
from models import Message, SignIn, TimeSlot
from tests.api.conftest import Book, code_for
from tests.api.conftest import SignIn as SignInAs
from tests.conftest import MakeExpert

ALICE = "alice@example.com"


async def verify(client: httpx.AsyncClient, code: str, *, email: str = ALICE) -> httpx.Response:
    return await client.post("/api/sign-in/verify", json={"email": email, "code": code})


async def test_sign_in_tells_who_one_is(client: httpx.AsyncClient, make_expert: MakeExpert) -> None:
    await make_expert(email=ALICE, email_key=ALICE)
    people.use((ALICE,))
    await client.post("/api/sign-in", json={"email": "ALICE@Example.com", "language": "de"})

    response = await verify(client, await code_for("ALICE@example.com"))

    body = response.json()
    assert (body["email"], body["roles"]) == ("ALICE@example.com", ["administrator", "customer", "expert"])
    assert response.headers["cache-control"] == "no-store"
    assert (await Message.find_one({})).language == "de"  # type: ignore[union-attr]  # it was just sent


async def test_answer_is_the_same_for_addresses_that_are_known_and_not(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, make_expert: MakeExpert
) -> None:
    await book(slot)
    await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    people.use(("house@example.com",))
    addresses = (ALICE, "tom@example.com", "house@example.com", "nobody@example.com", "x@nowhere.example")

    answers = [await client.post("/api/sign-in", json={"email": email}) for email in addresses]

    assert [answer.status_code for answer in answers] == [202] * 5
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


async def test_asking_reads_nothing_about_the_address(
    client: httpx.AsyncClient, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it takes the same time: who somebody is, is looked up after the proof only."""

    async def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(people, "of_address", never)

    assert (await client.post("/api/sign-in", json={"email": ALICE})).status_code == 202
    assert (await verify(client, "000000")).status_code == 403


async def test_too_many_codes_are_refused_alike(client: httpx.AsyncClient, slot: TimeSlot, book: Book) -> None:
    await book(slot)
    answers = []
    for email in (ALICE, "nobody@example.com"):
        for _ in range(sign_in.MOST_CODES_AN_HOUR):
            assert (await client.post("/api/sign-in", json={"email": email})).status_code == 202
        answers.append(await client.post("/api/sign-in", json={"email": email}))

    assert [answer.status_code for answer in answers] == [429, 429]
    assert {answer.json()["error"] for answer in answers} == {"too_many_requests"}
    assert len({answer.content for answer in answers}) == 1
    assert all(0 < int(answer.headers["retry-after"]) <= 3600 for answer in answers)


@pytest.mark.parametrize("code", ["000000x", "x", "½"])
async def test_wrong_code_is_refused(client: httpx.AsyncClient, connected: None, code: str) -> None:
    await client.post("/api/sign-in", json={"email": ALICE})

    response = await verify(client, code)

    assert (response.status_code, response.json()["error"]) == (403, "code_refused")


async def test_twenty_at_once_are_one_sign_in(client: httpx.AsyncClient, connected: None) -> None:
    await client.post("/api/sign-in", json={"email": ALICE})
    code = await code_for(ALICE)

    answers = await asyncio.gather(*(verify(client, code) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 19
    assert await SignIn.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "alice"}, "email"),
        ({"email": ["alice@example.com"]}, "email"),
        ({"email": {"$gt": ""}}, "email"),
        ({"email": "alice@example.com\r\nBcc: bob@example.com"}, "email"),
        ({"email": ALICE, "language": "../../etc"}, "language"),
        ({"email": ALICE, "to": "bob@example.com"}, "to"),
    ],
)
async def test_what_is_no_address_gets_no_code(
    client: httpx.AsyncClient, connected: None, body: object, field: str
) -> None:
    response = await client.post("/api/sign-in", json=body)

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["details"]] == [field]
    assert await Message.count() == 0


@pytest.mark.parametrize("code", [None, "", "1" * 41, 123456, ["123456"], {"$ne": ""}])
async def test_what_is_no_code_is_told(client: httpx.AsyncClient, connected: None, code: object) -> None:
    response = await client.post("/api/sign-in/verify", json={"email": ALICE, "code": code})

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["details"]] == ["code"]


async def test_signing_out_ends_this_sign_in_and_no_other(
    client: httpx.AsyncClient, connected: None, sign_in_as: SignInAs
) -> None:
    here, elsewhere = await sign_in_as(ALICE), await sign_in_as(ALICE)

    out = [(await client.post("/api/sign-out", headers=headers)).status_code for headers in (here, here, {})]

    assert out == [204, 401, 401]
    assert (await client.get("/api/bookings", headers=here)).status_code == 401
    assert (await client.get("/api/bookings", headers=elsewhere)).status_code == 200
