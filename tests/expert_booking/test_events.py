import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest
from beanie import PydanticObjectId
from nicegui import Client
from nicegui.page import page

from expert_booking import availability, bookings, clock, events, holds, recovery
from expert_booking.customers import Customer
from expert_booking.errors import SlotHeldByAnother
from expert_booking.events import EVERY_EXPERT, BookingChanged, ChangesMissed, Door, SlotChanged, Topics
from models import Booking, BookingStatus, SlotState, TimeSlot
from tests.conftest import stored

CANARY = Customer(
    name="Canary Name", email="canary.mail@example.com", phone="+442079460958", notes="canary note, in confidence"
)


@dataclass
class Ear:
    """Hears everything that is told of all slots and of one customer's bookings."""

    slots: list[SlotChanged] = field(default_factory=list)
    bookings: list[BookingChanged] = field(default_factory=list)


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    events.slots.subscribe(EVERY_EXPERT, ear.slots.append)
    events.bookings.subscribe(CANARY.key, ear.bookings.append)
    yield ear
    events.slots.unsubscribe(EVERY_EXPERT, ear.slots.append)
    events.bookings.unsubscribe(CANARY.key, ear.bookings.append)


async def book(slot: TimeSlot) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="canary", customer=CANARY)


async def live_a_full_life(slot: TimeSlot) -> None:
    """Everything that can happen to a slot: held, released, booked, cancelled, booked, completed, deleted."""
    got = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="canary")
    await holds.release(slot_id=slot.id, token=got.token)
    await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="canary")
    cancelled = await book(slot)
    await bookings.cancel(cancelled.id)
    booking = await book(slot)
    await bookings.confirm(booking.id)
    await bookings.complete(booking.id)
    await bookings.delete(booking.id)


# --- what is told ---


async def test_slot_events_tell_every_state_in_order(slot: TimeSlot, ear: Ear) -> None:
    await live_a_full_life(slot)

    assert [event.state for event in ear.slots] == [
        SlotState.HELD,
        SlotState.OPEN,
        SlotState.HELD,
        SlotState.BOOKED,
        SlotState.OPEN,
        SlotState.BOOKED,
        SlotState.OPEN,
    ]


async def test_slot_event_versions_increase(slot: TimeSlot, ear: Ear) -> None:
    await live_a_full_life(slot)

    versions = [event.version for event in ear.slots]
    assert versions == sorted(set(versions))
    assert versions[-1] == (await stored(slot)).version


async def test_booking_events_tell_every_status_in_order(slot: TimeSlot, ear: Ear) -> None:
    await live_a_full_life(slot)

    assert [event.status for event in ear.bookings] == [
        BookingStatus.PENDING,
        BookingStatus.CANCELLED,
        BookingStatus.PENDING,
        BookingStatus.CONFIRMED,
        BookingStatus.COMPLETED,
        None,
    ]


async def test_events_carry_no_personal_data(slot: TimeSlot, ear: Ear) -> None:
    await live_a_full_life(slot)

    told = [*ear.slots, *ear.bookings]
    values = {str(value) for event in told for value in asdict(event).values()}
    personal = [CANARY.name, CANARY.email, CANARY.phone, CANARY.notes, "canary"]
    assert [(secret, value) for secret in personal for value in values if secret in value] == []
    assert len(told) == 13


async def test_refused_request_tells_nothing(slot: TimeSlot, ear: Ear) -> None:
    await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="somebody else")
    ear.slots.clear()

    with pytest.raises(SlotHeldByAnother):
        await book(slot)

    assert (ear.slots, ear.bookings) == ([], [])


