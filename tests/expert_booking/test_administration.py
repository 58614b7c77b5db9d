"""Adding, inviting, hiding, removing; what visitors find meanwhile; what becomes of what is booked."""

import asyncio

import pytest

from expert_booking import (
    actors,
    availability,
    bookings,
    catalogue,
    catalogue_upkeep,
    categories,
    database,
    experts,
    feeds,
    letters,
    migrations,
    people,
    telling,
)
from expert_booking.administration import roster, staff
from expert_booking.administration.roster import Standing
from expert_booking.customers import Customer
from expert_booking.errors import ExpertNotFound, InvalidRequest
from expert_booking.experts import SortOrder
from expert_booking.people import Role
from models import Booking, BookingStatus, Expert, JournalEntry, Message, MessageKind, SlotState
from tests.conftest import MakeExpert, MakeSlot, stored

HOUSE = actors.administrator("house@example.com")


async def added(name: str = "Nina Novak", email: str = "nina@example.org") -> Expert:
    return await staff.add(name=name, category="Law", email=email, time_zone="Europe/Berlin", language="de", by=HOUSE)


async def entered() -> list[str]:
    return sorted(entry.what for entry in await JournalEntry.find_all().to_list())


async def with_catalogue() -> None:
    catalogue.use(await catalogue_upkeep.read())


# --- who is found ---


@pytest.mark.parametrize("is_known", [False, True])
async def test_who_is_hidden_is_found_by_nobody(make_expert: MakeExpert, is_known: bool) -> None:
    """Whether the process knows who there is or asks the database."""
    seen = await make_expert("Sarah Shown")
    away = await make_expert("Sarah Hidden", category="Law")
    await staff.hide(away.id, by=HOUSE)
    if is_known:
        await with_catalogue()

    for sort in SortOrder:
        found = await experts.find(search="sarah", sort=sort)
        everybody = await experts.find(sort=sort)
        assert ([one.name for one in found.experts], found.total) == ([seen.name], 1)
        assert ([one.name for one in everybody.experts], everybody.total) == ([seen.name], 1)
    assert await experts.categories() == {"Technology": 1}
    with pytest.raises(ExpertNotFound):
        await experts.shown(away.id)
    assert (await experts.by_ids({away.id}))[away.id].name == "Sarah Hidden"
    catalogue.use(None)


async def test_catalogue_that_is_old_shows_nobody_who_is_hidden(make_expert: MakeExpert) -> None:
    expert = await make_expert()
    await with_catalogue()
    await Expert.find_one({"_id": expert.id}).update({"$set": {"is_hidden": True}})

    assert (await experts.find()).experts == []
    assert catalogue.is_doubted()
    catalogue.use(None)


async def test_roster_has_everybody_by_standing(make_expert: MakeExpert) -> None:
    for number in range(26):
        await make_expert(f"Shown {number:02}", rating=4)
    hidden = await make_expert("Hidden", category="Law")
    gone = await make_expert("Gone")
    await staff.hide(hidden.id, by=HOUSE)
    await staff.remove(gone.id, cancels=False, message="", by=HOUSE)
    invited = await added()

    first, second = await roster.find(), await roster.find(page=2)
    past = await roster.find(page=9)

    names = [row.expert.name for row in (*first.rows, *second.rows)]
    assert names[:3] == [invited.name, "Hidden", "Gone"]
    assert len(names) == len(set(names)) == first.total == 29
    assert (first.pages, past.page, len(first.rows)) == (2, 2, 25)
    for standing, number in {Standing.SHOWN: 26, Standing.HIDDEN: 1, Standing.REMOVED: 1, Standing.INVITED: 1}.items():
        found = await roster.find(standing=standing)
        assert {row.standing for row in found.rows} == {standing}
        assert found.total == number
    assert [row.expert.name for row in (await roster.find(search="hid", category="Law")).rows] == ["Hidden"]
    assert [row.expert.name for row in (await roster.find(search="Nina@example.org")).rows] == [invited.name]
    assert (await roster.find(search="...")).total == 0


# --- coming in ---


async def test_whoever_is_added_is_invited_and_not_found_yet(connected: None) -> None:
    expert = await added()

    message = await Message.find_one({"kind": MessageKind.INVITATION})
    assert message is not None
    assert (message.to, message.language) == ("nina@example.org", "de")
    matter = (await letters.look_up([message]))[message.id]
    assert matter.expert is not None
    assert matter.expert.id == expert.id
    person = await people.of_address("Nina@Example.org")
    assert person.expert_id == expert.id
    assert (await experts.find()).total == 0
    assert await entered() == ["expert.added"]


async def test_invitation_to_an_address_that_is_theirs_no_more_is_not_sent(connected: None) -> None:
    expert = await added()
    message = await Message.find_one({"kind": MessageKind.INVITATION})
    assert message is not None

    await staff.change_email(expert.id, "nina@example.net", by=HOUSE)

    assert await letters.look_up([message]) == {}
    assert (await people.of_address("nina@example.org")).expert_id is None
    assert (await people.of_address("nina@example.net")).expert_id == expert.id


