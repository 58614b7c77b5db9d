"""Every call that the application makes to its database, one by one, so that a test can come between any two of them.

All of Motor goes through one function; whatever the services call, no step is forgotten.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from motor.frameworks import asyncio as motor_asyncio

Call = Callable[[], Awaitable[Any]]


@contextmanager
def stepped(around: Callable[[Call], Awaitable[Any]]) -> Iterator[None]:
    """Give every call to the database to `around`, which makes it or does not."""
    run_on_executor = motor_asyncio.run_on_executor

    def run(loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        async def call() -> Any:
            return await run_on_executor(loop, function, *args, **kwargs)

        return loop.create_task(around(call))

    motor_asyncio.run_on_executor = run
    try:
        yield
    finally:
        motor_asyncio.run_on_executor = run_on_executor


class Moment(Enum):
    """Whether the database still did what it was asked when the process died."""

    BEFORE = "before"
    AFTER = "after"


class Crash(Exception):
    """The process died here; the services let it pass, since they catch nothing so general."""


class CrashAt:
    """Lets a process live up to its nth call of the database, and answers nothing from then on."""

    def __init__(self, step: int, moment: Moment) -> None:
        self._step, self._moment = step, moment
        self.made = 0

    async def __call__(self, call: Call) -> Any:
        self.made += 1
        if self.made < self._step:
            return await call()
        if self.made == self._step and self._moment is Moment.AFTER:
            await call()
        raise Crash
