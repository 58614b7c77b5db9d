"""The house closes: it says so, finishes what is under way, and takes nothing away from its visitors.

Whoever is told to leave because the house closes comes back, to another process or after the restart. So pages that
end while it closes are no reason to release a hold.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_is_closing = False
_under_way: set[asyncio.Future[Any]] = set()


def is_closing() -> bool:
    """Whether this process has been told to end."""
    return _is_closing


def begin() -> None:
    """From now on the house closes."""
    global _is_closing
    _is_closing = True


def call_off() -> None:
    """A house opens in this process, perhaps not the first one."""
    global _is_closing
    _is_closing = False


def finished_first(verb: Callable[Arguments, Awaitable[Answer]]) -> Callable[Arguments, Awaitable[Answer]]:
    """Mark something that is finished before connections are closed: it has written, or is about to."""

    @wraps(verb)
    async def counted(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        end = asyncio.get_running_loop().create_future()
        _under_way.add(end)
        try:
            return await verb(*args, **kwargs)
        finally:
            _under_way.discard(end)
            end.set_result(None)

    return counted


async def finish(*, within_seconds: float) -> bool:
    """Wait for what is under way now, not for what begins meanwhile; whether there was anything to wait for."""
    under_way = set(_under_way)
    if under_way:
        await asyncio.wait(under_way, timeout=within_seconds)
    return bool(under_way)
