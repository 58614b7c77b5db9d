import re

import pytest
from playwright.sync_api import expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, fill_in, has_stayed, is_live, shows, sign_in, slot, stays

pytestmark = pytest.mark.browser

SETTINGS = {"RECONNECT_SECONDS": "1"}


def test_hold_in_one_is_seen_in_the_other_until_it_is_given_up(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path, zone="America/New_York"), visit(offer.path, zone="Asia/Kolkata")
    shows(bob, offer, "open")
    stays(bob)

    slot(alice, offer).click()
    shows(alice, offer, "mine")
    shows(bob, offer, "held")

    alice.get_by_role("button", name="Choose another time").click()
    shows(bob, offer, "open")
    assert has_stayed(bob)


def test_booking_in_one_is_seen_in_the_other_and_on_the_list(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path, zone="America/New_York"), visit(offer.path, zone="Asia/Kolkata")
    charlie = visit(f"/?search={offer.name}", zone="Asia/Kolkata")
    soonest = charlie.locator(".card .next")
    next_time, how_many = soonest.inner_text(), str(soonest.get_attribute("data-word"))
    stays(bob)
    stays(charlie)

    book(alice, offer, "in-one@example.com")

    shows(bob, offer, "booked")
    expect(soonest).not_to_have_text(next_time)
    expect(soonest).not_to_have_attribute("data-word", how_many)
    assert has_stayed(bob)
    assert has_stayed(charlie)


def test_what_was_booked_here_is_listed_here_without_signing_in_and_cancelled(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path, zone="Asia/Kolkata")
    book(alice, offer, "cancels@example.com")
    shows(bob, offer, "booked")

    alice.get_by_role("navigation").get_by_role("link", name="My bookings").click()
    expect(alice.get_by_role("heading", name="Booked with another device?")).to_be_visible()
    alice.get_by_role("button", name="Cancel booking").click()
    alice.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()

    expect(alice.locator(".status")).to_have_text("Cancelled")
    expect(alice.get_by_role("dialog")).to_have_count(0)
    shows(bob, offer, "open")


def test_code_from_the_mail_opens_the_list_and_what_is_cancelled_the_other_sees(
    visit: Visit, application: Application, offer: Offer
) -> None:
    application.book(offer.expert_id, offer.slot_id, email="signs-in@example.com")
    alice, bob = visit("/my-bookings"), visit(offer.path)
    shows(bob, offer, "booked")
    sign_in(alice, application, "signs-in@example.com")
    assert alice.url == f"{application.url}/my-bookings"
    expect(alice.locator(".status")).to_have_text("Pending")

    alice.reload()
    expect(alice.locator(".status")).to_have_text("Pending")
    alice.get_by_role("button", name="Cancel booking").click()
    alice.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()

    expect(alice.locator(".status")).to_have_text("Cancelled")
    shows(bob, offer, "open")


def test_browser_that_knows_the_address_and_the_link_sees_no_list(
    visit: Visit, application: Application, offer: Offer
) -> None:
    alice, bob = visit(offer.path), visit("/my-bookings")
    book(alice, offer, "is-known@example.com")

    bob.goto(alice.url)
    expect(bob.get_by_role("heading", name="You are booked")).to_be_visible()
    bob.goto("/my-bookings")
    bob.get_by_label("E-mail").fill("is-known@example.com")
    bob.get_by_role("button", name="Send me a code").click()
    bob.get_by_label("Six digits").fill(_another(application.code_for("is-known@example.com")))

    expect(bob.get_by_text("This code does not open the door (any more).")).to_be_visible()
    expect(bob.get_by_label("Six digits")).to_be_focused()
    expect(bob.locator(".booking")).to_have_count(0)
    bob.reload()
    expect(bob.get_by_label("Six digits")).to_be_visible()
    expect(bob.locator(".booking")).to_have_count(0)


def _another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_signing_out_in_one_tab_ends_it_in_the_other(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="signs-out@example.com")
    alice = visit("/my-bookings")
    sign_in(alice, application, "signs-out@example.com")
    other = alice.context.new_page()
    other.goto("/my-bookings")
    is_live(other)
    expect(other.locator(".booking")).to_have_count(1)

    alice.locator(".account").get_by_role("button", name="Sign out").click()

    expect(alice.get_by_text("You are signed out.")).to_be_visible()
    expect(alice.get_by_label("E-mail")).to_have_value("")
    expect(other.get_by_role("button", name="Send me a code")).to_be_visible()
    expect(other.locator(".booking")).to_have_count(0)


