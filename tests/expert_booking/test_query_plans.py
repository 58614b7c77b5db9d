"""No query scans a collection: everything is done once, and what was sent to the database is explained.

`test_every_query_is_among_those_explained` keeps a query that is written tomorrow from staying unlooked at.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from types import CodeType, FrameType
from typing import Any

import pytest
import time_machine
from bson import encode
from PIL import Image
from pymongo import monitoring

import expert_booking
from expert_booking import (
    access,
    actors,
    agenda,
    answers,
    api_tokens,
    availability,
    bookings,
    catalogue,
    catalogue_upkeep,
    categories,
    client_notes,
    clock,
    database,
    demo,
    experts,
    feeds,
    fetching,
    figures,
    hold_limits,
    holds,
    journal,
    leases,
    letters,
    limit_storage,
    materialising,
    migrations,
    offering,
    openings_upkeep,
    outbox,
    outside_calendars,
    pictures,
    privacy,
    profiles,
    recovery,
    reminders,
    rescheduling,
    revisions,
    schedule,
    settling,
    sign_in,
    succession,
    telling,
    time_off,
    waiting,
    webhook_queue,
    webhook_sending,
    webhooks,
)
from expert_booking.administration import all_bookings, entries, roster, staff
from expert_booking.administration.all_bookings import Wanted
from expert_booking.background import Ticker
from expert_booking.customers import Customer
from expert_booking.errors import BookingError
from expert_booking.experts import SortOrder
from expert_booking.openings import Openings
from expert_booking.soonest import Soonest
from models import (
    DOCUMENTS,
    Attempt,
    Booking,
    BookingStatus,
    DeliveryState,
    Expert,
    JournalEntry,
    Message,
    MessageKind,
    MessageState,
    Recipient,
    SignInCode,
    TimeSlot,
    WebhookEvent,
)
from models.booking import NO_TWO_AT_ONCE
from tests.web_server import answer, serving

FILTER_OF = {"find": "filter", "count": "query", "distinct": "query", "findAndModify": "query"}
ASKS_A_SERVER = re.compile(
    r"(?<!\bexperts)(?<!\broster)(?<!\ball_bookings)(?<!\bentries)"
    r"\.(find|find_one|aggregate|count|count_documents|distinct|update_one|update_many|delete_many)\("
    r"|collection\("
)

# These go through everything there is, because that is what they are for.
ABOUT_EVERYTHING = {"bulk", "demo", "emptying", "original_export", "audit"}
GO_THROUGH_EVERYTHING = {"expert_booking.limit_storage.reset"}
# The driver's way to everything, not a query of its own.
NO_QUERY = {"database"}


@dataclass
class Sent:
    """What was sent to the database, and which functions ran meanwhile."""

    commands: list[dict[str, Any]] = field(default_factory=list)
    ran: set[CodeType] = field(default_factory=set)


class Recorder(monitoring.CommandListener):
    """Keeps the commands about the house's own collections while somebody wants them."""

    def __init__(self) -> None:
        self.sent: Sent | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        names = {document.Settings.name for document in DOCUMENTS}
        if self.sent is not None and event.command.get(event.command_name) in names:
            self.sent.commands.append({**event.command})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """The answer does not matter."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """The answer does not matter."""


recorder = Recorder()
monitoring.register(recorder)

_sent: Sent | None = None


@contextmanager
def recorded() -> Iterator[Sent]:
    sent = recorder.sent = Sent()

    def note(frame: FrameType, event: str, argument: object) -> None:
        sent.ran.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield sent
    finally:
        sys.setprofile(before)
        recorder.sent = None


@pytest.fixture
async def sent(connected: None, alice: Customer, bob: Customer) -> AsyncIterator[Sent]:
    """Everything that the house does, done once among a few hundred slots, as it was sent to the database."""
    global _sent
    if _sent is None:
        await demo.fill(experts=40, days=3)
        with recorded() as sent:
            await look_around()
            await book_and_cancel(alice, bob)
            await move_and_cross(alice, bob)
            await let_programs_in()
            await write_letters(alice)
            await tell_webhooks()
            await work_at_the_desk(alice)
            await wait_in_line(alice, bob)
            await run_an_offer_out(alice)
            await count_requests()
            await sign_in_and_be_forgotten(alice)
            await run_the_house(alice)
            await keep_house()
            await keep_calendars()
            await keep_other_calendars()
            await keep_a_picture_and_a_profile()
        _sent = sent
    yield _sent
    catalogue.use(None)


async def look_around() -> None:
    for sort in SortOrder:
        for search, category in [("", None), ("a", None), ("", "Technology"), ("a", "Technology"), ("a b", None)]:
            await experts.find(search=search, category=category, sort=sort)
            await experts.find(search=search, category=category, sort=sort, open_before=clock.now() + timedelta(days=2))
    await experts.categories()
    everybody = (await experts.find(limit=40)).experts
    ids = [expert.id for expert in everybody]
    await experts.get(ids[0])
    await availability.open_times(ids)
    await availability.open_slots(ids)
    await availability.slots_of(ids[0])
    await availability.slots_of(ids[0], after=clock.now())
    await availability.calendar_of(ids[0])
    await availability.nearest_open(ids[0], to=clock.now())


async def book_and_cancel(alice: Customer, bob: Customer) -> None:
    soon = clock.now() + timedelta(hours=3)  # some experts want a notice of two
    apart = {"starts_at": {"$gt": soon}, "crosses.0": {"$exists": False}}
    free = await TimeSlot.find(apart).limit(6).to_list()
    slot, lost, left, expired, unshown, _ = free
    await availability.slot_of(slot.expert_id, slot.id)
    for wanted in (lost, slot, slot):
        held = await holds.hold(expert_id=wanted.expert_id, slot_id=wanted.id, visitor="alice")
    with suppress(BookingError):
        await holds.hold(expert_id=slot.expert_id, slot_id=slot.id, visitor="bob")
    await holds.of_visitor("alice")
    await holds.release(slot_id=slot.id, token=held.token)
    key = "alice's own key"
    for _ in range(2):
        booking = await bookings.book(
            expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice, idempotency_key=key
        )
    await settling.mark_shown()
    await lose_a_race(lost, alice, bob)
    await bookings.made_with(key)
    await bookings.by_manage_token(booking.manage_token)
    await bookings.for_customer(alice.email)
    await bookings.confirm(booking.id)
    await bookings.complete(booking.id)
    await bookings.delete(booking.id)
    mine = {"visitor": "alice", "customer": alice}
    cancelled = await bookings.book(expert_id=left.expert_id, slot_id=left.id, **mine)
    await bookings.cancel(cancelled.id)
    await settling.mark_shown()
    overtaken = await bookings.book(expert_id=unshown.expert_id, slot_id=unshown.id, **mine)
    await database.collection(Booking).update_one({"_id": overtaken.id}, {"$set": {"deleted_at": clock.now()}})
    await settling.mark_shown()
    await holds.hold(expert_id=expired.expert_id, slot_id=expired.id, visitor="alice")
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        await holds.expire()


async def move_and_cross(alice: Customer, bob: Customer) -> None:
    """A booking is moved, another one's customer does not come, a request lapses; slots share time and learn of it."""
    apart = {"starts_at": {"$gt": clock.now() + timedelta(days=1)}, "crosses.0": {"$exists": False}, "booking_id": None}
    slot, *_ = await TimeSlot.find(apart).limit(1).to_list()
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    where = (await rescheduling.choices(booking))[-1]
    await rescheduling.reschedule(booking.id, where.id, by=actors.CUSTOMER)
    with time_machine.travel(where.starts_at + timedelta(minutes=1)):
        await bookings.mark_no_show(booking.id, by=actors.EXPERT)
    crossing = await TimeSlot.find({**apart, "crosses.0": {"$exists": True}}).limit(1).to_list()
    held = await holds.hold(expert_id=crossing[0].expert_id, slot_id=crossing[0].id, visitor="bob")
    await holds.release(slot_id=crossing[0].id, token=held.token)
    await settling.link(crossing[0].id, crossing[0].crosses[0])
    await recovery.lapse_unanswered()
    await database.collection(Booking).update_one({"_id": booking.id}, {"$unset": {"claims": ""}})
    await migrations.leave_addresses_to_one()
    await migrations._claim_for_bookings_without_claims()
    await migrations._give_keys_to_bookings_without_keys()