async def test_recovery_tells_what_it_put_right(slot: TimeSlot, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crashed(*_: object, **__: object) -> None:
        """The process died between the insert and the projection."""

    with monkeypatch.context() as patched:
        patched.setattr(bookings, "settle", crashed)
        await book(slot)
    ear.slots.clear()

    await recovery.recover()

    assert [(event.state, event.version) for event in ear.slots] == [(SlotState.BOOKED, (await stored(slot)).version)]


# --- when it is told ---


@pytest.fixture
async def read_back() -> AsyncIterator[list[tuple[SlotChanged, SlotChanged]]]:
    """Every slot event beside what a reader who starts at that very moment finds in the database."""
    pairs: list[tuple[SlotChanged, SlotChanged]] = []
    readers: list[asyncio.Task[None]] = []

    async def read(event: SlotChanged) -> None:
        found = await availability.slot_of(event.expert_id, event.slot_id)
        pairs.append((event, availability.change_of(found)))

    def start(event: SlotChanged) -> None:
        readers.append(asyncio.create_task(read(event)))

    events.slots.subscribe(EVERY_EXPERT, start)
    yield pairs
    events.slots.unsubscribe(EVERY_EXPERT, start)
    await asyncio.gather(*readers)


async def test_event_is_told_after_the_write(slot: TimeSlot, read_back: list[tuple[SlotChanged, SlotChanged]]) -> None:
    got = await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="canary")
    await _until(read_back, 1)
    await holds.release(slot_id=slot.id, token=got.token)
    await _until(read_back, 2)
    booking = await book(slot)
    await _until(read_back, 3)
    await bookings.cancel(booking.id)
    await _until(read_back, 4)

    assert [told for told, _ in read_back] == [found for _, found in read_back]


async def test_late_confirmation_does_not_hide_a_cancellation(slot: TimeSlot, ear: Ear) -> None:
    """The last event is about the status as it is in the end, whichever request comes back last."""
    booking = await book(slot)
    get = bookings.get

    async def cancelled_meanwhile(booking_id: Any) -> Booking:
        bookings.get = get
        await bookings.cancel(booking_id)
        return await get(booking_id)

    bookings.get = cancelled_meanwhile
    try:
        await bookings.confirm(booking.id)
    finally:
        bookings.get = get

    assert ear.bookings[-1] == BookingChanged(booking_id=booking.id, status=BookingStatus.CANCELLED, sequence=2)


