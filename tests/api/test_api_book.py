from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from expert_booking import api, clock
from expert_booking.settings import Settings
from models import Booking, Expert, TimeSlot
from tests.api.conftest import ALICE, NOBODY, Book, asks_for, escaped
from tests.conftest import MakeExpert, MakeSlot, stored


async def test_book_answers_with_the_booking(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, book: Book
) -> None:
    made = await book(slot, notes="First line\nsecond line")

    booking = await Booking.find_one({})
    assert booking is not None
    assert made["manageToken"] == booking.manage_token
    told = {
        "_id": str(booking.id),
        "expertId": str(expert.id),
        "expert": {"_id": str(expert.id), "name": "Sarah Johnson", "category": "Technology"},
        "expertName": "Sarah Johnson",
        "slotId": str(slot.id),
        "date": slot.starts_at.date().isoformat(),
        "timeZone": "UTC",
        "startsAt": slot.starts_at.isoformat().replace("+00:00", "Z"),
        "userName": "Alice",
        "userEmail": "alice@example.com",
        "userPhone": "+442079460958",
        "notes": "First line\nsecond line",
        "status": "Pending",
    }
    assert {key: made[key] for key in told} == told
    assert (await stored(slot)).booking_id == booking.id


async def test_book_tells_the_address_of_the_booking(book: Book, slot: TimeSlot) -> None:
    made = await book(slot)

    assert made["manageUrl"] == f"http://booking.test/bookings/{made['manageToken']}"


async def test_book_tells_the_address_that_visitors_use(
    app: FastAPI, client: httpx.AsyncClient, book: Book, slot: TimeSlot
) -> None:
    api.install(app, Settings(_env_file=None, public_url="https://booking.example.org/"))

    made = await book(slot)

    assert made["manageUrl"] == f"https://booking.example.org/bookings/{made['manageToken']}"


async def test_book_keeps_how_the_customer_reads(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    body = {**ALICE, "slotId": str(slot.id), "timeZone": "Asia/Calcutta"}
    headers = {"Accept-Language": "nl, fr-CA;q=0.8, en;q=0.5"}

    answer = await client.post(f"/api/experts/{slot.expert_id}/book", json=body, headers=headers)

    booking = await Booking.find_one({})
    assert answer.status_code == 201
    assert booking is not None
    assert (booking.language, booking.time_zone, booking.made_by) == ("fr", "Asia/Kolkata", "")


async def test_book_refuses_a_zone_that_there_is_not(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    body = {**ALICE, "slotId": str(slot.id), "timeZone": "Mars/Olympus"}

    answer = await client.post(f"/api/experts/{slot.expert_id}/book", json=body)

    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["details"]] == ["timeZone"]


async def test_book_reads_a_national_number_in_its_country(book: Book, slot: TimeSlot) -> None:
    made = await book(slot, userPhone="020 7946 0958", country="gb")

    assert made["userPhone"] == "+442079460958"


async def test_book_answers_are_kept_by_nobody_on_the_way(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot))

    assert response.headers["cache-control"] == "no-store"


async def test_book_a_taken_slot_is_refused_with_the_nearest_open_times(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, make_slot: MakeSlot, book: Book
) -> None:
    near, far = await make_slot(expert, hours=25), [await make_slot(expert, hours=hours) for hours in (48, 72, 96)]
    await book(slot)

    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot, userName="Bob"))

    assert response.status_code == 409
    assert response.json()["error"] == "slot_already_booked"
    assert response.json()["message"] == "This time has just been taken. Please choose another one."
    offered = [alternative["id"] for alternative in response.json()["alternatives"]]
    assert offered == [str(near.id), str(far[0].id), str(far[1].id)]


async def test_book_a_slot_that_somebody_holds_is_refused(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot
) -> None:
    held = await make_slot(expert, held_by="bob", hold_token="x", held_until=clock.now() + timedelta(minutes=5))

    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(held))

    assert (response.status_code, response.json()["error"]) == (409, "slot_held")


async def test_book_a_past_slot_is_refused(client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot) -> None:
    past = await make_slot(expert, hours=-1)

    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(past))

    assert (response.status_code, response.json()["error"]) == (409, "slot_in_the_past")