async def write_letters(alice: Customer) -> None:
    """Of what was booked and cancelled just now; nothing is sent."""
    await telling.tell_noted()
    await telling.tell_left()
    await sign_in.send_code(alice.email)
    await reminders.Reminders((24, 1)).remind()
    claimed = await outbox.claim_due()
    await letters.look_up(claimed)
    message, another, *others = claimed
    await outbox.count_attempt(message)
    await outbox.mark_sent(message)
    await outbox.give_back([another])
    await outbox.end(others, MessageState.KEPT)
    with time_machine.travel(clock.now() + timedelta(days=40)):
        await outbox.take_back_left()
        await outbox.forget_old()
    await outbox.standing()


async def let_programs_in() -> None:
    """Before people are told of what was booked, so that webhooks are told as well."""
    webhooks.use("the secret of these tests")
    wanted = webhooks.Wanted(name="CRM", url="https://crm.example.com", events=tuple(WebhookEvent))
    webhook = await webhooks.make(wanted, by=actors.HOUSE)
    await webhooks.change(webhook.id, wanted, by=actors.HOUSE)
    await webhooks.rotate_secret(webhook.id, by=actors.HOUSE)
    new = await api_tokens.make(name="CRM", scopes=("journal:read",), days=None, by=actors.HOUSE)
    await api_tokens.program_of(new.secret)
    await api_tokens.revoke(new.token.id, by=actors.HOUSE)


