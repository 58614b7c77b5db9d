import httpx
import pytest
from beanie import PydanticObjectId

from expert_booking import access, bookings, people
from models import Booking, Expert, TimeSlot
from tests.api.conftest import ADMIN_TOKEN, AS_ADMIN, NOBODY, AnyBooking, Book, Headers, SignIn, bearing
from tests.conftest import MakeSlot, stored

GARBAGE_IDS = [
    "x",
    NOBODY,
    "z" * 24,
    "%00",
    "1" * 5000,
    "..%2f..",
    "%ED%A0%80",
    "null",
    "{}",
    "6998151DA2703C790995027",
]


@pytest.fixture
async def pending(book: Book, slot: TimeSlot) -> AnyBooking:
    return await book(slot)


@pytest.fixture
async def completed(pending: AnyBooking) -> AnyBooking:
    await bookings.complete(PydanticObjectId(pending["_id"]))
    return pending


def address(booking: AnyBooking) -> str:
    return f"/api/bookings/{booking['_id']}"


async def test_list_is_newest_first_without_manage_tokens(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, book: Book, sign_in_as: SignIn
) -> None:
    first = await book(await make_slot(expert, hours=24))
    second = await book(await make_slot(expert, hours=25), userEmail="ALICE@example.com")
    await book(await make_slot(expert, hours=26), userEmail="bob@example.com")
    alice = await sign_in_as("alice@example.com")

    response = await client.get("/api/bookings", headers=alice)
    named = await client.get("/api/bookings", params={"email": "Alice@Example.com"}, headers=alice)

    assert [booking["_id"] for booking in response.json()] == [second["_id"], first["_id"]]
    assert named.json() == response.json()
    assert response.json()[0]["expert"] == {"_id": str(expert.id), "name": "Sarah Johnson", "category": "Technology"}
    assert first["manageToken"] not in response.text
    assert "manageToken" not in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_list_outlives_the_expert(
    client: httpx.AsyncClient, expert: Expert, pending: AnyBooking, sign_in_as: SignIn
) -> None:
    await expert.delete()

    answer = (await client.get("/api/bookings", headers=await sign_in_as("alice@example.com"))).json()

    assert [(booking["expert"], booking["expertName"], booking["timeZone"]) for booking in answer] == [
        (None, None, "UTC")
    ]


async def test_list_of_a_stranger_is_empty(client: httpx.AsyncClient, connected: None, sign_in_as: SignIn) -> None:
    response = await client.get("/api/bookings", headers=await sign_in_as("nobody@example.com"))

    assert response.json() == []


async def test_list_of_an_address_needs_proof_of_it(
    client: httpx.AsyncClient, pending: AnyBooking, sign_in_as: SignIn
) -> None:
    bob = await sign_in_as("bob@example.com")
    attempts: list[Headers] = [{}, bob, bearing("wrong"), bearing(pending["manageToken"]), {"Authorization": "Basic x"}]

    for email in ("alice@example.com", "nobody@example.com"):
        answers = [await client.get("/api/bookings", params={"email": email}, headers=headers) for headers in attempts]
        assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(401, "sign_in_needed")] * 5
        assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
        assert {"POST /api/sign-in" in answer.json()["message"] for answer in answers} == {True}


async def test_list_without_an_address_needs_a_sign_in(client: httpx.AsyncClient, connected: None) -> None:
    answers = [await client.get("/api/bookings"), await client.get("/api/bookings", headers=bearing("wrong"))]

    assert [answer.status_code for answer in answers] == [401, 401]


async def test_whoever_runs_the_house_sees_everybodys_bookings(
    client: httpx.AsyncClient, pending: AnyBooking, sign_in_as: SignIn
) -> None:
    people.use(("house@example.com",))
    alices = {"email": "alice@example.com"}

    for headers in (AS_ADMIN, await sign_in_as("house@example.com")):
        answer = (await client.get("/api/bookings", params=alices, headers=headers)).json()
        assert [booking["_id"] for booking in answer] == [pending["_id"]]
    assert (await client.get("/api/bookings", headers=AS_ADMIN)).status_code == 422


async def test_open_house_shows_bookings_to_whoever_types_their_address(
    client: httpx.AsyncClient, pending: AnyBooking
) -> None:
    access.use(email_verification="off")

    answer = await client.get("/api/bookings", params={"email": "ALICE@example.com"})

    assert [booking["_id"] for booking in answer.json()] == [pending["_id"]]
    assert (await client.get("/api/bookings")).status_code == 422
    assert (await client.post(f"{address(pending)}/cancel")).status_code == 401


@pytest.mark.parametrize("email", ["", "alice", "a@b@c", "\0", "x" * 300, '{"$gt":""}'])
async def test_list_refuses_what_is_no_address(client: httpx.AsyncClient, connected: None, email: str) -> None:
    response = await client.get("/api/bookings", params={"email": email})

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["details"]] == ["email"]


@pytest.mark.parametrize("method", ["cancel", "delete"])
async def test_changing_a_booking_needs_its_token(client: httpx.AsyncClient, pending: AnyBooking, method: str) -> None:
    request = {"cancel": ("POST", f"{address(pending)}/cancel"), "delete": ("DELETE", address(pending))}[method]

    without = await client.request(*request)
    basic = await client.request(*request, headers={"Authorization": "Basic YWxpY2U6eA=="})
    wrong = await client.request(*request, headers=bearing("wrong"))
    not_ascii = await client.request(*request, headers=[(b"Authorization", "Bearer café".encode())])

    assert [(answer.status_code, answer.json()["error"]) for answer in (without, basic, wrong, not_ascii)] == [
        (401, "proof_missing"),
        (401, "proof_missing"),
        (403, "proof_refused"),
        (403, "proof_refused"),
    ]
    assert without.headers["www-authenticate"] == "Bearer"
    assert (await Booking.find_one({})).status == "Pending"  # type: ignore[union-attr]  # it was just made


