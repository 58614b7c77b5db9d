"""Programs that help to run the house: what each route does, and that the journal knows who did it."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
import time_machine
from beanie import PydanticObjectId

from expert_booking import actors, api_tokens, bookings, clock, figures, journal, telling, webhooks
from models import Expert, JournalEntry, Scope, TimeSlot, Webhook
from tests.api.conftest import AS_ADMIN, NOBODY, Book, Headers, bearing
from tests.conftest import MakeSlot

MakeToken = Callable[..., Awaitable[Headers]]


@pytest.fixture
def token(connected: None) -> MakeToken:
    async def make(*scopes: Scope) -> Headers:
        by = actors.administrator("house@example.com")
        new = await api_tokens.make(name="CRM", scopes=scopes or tuple(Scope), days=None, by=by)
        return bearing(new.secret)

    return make


async def test_token_moves_a_booking_on_and_the_journal_says_so(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, token: MakeToken
) -> None:
    booking = await book(slot)

    moved = await client.patch(
        f"/api/bookings/{booking['_id']}/status",
        json={"status": "Confirmed", "reason": " She said so. "},
        headers=await token(Scope.BOOKINGS_WRITE),
    )
    await telling.tell_left()

    assert moved.json()["status"] == "Confirmed"
    entry = await JournalEntry.find_one({"what": "booking.confirmed"})
    assert entry is not None
    assert (entry.by, entry.who, entry.reason) == ("program", "CRM", "She said so.")


async def test_reason_to_cancel_is_told_to_the_customer_and_the_journal(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, token: MakeToken
) -> None:
    booking = await book(slot)
    address, headers = f"/api/bookings/{booking['_id']}/status", await token(Scope.BOOKINGS_WRITE)

    refused = await client.patch(address, json={"status": "Cancelled", "reason": "a" * 1001}, headers=headers)
    cancelled = await client.patch(address, json={"status": "Cancelled", "reason": "We are closed."}, headers=headers)
    await telling.tell_left()

    assert (refused.status_code, [each["field"] for each in refused.json()["details"]]) == (422, ["reason"])
    assert cancelled.json()["status"] == "Cancelled"
    entry = await JournalEntry.find_one({"what": "booking.declined"})
    assert entry is not None
    assert entry.reason == "We are closed."
    assert (await bookings.get(PydanticObjectId(booking["_id"]))).message == "We are closed."


CHANGES = {
    "status": ("PATCH", {"status": "Confirmed"}),
    "cancel": ("POST", {"reason": "We are closed."}),
    "reschedule": ("POST", {}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("reads", [False, True])
async def test_token_that_only_changes_bookings_is_not_told_who_booked(
    client: httpx.AsyncClient,
    expert: Expert,
    make_slot: MakeSlot,
    book: Book,
    token: MakeToken,
    change: str,
    reads: bool,
) -> None:
    booking = await book(await make_slot(expert, hours=30), notes="By phone, please.")
    method, body = CHANGES[change]
    if change == "reschedule":
        body = {"slotId": str((await make_slot(expert, hours=40)).id)}
    scopes = (Scope.BOOKINGS_WRITE, Scope.BOOKINGS_READ)[: 1 + reads]

    answer = await client.request(
        method, f"/api/bookings/{booking['_id']}/{change}", json=body, headers=await token(*scopes)
    )

    told = [answer.json()[field] for field in ("userName", "userEmail", "userPhone", "notes")]
    assert (answer.status_code, answer.json()["_id"]) == (200, booking["_id"])
    assert told == (["Alice", "alice@example.com", "+442079460958", "By phone, please."] if reads else [""] * 4)


async def test_house_says_why_it_cancels_and_deletes(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, book: Book, token: MakeToken
) -> None:
    called_off, done = [(await book(await make_slot(expert, hours=hours)))["_id"] for hours in (30, 40)]
    await bookings.complete(PydanticObjectId(done))
    headers = await token(Scope.BOOKINGS_WRITE)

    cancel, delete = f"/api/bookings/{called_off}/cancel", f"/api/bookings/{done}"
    too_long = [
        await client.post(cancel, json={"reason": "a" * 1001}, headers=headers),
        await client.delete(delete, params={"reason": "a" * 1001}, headers=headers),
    ]
    cancelled = await client.post(cancel, json={"reason": " We are closed. "}, headers=headers)
    deleted = await client.delete(delete, params={"reason": " Asked for by phone. "}, headers=headers)
    await telling.tell_left()

    assert [(each.status_code, each.json()["details"][0]["field"]) for each in too_long] == [(422, "reason")] * 2
    assert (cancelled.status_code, deleted.status_code) == (200, 200)
    entries = await JournalEntry.find({"what": {"$in": ["booking.declined", "booking.deleted"]}}).to_list()
    assert {(entry.what, entry.who, entry.reason) for entry in entries} == {
        ("booking.declined", "CRM", "We are closed."),
        ("booking.deleted", "CRM", "Asked for by phone."),
    }
    assert (await bookings.get(PydanticObjectId(called_off))).message == "We are closed."


async def test_customer_gives_no_reason(client: httpx.AsyncClient, slot: TimeSlot, book: Book) -> None:
    booking = await book(slot)
    address = f"/api/bookings/{booking['_id']}/cancel"

    cancelled = await client.post(address, json={"reason": "I am ill."}, headers=bearing(booking["manageToken"]))
    await telling.tell_left()

    assert (cancelled.json()["status"], cancelled.json()["message"]) == ("Cancelled", "")
    entry = await JournalEntry.find_one({"what": "booking.cancelled"})
    assert entry is not None
    assert (entry.by, entry.reason) == ("customer", "")


async def test_token_without_the_scope_is_told_which_one_is_needed(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, token: MakeToken
) -> None:
    booking = await book(slot)

    refused = await client.patch(
        f"/api/bookings/{booking['_id']}/status",
        json={"status": "Confirmed"},
        headers=await token(Scope.BOOKINGS_READ),
    )

    assert (refused.status_code, refused.json()["error"]) == (403, "scope_missing")
    assert "bookings:write" in refused.json()["message"]


async def test_all_bookings_come_a_page_at_a_time(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, book: Book, token: MakeToken
) -> None:
    made = [(await book(await make_slot(expert, hours=24 + number)))["_id"] for number in range(3)]
    headers = await token(Scope.BOOKINGS_READ)

    first = (await client.get("/api/admin/bookings?limit=2", headers=headers)).json()
    second = (await client.get(f"/api/admin/bookings?limit=2&after={first['after']}", headers=headers)).json()
    one = await client.get(f"/api/admin/bookings/{made[0]}", headers=headers)
    none = await client.get(f"/api/admin/bookings/{NOBODY}", headers=headers)
    confirmed = (await client.get("/api/admin/bookings?status=Confirmed", headers=headers)).json()

    found = [booking["_id"] for booking in (*first["bookings"], *second["bookings"])]
    assert sorted(found) == sorted(made)
    assert second["after"] is None
    assert (one.status_code, one.json()["userName"], none.status_code) == (200, "Alice", 404)
    assert confirmed["bookings"] == []


async def test_experts_are_added_hidden_and_shown(client: httpx.AsyncClient, token: MakeToken) -> None:
    headers = await token(Scope.EXPERTS_READ, Scope.EXPERTS_WRITE)
    ann = {"name": "Ann Lee", "category": "Law", "email": "ann@example.com", "timeZone": "Europe/London"}

    added = await client.post("/api/admin/experts", json=ann, headers=headers)
    path = f"/api/admin/experts/{added.json()['_id']}"
    shown = await client.patch(path, json={"isHidden": False}, headers=headers)
    hidden = await client.patch(path, json={"isHidden": True}, headers=headers)
    listed = await client.get("/api/admin/experts", headers=headers)
    again = await client.post("/api/admin/experts", json=ann, headers=headers)

    assert (added.status_code, added.json()["standing"]) == (201, "invited")
    assert (shown.json()["standing"], hidden.json()["standing"]) == ("shown", "invited")
    assert [expert["email"] for expert in listed.json()["experts"]] == ["ann@example.com"]
    assert again.status_code == 422


async def test_journal_is_read_backwards(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, token: MakeToken
) -> None:
    booking = await book(slot)
    headers = await token(Scope.JOURNAL_READ)
    await telling.tell_left()

    latest = (await client.get("/api/admin/journal", headers=headers)).json()["entries"]
    before = quote(latest[0]["at"])
    older = (await client.get(f"/api/admin/journal?before={before}", headers=headers)).json()["entries"]
    of_one = (await client.get(f"/api/admin/journal?bookingId={booking['_id']}", headers=headers)).json()["entries"]

    assert [entry["what"] for entry in latest] == ["token.made", "booking.made"]
    assert [entry["what"] for entry in older] == ["booking.made"] == [entry["what"] for entry in of_one]
    assert "Alice" not in str(latest)


async def test_journal_pages_lose_and_repeat_nothing_of_one_moment(client: httpx.AsyncClient, token: MakeToken) -> None:
    headers = await token(Scope.JOURNAL_READ)
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False) as time:
        for number in range(6):
            time.shift(timedelta(minutes=number % 2))  # two at a moment
            await journal.write("expert.hidden", by=actors.HOUSE, key=str(number))

    found, path = [], "/api/admin/journal?limit=2&what=expert"
    while path:
        page = (await client.get(path, headers=headers)).json()
        found += [entry["_id"] for entry in page["entries"]]
        after = page["after"]
        path = after and f"/api/admin/journal?limit=2&what=expert&before={quote(after)}"

    assert len(found) == 6
    assert set(found) == {f"expert.hidden:{number}" for number in range(6)}


async def test_journal_is_filtered_as_on_its_page(
    client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot, book: Book, token: MakeToken
) -> None:
    headers = await token(Scope.JOURNAL_READ)
    booking = await book(await make_slot(expert, hours=30))
    await telling.tell_left()
    await journal.write("expert.hidden", by=actors.administrator("ann@example.com"), expert_id=expert.id)
    await journal.write("category.added", by=actors.administrator("bea@example.com"))
    last = await JournalEntry.find_one({"what": "category.added"})
    assert last is not None
    asked = {
        f"expertId={expert.id}": {"booking.made", "expert.hidden"},
        "what=category": {"category.added"},
        "what=expert.hidden": {"expert.hidden"},
        "who=ANN": {"expert.hidden"},
        f"bookingId={booking['_id']}": {"booking.made"},
        f"bookingId={booking['_id']}&what=expert": set(),
        f"from={quote((last.at + timedelta(days=1)).isoformat())}": set(),
    }

    for query, expected in asked.items():
        answer = await client.get(f"/api/admin/journal?{query}", headers=headers)
        assert {entry["what"] for entry in answer.json()["entries"]} == expected, query


async def test_webhook_is_made_listed_and_removed(client: httpx.AsyncClient, connected: None) -> None:
    wanted = {"name": "CRM", "url": "https://crm.example.com", "events": ["booking.made"]}

    made = await client.post("/api/admin/webhooks", json=wanted, headers=AS_ADMIN)
    listed = await client.get("/api/admin/webhooks", headers=AS_ADMIN)
    removed = await client.delete(f"/api/admin/webhooks/{made.json()['_id']}", headers=AS_ADMIN)
    gone = await client.delete(f"/api/admin/webhooks/{made.json()['_id']}", headers=AS_ADMIN)
    wrong = await client.post("/api/admin/webhooks", json={**wanted, "url": "nowhere"}, headers=AS_ADMIN)

    assert made.json()["secret"].startswith("whsec_")
    assert [webhook["name"] for webhook in listed.json()] == ["CRM"]
    assert "secret" not in listed.json()[0]
    assert (removed.status_code, gone.status_code, wrong.status_code) == (200, 404, 422)
    assert await Webhook.count() == 0
    assert await webhooks.listening() == []


@pytest.mark.parametrize(
    ("scopes", "status"),
    [((Scope.WEBHOOKS_WRITE,), 403), ((Scope.WEBHOOKS_WRITE, Scope.BOOKINGS_READ), 201)],
)
async def test_webhook_is_told_who_booked_by_whoever_may_read_bookings(
    client: httpx.AsyncClient, token: MakeToken, scopes: tuple[Scope, ...], status: int
) -> None:
    wanted = {"name": "CRM", "url": "https://crm.example.com", "events": ["booking.made"], "withCustomer": True}

    answer = await client.post("/api/admin/webhooks", json=wanted, headers=await token(*scopes))

    assert answer.status_code == status
    assert await Webhook.count() == (status == 201)
    if status == 403:
        assert "bookings:read" in answer.json()["message"]


@pytest.mark.parametrize("table", figures.TABLES)
async def test_figures_come_as_tables(
    client: httpx.AsyncClient, slot: TimeSlot, book: Book, token: MakeToken, table: str
) -> None:
    figures.forget()
    await book(slot)

    found = await client.get(f"/api/admin/figures/{table}?days=7", headers=await token(Scope.FIGURES_READ))

    assert found.json()["days"] == 7
    assert found.json()["rows"]
    assert found.json()["isCut"] is False
    assert {len(row) for row in found.json()["rows"]} == {len(found.json()["columns"])}
    assert "Alice" not in found.text


async def test_table_or_range_that_nobody_counts_is_refused(client: httpx.AsyncClient, token: MakeToken) -> None:
    headers = await token()

    for path in ("nothing", "lead-time?days=8"):
        assert (await client.get(f"/api/admin/figures/{path}", headers=headers)).status_code == 422


async def test_token_that_has_expired_opens_nothing(client: httpx.AsyncClient, connected: None) -> None:
    new = await api_tokens.make(name="CRM", scopes=tuple(Scope), days=1, by=actors.HOUSE)
    kept = {"$set": {"expires_at": clock.now() - timedelta(seconds=1)}}
    await type(new.token).find_one({"_id": new.token.id}).update(kept)

    answer = await client.get("/api/admin/webhooks", headers=bearing(new.secret))

    assert answer.status_code == 403


TOO_FAR = [
    "journal?before=0001-01-01T00:00:00Z",
    "journal?from=9999-12-31T23:59:59-14:00",
    "bookings?order=latest&before=9999-12-31T23:00:00Z",
    "bookings?order=soonest&from=0001-01-01T00:00:00%2B14:00",
    "bookings?from=1999-12-31T23:59:59Z",
    "bookings?from=2201-01-01T00:00:00Z",
]


@pytest.mark.parametrize("path", TOO_FAR)
async def test_moment_at_the_ends_of_the_calendar_is_refused(
    client: httpx.AsyncClient, connected: None, path: str
) -> None:
    refused = await client.get(f"/api/admin/{path}", headers=AS_ADMIN)

    field = re.search(r"(before|from)=", path)
    assert field is not None
    assert refused.status_code == 422
    assert refused.json()["details"] == [
        {"field": field[1], "message": f"{field[1]} must be in one of the years 2000 to 2200."}
    ]


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00%2B14:00", "2200-12-31T23:59:59-14:00"])
async def test_moments_that_are_just_not_too_far_are_answered(
    client: httpx.AsyncClient, connected: None, moment: str
) -> None:
    for path in ("journal?before", "journal?from", "bookings?order=latest&before", "bookings?order=soonest&from"):
        assert (await client.get(f"/api/admin/{path}={moment}", headers=AS_ADMIN)).status_code == 200, path
