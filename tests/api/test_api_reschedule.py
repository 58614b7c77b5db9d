from datetime import timedelta

import httpx
import pytest
from beanie import PydanticObjectId

from expert_booking import bookings, clock, policy
from models import Booking, Expert, SessionType, TimeSlot
from tests.api.conftest import AS_ADMIN, NOBODY, AnyBooking, Book, SignIn, asks_for, bearing
from tests.conftest import MakeExpert, MakeSlot, stored


@pytest.fixture
async def pending(book: Book, slot: TimeSlot) -> AnyBooking:
    return await book(slot)


@pytest.fixture
async def other(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    """Another open hour of Sarah Johnson's."""
    return await make_slot(expert, hours=30)


def address(booking: AnyBooking) -> str:
    return f"/api/bookings/{booking['_id']}/reschedule"


def to(slot: TimeSlot) -> dict[str, str]:
    return {"slotId": str(slot.id)}


async def test_whoever_has_the_manage_token_moves_the_booking(
    client: httpx.AsyncClient, pending: AnyBooking, slot: TimeSlot, other: TimeSlot
) -> None:
    response = await client.post(address(pending), json=to(other), headers=bearing(pending["manageToken"]))

    moved = response.json()
    assert (response.status_code, moved["_id"], moved["status"]) == (200, pending["_id"], "Pending")
    assert (moved["slotId"], moved["startsAt"]) == (str(other.id), other.starts_at.isoformat().replace("+00:00", "Z"))
    assert ((await stored(slot)).booking_id, str((await stored(other)).booking_id)) == (None, pending["_id"])


@pytest.mark.parametrize(("email", "status"), [("alice@example.com", 200), ("bob@example.com", 403)])
async def test_only_whose_it_is_moves_it_when_signed_in(
    client: httpx.AsyncClient, pending: AnyBooking, other: TimeSlot, sign_in_as: SignIn, email: str, status: int
) -> None:
    response = await client.post(address(pending), json=to(other), headers=await sign_in_as(email))

    assert response.status_code == status
    assert (await bookings.get(PydanticObjectId(pending["_id"]))).starts_at == (
        other.starts_at if status == 200 else other.starts_at - timedelta(hours=6)
    )


async def test_lost_race_is_told_with_the_nearest_others_and_changes_nothing(
    client: httpx.AsyncClient, expert: Expert, pending: AnyBooking, slot: TimeSlot, other: TimeSlot, make_slot: MakeSlot
) -> None:
    near = await make_slot(expert, hours=31)
    await client.post(f"/api/experts/{expert.id}/book", json=asks_for(other, userEmail="bob@example.com"))

    response = await client.post(address(pending), json=to(other), headers=bearing(pending["manageToken"]))

    answer = response.json()
    assert (response.status_code, answer["error"]) == (409, "slot_already_booked")
    assert [each["id"] for each in answer["alternatives"]] == [str(near.id)]
    assert str((await stored(slot)).booking_id) == pending["_id"]


async def test_withdrawn_time_is_refused(
    client: httpx.AsyncClient, expert: Expert, pending: AnyBooking, make_slot: MakeSlot
) -> None:
    gone = await make_slot(expert, hours=30, withdrawn_at=clock.now())

    response = await client.post(address(pending), json=to(gone), headers=bearing(pending["manageToken"]))

    assert (response.status_code, response.json()["error"]) == (409, "slot_withdrawn")


async def test_full_day_is_refused(
    client: httpx.AsyncClient, expert: Expert, pending: AnyBooking, book: Book, make_slot: MakeSlot
) -> None:
    day = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=5)
    limit = {"day_limit": 1, "local_day": day.date().isoformat()}
    first, second = [await make_slot(expert, starts_at=day + timedelta(hours=hours), **limit) for hours in (0, 2)]
    await book(first, userEmail="bob@example.com")

    response = await client.post(address(pending), json=to(second), headers=bearing(pending["manageToken"]))

    assert (response.status_code, response.json()["error"]) == (409, "day_is_full")


async def test_customers_come_too_late_where_experts_do_not(
    client: httpx.AsyncClient,
    make_expert: MakeExpert,
    make_slot: MakeSlot,
    sign_in_as: SignIn,
) -> None:
    expert = await make_expert(email="sarah@example.com", email_key="sarah@example.com")
    slot, other = await make_slot(expert, hours=10), await make_slot(expert, hours=30)
    made = (await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot))).json()
    policy.use(policy.BookingPolicy(change_notice=timedelta(hours=24)))

    late = await client.post(address(made), json=to(other), headers=bearing(made["manageToken"]))
    cancelled = await client.post(f"/api/bookings/{made['_id']}/cancel", headers=bearing(made["manageToken"]))
    moved = await client.post(address(made), json=to(other), headers=await sign_in_as("sarah@example.com"))

    assert [(each.status_code, each.json()["error"]) for each in (late, cancelled)] == [(409, "too_late_to_change")] * 2
    assert (moved.status_code, moved.json()["slotId"]) == (200, str(other.id))


@pytest.mark.parametrize(("slot_id", "status"), [("x", 404), (NOBODY, 404), (None, 422)])
async def test_slot_that_is_none_is_refused(
    client: httpx.AsyncClient, pending: AnyBooking, slot_id: str | None, status: int
) -> None:
    body = {} if slot_id is None else {"slotId": slot_id}

    response = await client.post(address(pending), json=body, headers=bearing(pending["manageToken"]))

    assert response.status_code == status


async def test_cancelled_booking_stays_where_it_is(
    client: httpx.AsyncClient, pending: AnyBooking, other: TimeSlot
) -> None:
    await bookings.cancel(PydanticObjectId(pending["_id"]))

    response = await client.post(address(pending), json=to(other), headers=AS_ADMIN)

    assert (response.status_code, response.json()["error"]) == (409, "illegal_transition")


async def test_session_types_are_told_with_experts_slots_and_bookings(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    intro, deep = SessionType(key="intro", name="Intro", minutes=30), SessionType(key="deep", name="Dive", minutes=60)
    expert = await make_expert(session_types=[intro, deep])
    slot = await make_slot(expert, session_type="deep")

    told = (await client.get(f"/api/experts/{expert.id}")).json()
    made = (await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot))).json()

    assert told["sessionTypes"] == [
        {"key": "intro", "name": "Intro", "minutes": 30},
        {"key": "deep", "name": "Dive", "minutes": 60},
    ]
    assert [each["sessionType"] for each in told["timeSlots"]] == ["deep"]
    assert (made["sessionType"], made["sessionName"]) == ("deep", "Dive")
    assert (await Booking.find_one()).session_name == "Dive"
