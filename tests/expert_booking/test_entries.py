"""Searching the journal: what is asked for, the latest first, each entry once."""

from datetime import timedelta

import pytest

from expert_booking import actors, bookings, clock, journal, telling
from expert_booking.administration import entries
from expert_booking.administration.entries import Wanted
from expert_booking.customers import Customer
from models import Expert, JournalEntry
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
