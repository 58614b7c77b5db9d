"""The pages of webhooks, tokens and operations, for those who run the house and for nobody else."""

import csv
import io
import sys
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from expert_booking import actors, api_tokens, bookings, clock, figures, outbox, sign_in, webhook_queue, webhooks
from expert_booking.customers import Customer
from expert_booking.pulse import Looks
from models import DeliveryState, Message, MessageKind, MessageState, TimeSlot, Webhook, WebhookDelivery, WebhookEvent
from pages.administration import pulse_board
from pages.administration import webhooks as webhooks_page
from pages.reader import Reader
from tests.conftest import MakeExpert
from tests.pages.conftest import Come
from tests.pages.person import Person

HOUSE = "house@example.com"
PAGES = ("/admin/webhooks", "/admin/tokens", "/admin/operations")


@pytest.fixture
def environment(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.setenv("ADMIN_EMAILS", HOUSE)
    return environment


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    """What another test has counted is good for a while."""
    figures.forget()


async def at(visitor: Person, path: str) -> Person:
    """The administrator, signed in, on a page."""
    await visitor.sign_in(HOUSE)
    await visitor.open(path)
    return visitor


@pytest.mark.parametrize("path", PAGES)
async def test_door_is_that_of_those_who_run_the_house(visitor: Person, path: str) -> None:
    assert (await visitor.get(path)).status_code == 401
    await visitor.sign_in("alice@example.com")
    assert (await visitor.get(path)).status_code == 403


async def test_webhook_is_added_and_its_secret_is_shown_once(visitor: Person) -> None:
    await at(visitor, "/admin/webhooks")
    await visitor.sees("No other system is told of bookings yet.")
    await visitor.click("Add a webhook")
    await visitor.sees("Cancel")

    await visitor.send_form("house-form", answer="save", name="CRM", url="nowhere", **{"booking.made": "on"})
    await visitor.sees("Give an address that begins with https://, without a name and password in it.")
    await visitor.send_form(
        "house-form", answer="save", name="CRM", url="https://crm.example.com", is_active="on", **{"booking.made": "on"}
    )

    await visitor.sees("The secret of “CRM”", "https://crm.example.com", "Told of 1 kind of event")
    (webhook,) = await webhooks.find_all()
    assert webhook.events == [WebhookEvent.MADE]
    assert webhooks.secret_of(webhook) in (await visitor_page(visitor))
    await visitor.open("/admin/webhooks")
    assert webhooks.secret_of(webhook) not in (await visitor_page(visitor))


async def visitor_page(visitor: Person) -> str:
    """All that is drawn on the page, attributes included."""
    return str([element.markup for element in visitor.client.elements.values() if hasattr(element, "markup")])


async def test_deliveries_stand_below_a_webhook_and_are_sent_again(visitor: Person) -> None:
    wanted = webhooks.Wanted(name="CRM", url="https://127.0.0.1:9/hooks", events=tuple(WebhookEvent))
    await webhooks.make(wanted, by=actors.HOUSE)
    await at(visitor, "/admin/webhooks")

    await visitor.click("Send a test")

    await visitor.sees("webhook.test", "Waiting")
    await visitor.sees("Tried 1 time: There is no public server at this address. Please check it.")
    await visitor.click("Send again")
    await visitor.sees("Tried 2 times: There is no public server at this address. Please check it.")
    assert await WebhookDelivery.count() == 1


@pytest.fixture
async def busy() -> Webhook:
    """A webhook with more deliveries than a page of the log has, the very first of which failed."""
    wanted = webhooks.Wanted(name="CRM", url="https://127.0.0.1:9/hooks", events=tuple(WebhookEvent))
    webhook = await webhooks.make(wanted, by=actors.HOUSE)
    for number in range(webhook_queue.PAGE + 2):
        delivery = await webhook_queue.put_test(webhook.id)
        at = clock.now() - timedelta(hours=number)
        is_first = number == webhook_queue.PAGE + 1
        ended = {
            "created_at": at,
            "event": f"number.{number}",
            "state": DeliveryState.FAILED if is_first else DeliveryState.SENT,
        }
        await WebhookDelivery.find_one({"_id": delivery.id}).update({"$set": ended})
    return webhook


def log_of(visitor: Person) -> list[str]:
    """The events that the log shows."""
    return [text for text in visitor.texts if text.startswith("number.")]


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_page, "LOOK_SECONDS", 0.05)


