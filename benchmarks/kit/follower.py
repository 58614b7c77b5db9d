"""A process that follows the change stream of a database and prints when it was told of which slot's version.

First a line `[]` when it is live, then `[slot id, version, time]` by the clock that all processes of a machine share.
"""

import asyncio
import json
import sys
import time

from expert_booking import change_streams, database, events


def _print(*line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _note(event: events.SlotChanged) -> None:
    _print(str(event.slot_id), event.version, time.monotonic())


async def follow(uri: str, name: str) -> None:
    """Until ended."""
    await database.connect(uri, name=name, timeout_seconds=10)
    events.slots.subscribe(events.EVERY_EXPERT, _note)
    events.resync.subscribe(events.EVERY_EXPERT, lambda _: _print())
    await change_streams.follow()


if __name__ == "__main__":
    asyncio.run(follow(*sys.argv[1:]))
