"""Where pictures are drawn: one at a time, beside the pages' work, and with rests."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 64
MOST_WAITING = 8


class StudioBusy(Exception):
    """So many wait for their picture already that another one would wait too long."""


class Studio:
    """Keeps the pictures that were asked for last: some 7 MB of them at most.

    A drawing takes a tenth of a second of one core. After each the studio rests for as long, so that whoever asks for
    one picture after another takes half a core from the pages and no more.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._rests_until = 0.0

    async def picture(self, key: str, draw: Callable[[], bytes]) -> bytes:
        """The picture of this key, drawn unless it is kept.

        Raises:
            StudioBusy
        """
        if key not in self._kept:
            await self._wait_and_draw(key, draw)
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _wait_and_draw(self, key: str, draw: Callable[[], bytes]) -> None:
        if self._waiting >= MOST_WAITING:
            raise StudioBusy
        self._waiting += 1
        try:
            async with self._turn:
                if key not in self._kept:  # somebody else may have had it drawn meanwhile
                    await self._draw(key, draw)
        finally:
            self._waiting -= 1

    async def _draw(self, key: str, draw: Callable[[], bytes]) -> None:
        await asyncio.sleep(max(0.0, self._rests_until - time.monotonic()))
        began = time.monotonic()
        self._kept[key] = await asyncio.to_thread(draw)
        ended = time.monotonic()
        self._rests_until = ended + (ended - began)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