async def test_cancellation_is_told_after_the_booking_it_ends(
    slot: TimeSlot, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The booking is cancelled while its slot is still being settled."""
    settle = bookings.settle

    async def cancelled_meanwhile(booking: Booking, *, slot: TimeSlot | None = None) -> None:
        monkeypatch.setattr(bookings, "settle", settle)
        await bookings.cancel(booking.id)
        await settle(booking, slot=slot)

    monkeypatch.setattr(bookings, "settle", cancelled_meanwhile)

    await book(slot)

    assert [event.status for event in ear.bookings] == [BookingStatus.PENDING, BookingStatus.CANCELLED]


async def _until(told: list[Any], count: int) -> None:
    async with asyncio.timeout(5):
        while len(told) < count:
            await asyncio.sleep(0.005)


# --- what is told twice ---


def test_slot_event_that_is_no_news_stays_outside(ear: Ear) -> None:
    now = clock.now()
    first = SlotChanged(
        expert_id=PydanticObjectId(),
        slot_id=PydanticObjectId(),
        starts_at=now,
        ends_at=now,
        state=SlotState.HELD,
        held_until=now,
        version=4,
    )
    later = replace(first, version=5, state=SlotState.OPEN, held_until=None)
    closed = replace(later, state=SlotState.PAST)
    other = replace(first, slot_id=PydanticObjectId())

    for event in (first, first, later, first, later, closed, closed, other):
        events.slot_changed(event)

    assert ear.slots == [first, later, closed, other]


def test_booking_event_that_is_no_news_stays_outside(ear: Ear) -> None:
    booking_id = PydanticObjectId()
    pending, confirmed, cancelled, deleted = (
        BookingChanged(booking_id=booking_id, status=status)
        for status in (BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CANCELLED, None)
    )

    for event in (pending, confirmed, pending, cancelled, cancelled, confirmed, deleted, deleted, cancelled):
        events.booking_changed(CANARY.key, event)

    assert ear.bookings == [pending, confirmed, cancelled, deleted]


def test_deleted_booking_of_an_unknown_customer_is_told_to_everybody(ear: Ear) -> None:
    deleted = BookingChanged(booking_id=PydanticObjectId(), status=None)

    events.booking_changed(None, deleted)

    assert ear.bookings == [deleted]


def test_after_a_gap_everything_is_news_again(ear: Ear) -> None:
    missed: list[ChangesMissed] = []
    pending = BookingChanged(booking_id=PydanticObjectId(), status=BookingStatus.PENDING)
    events.booking_changed(CANARY.key, pending)
    events.resync.subscribe(EVERY_EXPERT, missed.append)

    events.changes_missed()
    events.booking_changed(CANARY.key, pending)

    events.resync.unsubscribe(EVERY_EXPERT, missed.append)
    assert (missed, ear.bookings) == ([ChangesMissed()], [pending, pending])


def test_door_remembers_the_latest_and_no_more_than_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_MEMORY", 2)
    door, (first, second, third) = Door(), (PydanticObjectId() for _ in range(3))

    for version, key in enumerate((first, second, first, third)):
        door.lets_in(key, version=version, state="open")

    assert list(door._latest) == [first, third]


# --- topics ---


def test_topic_reaches_those_who_watch_its_key() -> None:
    topics, heard, elsewhere = Topics(), list[str](), list[str]()
    topics.subscribe("a key", heard.append)
    topics.subscribe("another key", elsewhere.append)

    topics.emit("a key", "news")

    assert (heard, elsewhere) == (["news"], [])


def test_topic_is_dropped_when_nobody_watches() -> None:
    topics, heard = Topics(), list[str]()
    topics.subscribe("a key", heard.append)
    assert topics.has_watchers("a key")

    topics.unsubscribe("a key", heard.append)
    topics.emit("a key", "news")

    assert (topics.has_watchers("a key"), topics._events, heard) == (False, {}, [])


def test_topic_is_dropped_when_the_page_of_its_last_watcher_goes() -> None:
    topics, staying, client = Topics(), list[str](), Client(page("/"), request=None)
    with client:
        topics.subscribe("a key", print)
        topics.subscribe("another key", print)
    topics.subscribe("another key", staying.append)

    client.delete()
    topics.emit("another key", "news")

    assert (list(topics._events), staying) == (["another key"], ["news"])


def test_topic_that_is_only_told_of_is_not_kept() -> None:
    topics = Topics()

    topics.emit("a key", "news")
    topics.unsubscribe("a key", print)

    assert topics._events == {}


def test_topic_keeps_the_watchers_that_stay() -> None:
    topics, leaving, staying = Topics(), list[str](), list[str]()
    topics.subscribe("a key", leaving.append)
    topics.subscribe("a key", staying.append)

    topics.unsubscribe("a key", leaving.append)
    topics.emit("a key", "news")

    assert (leaving, staying) == ([], ["news"])


def test_watcher_who_subscribes_anew_while_being_told_is_kept() -> None:
    topics, heard = Topics(), list[str]()

    def listen_anew(_: str) -> None:
        topics.unsubscribe("a key", listen_anew)
        topics.subscribe("a key", heard.append)

    topics.subscribe("a key", listen_anew)
    topics.emit("a key", "first")

    topics.emit("a key", "second")

    assert heard == ["second"]


async def test_failing_handler_does_not_stop_the_others(slot: TimeSlot, ear: Ear) -> None:
    heard: list[SlotChanged] = []

    def fail(_: SlotChanged) -> None:
        raise RuntimeError("this handler fails")

    events.slots.subscribe(slot.expert_id, fail)
    events.slots.subscribe(slot.expert_id, heard.append)
    try:
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice")
    finally:
        events.slots.unsubscribe(slot.expert_id, fail)
        events.slots.unsubscribe(slot.expert_id, heard.append)

    assert (len(heard), heard) == (1, ear.slots)
