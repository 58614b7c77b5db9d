"""Work that is done again and again by exactly one process of all; when that dies, another one goes on with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from expert_booking import background, database
from expert_booking.leases import LASTS_SECONDS, Claim

log = logging.getLogger(__name__)


class Duty:
    """What a process does as long as it has the claim on it; see `leases` for what the work must bear."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        *,
        every_seconds: float,
        lasts_seconds: float = LASTS_SECONDS,
    ) -> None:
        self._claim = Claim(name, lasts_seconds=lasts_seconds)
        self._work, self._every = work, every_seconds
        self._renews_after = lasts_seconds / 3
        self._working: asyncio.Task[None] | None = None
        self._end: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Claim the duty and do the work until cancelled, then leave it to another process at once."""
        try:
            while True:
                await background.attempt(self._renew)
                await asyncio.sleep(self._renews_after)
        finally:
            if self._working is not None:
                await background.stop([self._working])
            with suppress(*database.UNUSABLE_ERRORS):  # then it runs out
                await self._claim.give_up()

    async def _renew(self) -> None:
        if not await self._claim.take():
            return
        if self._working is None or self._working.done():
            log.info("this process will %s (term %d)", self._claim.duty, self._claim.term)
            self._working = asyncio.create_task(background.repeat(self._work, every_seconds=self._every))
        if self._end is not None:
            self._end.cancel()
        # Whatever becomes of the next renewal, the work ends with the claim.
        self._end = asyncio.get_running_loop().call_later(self._claim.seconds_left, self._working.cancel)
