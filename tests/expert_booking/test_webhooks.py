"""To a real receiver: what is told, signed, once, again after failures, and never what nobody asked for."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import (
    actors,
    bookings,
    clock,
    database,
    metrics,
    migrations,
    telling,
    webhook_queue,
    webhook_sending,
    webhooks,
)
from expert_booking.customers import Customer
from expert_booking.errors import DeliveryNotFound, InvalidRequest, WebhookNotFound
from expert_booking.fetching import Fetcher
from expert_booking.webhook_sending import PAUSES_SECONDS, Sender
from expert_booking.webhooks import Wanted
from models import Booking, DeliveryState, JournalEntry, TimeSlot, Webhook, WebhookDelivery, WebhookEvent
from tests.receiver import SILENCE, Receiver, open_receiver

ADMIN = actors.administrator("house@example.com")
ALL = tuple(WebhookEvent)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "webhooks.md"
Make = Callable[..., Awaitable[Webhook]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@pytest.fixture
def make(receiver: Receiver, connected: None) -> Make:
    async def make(name: str = "CRM", events: tuple[str, ...] = ALL, **details: Any) -> Webhook:
        wanted = Wanted(**{"name": name, "url": receiver.url, "events": events, **details})
        return await webhooks.make(wanted, by=ADMIN)

    return make


@pytest.fixture
async def booking(slot: TimeSlot, alice: Customer) -> Booking:
    return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)


def sender(within_seconds: float = 5) -> Sender:
    """One that may send to this machine."""
    return Sender(Fetcher(allows=lambda address: address.is_loopback, within_seconds=within_seconds))


async def tell_and_send() -> None:
    await telling.tell_left()
    await sender().send_due()


async def only() -> WebhookDelivery:
    (found,) = await WebhookDelivery.find_all().to_list()
    return found


async def test_receiver_is_told_what_becomes_of_a_booking(make: Make, booking: Booking, receiver: Receiver) -> None:
    webhook = await make()
    await telling.tell_left()
    await bookings.confirm(booking.id)
    await bookings.complete(booking.id)
    await bookings.delete(booking.id)
    await tell_and_send()

    assert sorted(receiver.events) == ["booking.completed", "booking.confirmed", "booking.deleted", "booking.made"]
    assert all(each.is_signed_with(webhooks.secret_of(webhook)) for each in receiver.received)
    assert {delivery.state for delivery in await WebhookDelivery.find_all().to_list()} == {DeliveryState.SENT}


async def test_message_says_ids_times_and_states_and_not_who_booked(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    await make()

    await tell_and_send()

    (received,) = receiver.received
    assert received.headers["content-type"] == "application/json"
    assert received.told["data"] == {
        "bookingId": str(booking.id),
        "expertId": str(booking.expert_id),
        "slotId": str(booking.slot_id),
        "startsAt": booking.starts_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "endsAt": booking.ends_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sessionType": "",
        "sessionName": "",
        "status": "Pending",
        "change": {"number": 1, "by": "customer", "was": "", "became": "Pending"},
    }
    assert b"alice" not in received.body.lower()


async def test_customer_is_told_where_that_was_asked_for_and_kept_nowhere(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    await make(with_customer=True)

    await tell_and_send()

    assert receiver.received[0].told["data"]["customer"] == {
        "name": "Alice", "email": "alice@example.com", "phone": "+442079460958", "notes": "",
    }  # fmt: skip
    assert "alice" not in (await only()).payload.lower()


async def test_customer_of_a_deleted_booking_is_nobody(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make(with_customer=True, events=("booking.deleted",))
    await bookings.complete(booking.id)
    await bookings.delete(booking.id)

    await tell_and_send()

    assert receiver.received[0].told["data"]["customer"] is None


async def test_webhook_hears_only_what_it_listens_to(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make(events=("booking.cancelled",))
    await telling.tell_left()
    await bookings.cancel(booking.id)

    await tell_and_send()

    assert receiver.events == ["booking.cancelled"]


async def test_telling_twice_sends_once(make: Make, booking: Booking, receiver: Receiver) -> None:
    """A crash after the deliveries are put, and before the booking is marked, puts them once more."""
    await make()
    await webhook_queue.put([await _stored(booking)])
    await sender().send_due()

    await tell_and_send()

    assert receiver.ids == [(await only()).id]


async def test_two_processes_send_once(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    await telling.tell_left()

    await asyncio.gather(*(sender().send_due() for _ in range(4)))

    assert len(receiver.received) == 1


async def test_failed_try_is_made_again_later(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    receiver.answers = [500, 302]
    receiver.head = "Location: /elsewhere\r\n"
    with time_machine.travel(clock.now(), tick=False) as time:
        await tell_and_send()
        assert (await only()).state is DeliveryState.WAITING
        await sender().send_due()  # not due yet
        assert len(receiver.received) == 1
        for pause in PAUSES_SECONDS[:2]:
            time.shift(2 * pause)
            await sender().send_due()

    delivery = await only()
    assert [attempt.status for attempt in delivery.attempts] == [500, 302, 200]
    assert delivery.state is DeliveryState.SENT
    assert set(receiver.ids) == {delivery.id}


async def test_what_never_arrives_fails_after_about_a_day_and_visibly(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    await make()
    receiver.answers = [503] * (len(PAUSES_SECONDS) + 1)
    began = clock.now()
    with time_machine.travel(began, tick=False) as time:
        await tell_and_send()
        while (delivery := await only()).state is DeliveryState.WAITING:
            time.move_to(delivery.due_at)
            await sender().send_due()

        assert delivery.state is DeliveryState.FAILED
        assert (await webhook_queue.standing()).failed == 1
        assert timedelta(hours=18) < clock.now() - began < timedelta(hours=36)
    assert len(receiver.received) == len(PAUSES_SECONDS) + 1


async def test_receiver_that_wants_no_more_gets_no_more(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    receiver.answers = [410]

    await tell_and_send()

    assert (await only()).state is DeliveryState.FAILED


async def test_receiver_that_does_not_answer_is_left(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    receiver.answers = [SILENCE]
    await telling.tell_left()

    await sender(within_seconds=0.3).send_due()

    (attempt,) = (await only()).attempts
    assert (attempt.status, attempt.problem) == (None, "too_slow")


async def test_slow_receiver_keeps_no_other_waiting(make: Make, booking: Booking, receiver: Receiver) -> None:
    async with open_receiver() as slow:
        slow.answers = [SILENCE]
        await make("slow", url=slow.url)
        await make("quick")
        await telling.tell_left()
        sending = asyncio.create_task(sender(within_seconds=30).run())

        await asyncio.wait_for(receiver.came.wait(), 10)

        sending.cancel()
        await asyncio.wait([sending])


async def test_this_house_itself_is_not_asked(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    await telling.tell_left()

    await Sender().send_due()

    assert receiver.received == []
    assert (await only()).attempts[0].problem == "not_public"


async def test_large_answer_is_not_read(make: Make, booking: Booking, receiver: Receiver) -> None:
    await make()
    receiver.body = b"x" * 5_000_000

    await tell_and_send()

    assert (await only()).state is DeliveryState.SENT


async def test_process_that_dies_while_it_sends_loses_nothing(make: Make, booking: Booking, receiver: Receiver) -> None:
    webhook = await make()
    await telling.tell_left()
    await webhook_queue.claim_due(webhook.id)  # and nothing more is heard of whoever claimed it
    await sender().send_due()
    assert receiver.received == []

    with time_machine.travel(clock.now() + webhook_queue.CLAIM_LASTS + timedelta(seconds=1)):
        await webhook_queue.upkeep()
        await sender().send_due()

    assert [attempt.problem for attempt in (await only()).attempts] == ["unknown", ""]
    assert len(receiver.received) == 1


async def test_nothing_is_put_where_nobody_listens(connected: None, booking: Booking) -> None:
    await telling.tell_left()

    assert await WebhookDelivery.count() == 0


async def test_switched_off_webhook_is_told_nothing_and_what_waited_is_given_up(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    webhook = await make()
    await telling.tell_left()
    off = Wanted(name="CRM", url=receiver.url, events=ALL, is_active=False)

    await webhooks.change(webhook.id, off, by=ADMIN)
    await bookings.confirm(booking.id)
    await tell_and_send()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        await webhook_queue.upkeep()

    delivery = await only()
    assert (delivery.state, delivery.attempts[0].problem) == (DeliveryState.FAILED, webhook_queue.SWITCHED_OFF)
    assert receiver.received == []
    with pytest.raises(InvalidRequest):
        await webhook_queue.send_again(delivery.id)


async def test_what_was_sent_can_be_sent_again_under_the_same_id(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    await make()
    await tell_and_send()

    await webhook_queue.send_again((await only()).id)
    await sender().send_due()

    assert receiver.ids == [(await only()).id] * 2
    with pytest.raises(DeliveryNotFound):
        await webhook_queue.send_again("nothing")


async def test_test_event_arrives(make: Make, receiver: Receiver) -> None:
    webhook = await make(events=("booking.made",))

    await webhook_queue.put_test(webhook.id)
    await sender().send_due()

    assert receiver.events == ["webhook.test"]
    assert receiver.received[0].is_signed_with(webhooks.secret_of(webhook))


async def test_both_secrets_sign_for_a_day_after_one_was_changed_for_the_other(make: Make, receiver: Receiver) -> None:
    webhook = await make()
    before = webhooks.secret_of(webhook)
    rotated = await webhooks.rotate_secret(webhook.id, by=ADMIN)
    after = webhooks.secret_of(rotated)
    await webhook_queue.put_test(webhook.id)
    await sender().send_due()
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        await webhook_queue.put_test(webhook.id)
        await sender().send_due()

    soon, later = receiver.received
    assert before != after
    assert (soon.is_signed_with(before), soon.is_signed_with(after)) == (True, True)
    assert (later.is_signed_with(before), later.is_signed_with(after)) == (False, True)


async def test_receiver_can_check_as_the_documentation_says(make: Make, receiver: Receiver) -> None:
    webhook = await make()
    await webhook_queue.put_test(webhook.id)
    await sender().send_due()
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    documented: dict[str, Any] = {}
    exec(example, documented)

    (received,) = receiver.received
    is_genuine, secret = documented["is_genuine"], webhooks.secret_of(webhook)
    assert is_genuine(secret, received.headers, received.body)
    assert not is_genuine(secret, received.headers, received.body + b" ")
    assert not is_genuine(secret, {**received.headers, "webhook-timestamp": "1"}, received.body)


async def test_no_secret_is_stored(make: Make) -> None:
    webhook = await make()

    stored = await database.collection(Webhook).find_one({"_id": webhook.id})

    secret = webhooks.secret_of(webhook)
    assert secret not in str(stored)
    webhooks.use("another house's secret")
    assert webhooks.secret_of(webhook) != secret


async def test_what_is_removed_is_forgotten_and_every_change_is_in_the_journal(
    make: Make, booking: Booking, receiver: Receiver
) -> None:
    webhook = await make()
    await telling.tell_left()
    await webhooks.rotate_secret(webhook.id, by=ADMIN)
    await webhooks.remove(webhook.id, by=ADMIN)

    assert (await WebhookDelivery.count(), await webhooks.listening()) == (0, [])
    entries = await JournalEntry.find({"what": {"$gte": "webhook", "$lt": "webhooks"}}).sort("at").to_list()
    assert [entry.what for entry in entries] == ["webhook.made", "webhook.secret_rotated", "webhook.removed"]
    assert {entry.who for entry in entries} == {ADMIN.name}
    with pytest.raises(WebhookNotFound):
        await webhooks.get(webhook.id)


DETAILS = {"name": "CRM", "url": "https://a.example.com", "events": ("booking.made",)}


@pytest.mark.parametrize(
    ("changes", "what", "was", "became"),
    [
        ({"name": "ERP"}, "changed", {"name": "CRM"}, {"name": "ERP"}),
        (
            {"url": "https://b.example.com/in?key=secret#there"},
            "changed",
            {"name": "CRM", "url": "https://a.example.com"},
            {"name": "CRM", "url": "https://b.example.com/in?…"},
        ),
        (
            {"events": ("booking.made", "booking.deleted")},
            "changed",
            {"name": "CRM", "events": ["booking.made"]},
            {"name": "CRM", "events": ["booking.made", "booking.deleted"]},
        ),
        (
            {"with_customer": True},
            "changed",
            {"name": "CRM", "with_customer": False},
            {"name": "CRM", "with_customer": True},
        ),
        (
            {"is_active": False},
            "switched_off",
            {"name": "CRM", "is_active": True},
            {"name": "CRM", "is_active": False},
        ),
    ],
)
async def test_journal_has_what_was_changed_of_a_webhook(
    make: Make, changes: dict[str, Any], what: str, was: dict[str, Any], became: dict[str, Any]
) -> None:
    webhook = await make(**DETAILS)
    wanted = Wanted(**(DETAILS | changes))

    changed = await webhooks.change(webhook.id, wanted, by=ADMIN)
    again = await webhooks.change(webhook.id, wanted, by=ADMIN)

    assert changed == again == await webhooks.get(webhook.id)
    [entry] = await JournalEntry.find({"what": {"$nin": ["webhook.made"]}}).to_list()  # what is the same is no change
    assert (entry.what, entry.who) == (f"webhook.{what}", ADMIN.name)
    assert (json.loads(entry.was), json.loads(entry.became)) == (was, became)


async def test_changes_at_once_follow_each_other_in_the_journal(make: Make) -> None:
    webhook = await make(**DETAILS)

    names = ["ERP", "BI", "HR"]
    await asyncio.gather(
        *(webhooks.change(webhook.id, Wanted(**(DETAILS | {"name": name})), by=ADMIN) for name in names)
    )

    entries = await JournalEntry.find({"what": "webhook.changed"}).to_list()
    became_of = {json.loads(entry.was)["name"]: json.loads(entry.became)["name"] for entry in entries}
    told, name = [], "CRM"
    while name in became_of:
        name = became_of.pop(name)
        told.append(name)
    assert sorted(told) == sorted(names)
    assert (await webhooks.get(webhook.id)).name == told[-1]


async def test_webhook_that_is_gone_is_not_changed(make: Make) -> None:
    webhook = await make()
    await webhooks.remove(webhook.id, by=ADMIN)

    with pytest.raises(WebhookNotFound):
        await webhooks.change(webhook.id, Wanted(**DETAILS), by=ADMIN)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 61),
        ("url", "ftp://example.org"),
        ("url", "https://"),
        ("url", "https://me:secret@example.org"),
        ("url", "https://example.org:port"),
        ("events", ()),
        ("events", ("booking.made", "booking.eaten")),
    ],
)
async def test_webhook_that_cannot_work_is_refused(make: Make, field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await make(**{field: value})

    assert [problem.field for problem in refused.value.problems] == [field]


async def test_in_production_only_https_is_told_anything(make: Make, receiver: Receiver) -> None:
    webhooks.use("the secret of these tests", is_production=True)

    with pytest.raises(InvalidRequest):
        await make()
    await make(url="https://example.org/hooks")


async def test_there_are_only_so_many(make: Make) -> None:
    for number in range(webhooks.MOST):
        await make(f"number {number}")

    with pytest.raises(InvalidRequest):
        await make("one more")


async def test_log_of_one_webhook_is_the_newest_first(make: Make) -> None:
    webhook = await make()
    for hour in range(3):
        with time_machine.travel(clock.now() + timedelta(hours=hour), tick=False):
            await webhook_queue.put_test(webhook.id)

    with time_machine.travel(clock.now() + timedelta(hours=3), tick=False):
        newest, middle, oldest = await webhook_queue.log_of(webhook.id)
        assert newest.created_at > middle.created_at > oldest.created_at
        assert await webhook_queue.log_of(webhook.id, before=middle) == [oldest]
        assert await webhook_queue.log_of(webhook.id, state=DeliveryState.FAILED) == []
        assert await webhook_queue.log_of(PydanticObjectId()) == []


async def put_many(webhook: Webhook, number: int) -> None:
    """One every week and three at a moment, every fourth of them failed."""
    for _ in range(number):
        await webhook_queue.put_test(webhook.id)
    now = clock.now()
    for place, delivery in enumerate(await WebhookDelivery.find({"webhook_id": webhook.id}).to_list()):
        state = DeliveryState.FAILED if place % 4 == 0 else DeliveryState.SENT
        as_was = {"created_at": now - timedelta(weeks=place // 3), "state": state}
        await WebhookDelivery.find_one({"_id": delivery.id}).update({"$set": as_was})


@pytest.mark.parametrize(("state", "number"), [(None, 30), (DeliveryState.FAILED, 8)])
async def test_pages_of_a_log_lose_and_repeat_nothing(make: Make, state: DeliveryState | None, number: int) -> None:
    webhook = await make()
    await put_many(webhook, 30)

    found = await webhook_queue.log_of(webhook.id, state=state, limit=4)
    while more := await webhook_queue.log_of(webhook.id, state=state, before=found[-1], limit=4):
        assert len(more) <= 4
        found += more

    assert len(found) == len({each.id for each in found}) == number
    assert [each.created_at for each in found] == sorted((each.created_at for each in found), reverse=True)
    assert {each.state for each in found} <= {state or each.state for each in found}


async def test_deliveries_are_counted_and_those_that_wait(
    make: Make, receiver: Receiver, counted_anew: metrics.Metrics
) -> None:
    webhook, now = await make(), clock.now()
    receiver.answers += [200, 410, 503]
    for _ in range(3):
        with time_machine.travel(now - timedelta(minutes=5), tick=False):
            await webhook_queue.put_test(webhook.id)
        await sender().send_due()
    with time_machine.travel(now, tick=False):
        await webhook_queue.upkeep()

    assert figures_of(counted_anew) == {
        "deliveries_total sent": 1,
        "deliveries_total failed": 1,
        "deliveries_total put_off": 1,
        "deliveries_waiting": 1,
        "deliveries_failed": 1,
    }
    assert counted_anew.registry.get_sample_value("expert_booking_oldest_webhook_delivery_age_seconds") == 300


async def test_what_a_webhook_is_not_told_any_more_has_failed(make: Make, counted_anew: metrics.Metrics) -> None:
    webhook = await make()
    with time_machine.travel(clock.now() - timedelta(minutes=5), tick=False):
        await webhook_queue.put_test(webhook.id)
    before = await webhook_queue.standing()
    await webhooks.change(webhook.id, Wanted(**DETAILS, is_active=False), by=ADMIN)

    for _ in range(2):
        await webhook_queue.upkeep()

    assert (before.waiting, before.failed) == (1, 0)
    assert {name: number for name, number in figures_of(counted_anew).items() if number} == {
        "deliveries_total failed": 1,
        "deliveries_failed": 1,
    }


@pytest.fixture
def counted_anew() -> Iterator[metrics.Metrics]:
    before, anew = metrics.current(), metrics.Metrics()
    metrics.use(anew)
    yield anew
    metrics.use(before)


def figures_of(counted: metrics.Metrics) -> dict[str, float]:
    samples = [sample for family in counted.registry.collect() for sample in family.samples]
    prefix = "expert_booking_webhook_"
    return {
        " ".join([sample.name.removeprefix(prefix), *sample.labels.values()]): sample.value
        for sample in samples
        if sample.name.startswith(prefix)
    }


async def test_index_that_nobody_asks_any_more_goes(make: Make) -> None:
    stored = database.collection(WebhookDelivery)
    await stored.create_index([("webhook_id", 1), ("state", 1), ("due_at", 1)], name=migrations.NO_MORE_ASKED)

    await migrations.bring_up_to_date()

    assert set(await stored.index_information()) == {"_id_", "deliveries_by_webhook", "deliveries_by_state"}


def test_pauses_grow() -> None:
    assert sorted(PAUSES_SECONDS) == list(PAUSES_SECONDS)
    assert webhook_sending.pause_after(len(PAUSES_SECONDS) + 1) <= timedelta(seconds=PAUSES_SECONDS[-1] * 1.2)


async def _stored(booking: Booking) -> Booking:
    found = await Booking.find_one({"_id": booking.id})
    assert found is not None
    return found
