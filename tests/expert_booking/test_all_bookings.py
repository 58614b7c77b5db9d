"""All bookings: whatever the order and the conditions, the pages show each that is wanted once."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from expert_booking import bookings, clock, database, migrations, people, privacy, telling
from expert_booking.administration import all_bookings
from expert_booking.administration.all_bookings import MadeBy, Order, SearchTooShort, Wanted
from expert_booking.customers import Customer
from models import Booking, BookingStatus, Expert, TimeSlot
from tests.conftest import MakeExpert, MakeSlot

NAMES = ("Ann Lee", "Bob Stone", "Émile Zola", "Annette Pohl")


@pytest.fixture
async def booked(make_expert: MakeExpert, make_slot: MakeSlot, monkeypatch: pytest.MonkeyPatch) -> list[Booking]:
    """Forty bookings of four customers with two experts, made over three weeks, for three days back to five ahead."""
    monkeypatch.setattr(all_bookings, "BEGAN", clock.now() - timedelta(days=25))
    monkeypatch.setattr(all_bookings, "FARTHEST", timedelta(days=8))
    monkeypatch.setattr(all_bookings, "PATIENCE_SECONDS", 60)
    experts = [await make_expert("Sarah"), await make_expert("Tom")]
    for number in range(40):
        slot = await make_slot(experts[number % 2], hours=1000 + number)
        name = NAMES[number % 4]
        email = f"{name.split()[0].lower().replace('é', 'e')}@example.com"
        customer = Customer(name=name, email=email, phone=f"+44207946{number:04}")
        booking = await bookings.book(
            expert_id=slot.expert_id, slot_id=slot.id, visitor="x", customer=customer, made_by="page" * (number % 3 > 0)
        )
        await _put_back(booking, number)
    await database.collection(Booking).update_many({}, {"$unset": {"found_by": 1}})
    await migrations.bring_up_to_date()
    return await Booking.find_all().to_list()


async def _put_back(booking: Booking, number: int) -> None:
    starts_at = booking.starts_at - timedelta(hours=1000 + 72 - 5 * number)
    created_at = min(clock.now(), starts_at) - timedelta(hours=number**1.7)
    status = list(BookingStatus)[number % 4]
    moved = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30 + 10 * number),
        "created_at": created_at,
        "status": status,
    }
    await Booking.find_one({"_id": booking.id}).update({"$set": moved})


async def all_pages(wanted: Wanted, *, limit: int = 3) -> list[Booking]:
    found: list[Booking] = []
    after = ""
    for _ in itertools.repeat(None, 2000):
        page = await all_bookings.find(wanted, after=after, limit=limit)
        found += page.bookings
        after = page.after
        if not after:
            return found
    raise AssertionError("there is no end of it")


def expected(booked: list[Booking], wanted: Wanted) -> list[Booking]:
    now = clock.now()
    first = wanted.starts_from or (now if wanted.order is Order.SOONEST else None)
    last = wanted.starts_before or (now if wanted.order is Order.LATEST else None)
    if wanted.expert_id is not None:
        first, last = wanted.starts_from, wanted.starts_before
    left = [
        one
        for one in booked
        if wanted.status in (None, one.status)
        and wanted.expert_id in (None, one.expert_id)
        and (first is None or one.starts_at >= first)
        and (last is None or one.starts_at < last)
        and (wanted.made_by is None or (wanted.made_by is MadeBy.PAGE) == bool(one.made_by))
    ]
    by = {Order.NEWEST: lambda one: (one.created_at, one.id)}.get(wanted.order, lambda one: (one.starts_at, one.id))
    return sorted(left, key=by, reverse=wanted.order is not Order.SOONEST)


@pytest.mark.parametrize("patience", [60, 0])
async def test_pages_show_each_that_is_wanted_once(
    booked: list[Booking], patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when every look takes too long, and is gone on with by asking again."""
    monkeypatch.setattr(all_bookings, "PATIENCE_SECONDS", patience)
    sarah = (await Expert.find_one({"name": "Sarah"})).id  # type: ignore[union-attr]  # it is there
    tomorrow = clock.now() + timedelta(days=1)
    conditions = [
        {},
        {"status": BookingStatus.CANCELLED},
        {"made_by": MadeBy.PROGRAM},
        {"made_by": MadeBy.PAGE, "status": BookingStatus.PENDING},
        {"expert_id": sarah},
        {"starts_from": tomorrow},
        {"starts_from": clock.now() - timedelta(days=1), "starts_before": tomorrow},
    ]
    for order, condition in itertools.product(Order, conditions if patience else conditions[:2]):
        wanted = Wanted(order=order, **condition)
        found = [one.id for one in await all_pages(wanted)]
        assert found == [one.id for one in expected(booked, wanted)], f"{order}, {condition}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ann", {"Ann Lee", "Annette Pohl"}),
        ("Ann L", {"Ann Lee"}),
        ("émil", {"Émile Zola"}),
        ("bob@example.com", {"Bob Stone"}),
        ("BOB@exam", {"Bob Stone"}),
        ("annette", {"Annette Pohl"}),
        ("nobody at all", set()),
        ("...", set()),
    ],
)
async def test_search_finds_by_name_and_address(booked: list[Booking], text: str, names: set[str]) -> None:
    found = await all_pages(Wanted(text=text))

    assert {one.customer_name for one in found} == names
    assert len(found) == 10 * len(names)