async def test_log_shows_what_failed_and_what_was_earlier(visitor: Person, busy: Webhook) -> None:
    last = webhook_queue.PAGE + 1
    await at(visitor, "/admin/webhooks")

    await visitor.click("Deliveries")
    await visitor.sees("number.0", "Earlier")
    assert log_of(visitor) == [f"number.{number}" for number in range(webhook_queue.PAGE)]
    await visitor.click("Earlier")
    await visitor.sees(f"number.{last}", "Newest")
    assert log_of(visitor) == [f"number.{last - 1}", f"number.{last}"]
    assert "Earlier" not in visitor.texts
    await visitor.click("Newest")
    await visitor.sees("number.0")
    await visitor.click("Failed only")
    await visitor.sees(f"number.{last}")
    assert log_of(visitor) == [f"number.{last}"]
    await visitor.click("Send again")
    await visitor.sees("Nothing has failed.")
    await visitor.click("Failed only")
    await visitor.sees("number.0")


async def test_log_that_is_open_follows_what_comes_and_goes(visitor: Person, busy: Webhook, looks_often: None) -> None:
    await at(visitor, "/admin/webhooks")
    await visitor.click("Deliveries")
    await visitor.sees("number.0")

    await webhook_queue.put_test(busy.id)
    await visitor.sees("webhook.test")
    await WebhookDelivery.find_one({"event": "number.0"}).update({"$set": {"state": DeliveryState.FAILED}})
    await visitor.until(lambda: "Failed" in visitor.texts, "the failure to be told")

    await sign_in.sign_out_everywhere(HOUSE)
    await visitor.misses("number.0")


async def test_webhook_is_removed_after_a_question(visitor: Person) -> None:
    await webhooks.make(
        webhooks.Wanted(name="CRM", url="https://example.com", events=("booking.made",)), by=actors.HOUSE
    )
    await at(visitor, "/admin/webhooks")

    await visitor.click("Remove")
    await visitor.answer("Keep it as it is")
    await visitor.click("Remove")
    await visitor.answer("Remove")

    await visitor.sees("No other system is told of bookings yet.")
    assert await Webhook.count() == 0


async def test_token_is_made_shown_once_and_revoked(visitor: Person) -> None:
    await at(visitor, "/admin/tokens")
    await visitor.click("Make a token")
    await visitor.sees("Cancel")
    await visitor.send_form("house-form", answer="save", name="Reports", days="many", **{"figures:read": "on"})
    await visitor.sees("Give a number of days from 1 to 3,650, or none.")
    await visitor.send_form("house-form", answer="save", name="Reports", days="", **{"figures:read": "on"})

    await visitor.sees("The token of “Reports”", "Reports", "figures:read", "until you revoke it")
    assert api_tokens.PREFIX in await visitor_page(visitor)
    await visitor.click("Revoke")
    await visitor.answer("Revoke")
    await visitor.sees("Revoked")
    (token,) = await api_tokens.find_all()
    assert (token.made_by, token.revoked_at is None) == (HOUSE, False)


async def test_session_that_has_ended_changes_nothing(visitor: Person, come: Come) -> None:
    await at(visitor, "/admin/tokens")
    await sign_in.sign_out_everywhere(HOUSE)

    await visitor.click("Make a token")

    await visitor.misses("What it may do")
    assert await api_tokens.find_all() == []