async def tell_webhooks() -> None:
    """One delivery is sent, one is given back; what is left is looked at, given up and forgotten."""
    (webhook,) = await webhooks.find_all()
    sent, back, *_ = await webhook_queue.claim_due(webhook.id)
    shown = webhook.model_copy(update={"with_customer": True})
    await webhook_sending.body_of(shown, sent)
    await webhook_queue.end(sent, DeliveryState.SENT, Attempt(at=clock.now(), status=200))
    await webhook_queue.give_back([back])
    await webhook_queue.send_again(sent.id)
    await webhook_queue.put_test(webhook.id)
    await webhook_queue.log_of(webhook.id)
    await webhook_queue.log_of(webhook.id, state=DeliveryState.FAILED, before=sent)
    await webhook_queue.standing()
    figures.forget()
    await figures.of_days(7)
    await outbox.send_again("nothing")
    await outbox.failed(3)
    with time_machine.travel(clock.now() + timedelta(days=40)):
        await webhook_queue.upkeep()
    await webhooks.remove(webhook.id, by=actors.HOUSE)


async def count_requests() -> None:
    counted = limit_storage.InDatabase("the secret of these tests")
    for _ in range(2):
        await counted.acquire_entry("somebody", 1, 60)
    await counted.clear("somebody")
    await hold_limits._standing.look("somebody")


async def sign_in_and_be_forgotten(alice: Customer) -> None:
    for _ in range(2):
        await sign_in.send_code(alice.email)
    code = await SignInCode.get(alice.key)
    assert code is not None
    begun = await sign_in.verify(alice.email, sign_in.code_of(code.nonce))
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        await sign_in.send_code(alice.email)
    person = await sign_in.person_of(begun.token)
    assert person is not None
    await sign_in.sign_out(begun.token)
    await sign_in.sign_out_everywhere(alice.key)
    await access.bookings_of(access.Caller(person=person, manage_tokens=("none",)))
    await privacy.export(person)
    await privacy.erase(person)
    await outbox.forget(person.key, only=Recipient.CUSTOMER)


async def lose_a_race(slot: TimeSlot, alice: Customer, bob: Customer) -> None:
    """Bob's booking is there, and nobody has been told, when Alice's is inserted."""
    taken = bookings._new_booking(slot, bob, key="bob's own key", digest="", made_by="")
    await database.collection(Booking).insert_one(taken.model_dump(by_alias=True, exclude={"revision_id"}))
    with suppress(BookingError):
        await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    assert await bookings._is_lost(taken, slot)  # is asked on days that take only so many


async def work_at_the_desk(alice: Customer) -> None:
    """An expert looks at their day, answers two requests by the links of their mails, and notes something."""
    answers.use("the secret of these tests")
    later = await TimeSlot.find({"starts_at": {"$gt": clock.now() + timedelta(hours=36)}, "booking_id": None}).to_list()
    found = list({slot.expert_id: slot for slot in later}.values())[:2]  # of one expert, they may share time
    for slot, confirms in zip(found, (True, False), strict=True):
        made = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
        await answers.answer(made.id, answers.token(made.id), confirms=confirms)
        await journal.of_booking(made.id)
    now, expert_id = clock.now(), found[0].expert_id
    await agenda.read(expert_id, today=now, after=now, before=now + timedelta(days=7))
    await bookings.with_customer(expert_id, alice.key)
    await client_notes.keep(expert_id, alice.key, "Likes trains.")
    await client_notes.keep(expert_id, alice.key, "Likes ships.")
    await client_notes.of(expert_id, alice.key)


