"""The news of bookings becomes messages: each change once, to both sides, whatever happens in between."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from expert_booking import bookings, database, outbox, people, privacy, telling
from expert_booking.customers import Customer
from models import Booking, Expert, Message, MessageKind, NewsKind, Recipient, TimeSlot, finding
from tests.conftest import MakeExpert, MakeSlot

CUSTOMER, EXPERT = Recipient


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    """What other tests left untold is theirs."""
    telling._noted.clear()
    yield
    telling._noted.clear()


@pytest.fixture
async def sarah(make_expert: MakeExpert) -> Expert:
    """An expert who gets mail."""
    return await make_expert(email="sarah@example.org", email_key="sarah@example.org", time_zone="America/New_York")


async def book(make_slot: MakeSlot, expert: Expert, customer: Customer, hours: float = 24) -> Booking:
    slot = await make_slot(expert, hours=hours)
    return await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor=customer.name, customer=customer)


async def told() -> list[tuple[MessageKind, int, Recipient]]:
    """What is in the outbox: what is told, its number, and to whom."""
    messages = await Message.find_all().to_list()
    return sorted((message.kind, message.sequence, message.recipient) for message in messages)


async def untold() -> int:
    return await Booking.find({"is_told": False}).count()


async def test_both_sides_are_told_each_in_their_own_way(make_slot: MakeSlot, sarah: Expert) -> None:
    customer = Customer(
        name="Zoë", email="Zoe@Example.com", phone="+442079460958", language="fr", time_zone="Europe/Paris"
    )
    booking = await book(make_slot, sarah, customer)

    await telling.tell_noted()

    found = {message.recipient: message for message in await Message.find_all().to_list()}
    mine, hers = found[CUSTOMER], found[EXPERT]
    assert (mine.to, mine.language, mine.time_zone) == ("Zoe@Example.com", "fr", "Europe/Paris")
    assert (hers.to, hers.language, hers.time_zone) == ("sarah@example.org", "en", "America/New_York")
    assert {(each.kind, each.booking_id, each.sequence) for each in found.values()} == {
        (MessageKind.RECEIVED, booking.id, 0)
    }
    assert await untold() == 0


async def test_expert_without_an_address_is_not_told(
    make_slot: MakeSlot, make_expert: MakeExpert, alice: Customer
) -> None:
    await book(make_slot, await make_expert(), alice)

    await telling.tell_noted()

    assert await told() == [(MessageKind.RECEIVED, 0, CUSTOMER)]


async def test_every_change_is_told_with_its_number(make_slot: MakeSlot, sarah: Expert, alice: Customer) -> None:
    booking = await book(make_slot, sarah, alice)
    await telling.tell_noted()
    await bookings.confirm(booking.id)
    await bookings.cancel(booking.id)

    await telling.tell_noted()

    kinds = [(MessageKind.CANCELLED, 2), (MessageKind.CONFIRMED, 1), (MessageKind.RECEIVED, 0)]
    assert await told() == [(kind, number, recipient) for kind, number in kinds for recipient in (CUSTOMER, EXPERT)]


async def test_refusal_is_told_as_declined(make_slot: MakeSlot, sarah: Expert, alice: Customer) -> None:
    booking = await book(make_slot, sarah, alice)
    await bookings.cancel(booking.id, is_refusal=True)

    await telling.tell_noted()

    assert {(kind, number) for kind, number, _ in await told()} == {
        (MessageKind.RECEIVED, 0),
        (MessageKind.DECLINED, 1),
    }


async def test_completing_is_told_to_nobody(make_slot: MakeSlot, sarah: Expert, alice: Customer) -> None:
    booking = await book(make_slot, sarah, alice)
    await telling.tell_noted()
    before = await told()

    await bookings.complete(booking.id)
    await telling.tell_noted()
    await telling.tell_left()

    assert await told() == before


async def test_telling_twice_tells_once(make_slot: MakeSlot, sarah: Expert, alice: Customer) -> None:
    booking = await book(make_slot, sarah, alice)
    await telling.tell_noted()
    before = await told()

    await Booking.find_one({"_id": booking.id}).update({"$set": {"news": [NewsKind.RECEIVED], "is_told": False}})
    await asyncio.gather(*(telling.tell_left() for _ in range(4)))

    assert await told() == before
    assert await untold() == 0


@pytest.mark.parametrize("verb", ["put_all", "update"])
async def test_crash_in_between_is_made_up_for(
    make_slot: MakeSlot, sarah: Expert, alice: Customer, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    await book(make_slot, sarah, alice)

    async def gone(*_: object, **__: object) -> None:
        raise AutoReconnect("the connection broke")

    with monkeypatch.context() as broken:
        if verb == "put_all":
            broken.setattr(outbox, "put_all", gone)
        else:
            broken.setattr(database, "update_each", gone)
        with pytest.raises(AutoReconnect):
            await telling.tell_noted()
    telling._noted.clear()  # the process is another one

    assert await telling.tell_left() == 1
    assert await told() == [(MessageKind.RECEIVED, 0, CUSTOMER), (MessageKind.RECEIVED, 0, EXPERT)]
    assert await untold() == 0


async def test_booking_that_is_told_of_gets_what_it_is_found_by(
    make_slot: MakeSlot, sarah: Expert, alice: Customer
) -> None:
    booking = await book(make_slot, sarah, alice)

    await telling.tell_noted()

    found = await bookings.get(booking.id)
    assert (booking.found_by, found.found_by) == (None, finding.keys_of(booking))


async def test_customer_who_is_forgotten_while_it_is_told_leaves_nothing_to_be_found_by(
    make_slot: MakeSlot, sarah: Expert, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await book(make_slot, sarah, alice)
    await bookings.complete(booking.id)  # what has taken place is not cancelled, so that nothing else is told
    put_all = outbox.put_all

    async def and_meanwhile(messages: Any) -> None:
        await put_all(messages)
        await privacy.erase(await people.of_address(alice.email))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(outbox, "put_all", and_meanwhile)
        await telling.tell_noted()

    found = await bookings.get(booking.id)
    assert found.is_erased
    assert found.found_by == finding.keys_of(found)
    assert [key for key in found.found_by if key.startswith(("name", "phone"))] == []
    assert await untold() == 0


async def test_news_that_comes_while_it_is_told_is_told_next(
    make_slot: MakeSlot, sarah: Expert, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await book(make_slot, sarah, alice)
    put_all = outbox.put_all
    news: list[list[NewsKind]] = []

    async def and_meanwhile(messages: Any) -> None:
        await put_all(messages)
        if not news:
            await bookings.confirm(booking.id)
        news.append((await bookings.get(booking.id)).news)

    monkeypatch.setattr(outbox, "put_all", and_meanwhile)
    await telling.tell_noted()

    assert news == [[NewsKind.RECEIVED, NewsKind.CONFIRMED]] * 2  # the first round left both to the second
    assert await untold() == 0
    assert {(kind, number) for kind, number, _ in await told()} == {
        (MessageKind.RECEIVED, 0),
        (MessageKind.CONFIRMED, 1),
    }


async def test_many_are_told_in_batches(
    make_slot: MakeSlot, sarah: Expert, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MOST_AT_ONCE", 3)
    made = [await book(make_slot, sarah, alice, hours=24 + number) for number in range(7)]
    await bookings.confirm(made[0].id)

    await telling.tell_noted()

    assert (await Message.count(), await untold()) == (2 * 8, 0)


async def test_erased_customer_is_told_nothing(make_slot: MakeSlot, sarah: Expert, alice: Customer) -> None:
    booking = await book(make_slot, sarah, alice)
    await bookings.cancel(booking.id)
    await Booking.find_one({"_id": booking.id}).update({"$set": {"customer_email": ""}})

    await telling.tell_noted()

    assert {recipient for _, _, recipient in await told()} == {EXPERT}


async def test_booking_from_before_there_was_news_is_told_from_its_next_change_on(
    slot: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await database.collection(Booking).update_one(
        {"_id": booking.id}, {"$unset": {"news": "", "is_told": "", "sequence": "", "language": "", "time_zone": ""}}
    )
    await bookings.confirm(booking.id)

    await telling.tell_noted()

    assert await told() == [(MessageKind.CONFIRMED, 1, CUSTOMER)]