async def test_book_a_slot_of_somebody_else_is_not_found(
    client: httpx.AsyncClient, slot: TimeSlot, make_expert: MakeExpert
) -> None:
    other = await make_expert("Ben")

    response = await client.post(f"/api/experts/{other.id}/book", json=asks_for(slot))

    assert (response.status_code, response.json()["error"]) == (404, "slot_not_found")


@pytest.mark.parametrize("slot_id", ["", "x", NOBODY, "\0", "..", "2026-02-21-09:00AM-0", "z" * 24, "\ud800"])
async def test_book_an_unknown_slot_is_not_found(client: httpx.AsyncClient, expert: Expert, slot_id: str) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", **escaped({**ALICE, "slotId": slot_id}))

    assert (response.status_code, response.json()["error"]) == (404, "slot_not_found")


async def test_book_names_all_that_is_wrong_at_once(client: httpx.AsyncClient, expert: Expert) -> None:
    body = {"userName": " ", "userEmail": 7, "userPhone": "12", "notes": "x" * 2001, "country": "XX", "admin": True}

    response = await client.post(f"/api/experts/{expert.id}/book", json=body, headers={"Idempotency-Key": "k" * 201})

    assert response.status_code == 422
    assert {problem["field"]: problem["message"] for problem in response.json()["details"]} == {
        "Idempotency-Key": "Idempotency-Key must have at most 200 characters.",
        "slotId": "slotId is missing.",
        "userName": "Your name is missing.",
        "userEmail": "userEmail must be text.",
        "country": "country must be an ISO 3166-1 code of two letters, such as GB.",
        "userPhone": "This number is too short for United States.",
        "notes": "Your note is too long: 2001 characters, 2000 at most.",
        "admin": "admin is not a field of this request.",
    }
    assert await Booking.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userName", "x" * 121),
        ("userName", "Al\u202eice"),
        ("userName", "Al\uffffice"),
        ("userName", "Al\0ice"),
        ("userName", "\ud800"),
        ("userName", None),
        ("userName", ["Alice"]),
        ("userEmail", "alice"),
        ("userEmail", f"{'a' * 250}@example.com"),
        ("userEmail", "alice@example.com\nBcc: bob@example.com"),
        ("userPhone", "+44 20 79"),
        ("userPhone", "+" + "1" * 40),
        ("userPhone", 442079460958),
        ("notes", "\ud83d"),
        ("notes", {"a": 1}),
        ("holdToken", "guess"),
        ("holdToken", "\ud800"),
        ("country", "GBR"),
        ("country", "ß"),
        ("_id", NOBODY),
        ("status", "Confirmed"),
        ("user_name", "Alice"),
        ("$where", "1"),
        ("\ud800", 1),
    ],
)
async def test_book_refuses_a_field_that_is_not_right(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, field: str, value: object
) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", **escaped({**asks_for(slot), field: value}))

    assert response.status_code == 422
    assert response.json()["details"]
    assert await Booking.count() == 0


async def test_book_refuses_an_empty_idempotency_key(client: httpx.AsyncClient, expert: Expert, slot: TimeSlot) -> None:
    response = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot), headers={"Idempotency-Key": ""})

    assert response.status_code == 422
    assert [problem["message"] for problem in response.json()["details"]] == ["Idempotency-Key must not be empty."]


async def test_book_takes_the_longest_texts(book: Book, slot: TimeSlot) -> None:
    made = await book(slot, userName="x" * 120, notes="y" * 2000)

    assert (len(made["userName"]), len(made["notes"])) == (120, 2000)


async def test_book_counts_blanks_at_the_ends_as_the_description_does(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot
) -> None:
    body = asks_for(slot)
    padded = {"userName": 120, "userEmail": 254, "userPhone": 32, "notes": 2000}
    longest = {field: str(body.get(field, "")).ljust(most) for field, most in padded.items()}
    schema = (await client.get("/openapi.json")).json()["components"]["schemas"]["BookingRequest"]["properties"]

    refused = await client.post(
        f"/api/experts/{expert.id}/book", json={**body, **{field: f"{text} " for field, text in longest.items()}}
    )
    made = await client.post(f"/api/experts/{expert.id}/book", json={**body, **longest})

    assert {field: schema[field]["maxLength"] for field in padded} == padded
    assert {problem["field"]: problem["message"] for problem in refused.json()["details"]} == {
        field: f"{field} must have at most {most} characters." for field, most in padded.items()
    }
    assert (refused.status_code, made.status_code) == (422, 201)
    assert made.json()["userName"] == body["userName"]
