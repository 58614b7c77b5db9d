import asyncio
from collections import Counter

import httpx
import pytest

from models import Booking, Expert
from tests.api.conftest import asks_for
from tests.conftest import MakeSlot

CONTENDERS = 50
ROUNDS = 20


@pytest.mark.slow
async def test_of_fifty_contenders_for_a_slot_exactly_one_wins(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot
) -> None:
    for number in range(ROUNDS):
        slot = await make_slot(expert, hours=24 + number)
        bodies = [asks_for(slot, userEmail=f"contender{index}@example.com") for index in range(CONTENDERS)]

        answers = await asyncio.gather(*(client.post(f"/api/experts/{expert.id}/book", json=body) for body in bodies))

        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CONTENDERS - 1}
        winner = next(answer.json() for answer in answers if answer.status_code == 201)
        bookings = await Booking.find({"slot_id": slot.id}).to_list()
        assert [str(booking.id) for booking in bookings] == [winner["_id"]]
