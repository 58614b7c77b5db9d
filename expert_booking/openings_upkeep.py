"""Keeps what is open, and who is free soonest, for as long as this process hears of every change."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from expert_booking import availability, background, catalogue, database, events, openings, policy, soonest
from expert_booking.catalogue import Catalogue
from expert_booking.openings import Openings, milliseconds
from expert_booking.soonest import Soonest

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SHORTEST_SPAN, FIRST_SPAN, LONGEST_SPAN = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=4)
# After a gap this long without a single slot, all that follows is asked for at once.
LONGEST_GAP = timedelta(days=30)
FEW_SLOTS, MANY_SLOTS = 300, 1000
AT_ONCE = 5000


class OpeningsUpkeep:
    """Hears the bus, and reads in the background what is open, the soonest first.

    Args:
        hears_all: whether every change of a slot, by whomever, is told on this process's bus right now.
    """

    def __init__(self, hears_all: Callable[[], bool]) -> None:
        self._hears_all = hears_all
        self._reading: asyncio.Task[None] | None = None
        self._read: tuple[Catalogue, Openings] | None = None

    async def run(self) -> None:
        """Keep up until cancelled; then forget everything."""
        events.slots.subscribe(events.EVERY_EXPERT, self._hear)
        events.resync.subscribe(events.EVERY_EXPERT, self._forget)
        try:
            await background.repeat(self.look, every_seconds=LOOK_SECONDS)
        finally:
            events.slots.unsubscribe(events.EVERY_EXPERT, self._hear)
            events.resync.unsubscribe(events.EVERY_EXPERT, self._forget)
            self._stop_reading()
            openings.use(None)
            soonest.use(None)

    def _hear(self, event: events.SlotChanged) -> None:
        order, kept = soonest.current(), openings.current()
        if kept is not None:
            kept.apply(event)
        if order is not None:
            if order.openings is not kept:
                order.openings.apply(event)
            order.update([event.expert_id.binary], after=policy.earliest_start())

    def _forget(self, event: events.ChangesMissed) -> None:
        openings.use(None)

    async def look(self) -> None:
        """Begin to keep what is open, or stop it, or begin anew."""
        if not self._hears_all():
            self._stop_reading()
            openings.use(None)
            soonest.use(None)
            return
        kept, known = openings.current(), catalogue.current()
        if kept is None:
            kept = Openings()
            openings.use(kept)
        if known is not None and self._read != (known, kept):
            self._stop_reading()
            self._read = known, kept
            self._reading = asyncio.create_task(self._read_all(Soonest(known, kept)), name="openings")

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = self._read = None

    async def _read_all(self, order: Soonest) -> None:
        if soonest.current() is None:
            soonest.use(order)  # better than nothing: it says itself how far it knows
        await background.attempt(lambda: read(order))
        if order.openings.is_complete:
            soonest.use(order)
            log.info("read what is open for %s experts", len(order.catalogue))
        else:
            self._read = None  # once more with the next look


async def read(order: Soonest) -> None:
    """Read what everybody has open, in spans of about as many slots, and rest after each for as long as it took."""
    begins, span = policy.earliest_start(), FIRST_SPAN
    last_found_at = begins
    while not order.openings.is_complete:
        began = time.monotonic()
        until = begins + span if begins - last_found_at < LONGEST_GAP else None
        slots = await _read_span(order, begins, until)
        await asyncio.sleep(time.monotonic() - began)
        begins = until or begins
        last_found_at = begins if slots else last_found_at
        span = _fitting(span, slots)
    await _place_all(order)


def _fitting(span: timedelta, slots: int) -> timedelta:
    """A span with not too many slots, going by how many there were in one of this length.

    Not by how long it took: on a busy machine spans would become ever shorter, and the reading never end.
    """
    if slots > MANY_SLOTS:
        return max(span / 2, SHORTEST_SPAN)
    return min(span * 2, LONGEST_SPAN) if slots < FEW_SLOTS else span


async def _read_span(order: Soonest, after: datetime, until: datetime | None) -> int:
    """Read a span, or all that follows; the number of slots in it."""
    kept = order.openings
    with kept.reading(), database.patiently():
        found = await availability.open_slots_between(after, until)
        kept.add(found)
    if until is None:
        kept.complete()
    else:
        order.known_until = milliseconds(until)
    order.update([expert_id.binary for expert_id in found], after=policy.earliest_start())
    return sum(len(slots) for slots in found.values())


async def _place_all(order: Soonest) -> None:
    """What was known, or told, before the order heard of it."""
    keys = order.catalogue.keys
    for first in range(0, len(keys), AT_ONCE):
        order.update(keys[first : first + AT_ONCE], after=policy.earliest_start())
        await asyncio.sleep(0)