def test_code_is_pasted_with_a_blank_and_asked_for_again(visit: Visit, application: Application) -> None:
    email = "pastes@example.com"
    alice = visit("/sign-in?next=/my-bookings")
    alice.clock.install()
    alice.get_by_label("E-mail").fill(email)
    alice.get_by_label("E-mail").press("Enter")
    again = alice.locator("[data-resend]")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(again).to_have_text("New code in 30 s")
    first = application.code_for(email)

    alice.clock.run_for(31_000)
    again.click()
    expect(alice.get_by_text("A new code is on its way to pastes@example.com.")).to_be_visible()
    second = application.code_for(email)
    alice.get_by_label("Six digits").fill(f" {second[:3]} {second[3:]}")

    expect(alice.get_by_text(f"Signed in as {email}")).to_be_visible()
    assert first != second


def test_everything_is_erased_and_said_so(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="is-erased@example.com")
    alice, bob = visit("/my-bookings"), visit(offer.path)
    sign_in(alice, application, "is-erased@example.com")
    with alice.expect_download() as download:
        alice.get_by_role("link", name="Download my data").click()
    assert "is-erased@example.com" in download.value.path().read_text(encoding="utf-8")

    alice.get_by_role("button", name="Erase my data").click()
    alice.get_by_role("dialog").get_by_role("button", name="Keep everything").click()
    expect(alice.locator(".booking")).to_have_count(1)
    alice.get_by_role("button", name="Erase my data").click()
    alice.get_by_role("dialog").get_by_role("button", name="Erase everything").click()

    expect(alice.get_by_text("Your data are erased.")).to_be_visible()
    expect(alice.get_by_role("button", name="Send me a code")).to_be_visible()
    shows(bob, offer, "open")
    assert application.bookings("is-erased@example.com") == []


def test_deleting_a_completed_booking_opens_the_time_again(
    visit: Visit, application: Application, offer: Offer
) -> None:
    alice, bob = visit("/my-bookings"), visit(offer.path)
    booking = application.book(offer.expert_id, offer.slot_id, email="deletes@example.com")
    shows(bob, offer, "booked")
    sign_in(alice, application, "deletes@example.com")
    expect(alice.locator(".status")).to_have_text("Pending")

    application.complete(booking["_id"])
    expect(alice.locator(".status")).to_have_text("Completed")
    alice.get_by_role("button", name="Delete").click()
    alice.get_by_role("button", name="Undo").click()
    expect(alice.locator(".status")).to_have_text("Completed")
    shows(bob, offer, "booked")
    alice.get_by_role("button", name="Delete").click()

    expect(alice.get_by_role("heading", name="No bookings")).to_be_visible()
    shows(bob, offer, "open")
    assert application.bookings("deletes@example.com") == []


def test_closed_tab_gives_the_time_back(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path)
    slot(alice, offer).click()
    shows(bob, offer, "held")

    alice.close()

    shows(bob, offer, "open")


def test_reload_keeps_the_hold_and_what_was_typed(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path)
    slot(alice, offer).click()
    fill_in(alice, "reloads@example.com")
    shows(bob, offer, "held")

    alice.reload()

    shows(alice, offer, "mine")
    expect(alice.get_by_label("Full name")).to_have_value("Alice")
    expect(alice.get_by_label("E-mail")).to_have_value("reloads@example.com")
    expect(alice.get_by_label("What is it about? (optional)")).to_have_value("Two questions")
    shows(bob, offer, "held")
    alice.get_by_role("button", name=re.compile("^Book ")).click()
    alice.wait_for_url("**/bookings/*")
    expect(alice.get_by_text("reloads@example.com")).to_be_visible()


def test_double_click_books_once(visit: Visit, application: Application, offer: Offer) -> None:
    alice = visit(offer.path)
    slot(alice, offer).click()
    fill_in(alice, "twice@example.com")

    alice.get_by_role("button", name=re.compile("^Book ")).evaluate("button => { button.click(); button.click(); }")

    alice.wait_for_url("**/bookings/*")
    assert [booking["status"] for booking in application.bookings("twice@example.com")] == ["Pending"]


def test_booking_elsewhere_never_shows_whose_it_is(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path)
    frames: list[str] = []
    bob.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    bob.reload()
    shows(bob, offer, "open")

    book(alice, offer, "whose@example.com")

    shows(bob, offer, "booked")
    assert any(offer.slot_id in frame or "booked" in frame for frame in frames)
    assert [frame for frame in frames if "whose@example.com" in frame or "Two questions" in frame] == []