@pytest.mark.parametrize("text", ["Ann Marie Lee", "lee ANN marie", "ann marie l"])
async def test_whole_name_is_found_in_any_order_and_before_names_that_begin_like_it(
    booked: list[Booking], expert: Expert, make_slot: MakeSlot, text: str
) -> None:
    for number, name in enumerate(("Ann Marie Lee", "Ann Marie Leeds")):
        slot = await make_slot(expert, hours=100 + number)
        customer = Customer(name=name, email=f"{number}@example.com", phone="+442079460958")
        await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="x", customer=customer)
    await telling.tell_left()

    found = await all_pages(Wanted(text=text))

    names = ["Ann Marie Leeds", "Ann Marie Lee"]
    assert [one.customer_name for one in found] == (names[1:] if len(text) > len("ann marie l") else names)


@pytest.mark.parametrize("is_told", [False, True])
async def test_booking_is_found_from_the_moment_at_which_it_is_made(
    slot: TimeSlot, alice: Customer, is_told: bool
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="x", customer=alice)
    if is_told:
        await telling.tell_left()

    for text in ("", str(booking.id)[-8:], "+44 20 7946 0958", "ali", "alice@example.com"):
        assert [one.id for one in await all_pages(Wanted(text=text))] == [booking.id], text
    assert await all_pages(Wanted(text="bob")) == []


async def test_booking_that_is_told_of_while_it_is_looked_for_is_found_once(
    slot: TimeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="x", customer=alice)
    rows = all_bookings._rows

    async def told_before(*query: Any, **options: Any) -> list[Any]:
        await telling.tell_left()
        return await rows(*query, **options)

    monkeypatch.setattr(all_bookings, "_rows", told_before)

    assert [one.id for one in await all_pages(Wanted())] == [booking.id]


async def test_search_finds_by_code_and_phone(booked: list[Booking]) -> None:
    one = booked[7]
    code = str(one.id)[-8:]

    for text in (code, f"{code[:4]}-{code[4:]}".upper(), one.customer_phone, "020 7946 " + one.customer_phone[-4:]):
        assert [found.id for found in await all_pages(Wanted(text=text))] == [one.id], text


async def test_search_for_two_letters_asks_for_more(booked: list[Booking]) -> None:
    with pytest.raises(SearchTooShort):
        await all_bookings.find(Wanted(text="an"))


async def test_who_was_forgotten_is_found_by_nothing_but_the_code(booked: list[Booking]) -> None:
    await privacy.erase(await people.of_address("bob@example.com"))

    assert await all_pages(Wanted(text="bob")) == []
    assert await all_pages(Wanted(text="stone")) == []
    assert await all_pages(Wanted(text="bob@example.com")) == []
    assert len(await all_pages(Wanted(), limit=25)) == 40


async def test_address_of_a_page_that_is_none_is_the_first(booked: list[Booking]) -> None:
    first = await all_bookings.find(Wanted())

    for after in ("nonsense", "12345678901234567890.", "1.xyz", "\u0663.", "-1."):
        assert await all_bookings.find(Wanted(), after=after) == first
