"""One process at a time has a duty; another takes over when it dies or leaves, and never before."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine

from expert_booking import clock
from expert_booking.leases import Claim
from models import Lease

ROOT = Path(__file__).parents[2]
SHORT, LONG = 0.2, 600.0


async def lease(duty: str = "the duty") -> Lease:
    found = await Lease.find_one({"_id": duty})
    assert found is not None
    return found


async def takes_over(claim: Claim) -> None:
    async with asyncio.timeout(20):
        while not await claim.take():
            await asyncio.sleep(SHORT / 10)


async def test_first_to_ask_has_the_duty_and_keeps_it(connected: None) -> None:
    first, second = Claim("the duty"), Claim("the duty")

    assert [await claim.take() for claim in (first, second, first, second)] == [True, False, True, False]

    assert (first.term, (await lease()).term) == (1, 1)
    assert first.seconds_left > 0 > second.seconds_left


async def test_duties_are_claimed_one_by_one(connected: None) -> None:
    assert await Claim("the duty").take()
    assert await Claim("another duty").take()


async def test_of_many_who_ask_at_once_one_has_it(connected: None) -> None:
    claims = [Claim("the duty") for _ in range(12)]

    taken = await asyncio.gather(*(claim.take() for claim in claims))

    assert sum(taken) == 1
    assert (await lease()).term == 1


async def test_duty_that_was_given_up_is_free_at_once(connected: None) -> None:
    first, second = Claim("the duty", lasts_seconds=LONG), Claim("the duty", lasts_seconds=LONG)
    await first.take()
    await first.give_up()

    assert await second.take()

    assert first.seconds_left < 0
    assert second.term == 2


async def test_giving_up_what_somebody_else_has_changes_nothing(connected: None) -> None:
    first, second = Claim("the duty"), Claim("the duty")
    await first.take()

    await second.give_up()

    assert not await second.take()


async def test_claim_that_is_not_renewed_goes_to_another_after_its_end(connected: None) -> None:
    first, second = Claim("the duty", lasts_seconds=SHORT), Claim("the duty", lasts_seconds=SHORT)
    await first.take()

    await takes_over(second)

    assert first.seconds_left < 0
    assert (second.term, await first.take()) == (2, False)


async def test_clock_that_differs_by_an_hour_takes_nothing_away(connected: None) -> None:
    first, second = Claim("the duty"), Claim("the duty")
    await first.take()
    await second.take()

    for hours in (1, -1):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            assert not await second.take()


class Processes:
    """Processes that claim the same duty, and what they note."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "tests.claimant", *arguments]
        self._listeners: list[asyncio.Task[None]] = []
        self.running: list[asyncio.subprocess.Process] = []
        self.notes: list[tuple[asyncio.subprocess.Process, list[float]]] = []

    async def start(self) -> None:
        process = await asyncio.create_subprocess_exec(*self._command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        self.running.append(process)
        self._listeners.append(asyncio.create_task(self._listen(process)))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.notes.append((process, json.loads(line)))

    @property
    def last_term(self) -> float:
        return max((note[0] for _, note in self.notes), default=0)

    async def until_term(self, term: float) -> asyncio.subprocess.Process:
        """Wait until a running process has the duty in this term or a later one; which one that is."""
        async with asyncio.timeout(60):
            while not (having := [of for of, note in self.notes if note[0] >= term and of in self.running]):
                await asyncio.sleep(0.01)
        return having[-1]

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        self.running.remove(process)
        process.kill()
        await process.wait()

    async def end_all(self) -> None:
        for process in list(self.running):
            await self.kill(process)
        await asyncio.gather(*self._listeners)


@asynccontextmanager
async def processes(*arguments: str) -> AsyncIterator[Processes]:
    started = Processes(*arguments)
    try:
        yield started
    finally:
        await started.end_all()


@pytest.mark.slow
async def test_no_two_processes_have_a_duty_at_once(connected: None, database_uri: str, database_name: str) -> None:
    """The one that has it is killed; those that are left come too late now and then."""
    async with processes(database_uri, database_name, str(SHORT)) as claimants:
        for _ in range(3):
            await claimants.start()
        await claimants.kill(await claimants.until_term(1))
        await claimants.until_term(claimants.last_term + 3)

    _assert_terms_follow_each_other([note for _, note in claimants.notes])


def _assert_terms_follow_each_other(notes: list[list[float]]) -> None:
    """Whoever had a term had it to the end before the next one began."""
    terms = sorted({term for term, *_ in notes})
    begins = {term: min(begin for of, begin, _ in notes if of == term) for term in terms}
    ends = {term: max(end for of, _, end in notes if of == term) for term in terms}

    assert len(terms) >= 4
    assert [(term, later) for term, later in pairwise(terms) if ends[term] > begins[later]] == []
