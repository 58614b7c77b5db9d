import pytest

from expert_booking import bookings, clock, events, holds
from expert_booking.availability import change_of
from expert_booking.customers import Customer
from models import Expert, SessionType, TimeSlot
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.pages.person import FREE, MINE, Person

INTRO, DEEP = "Intro30 minutes", "Deep dive60 minutes"
TYPES = [SessionType(key="intro", name="Intro", minutes=30), SessionType(key="deep", name="Deep dive", minutes=60)]


@pytest.fixture
async def expert(make_expert: MakeExpert) -> Expert:
    """Sarah Johnson, who offers two kinds of session."""
    return await make_expert(session_types=TYPES)


@pytest.fixture
async def intro(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    return await make_slot(expert, hours=24, session_type="intro")


@pytest.fixture
async def deep(make_slot: MakeSlot, expert: Expert) -> TimeSlot:
    return await make_slot(expert, hours=72, session_type="deep")


def chosen(visitor: Person) -> list[str]:
    return [str(one.whole) for one in visitor._all("session-type") if one.props["aria-checked"] == "true"]


async def test_another_session_has_times_of_its_own(
    visitor: Person, expert: Expert, intro: TimeSlot, deep: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await visitor.sees("30 to 60 minutes")
    assert (chosen(visitor), visitor.slot(intro), visitor.slot(deep)) == ([INTRO], FREE, None)

    await visitor.click(DEEP)

    await visitor.sees_slot(deep, FREE)
    await visitor.sees("These are the times for Deep dive.")
    assert (chosen(visitor), visitor.slot(intro)) == ([DEEP], None)


@pytest.mark.parametrize(("asked", "found"), [("deep", DEEP), ("intro", INTRO), ("no-such", INTRO), ("%00", INTRO)])
async def test_address_may_name_the_session(
    visitor: Person, expert: Expert, intro: TimeSlot, deep: TimeSlot, asked: str, found: str
) -> None:
    await visitor.open(f"/experts/{expert.id}?type={asked}")

    assert chosen(visitor) == [found]
    assert visitor.slot(deep if found == DEEP else intro) == FREE


async def test_time_in_the_address_brings_its_session(
    visitor: Person, expert: Expert, intro: TimeSlot, deep: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}?time={deep.id}")

    await visitor.sees_slot(deep, MINE)
    await visitor.sees("Deep dive, 60 minutes with Sarah Johnson")
    assert chosen(visitor) == [DEEP]


async def test_reload_shows_the_session_of_what_is_held(
    visitor: Person, expert: Expert, intro: TimeSlot, deep: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}?type=deep")
    visitor.pick(deep)
    await visitor.sees_slot(deep, MINE)

    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees_slot(deep, MINE)
    assert chosen(visitor) == [DEEP]


async def test_expert_with_one_session_has_nothing_to_choose(
    visitor: Person, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    expert = await make_expert(session_types=TYPES[:1])
    slot = await make_slot(expert, session_type="intro")

    await visitor.open(f"/experts/{expert.id}")

    await visitor.sees("30 minutes")
    assert (chosen(visitor), visitor.slot(slot)) == ([], FREE)


async def test_new_hours_appear_and_old_ones_go(
    visitor: Person, expert: Expert, intro: TimeSlot, make_slot: MakeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    await visitor.sees_slot(intro, FREE)

    new = await make_slot(expert, hours=25, session_type="intro")
    events.slot_changed(change_of(new))
    await visitor.sees_slot(new, FREE)
    await TimeSlot.find_one({"_id": intro.id}).update({"$set": {"withdrawn_at": clock.now()}, "$inc": {"version": 1}})
    events.slot_changed(change_of(await stored(intro)))

    await visitor.sees(" is no longer offered.")


async def test_hold_that_ends_on_a_withdrawn_time_is_told_as_that(
    visitor: Person, expert: Expert, intro: TimeSlot
) -> None:
    await visitor.open(f"/experts/{expert.id}")
    visitor.pick(intro)
    await visitor.sees_slot(intro, MINE)
    await TimeSlot.find_one({"_id": intro.id}).update({"$set": {"withdrawn_at": clock.now()}, "$inc": {"version": 1}})

    held = await stored(intro)
    assert held.hold_token is not None
    await holds.release(slot_id=intro.id, token=held.hold_token)

    await visitor.sees("This time is not offered any more. Please choose another one.")


async def test_ticket_and_bookings_say_which_session_it_is(
    visitor: Person, expert: Expert, deep: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=expert.id, slot_id=deep.id, visitor="alice", customer=alice)

    await visitor.open(f"/bookings/{booking.manage_token}")
    await visitor.sees("Deep dive with Sarah Johnson")
    await visitor.sign_in(alice.email)
    await visitor.open("/my-bookings")
    await visitor.sees("Deep dive with Sarah Johnson")
    file = await visitor.get(f"/bookings/{booking.manage_token}/calendar.ics")

    assert "SUMMARY:Deep dive with Sarah Johnson" in file.text
