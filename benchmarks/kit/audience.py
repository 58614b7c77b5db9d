"""A growing crowd of viewers who all wait for the same change."""

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.kit.figures import Latencies
from benchmarks.kit.viewer import RoomViewer
from benchmarks.kit.watch import Watch

AT_ONCE = 4
LONGEST_WAIT_SECONDS = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When each viewer had the message (by `time.monotonic`), and how many never had it."""

    asked_at: float
    arrivals: tuple[float, ...]
    missed: int
    message: bytes

    def since(self, moment: float) -> Latencies:
        """How long after a moment the viewers had it."""
        return Latencies.of(at - moment for at in self.arrivals)


class Audience:
    """Viewers of one thing."""

    def __init__(self, arrive: Callable[[Watch, int], Awaitable[RoomViewer]]) -> None:
        self._arrive = arrive
        self._watch = Watch()
        self._viewers: list[RoomViewer] = []

    async def grow(self, to: int) -> None:
        """Let viewers arrive, a few at once, until there are so many."""
        numbers = iter(range(len(self._viewers), to))

        async def arrive_in_turn() -> None:
            for number in numbers:
                self._viewers.append(await self._arrive(self._watch, number))

        await asyncio.gather(*(arrive_in_turn() for _ in range(AT_ONCE)))

    async def hears(self, cause: Callable[[], Awaitable[T]], *marks: str) -> tuple[T, Heard]:
        """What the cause came to, and how the message with these marks that follows from it spread."""
        self._watch.expect(len(self._viewers), *marks)
        gc.disable()  # a pause of ours would look like one of theirs
        try:
            asked_at = time.monotonic()
            answer = await cause()
            missed = await self._watch.missed(within_seconds=LONGEST_WAIT_SECONDS)
        finally:
            gc.enable()
        if not self._watch.arrivals:
            sys.exit(f"The message reached nobody within {LONGEST_WAIT_SECONDS:.0f} seconds.")
        arrivals = tuple(self._watch.arrivals)
        return answer, Heard(asked_at=asked_at, arrivals=arrivals, missed=missed, message=self._watch.message)

    def leave(self) -> None:
        """Everybody goes."""
        for viewer in self._viewers:
            viewer.close()
