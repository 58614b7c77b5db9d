"""Work that exactly one process should do at a time; when that process dies, another one takes over.

A process claims a duty for `LASTS_SECONDS` and renews its claim at a third of that. Both sides count by their own
monotonic clocks, so that clocks which differ do no harm: the holder from before it asked, the others from after they
saw its last renewal. So a claim has run out for its holder before anybody else may take it.

What remains is a process that is stopped in the middle of its work for longer than a lease lasts, and then goes on. So
the work must be safe to be done twice, by conditional updates, or show the claim's `term` to whatever it writes to.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from expert_booking import background, database
from models import Lease

log = logging.getLogger(__name__)

LASTS_SECONDS = 18.0
"""The others see the last renewal after a third of it at the latest: they take over within 24 seconds."""

NOT_TAKEN = float("-inf")


class Claim:
    """One process's claim on a duty, whether it has the duty or not."""

    def __init__(self, duty: str, *, lasts_seconds: float = LASTS_SECONDS) -> None:
        self.duty = duty
        self.term = 0
        self._lasts = lasts_seconds
        self._me = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(8)}"
        self._until = NOT_TAKEN
        self._seen: tuple[int, int] | None = None
        self._seen_at = 0.0

    @property
    def seconds_left(self) -> float:
        """For how long the duty is surely this process's own; not at all when negative."""
        return self._until - time.monotonic()

    async def take(self) -> bool:
        """Take the duty, or renew the claim on it; false while somebody else has it."""
        asked_at = time.monotonic()
        lease = await Lease.find_one({"_id": self.duty}) or await self._first()
        is_mine = lease.holder == self._me
        if not (is_mine or lease.holder is None or self._has_run_out(lease)):
            return False
        took = {} if is_mine else {"$set": {"holder": self._me}}
        result = await Lease.find_one({"_id": self.duty, "term": lease.term, "renewals": lease.renewals}).update(
            {**took, "$inc": {"renewals": 1, "term": 0 if is_mine else 1}}
        )
        if result.modified_count:
            self.term = lease.term + (0 if is_mine else 1)
            self._until = asked_at + self._lasts
        return bool(result.modified_count)

    async def _first(self) -> Lease:
        """The lease of a duty that nobody ever had."""
        lease = Lease(id=self.duty)
        with suppress(database.DuplicateKeyError):  # another process was quicker; the update finds out
            await lease.insert()
        return lease

    def _has_run_out(self, lease: Lease) -> bool:
        """Whether it was not renewed for as long as it lasts, as far as this process has seen."""
        now, renewal = time.monotonic(), (lease.term, lease.renewals)
        if renewal != self._seen:
            self._seen, self._seen_at = renewal, now
        return now - self._seen_at > self._lasts

    async def give_up(self) -> None:
        """Leave the duty to whoever asks next; nothing happens when it is somebody else's."""
        self._until = NOT_TAKEN
        await Lease.find_one({"_id": self.duty, "holder": self._me}).update(
            {"$set": {"holder": None}, "$inc": {"renewals": 1}}
        )


class Duty:
    """Work that is done again and again by one process of all, as long as that has the claim."""

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
