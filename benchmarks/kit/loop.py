"""The event loop on which the clients run."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from uvicorn.loops.auto import auto_loop_factory

T = TypeVar("T")


def run(measuring: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, on the loop that the web server takes: the clients must not be slower than what they ask."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(measuring)
