"""From the outbox to a real mail server: once, again and never, as the server answers and as processes die."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId
from pymongo.errors import AutoReconnect

from expert_booking import bookings, clock, closing, delivery, letters, mail, metrics, outbox, sign_in
from expert_booking.customers import Customer
from expert_booking.delivery import Delivery
from expert_booking.letters import Matter
from expert_booking.mail import Letter, MailServer
from models import Booking, Message, MessageKind, MessageState, Recipient, SignInCode, TimeSlot
from tests.mail_server import HANG_UP, Post, open_post

WAITING, SENDING, SENT, FAILED, OVERTAKEN, KEPT = MessageState
ALICE = "alice@example.com"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as post:
        yield post


@pytest.fixture(autouse=True)
def plain_letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Letters that say what they are about and no more; nobody is let wait."""

    def draw(matter: Matter) -> Letter:
        return Letter(subject=matter.message.id, text=matter.code, html="")

    monkeypatch.setattr(letters, "_draw", draw)
    monkeypatch.setattr(delivery, "BETWEEN_MESSAGES_SECONDS", 0)
    sign_in.use("the secret of these tests")
    closing.call_off()
    yield
    closing.call_off()


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


def delivering(post: Post) -> Delivery:
    return Delivery(MailServer.of(post.url, sender="booking@example.org", house="Expert Booking"))


async def put(booking: Booking, name: str = "one", **details: Any) -> Message:
    """A message about a booking."""
    described = {
        "kind": MessageKind.RECEIVED,
        "to": ALICE,
        "booking_id": booking.id,
        "created_at": clock.now(),
        "due_at": clock.now(),
        **details,
    }
    message = Message(id=name, **described)
    await outbox.put(message)
    return message


async def kept(name: str = "one") -> Message:
    """A message as it is in the database now."""
    found = await Message.find_one({"_id": name})
    assert found is not None
    return found


async def states() -> dict[str, MessageState]:
    return {message.id: message.state for message in await Message.find_all().to_list()}


# --- sent ---


async def test_what_is_due_is_sent_once(booking: Booking, post: Post) -> None:
    await put(booking)
    await put(booking, "later", due_at=clock.now() + timedelta(hours=1))

    assert await delivering(post).deliver_due() == 1
    assert await delivering(post).deliver_due() == 0

    sent = await kept()
    assert (sent.state, sent.attempts, sent.claim) == (SENT, 1, "")
    assert post.message_ids() == [f"<{mail.message_digest('one')}@example.org>"]
    assert (await kept("later")).state is WAITING


async def test_same_message_put_twice_is_one(booking: Booking, post: Post) -> None:
    await put(booking)
    await delivering(post).deliver_due()

    await put(booking)
    await outbox.put_all([await kept()])
    await delivering(post).deliver_due()

    assert len(post.received) == 1


async def test_many_processes_send_each_message_once(booking: Booking, post: Post) -> None:
    await outbox.put_all(
        Message(
            id=f"m{number}",
            kind=MessageKind.RECEIVED,
            to=f"p{number}@example.com",
            booking_id=booking.id,
            created_at=clock.now(),
            due_at=clock.now(),
        )
        for number in range(60)
    )

    await asyncio.gather(*(delivering(post).deliver_due() for _ in range(4)))

    assert sorted(recipient for recipient, _ in post.received) == sorted(
        f"p{number}@example.com" for number in range(60)
    )
    assert set((await states()).values()) == {SENT}


async def test_one_line_carries_a_batch(booking: Booking, post: Post) -> None:
    for number in range(5):
        await put(booking, f"m{number}")

    await delivering(post).deliver_due()

    assert (len(post.received), post.connections) == (5, 1)


# --- not sent ---


@pytest.mark.parametrize("at", ["recipients", "data"])
async def test_what_is_refused_for_now_is_tried_again_later(
    booking: Booking, post: Post, at: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="expert_booking")
    caplog.set_level(logging.WARNING, logger="mail.log")  # the server's own
    getattr(post, at).append(f"451 4.7.1 <{ALICE}> come back later")
    await put(booking)
    house = delivering(post)

    await house.deliver_due()
    put_off = await kept()
    assert (put_off.state, put_off.attempts, put_off.refusal) == (WAITING, 1, "451 4.7.1")
    assert clock.now() < put_off.due_at < clock.now() + timedelta(minutes=1)
    assert ALICE not in caplog.text

    with time_machine.travel(put_off.due_at + timedelta(seconds=1)):
        await house.deliver_due()
    assert ((await kept()).state, len(post.received)) == (SENT, 1)


