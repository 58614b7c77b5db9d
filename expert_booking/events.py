"""The in-process event bus: what happened, in the past tense, told once to everybody who watches.

Events carry ids, times and states, never a name, an address, a number or a note. Handlers must be quick and
synchronous: they run one after another. A handler that is subscribed inside a page runs in that page's context and
goes when its client goes; outside of a page, unsubscribe yourself.
"""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimesChanged:
    """An expert has this many open slots now, the next one at `next_open_at` (aware UTC, none when there is none)."""

    expert_id: PydanticObjectId
    open_slots: int
    next_open_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged:
    """A booking was made, moved on to another status, or deleted (`status` is none)."""

    booking_id: PydanticObjectId
    status: BookingStatus | None


Handler = Callable[[Any], None]


class Topics:
    """One NiceGUI event per key, made when somebody subscribes and dropped when nobody is left."""

    def __init__(self) -> None:
        self._events: dict[Any, Event[[Any]]] = {}

    def subscribe(self, key: Any, handler: Handler) -> None:
        """Call the handler with every event of this key."""
        self._events.setdefault(key, Event()).subscribe(handler)
        if Slot.get_stack():  # inside a page: the event forgets the handler with the client, and so must the topic
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

    def has_watchers(self, key: Any) -> bool:
        """Whether somebody watches this key."""
        return key in self._events and bool(self._events[key].callbacks)

    def _drop_if_unwatched(self, key: Any, event: Event[[Any]]) -> None:
        # A handler may have subscribed anew meanwhile, to another event under the same key.
        if not event.callbacks and self._events.get(key) is event:
            del self._events[key]


slots = Topics()
"""`SlotChanged` by the expert's id; `EVERY_EXPERT` hears all of them."""

open_times = Topics()
"""`OpenTimesChanged`, all under `EVERY_EXPERT`."""

bookings = Topics()
"""`BookingChanged` by the booking's customer key, which itself never travels in the event."""

EVERY_EXPERT = "every expert"


def slot_changed(event: SlotChanged) -> None:
    """Tell the watchers of this expert's slots; call it after the write, never before."""
    slots.emit(event.expert_id, event)
    slots.emit(EVERY_EXPERT, event)
