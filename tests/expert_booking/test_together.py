import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from expert_booking.together import Together


class Counter:
    """Notes which questions came by one command, and answers when it is let; the answer to a number is its double."""

    def __init__(self) -> None:
        self.commands: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def ask(self, numbers: list[int]) -> list[int | Exception]:
        self.commands.append(numbers)
        await self.may_answer.wait()
        return [ValueError(f"{number} is negative") if number < 0 else 2 * number for number in numbers]


async def under_way(ask: Callable[[int], Awaitable[int]], *numbers: int) -> list[asyncio.Task[Any]]:
    """Ask, and go on once everything that can be sent is sent."""

    async def answered(number: int) -> int:
        return await ask(number)

    tasks = [asyncio.create_task(answered(number)) for number in numbers]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def double(counter: Counter) -> Together[int, int]:
    return Together(counter.ask)


async def test_one_alone_goes_at_once(double: Together[int, int], counter: Counter) -> None:
    (answer,) = await under_way(double, 4)
    counter.may_answer.set()

    assert (await answer, counter.commands) == (8, [[4]])


async def test_many_at_the_same_moment_go_together(double: Together[int, int], counter: Counter) -> None:
    answers = await under_way(double, 1, 2, 3)
    counter.may_answer.set()

    assert (await asyncio.gather(*answers), counter.commands) == ([2, 4, 6], [[1, 2, 3]])


async def test_whoever_comes_later_never_joins_what_is_under_way(double: Together[int, int], counter: Counter) -> None:
    before = await under_way(double, 0)
    later = await under_way(double, 1, 2)
    sent_before = list(counter.commands)
    counter.may_answer.set()

    assert await asyncio.gather(*before, *later) == [0, 2, 4]
    assert (sent_before, counter.commands) == ([[0]], [[0], [1, 2]])


async def test_error_reaches_only_whose_it_is(double: Together[int, int], counter: Counter) -> None:
    counter.may_answer.set()

    answers = await asyncio.gather(double(1), double(-2), double(3), return_exceptions=True)

    assert [type(answer) for answer in answers] == [int, ValueError, int]
    assert len(counter.commands) == 1


async def test_command_that_fails_ends_the_wait_of_those_behind_it() -> None:
    commands, may_fail = list[list[int]](), asyncio.Event()

    async def fail(numbers: list[int]) -> list[int | Exception]:
        commands.append(numbers)
        await may_fail.wait()
        raise ConnectionError

    double = Together(fail)
    before = await under_way(double, 0)
    behind = await under_way(double, 1, 2)
    may_fail.set()

    answers = await asyncio.gather(*before, *behind, return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError] * 3
    assert commands == [[0]]


async def test_whoever_has_gone_keeps_nobody_from_an_answer(double: Together[int, int], counter: Counter) -> None:
    first, second = await under_way(double, 1, 2)
    first.cancel()
    counter.may_answer.set()

    assert await second == 4
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_asking_goes_on_after_a_failure(counter: Counter) -> None:
    failures = [ConnectionError()]

    async def fail_once(numbers: list[int]) -> list[int | Exception]:
        if failures:
            raise failures.pop()
        return await counter.ask(numbers)

    counter.may_answer.set()
    double = Together(fail_once)
    with pytest.raises(ConnectionError):
        await double(1)

    assert await double(1) == 2