async def test_what_is_refused_for_good_fails_at_once_and_keeps_nobody_else(
    booking: Booking, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.recipients.append(f"550 5.1.1 <{ALICE}> is nobody here")
    await put(booking, "a", due_at=clock.now() - timedelta(seconds=1))
    await put(booking, "b")

    await delivering(post).deliver_due()

    assert await states() == {"a": FAILED, "b": SENT}
    assert (await kept("a")).refusal == "550 5.1.1"
    assert (mail.message_digest("a") in caplog.text, ALICE in caplog.text) == (True, False)


async def test_what_is_refused_again_and_again_fails_in_the_end(booking: Booking, post: Post) -> None:
    post.recipients += ["452 4.2.2 full"] * (delivery.MOST_ATTEMPTS + 1)
    await put(booking, created_at=clock.now() + timedelta(days=1))
    house = delivering(post)

    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(delivery.MOST_ATTEMPTS):
            await house.deliver_due()
            traveller.move_to((await kept()).due_at)
        await house.deliver_due()

    assert ((await kept()).state, (await kept()).attempts) == (FAILED, delivery.MOST_ATTEMPTS)


@pytest.mark.parametrize("attempts", range(1, delivery.MOST_ATTEMPTS))
def test_pauses_grow_and_differ(attempts: int) -> None:
    pauses = {delivery.pause_after(attempts) for _ in range(20)}
    middle = min(30 * 2 ** (attempts - 1), 7200)

    assert len(pauses) > 1
    assert all(timedelta(seconds=middle / 2) <= pause <= timedelta(seconds=middle * 1.5) for pause in pauses)


async def test_dead_server_loses_nothing_and_costs_no_attempt(
    booking: Booking, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.stop()
    for number in range(3):
        await put(booking, f"m{number}")
    house = delivering(post)

    await house.deliver_due()
    assert [(each.state, each.attempts) for each in await Message.find_all().to_list()] == [(WAITING, 0)] * 3
    assert await house.deliver_due() == 0  # it does not knock at once again

    await post.start()
    monkeypatch.setattr(house, "_not_before", float("-inf"))
    await house.deliver_due()
    assert (len(post.received), set((await states()).values())) == (3, {SENT})


async def test_server_that_is_away_for_days_is_given_up(booking: Booking, post: Post) -> None:
    await post.stop()
    await put(booking, created_at=clock.now() - timedelta(days=3))

    await delivering(post).deliver_due()

    assert (await kept()).state is FAILED


async def test_letter_that_cannot_be_drawn_fails_alone(
    booking: Booking, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def draw(matter: Matter) -> Letter:
        if matter.message.id == "a":
            raise ValueError(f"no words for {matter.message.to}")
        return Letter(subject="s", text="t", html="h")

    monkeypatch.setattr(letters, "_draw", draw)
    await put(booking, "a", due_at=clock.now() - timedelta(seconds=1))
    await put(booking, "b")

    await delivering(post).deliver_due()

    assert await states() == {"a": FAILED, "b": SENT}
    assert ALICE not in caplog.text


# --- crashes ---


async def test_line_that_breaks_after_the_last_byte_sends_the_same_once_more(booking: Booking, post: Post) -> None:
    post.data.append(HANG_UP)
    await put(booking)
    house = delivering(post)

    await house.deliver_due()
    with time_machine.travel((await kept()).due_at + timedelta(seconds=1)):
        await house.deliver_due()

    assert (await kept()).state is SENT
    first, second = post.message_ids()
    assert first == second


async def test_what_a_dead_process_claimed_is_sent_by_another(booking: Booking, post: Post) -> None:
    await put(booking)
    await outbox.claim_due()

    assert await delivering(post).deliver_due() == 0  # it may be alive
    with time_machine.travel(clock.now() + outbox.CLAIM_LASTS + timedelta(seconds=1)):
        await delivery.upkeep()
        assert await delivering(post).deliver_due() == 1
    assert (await states(), len(post.received)) == ({"one": SENT}, 1)


async def test_what_was_accepted_while_the_database_is_away_is_not_sent_again(
    booking: Booking, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(booking)
    house = delivering(post)

    async def gone(_: Message) -> None:
        raise AutoReconnect("the connection broke")

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "mark_sent", gone)
        with pytest.raises(AutoReconnect):
            await house.deliver_due()
    assert await house.deliver_due() == 0

    assert (await states(), len(post.received)) == ({"one": SENT}, 1)


async def test_late_word_about_a_claim_that_is_lost_changes_nothing(booking: Booking) -> None:
    await put(booking)
    [mine] = await outbox.claim_due()
    with time_machine.travel(clock.now() + outbox.CLAIM_LASTS + timedelta(seconds=1)):
        await outbox.take_back_left()
        [others] = await outbox.claim_due()

        await outbox.end([mine], FAILED)
        await outbox.give_back([mine])

        assert not await outbox.count_attempt(mine)
        assert ((await kept()).state, (await kept()).claim) == (SENDING, others.claim)


async def test_house_that_closes_gives_back_what_it_has_not_sent(
    booking: Booking, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await put(booking, f"m{number}")
    send = mail.Line.send

    async def and_close(line: mail.Line, *args: Any, **details: Any) -> None:
        await send(line, *args, **details)
        closing.begin()

    monkeypatch.setattr(mail.Line, "send", and_close)
    await delivering(post).deliver_due()

    assert sorted((await states()).values()) == [SENT, *[WAITING] * 4]
    assert len(post.received) == 1


# --- not worth sending, or going nowhere ---


async def test_without_a_server_messages_are_kept_to_be_looked_at(booking: Booking) -> None:
    await put(booking)

    await Delivery(None).deliver_due()

    assert ((await kept()).state, (await kept()).to) == (KEPT, ALICE)


async def test_nothing_goes_to_an_address_that_nobody_has(booking: Booking, post: Post) -> None:
    await put(booking, "a", to="sarah.johnson@experts.EXAMPLE")
    await put(booking, "b")

    await delivering(post).deliver_due()

    assert await states() == {"a": KEPT, "b": SENT}
    assert [recipient for recipient, _ in post.received] == [ALICE]


async def test_news_of_a_booking_that_is_cancelled_or_gone_is_overtaken(booking: Booking, post: Post) -> None:
    await put(booking, "received")
    await put(booking, "cancelled", kind=MessageKind.CANCELLED)
    await put(booking, "deleted", booking_id=PydanticObjectId())
    await bookings.cancel(booking.id)

    await delivering(post).deliver_due()

    assert await states() == {"received": OVERTAKEN, "cancelled": SENT, "deleted": OVERTAKEN}
    assert (await kept("received")).to == ""


async def test_code_is_sent_while_it_is_good_and_only_the_last_one(connected: None, post: Post) -> None:
    await sign_in.send_code(ALICE)
    await sign_in.send_code(ALICE)

    await delivering(post).deliver_due()

    assert sorted((await states()).values()) == [OVERTAKEN, SENT]
    code = await SignInCode.find_one({})
    assert code is not None
    [(_, message)] = post.received
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == sign_in.code_of(code.nonce)


async def test_code_that_has_expired_is_not_sent(connected: None, post: Post) -> None:
    await sign_in.send_code(ALICE)

    with time_machine.travel(clock.now() + sign_in.CODE_LASTS + timedelta(seconds=1)):
        await delivering(post).deliver_due()

    assert (list((await states()).values()), post.received) == ([OVERTAKEN], [])


# --- keeping house ---


async def test_what_ended_long_ago_is_forgotten(booking: Booking, post: Post) -> None:
    await put(booking, "sent")
    await put(booking, "waiting", due_at=clock.now() + timedelta(days=60))
    await delivering(post).deliver_due()

    with time_machine.travel(clock.now() + outbox.KEPT_FOR - timedelta(hours=1)):
        await delivery.upkeep()
        assert set(await states()) == {"sent", "waiting"}
    with time_machine.travel(clock.now() + outbox.KEPT_FOR + timedelta(hours=1)):
        await delivery.upkeep()
        assert set(await states()) == {"waiting"}


async def test_metrics_tell_how_the_outbox_is_doing(booking: Booking, post: Post) -> None:
    before, own = metrics.current(), metrics.Metrics()
    metrics.use(own)
    try:
        post.recipients += ["550 5.1.1 no", "451 later"]
        for number in range(3):
            await put(booking, f"m{number}", created_at=clock.now() - timedelta(minutes=number))
        await delivering(post).deliver_due()
        await delivery.upkeep()
        told = metrics.exposition().decode()
    finally:
        metrics.use(before)

    lines = dict(line.rsplit(" ", 1) for line in told.splitlines() if "message" in line and line[0] != "#")
    outcomes = {name: float(number) for name, number in lines.items() if "outcome" in name}
    assert {name.split('"')[1]: number for name, number in outcomes.items() if number} == {
        "sent": 1,
        "failed": 1,
        "put_off": 1,
    }
    assert float(lines["expert_booking_messages_waiting"]) == 1
    assert float(lines["expert_booking_messages_failed"]) == 1
    assert 0 <= float(lines["expert_booking_oldest_message_age_seconds"]) < 600


async def test_standing_of_an_empty_outbox(connected: None) -> None:
    assert await outbox.standing() == outbox.Standing(waiting=0, failed=0, oldest_at=None)


async def test_expert_copy_stays_when_a_customer_is_forgotten(booking: Booking) -> None:
    await put(booking, "a")
    await put(booking, "b", recipient=Recipient.EXPERT)

    await outbox.forget(ALICE, only=Recipient.CUSTOMER)

    assert set(await states()) == {"b"}