async def test_tiles_and_charts_are_drawn(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await at(visitor, "/admin/operations")

    await visitor.sees(*(str(name) for name in pulse_board.NAMES.values()))
    await visitor.sees("Sessions by day", "Show as a table", "Sarah Johnson", "Technology")
    await visitor.is_told("value-viewers", "1")


async def test_mail_that_failed_is_sent_again(visitor: Person) -> None:
    now = clock.now()
    message = Message(
        id="one", kind=MessageKind.REMINDER, to="alice@example.com", created_at=now, due_at=now,
        state=MessageState.FAILED, refusal="550 5.1.1",
    )  # fmt: skip
    await message.insert()
    await at(visitor, "/admin/operations")
    await visitor.sees("Mail that could not be sent", "550 5.1.1")

    await visitor.click("Send again")

    await visitor.misses("550 5.1.1")
    kept = await Message.find_one({"_id": "one"})
    assert kept is not None
    assert kept.state is not MessageState.FAILED
    assert not await outbox.send_again("one")


async def test_mail_that_fails_while_one_looks_is_shown(visitor: Person) -> None:
    await at(visitor, "/admin/operations")
    await visitor.is_told("value-mail", "0")
    now = clock.now()
    message = Message(
        id="one", kind=MessageKind.REMINDER, to="alice@example.com", created_at=now, due_at=now,
        state=MessageState.FAILED, refusal="550 5.1.1",
    )  # fmt: skip

    await message.insert()
    await visitor.sees("Mail that could not be sent", "550 5.1.1")
    await message.delete()
    await visitor.misses("550 5.1.1")


async def test_table_of_everybody_is_turned_page_by_page(
    visitor: Person, make_expert: MakeExpert, slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    names = ["Sarah Johnson", *(f"Expert {number}" for number in range(1, 9))]
    for name in names[1:]:
        await make_expert(name)
    monkeypatch.setattr(sys.modules["pages.administration.charts"], "ROWS", 8)  # no other table has more
    monkeypatch.setattr(figures, "MOST_COUNTED", 1)
    await at(visitor, "/admin/operations")
    await visitor.sees(
        "The 20 busiest", *names[:8], "Page 1 of 2", "Of each status, no more than 200,000 bookings are counted"
    )
    assert names[8] not in visitor.texts

    await visitor.click("Next")
    await visitor.sees(names[8], "Page 2 of 2")
    assert names[0] not in visitor.texts
    await visitor.click("Back")
    await visitor.sees(names[0])

    file = list(csv.reader(io.StringIO((await visitor.get("/admin/figures/utilisation.csv")).text)))
    assert [row[0] for row in file[1:-1]] == names
    assert file[-1] == ["Of each status, no more than 200,000 bookings are counted; there are more."]


async def test_figures_are_a_file(visitor: Person) -> None:
    assert (await visitor.get("/admin/figures/lead-time.csv")).status_code == 401
    await visitor.sign_in(HOUSE)

    found = await visitor.get("/admin/figures/lead-time.csv?days=7")

    assert found.headers["content-type"].startswith("text/csv")
    assert found.headers["content-disposition"] == 'attachment; filename="lead-time-7.csv"'
    assert found.text.startswith("hours_from,hours_to,bookings")
    assert (await visitor.get("/admin/figures/nothing.csv")).status_code == 404


async def test_pulse_tells_that_the_database_is_away(connected: None) -> None:
    pulse = await Looks().look()
    assert pulse.database is not None

    tiles = pulse_board.tiles(replace(pulse, database=None, mail=None, webhooks=None), Reader(zone=ZoneInfo("UTC")))
    assert (tiles["database"].value, tiles["database"].is_bad) == ("Not reachable", True)
    assert set(tiles) == set(pulse_board.NAMES)
    assert {key: tiles[key].note for key in ("bookings", "races")} == dict.fromkeys(
        ("bookings", "races"), "of this process, in the last 3 minutes"
    )


def test_line_ends_at_the_right_and_rises_to_the_top() -> None:
    assert pulse_board.points([0, 5, 10]).split()[-1] == "120.0,1.0"
    assert pulse_board.points([0]).split() == ["120.0,27.0"]
    assert pulse_board.points([]) == ""
