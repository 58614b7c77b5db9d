"""Searching the journal: what is asked for, the latest first, each entry once."""

from datetime import timedelta

import pytest

from expert_booking import actors, bookings, clock, database, journal, migrations, telling
from expert_booking.administration import entries
from expert_booking.administration.entries import Wanted
from expert_booking.customers import Customer
from models import Booking, Expert, JournalEntry, TimeSlot
from tests.conftest import MakeExpert, MakeSlot

ANN, BEA = actors.administrator("ann@example.com"), actors.administrator("bea@example.com")


@pytest.fixture
async def experts(make_expert: MakeExpert, monkeypatch: pytest.MonkeyPatch) -> list[Expert]:
    """Two experts, with sixty entries over ten days."""
    monkeypatch.setattr(entries, "BEGAN", clock.now() - timedelta(days=30))
    found = [await make_expert("Sarah"), await make_expert("Tom")]
    whats = ("expert.hidden", "expert.shown", "category.added")
    for number in range(60):
        by = BEA if number % 4 else ANN
        await journal.write(whats[number % 3], by=by, key=str(number), expert_id=found[number % 2].id)
        at = clock.now() - timedelta(hours=4 * (number // 2))  # two at a moment
        await JournalEntry.find_one({"_id": f"{whats[number % 3]}:{number}"}).update({"$set": {"at": at}})
    return found


async def all_pages(wanted: Wanted) -> list[JournalEntry]:
    found: list[JournalEntry] = []
    after = None
    while True:
        page = await entries.find(wanted, after=after, limit=7)
        found += page.entries
        after = page.after
        if after is None:
            return found


@pytest.mark.parametrize("patience", [60, 0])
async def test_pages_show_each_entry_once_the_latest_first(
    experts: list[Expert], patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "PATIENCE_SECONDS", patience)

    found = await all_pages(Wanted())

    assert len(found) == len({entry.id for entry in found}) == 60
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)


async def test_entries_are_found_by_what_who_whom_and_when(experts: list[Expert]) -> None:
    sarah = experts[0].id
    week_ago = clock.now() - timedelta(days=3, hours=1)

    by_what = await all_pages(Wanted(what="expert.hidden"))
    by_kind = await all_pages(Wanted(what="expert"))
    by_who = await all_pages(Wanted(who="ANN@"))
    by_whom = await all_pages(Wanted(expert_id=sarah))
    early, late = await all_pages(Wanted(before=week_ago)), await all_pages(Wanted(since=week_ago))

    assert {entry.what for entry in by_what} == {"expert.hidden"}
    assert (len(by_what), len(by_kind), len(by_who), len(by_whom)) == (20, 40, 15, 30)
    assert {entry.who for entry in by_who} == {"ann@example.com"}
    assert len(early) + len(late) == 60
    assert min(entry.at for entry in late) >= week_ago > max(entry.at for entry in early)
    assert await all_pages(Wanted(what="exp")) == []


async def test_what_became_of_a_booking_is_found_by_its_code(
    experts: list[Expert], make_slot: MakeSlot, alice: Customer
) -> None:
    slot = await make_slot(experts[0])
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await bookings.confirm(booking.id, by=ANN)
    await telling.tell_left()
    code = str(booking.id)[-8:]

    for asked in (code, f"{code[:4]}-{code[4:]}".upper(), str(booking.id)):
        found = await entries.find(Wanted(code=asked))
        assert [entry.what for entry in found.entries] == ["booking.confirmed", "booking.made"], asked
    assert (await entries.find(Wanted(code="0000-0000"))).entries == []


@pytest.fixture
async def deleted(slot: TimeSlot, alice: Customer) -> Booking:
    """A booking of which only the journal knows."""
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    await bookings.complete(booking.id)
    await bookings.delete(booking.id, by=ANN)
    await telling.tell_left()
    assert await Booking.find_one({"_id": booking.id}) is None
    return booking


LIFE = ["booking.deleted", "booking.completed", "booking.made"]


async def test_what_became_of_a_deleted_booking_is_found_by_its_code(deleted: Booking) -> None:
    found = await entries.find(Wanted(code=str(deleted.id)[-8:]))

    assert [entry.what for entry in found.entries] == LIFE


async def test_entries_from_before_there_were_codes_get_them(deleted: Booking) -> None:
    await journal.write("category.added", by=ANN)
    before = await JournalEntry.find_all().sort("_id").to_list()
    await database.collection(JournalEntry).update_many({}, {"$unset": {"booking_code": 1}})
    assert (await entries.find(Wanted(code=str(deleted.id)[-8:]))).entries == []

    for _ in range(2):
        await migrations.bring_up_to_date()

    assert [entry.what for entry in (await entries.find(Wanted(code=str(deleted.id)[-8:]))).entries] == LIFE
    assert await JournalEntry.find_all().sort("_id").to_list() == before
    assert await JournalEntry.find({"booking_code": None}).count() == 0


@pytest.mark.parametrize("text", ["3f9a01c2", "3F9A-01C2", "3F9A 01C2", "6998151da2703c790995027d"])
def test_code_is_told_by_its_look(text: str) -> None:
    assert entries.is_code(text)


@pytest.mark.parametrize("text", ["", "crm2", "2026", "ann2@example.com", "3f9a-01c", "abcabcabc", "3f-9a01c2"])
def test_other_text_with_digits_is_no_code(text: str) -> None:
    assert not entries.is_code(text)