async def wait_in_line(alice: Customer, bob: Customer) -> None:
    """Two wait for a slot, which goes from one to the other and is booked."""
    waiting.use("the secret of these tests")
    succession.ask(waiting)
    slot = await TimeSlot.find_one({"starts_at": {"$gt": clock.now() + timedelta(hours=3)}, "booking_id": None})
    assert slot is not None
    today = clock.now().date()
    days = {"expert_id": slot.expert_id, "first_on": today, "last_on": slot.starts_at.date()}
    waiters = [waiting.Waiter(name=each.name, email=each.email) for each in (bob, alice)]
    first, second = [await waiting.join(waiter=waiter, **days) for waiter in waiters]
    await waiting.by_token(waiting.token_of(first))
    await waiting.place_of(second)
    await waiting.offer(slot)
    await offering.look_after()
    message = await Message.find_one({"to_key": bob.key, "kind": MessageKind.OFFER})
    assert message is not None
    await letters.look_up([message])
    await waiting.decline(first.id)
    await waiting.take(second.id, visitor="alice")
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await telling.tell_left()
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        await waiting.look_for_openings()
    await waiting.leave(first.id)
    await wait_in_vain(alice)
    await waiting.forget(bob.key)


async def wait_in_vain(alice: Customer) -> None:
    """What is offered is taken back, as the expert is hidden, and the line is closed."""
    house = actors.administrator("house@example.com")
    slot = await TimeSlot.find_one({"starts_at": {"$gt": clock.now() + timedelta(hours=3)}, "booking_id": None})
    assert slot is not None
    today, last_on = clock.now().date(), slot.starts_at.date()
    waiter = waiting.Waiter(name=alice.name, email=alice.email)
    await waiting.join(expert_id=slot.expert_id, waiter=waiter, first_on=today, last_on=last_on)
    await waiting.offer(slot)
    await staff.hide(slot.expert_id, by=house)
    await offering.look_after()
    await waiting.close(slot.expert_id)
    await letters.look_up(await Message.find({"to_key": alice.key, "kind": MessageKind.LINE_CLOSED}).to_list())
    await staff.show(slot.expert_id, by=house)


async def run_an_offer_out(alice: Customer) -> None:
    slot = await TimeSlot.find_one({"starts_at": {"$gt": clock.now() + timedelta(hours=3)}, "booking_id": None})
    assert slot is not None
    today, last_on = clock.now().date(), slot.starts_at.date()
    waiter = waiting.Waiter(name=alice.name, email=alice.email)
    await waiting.join(expert_id=slot.expert_id, waiter=waiter, first_on=today, last_on=last_on)
    await waiting.offer(slot)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        await holds.expire()
    succession.ask(None)


async def run_the_house(alice: Customer) -> None:
    """Look for bookings and entries in every way, and change who is here and what they do."""
    house = actors.administrator("house@example.com")
    await database.collection(Booking).update_many({"customer_key": alice.key}, {"$unset": {"found_by": 1}})
    await migrations._give_keys_to_bookings_without_keys()
    so_far = {"at": {"$lte": clock.now()}}
    await database.collection(JournalEntry).update_many(so_far, {"$unset": {"booking_code": 1}})
    await migrations._give_codes_to_entries_without_codes()
    booking = (await all_bookings.find(Wanted())).bookings[0]
    for text in (str(booking.id)[-8:], alice.email, alice.email[:9], alice.phone, alice.name):
        await all_bookings.find(Wanted(text=text))
    for order in all_bookings.Order:
        for status in (None, BookingStatus.PENDING):
            await all_bookings.find(Wanted(order=order, status=status))
    await all_bookings.find(Wanted(expert_id=booking.expert_id))
    for wanted in (entries.Wanted(), entries.Wanted(expert_id=booking.expert_id), entries.Wanted(code=str(booking.id))):
        await entries.find(wanted)
    await entries.find(entries.Wanted(code=str(booking.id)[-8:]))
    new = await staff.add(
        name="Nina", category="Law", email="nina@example.org", time_zone="UTC", language="en", by=house
    )
    await staff.invite(new.id, by=house)
    await letters.look_up(await Message.find({"to_key": "nina@example.org"}).to_list())
    await staff.change_email(new.id, "nina@example.net", by=house)
    await staff.show(new.id, by=house)
    await staff.hide(new.id, by=house)
    await staff.remove(new.id, cancels=True, message="We are sorry.", by=house)
    await staff.take_back(new.id, by=house)
    for search, category in [("", None), ("n", "Law"), ("nina@example.net", None)]:
        await roster.find(search=search, category=category)
    await roster.ahead_of(booking.expert_id)
    await categories.add("Gardening", by=house)
    await categories.rename("Gardening", "Gardens", by=house)
    await categories.merge("Law", "Gardens", by=house)
    await categories.add("Empty", by=house)
    await categories.remove("Empty", by=house)
    await Expert.find_one({"_id": new.id}).delete()  # the others count who there is


