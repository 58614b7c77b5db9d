"""One of several processes that claim the same duty at random moments, now and then too late, until it is ended.

It notes a line `[term, from, until]` for each claim that succeeded, by the clock that all processes of a machine share.
"""

import asyncio
import json
import random
import sys
import time

from expert_booking import database
from expert_booking.leases import Claim


async def claim_at_random(uri: str, name: str, lasts_seconds: float) -> None:
    """Until ended."""
    await database.connect(uri, name=name, timeout_seconds=10)
    claim = Claim("the duty", lasts_seconds=lasts_seconds)
    while True:
        pauses = [0.1, 0.2, 0.3]
        if await claim.take():
            pauses.append(2)  # too late for the renewal
            now = time.monotonic()
            sys.stdout.write(json.dumps([claim.term, now, now + claim.seconds_left]) + "\n")
            sys.stdout.flush()
        await asyncio.sleep(lasts_seconds * random.choice(pauses))


if __name__ == "__main__":
    uri, name, lasts_seconds = sys.argv[1:]
    asyncio.run(claim_at_random(uri, name, float(lasts_seconds)))
