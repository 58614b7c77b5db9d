import asyncio
import gc
import weakref
from datetime import timedelta
from zoneinfo import ZoneInfo

from expert_booking import bookings, events, holds
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot
from models.time_slot import NOT_HELD
from pages.live.wire import frame
from pages.reader import Reader
from tests.conftest import MakeSlot
from tests.pages.conftest import Come
from tests.pages.person import BOOKED, FREE, PATIENCE_SECONDS, Person


async def test_boards_close_with_the_last_page_that_looks(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open("/")
    assert events.slots.has_watchers(expert.id)
    assert events.open_times.has_watchers(expert.id)

    visitor.leave()
    watcher.leave()

    assert not events.slots.has_watchers(expert.id)
    assert events.open_times.watched() == set()


async def test_page_that_was_closed_while_it_read_keeps_no_board_open(visitor: Person, expert: Expert) -> None:
    from pages.live.board import viewer  # as the application that runs here has it
    from pages.live.open_times import OpenTimesBoard

    await visitor.open("/my-bookings")
    with visitor.client:
        looking = viewer()
    visitor.leave()

    board = OpenTimesBoard.of(expert.id, Reader(zone=ZoneInfo("UTC")))
    looking.look_at(board)

    assert not events.open_times.has_watchers(expert.id)
    looking.look_away(board)


async def test_nothing_is_left_of_a_page_that_was_closed(visitor: Person, expert: Expert, slot: TimeSlot) -> None:
    for path in ("/", f"/experts/{expert.id}"):
        await visitor.open(path)
        page = weakref.ref(visitor.client)

        visitor.leave()
        await visitor.open("/my-bookings")

        async with asyncio.timeout(PATIENCE_SECONDS):  # its outbox ends within a second
            while page() is not None:
                await asyncio.sleep(0.1)
                gc.collect()


async def test_board_stays_open_for_whoever_is_left(
    visitor: Person, watcher: Person, expert: Expert, slot: TimeSlot, bob: Customer
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")

    visitor.leave()
    await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="bob", customer=bob)

    await watcher.sees_slot(slot, BOOKED)
    await watcher.sees("is now booked.")


async def test_turning_a_page_follows_other_experts(visitor: Person, come: Come, make_expert: object) -> None:
    experts = [await make_expert(f"Person {chr(65 + number)}", rating=4) for number in range(14)]  # type: ignore[operator]
    await visitor.open("/")
    first, last = experts[0], experts[-1]
    assert events.open_times.has_watchers(first.id)
    assert not events.open_times.has_watchers(last.id)

    await visitor.click("Next page")

    await visitor.sees_cards("Person M", "Person N")
    assert events.open_times.has_watchers(last.id)
    assert not events.open_times.has_watchers(first.id)


async def test_what_was_missed_is_read_again(
    visitor: Person, watcher: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    slot = await make_slot(expert)
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open("/")
    await visitor.sees_slot(slot, FREE)
    # As another process writes it, of which this one hears nothing.
    await TimeSlot.find_one({"_id": slot.id}).update(
        {"$set": {"booking_id": expert.id, "held_until": NOT_HELD}, "$inc": {"version": 1}}
    )

    events.resync.emit(events.EVERY_EXPERT, events.ChangesMissed())

    await visitor.sees_slot(slot, BOOKED)
    await watcher.sees("No open time")


async def test_status_that_was_missed_is_read_again(
    visitor: Person, watcher: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await visitor.open(f"/bookings/{booking.manage_token}")
    await watcher.sign_in(alice.email)
    await watcher.open("/my-bookings")
    await watcher.sees("Pending")
    await Booking.find_one({"_id": booking.id}).update({"$set": {"status": BookingStatus.CONFIRMED}})

    events.resync.emit(events.EVERY_EXPERT, events.ChangesMissed())

    await visitor.sees("Confirmed")
    await watcher.sees("Confirmed")


async def test_hold_of_another_tab_is_not_shown_as_this_pages_own(
    visitor: Person, watcher: Person, expert: Expert, make_slot: MakeSlot
) -> None:
    slot, other = await make_slot(expert, hours=24), await make_slot(expert, hours=24.5)
    await visitor.open(f"/experts/{expert.id}")
    await watcher.open(f"/experts/{expert.id}")
    visitor.pick(slot)
    await visitor.sees("Held for you")

    await holds.hold(expert_id=expert.id, slot_id=other.id, visitor="somebody else")

    await visitor.sees("is now being booked.")
    assert [text for text in watcher.texts if "held for you" in text.lower()] == []
    assert other.starts_at - slot.starts_at == timedelta(minutes=30)


def test_frames_say_how_long_they_are() -> None:
    for size, head in (
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (70_000, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70"),
    ):
        assert frame("x" * size) == head + b"x" * size
