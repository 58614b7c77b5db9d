"""What other processes write is told on this process's bus: one change stream of the database feeds it.

The stream tells this process's own writes as well; `events` drops what it has told already. When the line breaks, the
stream goes on where it ended. When it cannot, because the database does not remember that far back, everybody reads
again what they show.
"""

import asyncio
import logging
import random
import time
from datetime import UTC, datetime
from typing import Any

from expert_booking import availability, clock, database, events
from expert_booking.events import BookingChanged, LineChanged
from expert_booking.unforeseen import outline
from models import Booking, BookingStatus, TimeSlot, Wish
from models.booking import ERASED

log = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
GATHER_SECONDS = 1.0

SLOTS, BOOKINGS, WISHES = TimeSlot.Settings.name, Booking.Settings.name, Wish.Settings.name
SLOT_FIELDS = (
    "expert_id", "starts_at", "ends_at", "booking_id", "held_until", "version", "session_type", "closes_at",
    "withdrawn_at",
)  # fmt: skip
BOOKING_FIELDS = ("expert_id", "customer_key", "status", "sequence", "deleted_at")
EVENT_FIELDS = ("operationType", "ns", "documentKey", "clusterTime", "wallTime")
WRITES = ("insert", "update", "replace")
REMOVALS = ("delete", "drop", "rename", "dropDatabase", "invalidate")

# Names, notes and tokens stay in the database. What happens to the database itself names no collection.
PIPELINE: list[dict[str, Any]] = [
    {"$match": {"ns.coll": {"$in": [SLOTS, BOOKINGS, WISHES, None]}}},
    {
        "$project": dict.fromkeys(
            [*EVENT_FIELDS, *(f"fullDocument.{name}" for name in sorted({*SLOT_FIELDS, *BOOKING_FIELDS}))], 1
        )
    },
]


class Follower:
    """Reads the change stream of the database and tells what it says, for as long as the process lives."""

    def __init__(self) -> None:
        self.is_live = False
        self._token: Any = None
        self._delay_seconds = 0.0
        self._heard_at = time.monotonic()
        self._missed_since: float | None = None
        self._said = ""

    @property
    def lag_seconds(self) -> float:
        """How late the last event came; while nothing can come, for how long that has been so."""
        return self._delay_seconds if self.is_live else time.monotonic() - self._heard_at

    async def run(self) -> None:
        """Follow until cancelled; on a database that keeps no log of changes, say so and end."""
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except database.KeepsNoLog:
                log.warning("the database is a standalone one: live updates reach the browsers of this process only")
                return
            except database.CONNECTION_ERRORS as error:
                self._say(f"the change stream waits ({type(error).__name__})")
            except database.OperationFailure as error:
                self._say(f"the change stream begins anew ({error.code})")
                self._token = None
            except Exception as error:
                log.error("the change stream begins anew: %s", outline(error))
                self._token = None
            finally:
                self.is_live = False
            if time.monotonic() - began > LONGEST_PAUSE_SECONDS:  # it did not fail as soon as it was opened
                pause = SHORTEST_PAUSE_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # nosec B311 # it spreads retries, and keeps no secret
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _say(self, what: str) -> None:
        if what != self._said:
            log.warning("%s", what)
        self._said = what

    async def _follow(self) -> None:
        """Tell what changes, until the stream breaks or ends."""
        async with database.changes(PIPELINE, after=self._token) as changes:
            self._be_live()
            if self._token is None:  # only now is nothing missed from here on
                events.changes_missed()
            while changes.is_open:
                self._hear(await changes.next())
                self._token = changes.token
        self._token = None

    def _be_live(self) -> None:
        log.log(logging.WARNING if self._said else logging.INFO, "the change stream is live")
        self._said, self.is_live, self._heard_at = "", True, time.monotonic()

    def _hear(self, change: dict[str, Any] | None) -> None:
        self._heard_at = time.monotonic()
        if change is not None:
            self._delay_seconds = max(0.0, (clock.now() - _happened_at(change)).total_seconds())
            if not tell(change) and self._missed_since is None:
                self._missed_since = self._heard_at
        if self._missed_since is not None and (change is None or self._heard_at - self._missed_since > GATHER_SECONDS):
            self._missed_since = None
            events.changes_missed()


def tell(change: dict[str, Any]) -> bool:
    """Tell what a change means; false when it can only be learnt by reading again."""
    collection, operation = change.get("ns", {}).get("coll"), change["operationType"]
    if operation in WRITES:
        told = {SLOTS: _tell_of_slot, BOOKINGS: _tell_of_booking, WISHES: _tell_of_wish}
        told[collection](change["documentKey"]["_id"], change.get("fullDocument"))
    elif operation == "delete" and collection == BOOKINGS:
        events.booking_changed(None, BookingChanged(booking_id=change["documentKey"]["_id"], status=None))
    elif operation == "delete" and collection == WISHES:
        pass  # it had ended long before, or its owner has left the line first
    else:  # a slot without its expert, or everything at once, has gone
        return operation not in REMOVALS
    return True


def _tell_of_slot(slot_id: Any, document: dict[str, Any] | None) -> None:
    if document is not None:  # none when it has been removed meanwhile, which is told next
        slot = TimeSlot.model_validate({"_id": slot_id, **document})
        events.slot_changed(availability.change_of(slot))


def _tell_of_booking(booking_id: Any, document: dict[str, Any] | None) -> None:
    if document is not None:
        is_erased = document["customer_key"].startswith(ERASED)
        status = None if document.get("deleted_at") or is_erased else BookingStatus(document["status"])
        whose = None if is_erased else document["customer_key"]  # whose it was is not known any more
        changed = BookingChanged(booking_id=booking_id, status=status, sequence=document.get("sequence", 0))
        events.booking_changed(whose, changed, expert_id=document["expert_id"])


def _tell_of_wish(_: Any, document: dict[str, Any] | None) -> None:
    if document is not None:
        events.lines.emit(document["expert_id"], LineChanged(expert_id=document["expert_id"]))


def _happened_at(change: dict[str, Any]) -> datetime:
    """By the database's clock; before MongoDB 6.0 to the second."""
    at = change.get("wallTime") or change["clusterTime"].as_datetime()
    assert isinstance(at, datetime)
    return at.astimezone(UTC)


_follower: Follower | None = None


async def follow() -> None:
    """Tell this process what the others write, until cancelled."""
    global _follower
    _follower = Follower()
    try:
        await _follower.run()
    finally:
        _follower = None


def is_live() -> bool:
    """Whether what other processes write arrives here right now."""
    return _follower is not None and _follower.is_live


def lag_seconds() -> float | None:
    """How late the last event came, or for how long none could come; none when no change stream is followed."""
    return None if _follower is None else _follower.lag_seconds