async def test_manage_token_opens_its_own_booking_only(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, pending: AnyBooking, book: Book
) -> None:
    other = await book(await make_slot(expert, hours=40))

    response = await client.post(f"{address(pending)}/cancel", headers=bearing(other["manageToken"]))

    assert response.status_code == 403


async def test_booking_that_is_somebody_elses_is_the_same_as_none(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, pending: AnyBooking, book: Book, sign_in_as: SignIn
) -> None:
    """Nobody can learn which ids there are: the answers are the same to the byte."""
    other = await book(await make_slot(expert, hours=40), userEmail="bob@example.com")
    proofs = [bearing("wrong"), bearing(other["manageToken"]), await sign_in_as("bob@example.com"), {}]

    for headers in proofs:
        for method, end, body in [("POST", "/cancel", None), ("DELETE", "", None), ("PATCH", "/status", "Confirmed")]:
            bodies = {} if body is None else {"json": {"status": body}}
            answers = [
                await client.request(method, f"/api/bookings/{one}{end}", headers=headers, **bodies)
                for one in (pending["_id"], NOBODY, "no id at all")
            ]
            assert [answer.status_code for answer in answers] == [403 if headers else 401] * 3
            assert len({answer.content for answer in answers}) == 1
            assert len({str(answer.headers) for answer in answers}) == 1
    assert (await Booking.find_one({"_id": PydanticObjectId(pending["_id"])})).status == "Pending"  # type: ignore[union-attr]  # it was just made


@pytest.mark.parametrize("is_admin", [False, True])
async def test_cancel_opens_the_slot_again(
    client: httpx.AsyncClient, slot: TimeSlot, pending: AnyBooking, is_admin: bool
) -> None:
    token = ADMIN_TOKEN if is_admin else pending["manageToken"]

    response = await client.post(f"{address(pending)}/cancel", headers=bearing(token))
    again = await client.post(f"{address(pending)}/cancel", headers=bearing(token))

    assert (response.status_code, response.json()["status"]) == (200, "Cancelled")
    assert (again.status_code, again.json()["error"]) == (409, "illegal_transition")
    assert (await stored(slot)).booking_id is None


@pytest.mark.parametrize("is_admin", [False, True])
async def test_delete_removes_a_completed_booking(
    client: httpx.AsyncClient, slot: TimeSlot, completed: AnyBooking, is_admin: bool
) -> None:
    token = ADMIN_TOKEN if is_admin else completed["manageToken"]

    response = await client.delete(address(completed), headers=bearing(token))
    again = await client.delete(address(completed), headers=bearing(token))

    assert (response.status_code, again.status_code) == (200, 404 if is_admin else 403)
    assert await Booking.count() == 0
    assert (await stored(slot)).booking_id is None


async def test_delete_refuses_what_is_not_completed(client: httpx.AsyncClient, pending: AnyBooking) -> None:
    response = await client.delete(address(pending), headers=bearing(pending["manageToken"]))

    assert (response.status_code, response.json()["error"]) == (409, "illegal_transition")


async def test_admin_moves_a_booking_on(client: httpx.AsyncClient, pending: AnyBooking) -> None:
    async def change(status: str) -> tuple[int, str]:
        response = await client.patch(f"{address(pending)}/status", json={"status": status}, headers=AS_ADMIN)
        return response.status_code, response.json().get("status") or response.json()["error"]

    assert await change("Pending") == (409, "illegal_transition")
    assert await change("Confirmed") == (200, "Confirmed")
    assert await change("Confirmed") == (409, "illegal_transition")
    assert await change("Completed") == (200, "Completed")
    assert await change("Cancelled") == (409, "illegal_transition")


async def test_status_is_not_for_customers(client: httpx.AsyncClient, pending: AnyBooking, sign_in_as: SignIn) -> None:
    async def status_with(**request: object) -> int:
        body = {"status": "Confirmed"}
        return (await client.patch(f"{address(pending)}/status", json=body, **request)).status_code  # type: ignore[arg-type]  # headers or nothing

    assert await status_with() == 401
    assert await status_with(headers=bearing("wrong")) == 403
    assert await status_with(headers=bearing(pending["manageToken"])) == 403
    assert await status_with(headers=await sign_in_as("alice@example.com")) == 403


@pytest.mark.parametrize("body", [{}, {"status": "Done"}, {"status": None}, {"status": "Confirmed", "x": 1}, [], "x"])
async def test_status_refuses_a_body_that_is_not_right(
    client: httpx.AsyncClient, pending: AnyBooking, body: object
) -> None:
    response = await client.patch(f"{address(pending)}/status", json=body, headers=AS_ADMIN)

    assert response.status_code == 422


@pytest.mark.parametrize("booking_id", GARBAGE_IDS)
async def test_garbage_ids_are_not_found(client: httpx.AsyncClient, connected: None, booking_id: str) -> None:
    base = f"/api/bookings/{booking_id}"

    answers = [
        await client.delete(base, headers=AS_ADMIN),
        await client.post(f"{base}/cancel", headers=AS_ADMIN),
        await client.patch(f"{base}/status", json={"status": "Confirmed"}, headers=AS_ADMIN),
        await client.get(f"/api/experts/{booking_id}"),
        await client.get(f"/api/experts/{booking_id}/events"),
        await client.post(f"/api/experts/{booking_id}/book", json={}),
        await client.post(f"/api/experts/{booking_id}/slots/{booking_id}/hold"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
