"""Reads the catalogue when the process starts, and again when experts have changed."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

from expert_booking import background, catalogue, database, events, openings, revisions
from expert_booking.catalogue import Catalogue, Listed
from models import Expert

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
AT_ONCE = 1000
FIELDS = {"name": 1, "category": 1, "rating": 1, "is_hidden": 1}
TENTHS = 10
BEST_RATING = 5


class CatalogueUpkeep:
    """Looks for a later revision, or for doubts, and reads the catalogue anew; until then the one before is used."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._rests_until = 0.0

    async def run(self) -> None:
        """Keep up until cancelled; then forget everything."""
        try:
            await background.repeat(self.look, every_seconds=LOOK_SECONDS)
        finally:
            catalogue.use(None)

    async def look(self) -> None:
        """Make sure that there is a catalogue and that it is the latest, unless one has been read a moment ago."""
        revision = await revisions.of_catalogue()
        if revision != self._revision and self._revision is not None:
            openings.use(None)  # slots may have been made without a word as well
        is_latest = revision == self._revision and catalogue.current() is not None and not catalogue.is_doubted()
        if is_latest or (catalogue.current() is not None and time.monotonic() < self._rests_until):
            return
        began = time.monotonic()
        found = await read(rests=catalogue.current() is not None)
        took = time.monotonic() - began
        self._rests_until = time.monotonic() + 3 * took
        if await revisions.of_catalogue() == revision:
            self._revision = revision
            catalogue.use(found)
            events.catalogue.emit(events.EVERY_EXPERT, events.CatalogueChanged())
            log.info("read a catalogue of %s experts in %.1f s", len(found), took)


async def read(*, rests: bool = False) -> Catalogue:
    """Everybody whom visitors may find, one tenth of a rating after another: nothing stands still for long.

    Args:
        rests: whether to leave the database alone half of the time.
    """
    found = Catalogue()
    for rating in _ratings():
        began = time.monotonic()
        with database.patiently():
            rows = await Expert.aggregate([{"$match": {"rating": rating}}, {"$project": FIELDS}]).to_list()
        rest = time.monotonic() - began if rests else 0
        # Left out here, where each is looked at anyway: asked to, the database might go by another index.
        listed = sorted((_listed(row) for row in rows if not row.get("is_hidden")), key=catalogue.place)
        for first in range(0, len(listed), AT_ONCE):
            found.add(listed[first : first + AT_ONCE])
            await asyncio.sleep(0)
        await asyncio.sleep(rest)
    found.close()
    return found


def _ratings() -> Iterator[dict[str, float]]:
    """Ranges of the index that is there for the order of the list, from its beginning."""
    yield {"$gte": BEST_RATING}
    for tenth in reversed(range(1, BEST_RATING * TENTHS)):
        yield {"$gte": tenth / TENTHS, "$lt": (tenth + 1) / TENTHS}
    yield {"$lt": 1 / TENTHS}


def _listed(row: dict[str, Any]) -> Listed:
    return Listed(key=row["_id"].binary, name=row["name"], category=row["category"], rating=row["rating"])
