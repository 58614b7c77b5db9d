import pytest
from playwright.sync_api import expect

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, fill_in, has_stayed, shows, slot, stays

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


def test_cancelling_under_my_bookings_opens_the_time_again(visit: Visit, offer: Offer) -> None:
    alice, bob = visit(offer.path), visit(offer.path, zone="Asia/Kolkata")
    book(alice, offer, "cancels@example.com")
    shows(bob, offer, "booked")

    alice.get_by_role("navigation").get_by_role("link", name="My bookings").click()
    alice.get_by_label("E-mail").fill("CANCELS@example.com")
    alice.get_by_role("button", name="Show my bookings").click()
    alice.get_by_role("button", name="Cancel booking").click()
    alice.get_by_role("dialog").get_by_role("button", name="Cancel booking").click()

    expect(alice.locator(".status")).to_have_text("Cancelled")
    expect(alice.get_by_role("dialog")).to_have_count(0)
    shows(bob, offer, "open")


def test_reload_keeps_the_list_and_the_address_to_itself(visit: Visit, application: Application, offer: Offer) -> None:
    alice = visit("/my-bookings")
    application.book(offer.expert_id, offer.slot_id, email="looks-again@example.com")
    alice.get_by_label("E-mail").fill("looks-again@example.com")
    alice.get_by_role("button", name="Show my bookings").click()
    expect(alice.locator(".status")).to_have_text("Pending")

    alice.reload()

    expect(alice.locator(".status")).to_have_text("Pending")
    assert alice.url == f"{application.url}/my-bookings"


def test_what_is_sent_before_the_line_stands_is_looked_up(visit: Visit, application: Application, offer: Offer) -> None:
    application.book(offer.expert_id, offer.slot_id, email="is-quick@example.com")
    alice = visit("/my-bookings")
    # As on a slow line: what is typed and sent waits for the handshake, and the two may then overtake each other.
    alice.add_init_script(
        "Object.defineProperty(window, 'did_handshake', { get: () => this.stands && performance.now() > 1500, "
        "set: (stands) => (this.stands = stands) })"
    )
    for _ in range(4):
        alice.evaluate("sessionStorage.clear()")
        alice.reload()
        alice.get_by_label("E-mail").fill("is-quick@example.com")
        alice.get_by_role("button", name="Show my bookings").click()
        expect(alice.locator(".status")).to_have_text("Pending")


def test_deleting_a_completed_booking_opens_the_time_again(
    visit: Visit, application: Application, offer: Offer
) -> None:
    alice, bob = visit("/my-bookings"), visit(offer.path)
    booking = application.book(offer.expert_id, offer.slot_id, email="deletes@example.com")
    shows(bob, offer, "booked")
    alice.get_by_label("E-mail").fill("deletes@example.com")
    alice.get_by_role("button", name="Show my bookings").click()
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
    alice.get_by_role("button", name="Book ").click()
    alice.wait_for_url("**/bookings/*")
    expect(alice.get_by_text("reloads@example.com")).to_be_visible()


def test_double_click_books_once(visit: Visit, application: Application, offer: Offer) -> None:
    alice = visit(offer.path)
    slot(alice, offer).click()
    fill_in(alice, "twice@example.com")

    alice.get_by_role("button", name="Book ").evaluate("button => { button.click(); button.click(); }")

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