async def test_what_is_wrong_with_a_new_expert_is_said_field_by_field(make_expert: MakeExpert) -> None:
    await make_expert(email="sarah@example.org", email_key="sarah@example.org")

    with pytest.raises(InvalidRequest) as refused:
        await staff.add(name=" ", category="", email="Sarah@example.org", time_zone="Mars", language="en", by=HOUSE)

    assert [problem.field for problem in refused.value.problems] == ["name", "category", "time_zone", "email"]
    assert await Expert.find_all().count() == 1


async def test_of_several_who_are_added_with_one_address_one_is(connected: None) -> None:
    names = ("Ann", "Ben", "Cyd", "Dan")

    came = await asyncio.gather(*(added(name, email="One@example.org") for name in names), return_exceptions=True)

    refused = [each for each in came if isinstance(each, InvalidRequest)]
    assert [each.problems[0].message for each in refused] == [staff.TAKEN] * 3
    assert await Expert.find_all().count() == 1
    assert await entered() == ["expert.added"]


async def test_address_that_somebody_has_is_not_given_to_another(connected: None) -> None:
    first, second = await added("Ann", email="ann@example.org"), await added("Ben", email="ben@example.org")

    with pytest.raises(InvalidRequest) as refused:
        await staff.change_email(second.id, "Ann@example.org", by=HOUSE)
    assert refused.value.problems[0].message == staff.TAKEN
    await staff.remove(first.id, cancels=False, message="", by=HOUSE)
    await staff.change_email(second.id, "ann@example.org", by=HOUSE)
    back = await staff.take_back(first.id, by=HOUSE)

    assert (back.removed_at, back.email, back.email_key) == (None, "ann@example.org", None)
    assert (await people.of_address("ann@example.org")).expert_id == second.id


async def test_feed_opens_no_more_once_the_address_is_another_or_the_expert_was_away(connected: None) -> None:
    expert = await added()
    opens = [feeds.token_of(expert)]

    opens.append(feeds.token_of(await staff.change_email(expert.id, "Nina@example.org", by=HOUSE)))
    assert opens[0] == opens[1]  # the same address, written otherwise
    opens.append(feeds.token_of(await staff.change_email(expert.id, "nina@example.net", by=HOUSE)))
    await staff.remove(expert.id, cancels=False, message="", by=HOUSE)
    opens.append(feeds.token_of(await staff.take_back(expert.id, by=HOUSE)))

    assert len(set(opens)) == 3
    for token in opens[:-1]:
        with pytest.raises(ExpertNotFound):
            await feeds.expert_of(token)
    assert (await feeds.expert_of(opens[-1])).id == expert.id