async def keep_house() -> None:
    ticker = Ticker()
    with time_machine.travel(clock.now() + timedelta(days=1)):
        await ticker.tick()
    await database.collection(Booking).update_many({"status": {"$in": [*BookingStatus]}}, {"$set": {"settled": False}})
    await recovery.recover()
    with time_machine.travel(clock.now() + timedelta(days=30)):
        await recovery.lapse_unanswered()
        await recovery.complete_past_sessions()
    await revisions.catalogue_changed()
    await catalogue_upkeep.CatalogueUpkeep().look()
    known = catalogue.current()
    assert known is not None
    assert len(known) == 40
    await openings_upkeep.read(Soonest(known, Openings()))
    claim = leases.Claim("keep house")
    await claim.take()
    await claim.give_up()


async def keep_calendars() -> None:
    [offered] = await TimeSlot.find({"starts_at": {"$gt": clock.now()}}).limit(1).to_list()
    expert = await experts.get(offered.expert_id)
    changes = {"buffer_after": 5, "most_per_day": 2, "window_days": 2}
    await materialising.preview(schedule.edited(expert, changes))
    await materialising.set_hours(expert.id, changes, by=actors.EXPERT)
    await materialising.materialise_day(expert.id, clock.now().date())
    await materialising.look_at_noted_days()
    await materialising.have_made_anew(expert.id)
    await materialising.doubt_full_days()
    await materialising.roll_due()


async def keep_other_calendars() -> None:
    """Of an expert: one at an address, which is read again, and one that is removed; and time off of their own."""
    expert, now, by = (await experts.find(limit=1)).experts[0], clock.now(), actors.EXPERT
    event = f"DTSTART:{now + timedelta(days=1):%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H"
    file = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    fetcher = fetching.Fetcher(allows=lambda address: address.is_loopback)
    async with serving() as site:
        site.paths["/me"] = answer(file)
        kept = await outside_calendars.subscribe(expert.id, site.at("/me"), by=by, fetcher=fetcher)
        site.paths["/me"] = b""
        with suppress(BookingError):
            await outside_calendars.read_again(expert.id, kept.id, fetcher=fetcher)
        with time_machine.travel(now + timedelta(hours=1)):
            await outside_calendars.read_due(fetcher)
    await outside_calendars.take_file(expert.id, file, name="me.ics", by=by)
    await outside_calendars.forget(expert.id)
    away = await time_off.add(expert.id, now, now + timedelta(hours=1), "", by)
    await time_off.of_expert(expert.id, after=now, before=now + timedelta(days=1))
    await time_off.remove(expert.id, away.id, by)
    renewed = await feeds.renew(expert.id, by=by)
    await feeds.bookings_of(await feeds.expert_of(feeds.token_of(renewed)))


async def keep_a_picture_and_a_profile() -> None:
    """Of an expert, whose picture is looked at and removed again."""
    expert, by = (await experts.find(limit=1)).experts[0], actors.EXPERT
    drawn = BytesIO()
    Image.new("RGB", (80, 80)).save(drawn, "PNG")
    address = await pictures.put(expert.id, drawn.getvalue(), by=by)
    digest, _, size = address.removeprefix(pictures.FOLDER).removesuffix(".webp").partition("-")
    assert await pictures.find(digest, int(size))
    assert await pictures.large_of(await experts.get(expert.id))
    await pictures.remove(expert.id, by=by)
    await profiles.update(expert.id, replace(profiles.Profile.of(expert), bio="Another one."), by=by)


async def scans(command: dict[str, Any]) -> list[dict[str, Any]]:
    """The filters of a command that no index serves."""
    name = next(iter(command))
    if name == "findAndModify":  # explain says nothing of it, and the embedded server does scan
        return [command]
    return [asked for asked in _asked(name, command) if await _is_scan(command[name], asked)]


