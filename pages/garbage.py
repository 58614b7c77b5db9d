"""Pages that were left: they are full of references to themselves, so only the garbage collector frees them.

It is set to look rarely, which doubles the pages that are built in a second, and would let thousands of them pile up.
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
