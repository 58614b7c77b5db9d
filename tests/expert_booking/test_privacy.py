"""What the house has about somebody can be taken away and erased, and then nothing of it is anywhere."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import (
    bookings,
    change_streams,
    client_notes,
    clock,
    customers,
    database,
    deletions,
    delivery,
    events,
    outbox,
    people,
    privacy,
    sign_in,
    telling,
    time_off,
)
from expert_booking.customers import Customer
from expert_booking.people import Person
from models import (
    DOCUMENTS,
    Booking,
    BookingStatus,
    Expert,
    Message,
    MessageKind,
    OutsideCalendar,
    SignIn,
    SignInCode,
    TimeOff,
    TimeSlot,
    Wish,
    finding,
)
from tests.conftest import MakeExpert, MakeSlot, stored
from tests.settled import contradictions

EMAIL = "Canary.Person@example.com"
CANARIES = ["canary", "447400123456", "whisper"]
"""What must be nowhere any more, in any spelling."""


@pytest.fixture(autouse=True)
def secret() -> Iterator[None]:
    sign_in.use("the secret of these tests")
    deletions._pending.clear()
    events.changes_missed()
    yield
    deletions._pending.clear()


@pytest.fixture
def canary() -> Customer:
    return customers.check(
        name="Canary Person", email=EMAIL, phone="+44 7400 123456", notes="Canary notes: please whisper"
    )


async def signed_in(email: str = EMAIL) -> tuple[Person, str]:
    await sign_in.send_code(email)
    message = await Message.find({"kind": "sign_in_code", "to": email}).sort("-created_at").first_or_none()
    assert message is not None
    begun = await sign_in.verify(email, sign_in.code_of(message.nonce))
    return begun.person, begun.token


async def booked(slot: TimeSlot, customer: Customer, status: BookingStatus = BookingStatus.PENDING) -> Booking:
    booking = await bookings.book(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        visitor="somebody",
        customer=customer,
        idempotency_key=f"the canary's key for {slot.id}",
        made_by=bookings.made_by_digest("the canary's browser"),
    )
    steps = {
        BookingStatus.CONFIRMED: bookings.confirm,
        BookingStatus.COMPLETED: bookings.complete,
        BookingStatus.CANCELLED: bookings.cancel,
    }
    return await steps[status](booking.id) if status in steps else booking


async def everything() -> str:
    """All that is stored, as text in small letters."""
    found = [await database.collection(document).find({}).to_list(None) for document in DOCUMENTS]
    return str(found).lower()


async def of(booking: Booking) -> Booking:
    found = await Booking.find_one({"_id": booking.id})
    assert found is not None
    return found


# --- taking it away ---


async def test_export_has_everything_of_ones_own_and_nothing_that_opens_something(
    expert: Expert, make_slot: MakeSlot, canary: Customer, bob: Customer
) -> None:
    mine = [await booked(await make_slot(expert, hours=hours), canary) for hours in (24, 25)]
    theirs = await booked(await make_slot(expert, hours=26), bob)
    await telling.tell_left()
    person, token = await signed_in()
    await sign_in.send_code("bob@example.com")

    exported = await privacy.export(person)

    text = json.dumps(exported)
    assert {booking["id"] for booking in exported["bookings"]} == {str(booking.id) for booking in mine}
    first = next(booking for booking in exported["bookings"] if booking["id"] == str(mine[0].id))
    assert (first["customer_name"], first["customer_phone"]) == ("Canary Person", "+447400123456")
    assert (first["customer_email"], first["notes"]) == (EMAIL, "Canary notes: please whisper")
    assert sorted(message["kind"] for message in exported["messages"]) == ["received", "received", "sign_in_code"]
    assert len(exported["sign_ins"]) == len(exported["codes"]) == 1
    secrets = [token, mine[0].manage_token, mine[0].idempotency_key, mine[0].request_digest, theirs.manage_token]
    secrets += [document.nonce for document in await SignInCode.find_all().to_list()]
    assert [secret for secret in secrets if secret in text] == []
    assert "bob" not in text


async def test_export_leaves_out_no_field_but_those_that_open_something_or_keep_house(connected: None) -> None:
    """A field that is added tomorrow has to be named in one of the two."""
    house = {"customer_key", "active", "settled", "news", "is_told", "revision_id"}
    house |= {"claims", "vacated", "changes", "changed"}
    house |= {"claims", "vacated", "changes", "changed", "session_type", "found_by"}
    opening = {"idempotency_key", "request_digest", "manage_token"}

    assert set(Booking.model_fields) == privacy._OF_A_BOOKING | house | opening
    assert set(SignIn.model_fields) - privacy._OF_A_SIGN_IN == {"id", "customer_key", "revision_id"}
    kept = {"to_key", "nonce", "claim", "useful_until", "session_at", "revision_id"}
    assert set(Message.model_fields) - privacy._OF_A_MESSAGE == kept
    kept = {"customer_key", "stands", "was_hopeless", "passed", "offered_at", "is_told", "revision_id"}
    assert set(Wish.model_fields) - privacy._OF_A_WISH == kept
    assert set(Expert.model_fields) - privacy._OF_AN_EXPERT == {
        "search_terms",
        "email_key",
        "feed_number",
        "rolls_at",
        "hours_number",
        "invited_at",
        "revision_id",
    }


async def test_export_of_an_expert_has_their_profile(make_expert: MakeExpert) -> None:
    await make_expert("Tom", email="tom@example.com", email_key="tom@example.com", bio="I like trains.")

    exported = await privacy.export(await people.of_address("TOM@example.com"))

    assert (exported["expert"]["bio"], exported["expert"]["email"]) == ("I like trains.", "tom@example.com")
    assert exported["bookings"] == []


# --- having it erased ---


async def test_calendars_of_an_expert_are_exported_and_erased_with_their_addresses(make_expert: MakeExpert) -> None:
    expert = await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    address = "https://calendar.example/tom-s3cret.ics"
    calendar = OutsideCalendar(expert_id=expert.id, name="Work", address=address, created_at=clock.now())
    await calendar.insert()
    starts_at = clock.now() + timedelta(days=1)
    await time_off.replace(expert.id, str(calendar.id), [(starts_at, starts_at + timedelta(hours=1))])
    tom = await people.of_address("tom@example.com")

    exported = await privacy.export(tom)
    assert [(each["name"], each["address"]) for each in exported["outside_calendars"]] == [("Work", address)]
    assert [each["source"] for each in exported["time_off"]] == [str(calendar.id)]

    await privacy.erase(tom)
    assert (await OutsideCalendar.count(), await TimeOff.count()) == (0, 0)


async def test_nothing_personal_remains_anywhere(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    for hours, status in enumerate(BookingStatus, start=24):
        await booked(await make_slot(expert, hours=hours), canary, status)
    await telling.tell_left()
    await booked(await make_slot(expert, hours=40), canary)  # of which nobody has been told yet
    await client_notes.keep(expert.id, canary.key, f"Call {canary.name} back.")
    await sign_in.send_code(EMAIL.upper())
    person, _ = await signed_in()
    assert [note["text"] for note in (await privacy.export(person))["notes_about_you"]] == [f"Call {canary.name} back."]
    before = await everything()
    digests = [booking.request_digest for booking in await Booking.find_all().to_list()]
    assert all(each in before for each in (*CANARIES, *digests))

    await privacy.erase(person)
    await telling.tell_left()

    after = await everything()
    traces = [*CANARIES, *digests, bookings.made_by_digest("the canary's browser")]
    assert [each for each in traces if each in after] == []
    assert await contradictions() == []


@pytest.mark.parametrize("status", [BookingStatus.PENDING, BookingStatus.CONFIRMED])
async def test_what_is_ahead_is_cancelled_and_its_expert_told(
    make_expert: MakeExpert, make_slot: MakeSlot, canary: Customer, status: BookingStatus
) -> None:
    expert = await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    slot = await make_slot(expert)
    booking = await booked(slot, canary, status)
    await telling.tell_left()
    person, _ = await signed_in()
    opened: list[events.SlotChanged] = []
    events.slots.subscribe(slot.id, opened.append, for_page=False)

    await privacy.erase(person)
    await telling.tell_left()

    assert (await of(booking)).status is BookingStatus.CANCELLED
    assert (await stored(slot)).booking_id is None
    assert [event.state for event in opened] == ["open"]
    told = await Message.find_all().to_list()
    assert {message.to for message in told} == {"tom@example.com"}
    assert "cancelled" in {message.kind for message in told}
    events.slots.unsubscribe(slot.id, opened.append)


async def test_what_is_past_loses_its_name_and_keeps_its_time(
    expert: Expert, make_slot: MakeSlot, canary: Customer
) -> None:
    slot = await make_slot(expert)
    booking = await booked(slot, canary, BookingStatus.COMPLETED)
    person, _ = await signed_in()

    await privacy.erase(person)

    erased = await of(booking)
    assert (erased.status, erased.active, erased.is_erased) == (BookingStatus.COMPLETED, True, True)
    assert (await stored(slot)).booking_id == booking.id
    assert (erased.customer_name, erased.customer_email, erased.customer_phone, erased.notes) == (
        "(erased)",
        "",
        "",
        "",
    )
    assert (erased.language, erased.time_zone, erased.starts_at) == ("en", "UTC", booking.starts_at)
    assert erased.manage_token != booking.manage_token


async def test_session_under_way_goes_on_without_a_name(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    booking = await booked(await make_slot(expert), canary, BookingStatus.CONFIRMED)

    with time_machine.travel(booking.starts_at + timedelta(minutes=10)):
        await privacy.erase(await people.of_address(EMAIL))

    erased = await of(booking)
    assert (erased.status, erased.is_erased) == (BookingStatus.CONFIRMED, True)


async def test_nobody_elses_is_touched(expert: Expert, make_slot: MakeSlot, canary: Customer, bob: Customer) -> None:
    theirs = await booked(await make_slot(expert), bob)
    await booked(await make_slot(expert, hours=30), canary)
    await telling.tell_left()
    _, bobs = await signed_in(bob.email)
    person, mine = await signed_in()

    await privacy.erase(person)

    told = {"news": [], "changes": [], "is_told": True, "found_by": finding.keys_of(theirs)}
    assert await of(theirs) == theirs.model_copy(update={"settled": (await of(theirs)).settled, **told})
    assert await sign_in.person_of(bobs) is not None
    assert await sign_in.person_of(mine) is None
    assert {message.to for message in await Message.find_all().to_list()} == {bob.email}


async def test_expert_who_is_a_customer_too_stays_an_expert(
    make_expert: MakeExpert, make_slot: MakeSlot, canary: Customer, alice: Customer
) -> None:
    expert = await make_expert("Canary", email=EMAIL, email_key=EMAIL.lower())
    await booked(await make_slot(expert, hours=24), canary)
    alices = await booked(await make_slot(expert, hours=25), alice)
    await telling.tell_left()
    person, _ = await signed_in()

    await privacy.erase(person)

    left = await Message.find({"to_key": person.key}).to_list()
    assert {message.recipient for message in left} == {"expert"}
    assert (await of(alices)).status is BookingStatus.PENDING
    assert (await people.of_address(EMAIL)).expert_id == expert.id


async def test_open_pages_hear_of_it_here_and_elsewhere(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    booking = await booked(await make_slot(expert), canary, BookingStatus.COMPLETED)
    heard: list[events.BookingChanged] = []
    events.bookings.subscribe(canary.key, heard.append, for_page=False)
    gone = events.BookingChanged(booking_id=booking.id, status=None)

    await privacy.erase(await people.of_address(EMAIL))
    assert heard == [gone]

    events.changes_missed()  # another process, which has heard nothing yet
    document = await database.collection(Booking).find_one({"_id": booking.id})
    change = {"ns": {"coll": "bookings"}, "operationType": "update", "documentKey": {"_id": booking.id}}
    assert change_streams.tell({**change, "fullDocument": document})
    assert heard == [gone, gone]
    events.bookings.unsubscribe(canary.key, heard.append)


async def test_deletion_that_has_begun_is_carried_out(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    slot = await make_slot(expert)
    booking = await booked(slot, canary, BookingStatus.COMPLETED)
    await deletions.begin(booking.id)

    await privacy.erase(await people.of_address(EMAIL))

    assert await Booking.count() == 0
    assert deletions.pending([booking.id]) == {}
    assert (await stored(slot)).booking_id is None


async def test_manage_tokens_and_repeated_requests_open_nothing_any_more(
    expert: Expert, make_slot: MakeSlot, canary: Customer
) -> None:
    booking = await booked(await make_slot(expert), canary)

    await privacy.erase(await people.of_address(EMAIL))

    assert await bookings.made_with(booking.idempotency_key) is None
    with pytest.raises(bookings.BookingNotFound):
        await bookings.by_manage_token(booking.manage_token)
    assert await bookings.for_customer(EMAIL) == []


async def test_message_that_was_about_to_be_written_does_not_keep_the_address(
    expert: Expert, make_slot: MakeSlot, canary: Customer
) -> None:
    """Another process has read the booking before it was erased, and writes its message afterwards."""
    booking = await booked(await make_slot(expert), canary)
    late = list(telling.messages(booking, None, MessageKind.RECEIVED, key="0", sequence=0))

    await privacy.erase(await people.of_address(EMAIL))
    await outbox.put_all(late)
    assert EMAIL.lower() in await everything()
    await delivery.Delivery(None).deliver_due()

    assert [each for each in CANARIES if each in await everything()] == []


class Crash(BaseException):
    """The process ends here."""


STEPS = [
    (deletions, "carry_out_now"),
    (bookings, "cancel"),
    (events, "booking_changed"),
    (outbox, "forget"),
]


@pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("is_done", [False, True])
async def test_erasing_that_was_cut_off_is_done_by_asking_again(
    expert: Expert,
    make_slot: MakeSlot,
    canary: Customer,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    step: str,
    is_done: bool,
) -> None:
    """The process dies before or after a step, at the last of its bookings; whoever asked is signed in still."""
    mine: list[PydanticObjectId] = []
    for hours in (24, 25):
        mine.append((await booked(await make_slot(expert, hours=hours), canary)).id)
    await telling.tell_left()
    _, token = await signed_in()
    real, calls = getattr(module, step), 0

    def dies() -> None:
        nonlocal calls
        calls += 1
        if calls == (2 if step == "cancel" else 1):
            raise Crash

    async def crashing(*args: object, **kwargs: object) -> object:
        if not is_done:
            dies()
        done = await real(*args, **kwargs)
        if is_done:
            dies()
        return done

    def crashing_at_once(*args: object, **kwargs: object) -> None:
        if not is_done:
            dies()
        real(*args, **kwargs)
        if is_done:
            dies()

    person = await people.of_address(EMAIL)
    with monkeypatch.context() as broken:
        broken.setattr(module, step, crashing_at_once if step == "booking_changed" else crashing)
        with pytest.raises(Crash):
            await privacy.erase(person)
    again = await sign_in.person_of(token)
    assert again is not None
    await privacy.erase(again)
    await telling.tell_left()

    after = await everything()
    assert [canary for canary in CANARIES if canary in after] == []
    assert {(await Booking.find_one({"_id": each})).status for each in mine} == {"Cancelled"}  # type: ignore[union-attr]  # they stay
    assert await contradictions() == []
    assert await SignIn.count() == 0


async def test_erasing_twice_is_erasing_once(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    booking = await booked(await make_slot(expert), canary)
    person = await people.of_address(EMAIL)
    await privacy.erase(person)
    erased = await of(booking)

    await privacy.erase(person)

    assert await of(booking) == erased


async def test_erased_address_may_come_back(expert: Expert, make_slot: MakeSlot, canary: Customer) -> None:
    slot = await make_slot(expert)
    await booked(slot, canary)
    person, _ = await signed_in()
    await privacy.erase(person)

    again = await booked(slot, canary)

    assert [booking.id for booking in await bookings.for_customer(EMAIL)] == [again.id]
    assert (await signed_in())[0].key == person.key
    assert again.created_at <= clock.now()
