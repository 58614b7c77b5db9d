"""The in-process event bus: what happened, in the past tense, told once to everybody who watches.

Events carry ids, times and states, never a name, an address, a number or a note. Handlers must be quick and
synchronous: they run one after another. A handler that is subscribed inside a page runs in that page's context and
goes when its client goes; outside of a page, unsubscribe yourself.

What happened comes in by the functions at the end, from this process's own writes and, with several processes, from the
change stream, which tells the own ones a second time. So what has been told already is dropped at the door.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId
from nicegui import Event, context
from nicegui.slot import Slot

from models import BookingStatus, SlotState


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotChanged:
    """A time slot is in another state now; `version` orders the events of one slot. Times are aware UTC."""

    expert_id: PydanticObjectId
    slot_id: PydanticObjectId
    starts_at: datetime
    ends_at: datetime
    state: SlotState
    held_until: datetime | None
    version: int
    session_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimesChanged:
    """An expert has this many open slots now, the next one at `next_open_at` (aware UTC); none when there is none."""

    expert_id: PydanticObjectId
    open_slots: int
    next_open_at: datetime | None
    next_open_id: PydanticObjectId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged:
    """A booking was made, moved on to another status or to another time, or deleted (`status` is none).

    `sequence` is the booking's own, which every change of its time raises.
    """

    booking_id: PydanticObjectId
    status: BookingStatus | None
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionChanged:
    """A booking is about to be deleted, at `takes_effect_at` (aware UTC), or stays after all (none)."""

    booking_id: PydanticObjectId
    takes_effect_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChanged:
    """Somebody has joined or left the line of those who wait for an expert, or what is offered there has changed."""

    expert_id: PydanticObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueChanged:
    """Experts were added or changed, or are not found any more; who there is has been read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesMissed:
    """Anything may have changed without being told: whoever shows something reads it again."""


Handler = Callable[[Any], None]


class Topics:
    """One NiceGUI event per key, made when somebody subscribes and dropped when nobody is left."""

    def __init__(self) -> None:
        self._events: dict[Any, Event[[Any]]] = {}

    def subscribe(self, key: Any, handler: Handler, *, for_page: bool = True) -> None:
        """Call the handler with every event of this key.

        Args:
            key: whose events.
            handler: quick and synchronous.
            for_page: whether it belongs to the page in whose context this is called, if any, and goes with it.
        """
        event = self._events.setdefault(key, Event())
        event.subscribe(handler, unsubscribe_on_delete=None if for_page else False)
        if not for_page:
            event.callbacks[-1].slot = None
        elif Slot.get_stack():  # inside a page: the event forgets the handler with the client, and so must the topic
            context.client.on_delete(lambda: self.unsubscribe(key, handler))

    def unsubscribe(self, key: Any, handler: Handler) -> None:
        """Stop calling the handler."""
        if event := self._events.get(key):
            event.unsubscribe(handler)
            self._drop_if_unwatched(key, event)

    def emit(self, key: Any, happened: Any) -> None:
        """Tell everybody who watches this key."""
        if event := self._events.get(key):
            event.emit(happened)
            self._drop_if_unwatched(key, event)

    def emit_to_all(self, happened: Any) -> None:
        """Tell everybody, whichever key they watch."""
        for key in list(self._events):
            self.emit(key, happened)

    def has_watchers(self, key: Any) -> bool:
        """Whether somebody watches this key."""
        return key in self._events and bool(self._events[key].callbacks)

    def watched(self) -> set[Any]:
        """All keys that somebody watches."""
        return {key for key in self._events if self.has_watchers(key)}

    def _drop_if_unwatched(self, key: Any, event: Event[[Any]]) -> None:
        # A handler may have subscribed anew meanwhile, to another event under the same key.
        if not event.callbacks and self._events.get(key) is event:
            del self._events[key]


slots = Topics()
"""`SlotChanged` by the expert's id and by the slot's own; `EVERY_EXPERT` hears all of them."""

open_times = Topics()
"""`OpenTimesChanged` by the expert's id, for those that somebody watches."""

bookings = Topics()
"""`BookingChanged` by the booking's customer key, which itself never travels in the event, and by its expert's id.

`EVERY_EXPERT` hears all of them.
"""

lines = Topics()
"""`LineChanged` by the expert's id."""

deletions = Topics()
"""`DeletionChanged` by the booking's customer key, in the process in which the deletion began."""

catalogue = Topics()
"""`CatalogueChanged`, under `EVERY_EXPERT`."""

resync = Topics()
"""`ChangesMissed`, under `EVERY_EXPERT`; what is read after hearing it is true."""

EVERY_EXPERT = "every expert"
LONGEST_MEMORY = 10_000


class Door:
    """Lets nothing in that is older than, or the same as, what came in before; remembers what came last only."""

    def __init__(self) -> None:
        self._latest: OrderedDict[PydanticObjectId, tuple[int, object]] = OrderedDict()

    def lets_in(self, key: PydanticObjectId, *, version: int, state: object) -> bool:
        """Whether this is news: a later version, or another state of the same version, which time alone can bring."""
        before = self._latest.get(key)
        if before is not None and (version < before[0] or (version, state) == before):
            return False
        self._latest[key] = (version, state)
        self._latest.move_to_end(key)
        if len(self._latest) > LONGEST_MEMORY:
            self._latest.popitem(last=False)
        return True

    def forget(self) -> None:
        """Everything is news again."""
        self._latest.clear()


_slot_door, _booking_door = Door(), Door()

MOST_CHANGES = 1_000_000
# A booking has no version, but its status and, within one status, its sequence only ever move forward.
_ORDER = {
    BookingStatus.PENDING: 0,
    BookingStatus.CONFIRMED: 1,
    BookingStatus.COMPLETED: 2,
    BookingStatus.CANCELLED: 2,
    None: 3,
}


def slot_changed(event: SlotChanged) -> None:
    """Tell the watchers of this expert's slots; call it after the write, never before."""
    if _slot_door.lets_in(event.slot_id, version=event.version, state=event.state):
        slots.emit(event.expert_id, event)
        slots.emit(event.slot_id, event)
        slots.emit(EVERY_EXPERT, event)


def booking_changed(
    customer_key: str | None, event: BookingChanged, *, expert_id: PydanticObjectId | None = None
) -> None:
    """Tell the watchers of this customer's and this expert's bookings; all when it is not known whose it was."""
    version = _ORDER[event.status] * MOST_CHANGES + event.sequence
    if not _booking_door.lets_in(event.booking_id, version=version, state=event.status):
        return
    if customer_key is None:
        bookings.emit_to_all(event)
        return
    bookings.emit(customer_key, event)
    if expert_id is not None:
        bookings.emit(expert_id, event)
    bookings.emit(EVERY_EXPERT, event)


def changes_missed() -> None:
    """Have everybody read again what they show; call it when what comes from now on is told again."""
    _slot_door.forget()
    _booking_door.forget()
    resync.emit(EVERY_EXPERT, ChangesMissed())
