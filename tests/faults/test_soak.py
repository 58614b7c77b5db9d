"""Hundreds of viewers and mixed load for a quarter of an hour: no server error, and memory that stays where it was.

SOAK_MINUTES and SOAK_VIEWERS make it shorter or longer, smaller or larger.
"""

import asyncio
import json
import os
import random
from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import pytest

from tests.faults.house import ALICE, House, Wish, house, wishes
from tests.faults.onlooker import onlookers, pages_are_true
from tests.faults.test_line import memory

MINUTES = float(os.environ.get("SOAK_MINUTES", "15"))
VIEWERS = int(os.environ.get("SOAK_VIEWERS", "300"))
SAMPLES = 30
VISITORS = 4
PAUSE_SECONDS = 0.15
MOST_GROWTH = 0.10
# A page that no browser connects to lives for a minute, and what is gone by then is collected a little later.
WARM_UP_SECONDS = 120


class Visitor:
    """Does one thing after another, as people do, and counts the answers."""

    def __init__(self, here: House, wanted: list[Wish], answers: Counter[int], seed: int) -> None:
        self._house, self._wanted, self._answers = here, wanted, answers
        self._chance = random.Random(seed)
        self.things = [self.browse, self.search, self.look, self.ask, self.hold_and_let_go, self.book_and_cancel]

    async def live(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(base_url=self._house.url, timeout=20) as self._http:
            while True:
                await self._chance.choice(self.things)()
                await asyncio.sleep(PAUSE_SECONDS * self._chance.random() * 2)

    async def browse(self) -> None:
        await self._do("GET", "/")

    async def search(self) -> None:
        await self._do("GET", f"/api/experts?search={self._chance.choice('abcdefghij')}")

    async def look(self) -> None:
        await self._do("GET", f"/experts/{self._wish().expert_id}")

    async def ask(self) -> None:
        await self._do("GET", f"/api/experts/{self._wish().expert_id}")

    async def hold_and_let_go(self) -> None:
        wish = self._wish()
        path = f"/api/experts/{wish.expert_id}/slots/{wish.slot_id}/hold"
        held = await self._do("POST", path)
        if held.is_success:
            await self._do("DELETE", path, headers={"Hold-Token": held.json()["holdToken"]})

    async def book_and_cancel(self) -> None:
        wish = self._wish()
        made = await self._do("POST", f"/api/experts/{wish.expert_id}/book", json={"slotId": wish.slot_id, **ALICE})
        if made.is_success:
            booking = made.json()
            proof = {"Authorization": f"Bearer {booking['manageToken']}"}
            await self._do("POST", f"/api/bookings/{booking['_id']}/cancel", headers=proof)

    def _wish(self) -> Wish:
        return self._chance.choice(self._wanted)

    async def _do(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await self._http.request(method, path, **more)
        self._answers[answer.status_code] += 1
        return answer


@pytest.mark.faults
async def test_a_long_day_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, DEMO_EXPERTS="24") as here:
        wanted = wishes(here, 240, soonest=True)
        expert_ids = sorted({wish.expert_id for wish in wanted})
        answers: Counter[int] = Counter()
        async with onlookers(here.port, [expert_ids[number % len(expert_ids)] for number in range(VIEWERS)]) as looking:
            visitors = [Visitor(here, wanted, answers, seed) for seed in range(VISITORS)]
            load = [asyncio.create_task(visitor.live()) for visitor in visitors]
            await asyncio.wait(load, timeout=WARM_UP_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
            samples = []
            for _ in range(SAMPLES):
                await asyncio.wait(load, timeout=MINUTES * 60 / SAMPLES, return_when=asyncio.FIRST_EXCEPTION)
                assert not any(task.done() for task in load), [task.exception() for task in load if task.done()]
                samples.append(memory(here.pid))
            for task in load:
                task.cancel()
            await asyncio.gather(*load, return_exceptions=True)
            await pages_are_true(here, looking, expert_ids)

        third = SAMPLES // 3
        growth = fmean(samples[-third:]) / fmean(samples[:third]) - 1
        report = {"minutes": MINUTES, "viewers": VIEWERS, "answers": dict(sorted(answers.items()))}
        print(json.dumps({**report, "rss_kb": samples, "growth": round(growth, 4)}))  # noqa: T201  # the report
        assert max(answers) < 500
        assert growth < MOST_GROWTH
        assert await here.audited() == ""
        assert "Traceback" not in here.log()
