"""The waiting list as a visitor sees it: joining with a proved address, one's place, what is offered, and leaving."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from expert_booking import actors, bookings, clock, events, offering, policy, sign_in, waiting
from expert_booking.administration import staff
from expert_booking.customers import Customer
from expert_booking.waiting import Waiter
from models import Expert, SignIn, SlotState, TimeSlot, Wish, WishState
from tests.conftest import MakeSlot, stored
from tests.pages.person import HELD, MINE, Person, code_for

EMAIL = "alice@example.com"


def asked(slot: TimeSlot, **typed: str) -> dict[str, str]:
    """What the form sends of somebody who could come this week."""
    today = clock.now().date()
    return {
        "expert": str(slot.expert_id),
        "name": "Alice",
        "email": EMAIL,
        "phone": "",
        "first_on": f"{today}",
        "last_on": f"{today + timedelta(days=7)}",
        "session_type": "",
        **typed,
    }


async def joins(person: Person, body: dict[str, str]) -> tuple[int, dict[str, object]]:
    answer = await person._user.http_client.post("/waiting", json=body)
    return answer.status_code, answer.json()


def days(person: Person) -> list[str]:
    """What the form suggests: the first day, and the last."""
    fields = [part for part in person._elements() if part.tag == "input" and part.props.get("type") == "date"]
    return [field.props["value"] for field in fields]


async def takes(person: Person) -> None:
    """They take what is kept for them; their browser is on its way to the form."""
    await person.click("Take it")
    await person.until(lambda: any(call.startswith("offerTaken(") for call in person.asked), "the way to the form")


async def in_line(slot: TimeSlot, name: str) -> str:
    """Somebody waits; the path of their page."""
    today = clock.now().date()
    wish = await waiting.join(
        expert_id=slot.expert_id,
        waiter=Waiter(name=name.title(), email=f"{name}@example.com", phone="+442079460958"),
        first_on=today,
        last_on=today + timedelta(days=7),
    )
    return f"/waiting/{waiting.token_of(wish)}"


async def opens(slot: TimeSlot, customer: Customer) -> None:
    """Somebody had booked the slot, and cancels."""
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="owner", customer=customer)
    await bookings.cancel(booking.id)


async def test_address_is_proved_by_a_code_before_anybody_is_in_line(visitor: Person, slot: TimeSlot) -> None:
    assert await joins(visitor, asked(slot)) == (202, {"sent_to": EMAIL})
    assert await Wish.find_all().count() == 0

    status, told = await joins(visitor, asked(slot, code=await code_for(EMAIL)))

    assert status == 200
    await visitor.open(str(told["address"]))
    await visitor.sees("You are first in line", "Sarah Johnson")
    (wish,) = await Wish.find_all().to_list()
    assert (wish.customer_name, wish.customer_key, wish.state) == ("Alice", EMAIL, WishState.WAITING)
    await visitor.open("/my-bookings")
    await visitor.sees(f"Signed in as {EMAIL}", "Waiting lists", "You are first in line")


async def test_wrong_code_puts_nobody_in_line(visitor: Person, slot: TimeSlot) -> None:
    await joins(visitor, asked(slot))
    right = await code_for(EMAIL)

    status, told = await joins(visitor, asked(slot, code=f"{(int(right) + 1) % 1_000_000:06}"))

    assert (status, told["error"]) == (401, "code_refused")
    assert (await Wish.find_all().count(), await SignIn.find_all().count()) == (0, 0)


async def test_whoever_is_signed_in_joins_at_once(visitor: Person, slot: TimeSlot) -> None:
    await visitor.sign_in(EMAIL)

    assert (await joins(visitor, asked(slot, email="Alice@Example.com")))[0] == 200
    assert (await joins(visitor, asked(slot, email="bob@example.com")))[0] == 202


async def test_everything_that_is_wrong_is_named(visitor: Person, slot: TimeSlot) -> None:
    status, told = await joins(visitor, asked(slot, name=" ", email="alice", phone="12"))

    assert status == 422
    assert set(json.loads(json.dumps(told["problems"]))) == {"name", "email", "phone"}
    past = f"{clock.now().date() - timedelta(days=3)}"
    _, told = await joins(visitor, asked(slot, first_on=past, last_on=past))
    assert told["problems"] == {"last_on": "These days are past. Choose one that is still ahead."}


async def test_form_suggests_the_days_that_were_looked_at(visitor: Person, slot: TimeSlot) -> None:
    day = clock.now().date() + timedelta(days=3)

    await visitor.open(f"/experts/{slot.expert_id}/waiting?from={day}")

    await visitor.sees("Tell me when something opens", "Put me in line")
    assert days(visitor) == [f"{day}", f"{day + timedelta(days=13)}"]


@pytest.mark.parametrize("given", ["yesterday", "2001-01-01", "9999-12-31", "<script>"])
async def test_days_that_make_no_sense_are_not_suggested(visitor: Person, slot: TimeSlot, given: str) -> None:
    await visitor.open(f"/experts/{slot.expert_id}/waiting?from={given}")

    assert days(visitor)[0] == f"{clock.now().date()}"


async def test_experts_page_shows_the_way(visitor: Person, slot: TimeSlot) -> None:
    await visitor.open(f"/experts/{slot.expert_id}")

    assert visitor.names("wait-way") == ["Tell me when something opens"]


async def test_nobody_elses_link_is_opened(visitor: Person, slot: TimeSlot) -> None:
    mine, other = await in_line(slot, "alice"), await in_line(slot, "bob")
    forged = mine[: len("/waiting/") + 24] + other[len("/waiting/") + 24 :]

    assert (await visitor.get(mine)).status_code == 200
    assert [(await visitor.get(path)).status_code for path in (forged, mine[:-1], "/waiting/x")] == [404, 404, 404]


async def test_place_moves_up_before_ones_eyes(visitor: Person, slot: TimeSlot) -> None:
    await in_line(slot, "alice")
    await visitor.open(await in_line(slot, "bob"))
    await visitor.sees("You are second in line")

    first = await Wish.find_one({"customer_key": EMAIL})
    assert first is not None
    await waiting.leave(first.id)

    await visitor.sees("You are first in line")


async def test_what_opens_is_kept_and_taken_to_the_form(
    visitor: Person, watcher: Person, slot: TimeSlot, bob: Customer
) -> None:
    await watcher.open(f"/experts/{slot.expert_id}")
    await visitor.open(await in_line(slot, "alice"))

    await opens(slot, bob)

    await visitor.sees("A time is kept for you", "Take it", "Not this one")
    await watcher.sees_slot(slot, HELD)
    await takes(visitor)
    await visitor.open(f"/experts/{slot.expert_id}")
    await visitor.sees_slot(slot, MINE)
    await visitor.sees("Held for you")
    await watcher.sees_slot(slot, HELD)


async def test_opening_the_link_changes_nothing(visitor: Person, slot: TimeSlot) -> None:
    path = await in_line(slot, "alice")
    assert await offering.offer(slot)
    before = await stored(slot)

    assert (await visitor.get(path)).status_code == 200

    assert await stored(slot) == before


async def test_what_is_not_wanted_goes_to_the_next(
    visitor: Person, watcher: Person, slot: TimeSlot, charlie: Customer
) -> None:
    await visitor.open(await in_line(slot, "alice"))
    await watcher.open(await in_line(slot, "bob"))
    await opens(slot, charlie)
    await visitor.sees("A time is kept for you")

    await visitor.click("Not this one")

    await visitor.sees("You are first in line")
    await watcher.sees("A time is kept for you")


async def test_what_runs_out_goes_to_the_next_and_is_open_to_nobody(
    visitor: Person, watcher: Person, slot: TimeSlot, charlie: Customer
) -> None:
    policy.use(replace(policy.current(), offer=timedelta(seconds=3)))
    await visitor.open(await in_line(slot, "alice"))
    await watcher.open(await in_line(slot, "bob"))
    shown: list[SlotState] = []
    events.slots.subscribe(slot.id, lambda event: shown.append(event.state), for_page=False)

    await opens(slot, charlie)

    await visitor.sees("A time is kept for you")
    await watcher.sees("A time is kept for you")
    await visitor.sees("You are first in line")
    assert shown == [SlotState.BOOKED, SlotState.HELD, SlotState.HELD]


async def test_whoever_stops_is_asked_and_leaves(visitor: Person, slot: TimeSlot) -> None:
    await visitor.open(await in_line(slot, "alice"))

    await visitor.click("Stop waiting")
    await visitor.sees("Stop waiting?")
    await visitor.answer("Stay in line")
    await visitor.click("Stop waiting")
    await visitor.sees("Stop waiting?")
    await visitor.answer("Stop waiting")

    await visitor.sees("You are not in line any more")
    assert await waiting.count_for(slot.expert_id) == 0


async def test_booked_offer_ends_the_waiting(visitor: Person, slot: TimeSlot, alice: Customer, bob: Customer) -> None:
    path = await in_line(slot, "alice")
    await visitor.open(path)
    await opens(slot, bob)
    (wish,) = await Wish.find_all().to_list()
    await waiting.take(wish.id, visitor="alice")

    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await visitor.sees("You have your time")


async def test_lines_are_left_under_my_bookings(visitor: Person, slot: TimeSlot) -> None:
    await in_line(slot, "alice")
    await in_line(slot, "bob")
    await visitor.sign_in(EMAIL)
    await visitor.open("/my-bookings")
    await visitor.sees("Waiting lists", "Sarah Johnson")

    await visitor.click("Stop waiting")

    await visitor.misses("Waiting lists")
    left = await Wish.find({"stands": True}).to_list()
    assert [wish.customer_name for wish in left] == ["Bob"]


async def test_slot_that_was_let_go_of_by_whoever_waited_stays_kept(
    visitor: Person, watcher: Person, slot: TimeSlot, bob: Customer, make_slot: MakeSlot
) -> None:
    other = await make_slot(await Expert.get(slot.expert_id), hours=25)
    await visitor.open(await in_line(slot, "alice"))
    await opens(slot, bob)
    await visitor.sees("Take it")
    await takes(visitor)
    await visitor.open(f"/experts/{slot.expert_id}")
    await visitor.sees_slot(slot, MINE)

    visitor.pick(other)

    await visitor.sees_slot(other, MINE)
    await visitor.sees_slot(slot, HELD)
    assert (await stored(slot)).held_by.startswith("offer:")
    assert await offering.first_in_line(slot) is not None


async def test_page_says_at_once_that_the_expert_has_left(visitor: Person, slot: TimeSlot) -> None:
    await visitor.open(await in_line(slot, "alice"))
    await visitor.sees("You are first in line", "See the calendar")

    await staff.remove(slot.expert_id, cancels=False, message="", by=actors.administrator("house@example.com"))

    told = "Sarah Johnson takes no bookings here any more, so no time will open."
    await visitor.sees("You are not in line any more", told)
    await visitor.misses("See the calendar")


async def test_page_shows_no_way_to_a_calendar_that_nobody_finds(visitor: Person, slot: TimeSlot) -> None:
    path = await in_line(slot, "alice")
    await staff.hide(slot.expert_id, by=actors.administrator("house@example.com"))

    await visitor.open(path)

    await visitor.sees("You are first in line")
    await visitor.misses("See the calendar")


async def test_lines_are_shown_no_more_once_the_sign_in_has_ended(visitor: Person, slot: TimeSlot) -> None:
    await in_line(slot, "alice")
    await visitor.sign_in(EMAIL)
    await visitor.open("/my-bookings")
    await visitor.sees("Waiting lists", "You are first in line")
    await sign_in.sign_out_everywhere(EMAIL)

    await in_line(slot, "bob")  # something happens in the line

    await visitor.misses("Waiting lists")


async def test_who_is_signed_in_no_more_leaves_no_line(visitor: Person, slot: TimeSlot) -> None:
    await in_line(slot, "alice")
    await visitor.sign_in(EMAIL)
    await visitor.open("/my-bookings")
    await visitor.sees("Waiting lists")
    await sign_in.sign_out_everywhere(EMAIL)

    await visitor.click("Stop waiting")

    await visitor.misses("Waiting lists")
    assert await waiting.count_for(slot.expert_id) == 1
