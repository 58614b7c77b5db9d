"""The page on which development reads its mail: there and nowhere else."""

import re

import pytest
from nicegui import app as nicegui_app
from starlette.routing import Route

from expert_booking import bookings, delivery, mail, telling
from expert_booking.customers import Customer
from expert_booking.settings import Environment, Settings
from models import Message, MessageState, TimeSlot
from pages import outbox
from tests.pages.person import Person

HERE = {"Host": "127.0.0.1:8080"}


@pytest.fixture
async def told(visitor: Person, slot: TimeSlot, alice: Customer) -> Message:
    """A message to alice about the booking that she has made."""
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await telling.tell_left()
    await delivery.Delivery(None).deliver_due()
    message = await Message.find_one({"to": alice.email})
    assert message is not None
    assert message.state is MessageState.KEPT
    return message


def address(message: Message) -> str:
    return f"{outbox.PATH}/{mail.message_digest(message.id)}"


async def test_list_shows_what_would_be_sent(visitor: Person, told: Message) -> None:
    page = await visitor.get(outbox.PATH, headers=HERE)

    assert page.status_code == 200
    assert f'src="{address(told)}"' in page.text
    assert "Your booking with Sarah Johnson" in page.text
    assert re.search(r"frame-src 'self'", page.headers["content-security-policy"])


async def test_code_is_there_to_be_copied(visitor: Person) -> None:
    await visitor.post("/api/sign-in", {"email": "alice@example.com"})

    page = await visitor.get(outbox.PATH, headers=HERE)

    [code] = re.findall(r'value="(\d{6})"', page.text)
    assert f"{code} is your sign-in code" in page.text


async def test_mail_alone_can_run_and_fetch_nothing(visitor: Person, told: Message) -> None:
    alone = await visitor.get(address(told), headers=HERE)

    assert alone.status_code == 200
    assert "We have your booking" in alone.text
    policy = alone.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


async def test_invitation_can_be_taken_along(visitor: Person, told: Message) -> None:
    file = await visitor.get(f"{address(told)}/invite.ics", headers=HERE)

    assert file.headers["content-type"] == "text/calendar; charset=utf-8; method=REQUEST"
    assert "METHOD:REQUEST" in file.text


@pytest.mark.parametrize("host", ["booking.example.org", "192.168.1.7:8080", "127.0.0.1.example.org", ""])
async def test_whoever_asks_by_another_name_finds_nothing(visitor: Person, told: Message, host: str) -> None:
    for path in (outbox.PATH, address(told), f"{address(told)}/invite.ics"):
        assert (await visitor.get(path, headers={"Host": host})).status_code == 404


async def test_message_that_is_not_there_is_not_found(visitor: Person) -> None:
    assert (await visitor.get(f"{outbox.PATH}/0123", headers=HERE)).status_code == 404


async def test_production_has_no_such_page(visitor: Person) -> None:
    def routes() -> set[str]:
        return {route.path for route in nicegui_app.routes if isinstance(route, Route)}

    ours = {outbox.PATH, outbox.LETTER, outbox.INVITATION}
    assert ours <= routes()
    outbox.install(Settings.model_construct(environment=Environment.PRODUCTION))
    assert not ours & routes()