def _asked(name: str, command: dict[str, Any]) -> list[dict[str, Any]]:
    """What a command looks for, as the arguments of a find each."""
    if name == "insert" or (name == "count" and not command.get("query")):  # the latter is what the server knows anyway
        return []
    if name in ("update", "delete"):
        return [{"filter": one["q"]} for one in command[f"{name}s"]]
    if name == "aggregate":
        stages = {next(iter(stage)): stage for stage in reversed(command["pipeline"][:2])}
        asked = {"filter": stages.get("$match", {}).get("$match", {}), "hint": command.get("hint")}
        return [asked]
    return [{"filter": command.get(FILTER_OF[name], {}), "hint": command.get("hint"), "sort": command.get("sort")}]


async def _is_scan(collection: str, asked: dict[str, Any]) -> bool:
    asked = {key: value for key, value in asked.items() if value is not None}
    if not await _explained_as_scan({"find": collection, **asked}):
        return False
    # Of several conditions the server looks one up in an index and checks the others; the embedded one does so too,
    # but its explain sees that only when the condition stands alone.
    conditions = asked["filter"].items() if len(asked["filter"]) > 1 else ()
    alone = [{"find": collection, "filter": {name: wanted}} for name, wanted in conditions]
    return all([await _explained_as_scan(one) for one in alone])


async def _explained_as_scan(find: dict[str, Any]) -> bool:
    explained = await database.collection(DOCUMENTS[0]).database.command("explain", find, verbosity="queryPlanner")
    return "COLLSCAN" in str(explained["queryPlanner"]["winningPlan"])


def _shape(command: dict[str, Any]) -> bytes:
    """What is the same of commands that differ in nothing but values."""
    name = next(iter(command))
    return encode({"name": name, "of": command[name], "asked": [_without_values(one) for one in _asked(name, command)]})


def _without_values(asked: Any) -> Any:
    if isinstance(asked, dict):
        return {key: _without_values(value) for key, value in asked.items()}
    return type(asked).__name__


def different(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({_shape(command): command for command in commands}.values())


async def test_no_query_scans_a_collection(sent: Sent) -> None:
    found = {str(command): await scans(command) for command in different(sent.commands)}

    assert len(found) > 30
    assert {command: filters for command, filters in found.items() if filters} == {}


INDEXES = [
    (document, field.document["name"])
    for document in DOCUMENTS
    for field in getattr(document.Settings, "indexes", [])
    if "expireAfterSeconds" not in field.document  # the database itself asks by these
    and field.document["name"] != NO_TWO_AT_ONCE  # it refuses, and is asked for nothing
]


@pytest.mark.parametrize(("document", "index"), INDEXES, ids=[name for _, name in INDEXES])
async def test_scan_is_found_when_an_index_is_missing(sent: Sent, document: type, index: str) -> None:
    """So this test can fail, and no index is there for nothing."""
    await database.collection(document).drop_index(index)
    hinted = [command for command in different(sent.commands) if command.get("hint") == index]

    assert hinted or any([await scans(command) for command in different(sent.commands)])


def querying_functions() -> Iterator[tuple[str, CodeType]]:
    for module in pkgutil.walk_packages(expert_booking.__path__, "expert_booking."):
        parts = set(module.name.split("."))
        if parts & (ABOUT_EVERYTHING | NO_QUERY) or "__main__" in parts:
            continue
        for owner in _owners(importlib.import_module(module.name)):
            for name, function in vars(owner).items():
                inner = inspect.unwrap(function) if callable(function) else None
                is_own = inspect.iscoroutinefunction(inner) and inner.__module__ == module.name
                known_as = f"{module.name}.{name}"
                if is_own and known_as not in GO_THROUGH_EVERYTHING and ASKS_A_SERVER.search(inspect.getsource(inner)):
                    yield known_as, inner.__code__


def _owners(module: Any) -> list[Any]:
    classes = [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == module.__name__]
    return [module, *classes]


async def test_every_query_is_among_those_explained(sent: Sent) -> None:
    """Whoever writes a new one has it run in one of the functions that `sent` calls."""
    asking = dict(querying_functions())

    assert len(asking) > 25
    unasked = sorted({name for name, code in asking.items() if code not in sent.ran})
    assert unasked == [], ", ".join(unasked)
