"""Pages that were left: they are full of references to themselves, so only the garbage collector frees them.

By itself it comes to them after a thousand pages or so, as it is set to look rarely, for the sake of building pages
quickly. Here a few hundred are the most that wait.
"""

import asyncio
import gc

from nicegui import app

MANY = 200
"""So many pages that were left are worth the pause; a page keeps a few hundred kB."""
LOOK_SECONDS = 10.0

_left = 0


def install() -> None:
    """Count the pages that are left."""
    app.on_delete(_count)


def _count() -> None:
    global _left
    _left += 1


async def collect_in_time() -> None:
    """Free pages that were left, once there are many, until cancelled."""
    global _left
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if _left >= MANY:
            _left = 0
            gc.collect()