async def test_language_of_a_new_expert_is_one_that_the_house_speaks(connected: None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await staff.add(
            name="Nina", category="Law", email="nina@example.org", time_zone="UTC", language="xx<b>", by=HOUSE
        )

    assert [problem.field for problem in refused.value.problems] == ["language"]
    assert await Expert.find_all().count() == 0


async def test_database_in_which_experts_share_an_address_starts_and_leaves_it_to_the_first(
    connected: None, database_uri: str, database_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    old = database.collection(Expert)
    await old.drop_index("one_expert_per_email")
    await old.create_index([("email_key", 1)], name=migrations.LENIENT)
    first, second = await added("Ann", email="one@example.org"), await added("Ben", email="two@example.org")
    await old.update_one({"_id": second.id}, {"$set": {"email": "one@example.org", "email_key": "one@example.org"}})
    await database.disconnect()

    await migrations.connect(database_uri, name=database_name, timeout_seconds=10)
    await migrations.bring_up_to_date()

    assert (await people.of_address("one@example.org")).expert_id == first.id
    assert (await experts.get(second.id)).email_key is None
    names = await database.collection(Expert).index_information()
    assert names["one_expert_per_email"]["unique"]
    assert migrations.LENIENT not in names
    assert f"expert {second.id} signed in with another one's address" in caplog.text
    assert "one@example.org" not in caplog.text


# --- leaving ---


async def test_who_is_removed_offers_nothing_and_what_is_kept_takes_place(
    make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer
) -> None:
    expert = await make_expert(email="sarah@example.org", email_key="sarah@example.org")
    booked, free = await make_slot(expert, hours=24), await make_slot(expert, hours=48)
    booking = await bookings.book(expert_id=expert.id, slot_id=booked.id, visitor="alice", customer=alice)

    left = await staff.remove(expert.id, cancels=False, message="", by=HOUSE)

    assert (left.number, left.first_at, left.last_at) == (1, booked.starts_at, booked.starts_at)
    assert availability.state_of(await stored(free)) is SlotState.WITHDRAWN
    assert (await bookings.get(booking.id)).status is BookingStatus.PENDING
    person = await people.of_address("sarah@example.org")
    assert Role.EXPERT not in person.roles
    with pytest.raises(ExpertNotFound):
        await experts.shown(expert.id)
    with pytest.raises(ExpertNotFound):
        await staff.show(expert.id, by=HOUSE)


@pytest.mark.parametrize("message", [" ", "We are\u202esorry."])
async def test_nobody_leaves_whose_customers_would_not_be_told_why(
    make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer, message: str
) -> None:
    expert = await make_expert()
    slot = await make_slot(expert)
    booking = await bookings.book(expert_id=expert.id, slot_id=slot.id, visitor="a", customer=alice)

    with pytest.raises(InvalidRequest):
        await staff.remove(expert.id, cancels=True, message=message, by=HOUSE)

    assert (await roster.row_of(expert.id)).standing is Standing.SHOWN
    assert (await bookings.get(booking.id)).active


async def test_removal_that_was_interrupted_is_finished_by_doing_it_again(
    make_expert: MakeExpert, make_slot: MakeSlot, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expert = await make_expert()
    slots = [await make_slot(expert, hours=24 * day) for day in range(1, 5)]
    made = [await bookings.book(expert_id=expert.id, slot_id=one.id, visitor="a", customer=alice) for one in slots]
    await bookings.confirm(made[0].id)
    cancel, done = bookings.cancel, []

    async def cancel_two(*given: object, **named: object) -> Booking:
        if len(done) == 2:
            raise ConnectionError("the process dies here")
        done.append(given)
        return await cancel(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(bookings, "cancel", cancel_two)
    with pytest.raises(ConnectionError):
        await staff.remove(expert.id, cancels=True, message="We are sorry.", by=HOUSE)
    monkeypatch.undo()

    assert (await roster.ahead_of(expert.id)).number == 2
    assert (await roster.find(standing=Standing.REMOVED)).rows[0].bookings_ahead == 2

    left = await staff.remove(expert.id, cancels=True, message="We are sorry.", by=HOUSE)

    assert left == roster.Ahead()
    found = await Booking.find_all().to_list()
    assert {(one.status, one.message) for one in found} == {(BookingStatus.CANCELLED, "We are sorry.")}
    await telling.tell_left()
    changes = await JournalEntry.find({"what": {"$in": ["booking.cancelled", "booking.declined"]}}).to_list()
    assert sorted(entry.what for entry in changes) == ["booking.cancelled", *["booking.declined"] * 3]
    assert {entry.who for entry in changes} == {"house@example.com"}
    assert len([what for what in await entered() if what == "expert.removed"]) == 1


async def test_who_was_removed_can_be_taken_back(make_expert: MakeExpert) -> None:
    expert = await make_expert(email="sarah@example.org", email_key="sarah@example.org")
    await staff.remove(expert.id, cancels=False, message="", by=HOUSE)

    await staff.take_back(expert.id, by=HOUSE)

    assert (await roster.row_of(expert.id)).standing is Standing.HIDDEN
    assert (await people.of_address("sarah@example.org")).expert_id == expert.id
    await staff.show(expert.id, by=HOUSE)
    assert (await experts.find()).total == 1


# --- categories ---


async def test_category_is_renamed_for_everybody_in_it(make_expert: MakeExpert) -> None:
    for name in ("Ada", "Bea"):
        await make_expert(name, category="Law")
    away = await make_expert("Cleo", category="Law")
    await staff.hide(away.id, by=HOUSE)
    await make_expert("Dora", category="Health")

    assert await categories.rename("Law", " Legal  advice", by=HOUSE) == "Legal advice"

    counted = {one.name: (one.shown, one.others) for one in await categories.counted()}
    assert counted == {"Health": (1, 0), "Legal advice": (2, 1)}
    assert await experts.categories() == {"Health": 1, "Legal advice": 2}


async def test_category_merges_only_when_asked_to(make_expert: MakeExpert) -> None:
    await make_expert("Ada", category="Law")
    await make_expert("Bea", category="Health")

    with pytest.raises(InvalidRequest):
        await categories.rename("Law", "HEALTH", by=HOUSE)
    await categories.merge("Law", "Health", by=HOUSE)

    assert await experts.categories() == {"Health": 2}
    with pytest.raises(InvalidRequest):
        await categories.merge("Health", "Law", by=HOUSE)


async def test_empty_category_can_be_chosen_and_is_not_shown(make_expert: MakeExpert) -> None:
    await make_expert("Ada", category="Law")
    await categories.add("Gardening", by=HOUSE)

    assert await categories.names() == ["Gardening", "Law"]
    assert await experts.categories() == {"Law": 1}
    with pytest.raises(InvalidRequest):
        await categories.add("gardening", by=HOUSE)
    with pytest.raises(InvalidRequest):
        await categories.remove("Law", by=HOUSE)

    await categories.rename("Gardening", "Gardens", by=HOUSE)
    assert await categories.names() == ["Gardens", "Law"]
    await categories.remove("Gardens", by=HOUSE)
    assert await categories.names() == ["Law"]
    assert await entered() == ["category.added", "category.removed", "category.renamed"]
