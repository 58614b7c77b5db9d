"""Kinds of sessions to choose between, and bookings that are moved."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, comes_true, has_stayed, shows, sign_in, stays

pytestmark = pytest.mark.browser


@pytest.fixture
def two_kinds(application: Application) -> Any:
    """An expert who offers two kinds of session."""
    listed = application.get("/api/experts?limit=50")["experts"]
    expert = next(each for each in listed if len(each["sessionTypes"]) == 2 and each["openSlots"])
    return application.get(f"/api/experts/{expert['_id']}")


def of_kind(page: Page, expert: Any, key: str) -> None:
    """Wait until a page shows times of one kind and of no other."""
    ids = [slot["id"] for slot in expert["timeSlots"] if slot["sessionType"] == key]
    comes_true(
        page,
        f"""(() => {{ const shown = [...document.querySelectorAll('.calendar-slots [data-slot]')];
            const ids = {ids}; return shown.length && shown.every((each) => ids.includes(each.dataset.slot)); }})()""",
    )


def test_kind_of_session_is_chosen_by_the_arrow_keys_and_stands_in_the_address(visit: Visit, two_kinds: Any) -> None:
    first, second = two_kinds["sessionTypes"]
    alice = visit(f"/experts/{two_kinds['_id']}?type=no-such")
    of_kind(alice, two_kinds, first["key"])
    stays(alice)

    alice.get_by_role("radio", name=re.compile(first["name"])).focus()
    alice.keyboard.press("ArrowRight")

    chosen = alice.get_by_role("radio", name=re.compile(second["name"]))
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    of_kind(alice, two_kinds, second["key"])
    expect(alice).to_have_url(re.compile(f"[?&]type={second['key']}"))
    assert has_stayed(alice)
    alice.reload()
    expect(alice.get_by_role("radio", name=re.compile(second["name"]))).to_be_checked()
    of_kind(alice, two_kinds, second["key"])
    alice.keyboard.press("Home")
    alice.get_by_role("radio", checked=True).focus()
    alice.keyboard.press("ArrowDown")
    expect(alice.get_by_role("radio", name=re.compile(first["name"]))).to_be_checked()


def test_held_kind_is_not_the_others_while_the_two_share_time(visit: Visit, two_kinds: Any) -> None:
    first, second = two_kinds["sessionTypes"]
    open_slots = [slot for slot in two_kinds["timeSlots"] if slot["state"] == "open"]
    kept = next(slot for slot in open_slots if slot["sessionType"] == first["key"])
    crossing = next(
        slot
        for slot in open_slots
        if slot["sessionType"] == second["key"]
        and slot["startsAt"] < kept["endsAt"]
        and kept["startsAt"] < slot["endsAt"]
    )
    alice = visit(f"/experts/{two_kinds['_id']}?type={first['key']}")
    bob = visit(f"/experts/{two_kinds['_id']}?type={second['key']}")
    other = Offer(two_kinds["_id"], two_kinds["name"], crossing["id"])
    shows(bob, other, "open")

    alice.locator(f'[data-slot="{kept["id"]}"]').click()

    shows(bob, other, "held")
    alice.get_by_role("button", name="Choose another time").click()
    shows(bob, other, "open")


def test_moved_booking_is_elsewhere_on_every_page(visit: Visit, application: Application, offer: Offer) -> None:
    made = application.book(offer.expert_id, offer.slot_id, email="moves@example.com")
    alice = visit(f"/bookings/{made['manageToken']}")
    bob, charlie = visit(f"{offer.path}?view=week"), visit("/my-bookings")
    shows(bob, offer, "booked")
    sign_in(charlie, application, "moves@example.com")
    for page in (alice, bob, charlie):
        stays(page)
    before = charlie.locator(".next-up .span").inner_text()

    alice.get_by_role("button", name="Move to another time").click()
    time = alice.get_by_role("dialog").locator(".offer").first
    moved_to = Offer(offer.expert_id, offer.name, str(time.get_attribute("data-slot")))
    shows(bob, moved_to, "open")
    time.focus()
    alice.keyboard.press("Enter")
    expect(alice.locator("#move-heading")).to_be_focused()
    alice.get_by_role("button", name="Move the booking").click()

    expect(alice.get_by_role("dialog")).to_have_count(0)
    shows(bob, moved_to, "booked")
    shows(bob, offer, "open")
    expect(charlie.locator(".next-up .span")).not_to_have_text(before)
    assert all(has_stayed(page) for page in (alice, bob, charlie))
    (kept,) = application.bookings("moves@example.com")
    assert (kept["_id"], kept["slotId"]) == (made["_id"], moved_to.slot_id)
