"""Route: what happens to an expert's slots, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Self

from beanie import PydanticObjectId
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from expert_booking import events
from expert_booking.api.error_body import json_error
from expert_booking.api.experts import ExpertOfPath
from expert_booking.api.limits import address_of
from expert_booking.api.shape import Shape
from expert_booking.at_a_time import Places
from expert_booking.sentence import Sentence
from models import SlotState

LONGEST_BACKLOG = 200
MOST_FEEDS = 2000
MOST_OF_ADDRESS = 50

router = APIRouter(tags=["experts"])

_places = Places(
    "event streams of an address",
    most=MOST_OF_ADDRESS,
    sentence=Sentence("Many are listening from your connection just now."),
)


class SlotChangeShape(Shape):
    """A slot is in another state now; of two changes of a slot the one with the higher version is the later one."""

    slot_id: str
    starts_at: datetime
    ends_at: datetime
    state: SlotState
    held_until: datetime | None
    version: int
    session_type: str

    @classmethod
    def of(cls, happened: events.SlotChanged) -> Self:
        """What the bus told, without the expert, who is known."""
        return cls(
            slot_id=str(happened.slot_id),
            starts_at=happened.starts_at,
            ends_at=happened.ends_at,
            state=happened.state,
            held_until=happened.held_until,
            version=happened.version,
            session_type=happened.session_type,
        )


class SlotFeed:
    """The changes of an expert's slots, kept until they are read; a reader who falls far behind is cut off.

    Whoever was cut off connects again and loads again: a gap would be worse than an end. So do all when the house
    itself may have missed something.
    """

    def __init__(self, expert_id: PydanticObjectId) -> None:
        self._expert_id = expert_id
        self._changes: asyncio.Queue[events.SlotChanged | None] = asyncio.Queue(maxsize=LONGEST_BACKLOG)
        self._has_ended = False

    def __enter__(self) -> Self:
        open_feeds.add(self)
        events.slots.subscribe(self._expert_id, self._note)
        events.resync.subscribe(events.EVERY_EXPERT, self._miss)
        return self

    def __exit__(self, *_: object) -> None:
        open_feeds.discard(self)
        self.end()

    def end(self) -> None:
        """Hear no more, and let the reader go."""
        self._has_ended = True
        events.slots.unsubscribe(self._expert_id, self._note)
        events.resync.unsubscribe(events.EVERY_EXPERT, self._miss)
        if self._changes.empty():
            self._changes.put_nowait(None)  # wakes a reader who waits

    def _note(self, happened: events.SlotChanged) -> None:
        try:
            self._changes.put_nowait(happened)
        except asyncio.QueueFull:
            self.end()

    def _miss(self, _: events.ChangesMissed) -> None:
        self.end()

    async def __aiter__(self) -> AsyncIterator[events.SlotChanged]:
        while not self._has_ended:
            happened = await self._changes.get()
            if happened is not None:
                yield happened


open_feeds: set[SlotFeed] = set()


def readers() -> dict[str, int]:
    """How many are listening, by the route."""
    return {"/api/experts/{expert_id}/events": len(open_feeds)}


def end_streams() -> None:
    """End every open stream: a server that is asked to stop waits until its last response is complete."""
    for feed in list(open_feeds):
        feed.end()


async def _feed(request: Request, expert: ExpertOfPath) -> AsyncIterator[SlotFeed]:
    """Ends when the response does, whichever side ended it."""
    if len(open_feeds) >= MOST_FEEDS:
        raise HTTPException(
            429, "Too many are listening just now. Please try again in a minute.", {"Retry-After": "60"}
        )
    with _places.place(address_of(request.client)), SlotFeed(expert.id) as feed:
        yield feed


def _described() -> dict[str, Any]:
    """What the stream's items hold; the framework knows the frame of an event only."""
    schema = SlotChangeShape.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schema.pop("$defs")
    data = {"contentMediaType": "application/json", "contentSchema": schema}
    content = {"text/event-stream": {"itemSchema": {"properties": {"data": data}}}}
    return {"responses": {"200": {"content": content}}}


@router.get(
    "/experts/{expert_id}/events",
    response_class=EventSourceResponse,
    responses={status: json_error(HTTPStatus(status).phrase) for status in (404, 429, 503)},
    openapi_extra=_described(),
)
async def stream_slot_changes(feed: Annotated[SlotFeed, Depends(_feed)]) -> AsyncIterator[ServerSentEvent]:
    """First `event: ready`: load the expert after it, and nothing is missed. Then `event: slot` for each change.

    A comment comes every 15 seconds when nothing else does. When the stream ends, connect and load again.
    """
    yield ServerSentEvent(event="ready", data={})
    async for happened in feed:
        yield ServerSentEvent(event="slot", data=SlotChangeShape.of(happened))
