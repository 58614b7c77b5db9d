import httpx
import pytest

from expert_booking import availability, clock
from models import Expert, SlotState, TimeSlot
from tests.api.conftest import Book, asks_for
from tests.conftest import MakeExpert, MakeSlot, stored


def address(slot: TimeSlot) -> str:
    return f"/api/experts/{slot.expert_id}/slots/{slot.id}/hold"


async def hold(client: httpx.AsyncClient, slot: TimeSlot, *, token: str | None = None) -> str:
    """Holds a slot and returns the hold token."""
    response = await client.post(address(slot), headers={"Hold-Token": token} if token else {})
    assert response.status_code == 201, response.text
    held: str = response.json()["holdToken"]
    return held


async def state(slot: TimeSlot) -> SlotState:
    return availability.state_of(await stored(slot))


async def test_hold_shows_to_everybody_and_lets_its_holder_book(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, book: Book
) -> None:
    token = await hold(client, slot)

    assert await state(slot) is SlotState.HELD
    other = await client.post(f"/api/experts/{expert.id}/book", json=asks_for(slot))
    assert (other.status_code, other.json()["error"]) == (409, "slot_held")
    await book(slot, holdToken=token)
    assert await state(slot) is SlotState.BOOKED


async def test_hold_says_until_when(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    answer = (await client.post(address(slot))).json()

    assert answer["slotId"] == str(slot.id)
    assert answer["heldUntil"] > clock.now().isoformat()


async def test_holder_can_hold_again_with_a_new_token(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    first = await hold(client, slot)
    second = await hold(client, slot, token=first)

    assert first != second
    assert (await client.delete(address(slot), headers={"Hold-Token": first})).status_code == 403
    assert (await client.delete(address(slot), headers={"Hold-Token": second})).status_code == 204


async def test_second_hold_of_a_visitor_moves_the_first(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    other = await make_slot(expert, hours=30)

    token = await hold(client, slot)
    await hold(client, other, token=token)

    assert (await state(slot), await state(other)) == (SlotState.OPEN, SlotState.HELD)


async def test_held_slot_is_refused_with_alternatives(
    client: httpx.AsyncClient, expert: Expert, slot: TimeSlot, make_slot: MakeSlot
) -> None:
    other = await make_slot(expert, hours=30)
    await hold(client, slot)

    response = await client.post(address(slot))

    assert (response.status_code, response.json()["error"]) == (409, "slot_held")
    assert [alternative["id"] for alternative in response.json()["alternatives"]] == [str(other.id)]


async def test_release_opens_the_slot_and_can_be_repeated(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    headers = {"Hold-Token": await hold(client, slot)}

    answers = [await client.delete(address(slot), headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert await state(slot) is SlotState.OPEN


async def test_release_needs_the_token_of_this_hold(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    token = await hold(client, slot)
    visitor = token.partition(".")[0]

    async def status(headers: dict[str, str]) -> int:
        return (await client.delete(address(slot), headers=headers)).status_code

    assert await status({}) == 401
    assert await status({"Hold-Token": "wrong"}) == 403
    assert await status({"Hold-Token": f"{visitor}.{'x' * 22}"}) == 403
    assert await state(slot) is SlotState.HELD


async def test_malformed_hold_token_is_refused(client: httpx.AsyncClient, slot: TimeSlot) -> None:
    response = await client.post(address(slot), headers={"Hold-Token": "api:somebody.x"})

    assert response.status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_slot_of_another_expert_is_not_found(
    client: httpx.AsyncClient, slot: TimeSlot, make_expert: MakeExpert, method: str
) -> None:
    token = await hold(client, slot)
    other = await make_expert("Ben")

    for slot_id in (slot.id, "x"):
        path = f"/api/experts/{other.id}/slots/{slot_id}/hold"
        response = await client.request(method, path, headers={"Hold-Token": token})
        assert (response.status_code, response.json()["error"]) == (404, "slot_not_found")
    assert await state(slot) is SlotState.HELD


async def test_client_cannot_pose_as_the_visitor_of_a_page(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot
) -> None:
    visitor = "v" * 22
    held = await make_slot(expert, held_by=visitor, hold_token="t" * 22, held_until=clock.now().replace(year=2099))

    response = await client.post(
        f"/api/experts/{expert.id}/book", json=asks_for(held, holdToken=f"{visitor}.{'t' * 22}")
    )

    assert (response.status_code, response.json()["error"]) == (409, "slot_held")
