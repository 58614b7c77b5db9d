"""Claims on duties that exactly one process should have at a time; when that process dies, another one takes over.

A process claims a duty for `LASTS_SECONDS` and renews its claim at a third of that. Both sides count by their own
monotonic clocks, so that clocks which differ do no harm: the holder from before it asked, the others from after they
saw its last renewal. So a claim has run out for its holder before anybody else may take it.

What remains is a process that is stopped in the middle of its work for longer than a lease lasts, and then goes on. So
the work must be safe to be done twice, by conditional updates, or show the claim's `term` to whatever it writes to.

`duties` does work under a claim.
"""

import os
import secrets
import socket
import time
from contextlib import suppress

from expert_booking import database
from models import Lease

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
