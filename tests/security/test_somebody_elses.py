"""What belongs to somebody else opens nothing: tokens, codes, keys, cookies and ids, over the real API and real mail.

Another visitor's page and its line are held in tests/live/test_lines.py.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from tests.live.application import ADMIN_TOKEN, Application
from tests.security.mailbox import Mailbox

ALICE, BOB = "alice@example.com", "bob@example.com"
NOBODYS_ID = "6998151da2703c790995027d"
_fresh = count()

Made = dict[str, Any]


@pytest.fixture(scope="module")
def client(house: Application) -> Iterator[httpx.Client]:
    """Somebody at the API."""
    with httpx.Client(base_url=house.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def slots(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Open slots with their experts, each handed out once."""
    listed = client.get("/api/experts?limit=50").json()["experts"]
    found = [
        (expert["_id"], slot["id"])
        for expert in listed
        for slot in client.get(f"/api/experts/{expert['_id']}").json()["timeSlots"][8:]
        if slot["state"] == "open"
    ]
    return iter(found)


@pytest.fixture
def book(client: httpx.Client, slots: Iterator[tuple[str, str]]) -> Callable[..., Made]:
    """Books the next slot in somebody's name."""

    def book(email: str, **headers: str) -> Made:
        expert, slot = next(slots)
        made = client.post(f"/api/experts/{expert}/book", json=details(slot, email), headers=headers)
        return dict(made.raise_for_status().json())

    return book


@pytest.fixture(scope="module")
def sign_ins(house: Application, mailbox: Mailbox) -> dict[str, str]:
    """The tokens of Alice and Bob."""
    return {address: mailbox.sign_in(house.url, address) for address in (ALICE, BOB)}


def details(slot: str, email: str) -> Made:
    return {"slotId": slot, "userName": "Alice", "userEmail": email, "userPhone": "+44 20 7946 0958", "notes": "hush"}


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def says_nothing(response: httpx.Response, *statuses: int) -> None:
    """A refusal that tells nothing of Alice."""
    assert response.status_code in statuses, response.text
    assert ALICE not in response.text
    assert "hush" not in response.text


def code_sent(client: httpx.Client, mailbox: Mailbox) -> tuple[str, str]:
    """A new address and the code that was sent to it."""
    address = f"somebody{next(_fresh)}@example.com"
    client.post("/api/sign-in", json={"email": address}).raise_for_status()
    return address, mailbox.code_for(address)


def verified(client: httpx.Client, address: str, code: str) -> int:
    """The status of an attempt to sign in."""
    return client.post("/api/sign-in/verify", json={"email": address, "code": code}).status_code


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/{}/cancel"), ("POST", "/{}/reschedule"), ("DELETE", "/{}"), ("PATCH", "/{}/status")]
)
def test_a_manage_token_opens_its_own_booking_alone(
    client: httpx.Client, book: Callable[..., Made], sign_ins: dict[str, str], method: str, path: str
) -> None:
    hers, his = book(ALICE), book(BOB)

    for token in (his["manageToken"], sign_ins[BOB], hers["manageToken"][:-1], hers["_id"], "null"):
        address = f"/api/bookings{path.format(hers['_id'])}"
        sent = client.request(method, address, json={"status": "Cancelled"}, headers=bearing(token))
        says_nothing(sent, 401, 403, 404)

    (kept,) = client.get("/api/bookings", params={"email": ALICE}, headers=bearing(sign_ins[ALICE])).json()[:1]
    assert (kept["_id"], kept["status"]) == (hers["_id"], "Pending")


def test_an_id_that_is_somebody_elses_is_as_good_as_none(
    client: httpx.Client, book: Callable[..., Made], sign_ins: dict[str, str]
) -> None:
    hers = book(ALICE)

    answers = [
        client.post(f"/api/bookings/{booking}/cancel", headers=bearing(sign_ins[BOB]))
        for booking in (hers["_id"], NOBODYS_ID)
    ]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("who", ["nobody", "bob", "manager", "almost"])
def test_bookings_are_listed_to_whoever_proved_the_address(
    client: httpx.Client, book: Callable[..., Made], sign_ins: dict[str, str], who: str
) -> None:
    hers = book(ALICE)
    tokens = {"bob": sign_ins[BOB], "manager": hers["manageToken"], "almost": sign_ins[ALICE][:-1] + "_"}
    headers = bearing(tokens[who]) if who in tokens else {}

    says_nothing(client.get("/api/bookings", params={"email": ALICE}, headers=headers), 401, 403)
    mine = client.get("/api/bookings", headers=headers)
    assert ALICE not in mine.text or who == "manager"  # whose token opens this one booking, and no other of hers
    assert mine.text.count(ALICE) <= 1


def test_own_data_are_nobody_elses(client: httpx.Client, book: Callable[..., Made], sign_ins: dict[str, str]) -> None:
    hers = book(ALICE)

    for token in (hers["manageToken"], ADMIN_TOKEN, "x"):
        says_nothing(client.get("/api/me/export", headers=bearing(token)), 401, 403)
        says_nothing(client.post("/api/me/erase", headers=bearing(token)), 401, 403)
    exported = client.get("/api/me/export", headers=bearing(sign_ins[BOB]))
    assert exported.status_code == 200
    assert ALICE not in exported.text


def test_a_hold_is_for_whoever_has_its_token(client: httpx.Client, slots: Iterator[tuple[str, str]]) -> None:
    (expert, slot), (other_expert, other) = next(slots), next(slots)
    hers = client.post(f"/api/experts/{expert}/slots/{slot}/hold").raise_for_status().json()["holdToken"]
    his = client.post(f"/api/experts/{other_expert}/slots/{other}/hold").raise_for_status().json()["holdToken"]
    (her_name, _), (his_name, his_proof) = hers.split("."), his.split(".")
    forged = [his, f"{her_name}.{his_proof}", f"{her_name}.{'a' * 22}", f"{his_name}.{'a' * 22}"]

    for token in forged:
        released = client.delete(f"/api/experts/{expert}/slots/{slot}/hold", headers={"Hold-Token": token})
        assert released.status_code == 403, released.text
    body = {**details(slot, BOB), "holdToken": his}
    assert client.post(f"/api/experts/{expert}/book", json=body).status_code == 409


def test_somebody_elses_key_makes_nothing_and_tells_nothing(
    client: httpx.Client, slots: Iterator[tuple[str, str]]
) -> None:
    (expert, slot), key = next(slots), {"Idempotency-Key": "a-key-that-was-guessed"}
    client.post(f"/api/experts/{expert}/book", json=details(slot, ALICE), headers=key).raise_for_status()

    for body in (details(slot, BOB), {**details(slot, ALICE), "notes": ""}, details(next(slots)[1], ALICE)):
        says_nothing(client.post(f"/api/experts/{expert}/book", json=body, headers=key), 404, 409, 422)


def test_the_sixth_try_is_refused_even_if_right(client: httpx.Client, mailbox: Mailbox) -> None:
    address, code = code_sent(client, mailbox)
    wrong = f"{(int(code) + 1) % 10**6:06}"

    assert [verified(client, address, wrong) for _ in range(5)] == [403] * 5
    assert verified(client, address, code) == 403


def test_a_code_opens_once(client: httpx.Client, mailbox: Mailbox) -> None:
    address, code = code_sent(client, mailbox)

    assert verified(client, address, code) == 200
    assert verified(client, address, code) == 403


def test_twenty_at_once_are_one_session(client: httpx.Client, house: Application, mailbox: Mailbox) -> None:
    address, code = code_sent(client, mailbox)

    def verify(_: int) -> int:
        with httpx.Client(base_url=house.url, timeout=30) as another:
            return verified(another, address, code)

    with ThreadPoolExecutor(20) as at_once:
        statuses = sorted(at_once.map(verify, range(20)))

    assert statuses == [200] + [403] * 19


@pytest.mark.parametrize("spelling", ["bob@example.com", "x{}", "{}.example.com", "{}\u200b"])
def test_a_code_is_for_its_address_alone(client: httpx.Client, mailbox: Mailbox, spelling: str) -> None:
    address, code = code_sent(client, mailbox)
    other = spelling.format(address)
    client.post("/api/sign-in", json={"email": other})

    status = verified(client, other, code)

    if spelling == "{}\u200b":  # nobody can see it, so it is the same address
        assert status in (200, 403, 422)
    else:
        assert status in (403, 422)


def test_a_letter_that_looks_alike_is_another_address(client: httpx.Client, mailbox: Mailbox) -> None:
    address, code = code_sent(client, mailbox)

    assert verified(client, address.replace("o", "\u043e", 1), code) in (403, 422)


def test_a_code_ends_with_a_later_one(client: httpx.Client, mailbox: Mailbox) -> None:
    address, first = code_sent(client, mailbox)
    client.post("/api/sign-in", json={"email": address}).raise_for_status()
    second = mailbox.code_for(address, nth=2)

    assert first == second or verified(client, address, first) == 403
    assert verified(client, address, second) == 200


def test_known_and_unknown_addresses_are_answered_alike(client: httpx.Client, book: Callable[..., Made]) -> None:
    book("carol@example.com")

    answers = [
        client.post("/api/sign-in", json={"email": email}) for email in ("carol@example.com", "carla@example.com")
    ]

    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[0].content == answers[1].content
    assert sorted(answers[0].headers) == sorted(answers[1].headers)


def test_a_sign_out_ends_the_token(client: httpx.Client, house: Application, mailbox: Mailbox) -> None:
    token = mailbox.sign_in(house.url, f"somebody{next(_fresh)}@example.com")
    assert client.get("/api/bookings", headers=bearing(token)).status_code == 200

    client.post("/api/sign-out", headers=bearing(token)).raise_for_status()

    assert client.get("/api/bookings", headers=bearing(token)).status_code == 401


def test_cookies_that_were_made_up_are_nobodys(
    house: Application, mailbox: Mailbox, book: Callable[..., Made], sign_ins: dict[str, str]
) -> None:
    hers = book(ALICE)
    with httpx.Client(base_url=house.url) as visitor:
        genuine = visitor.get("/").cookies
        session = next(name for name in genuine if name != "signed_in")
    payload, _, signature = genuine[session].partition(".")
    made_up = [
        {"signed_in": sign_ins[ALICE][:-1] + "_"},
        {"signed_in": hers["manageToken"]},
        {"signed_in": ADMIN_TOKEN},
        {session: f"{payload[:-2]}AA.{signature}"},
        {session: hers["manageToken"]},
        {session: "e30=." + signature},
    ]

    for cookies in made_up:
        page = httpx.get(f"{house.url}/my-bookings", cookies=cookies)
        assert page.status_code == 200
        assert ALICE not in page.text
        assert hers["_id"] not in page.text
        assert httpx.get(f"{house.url}/my-bookings/data", cookies=cookies).status_code in (303, 401, 403)


def test_a_session_is_new_at_each_sign_in(house: Application, mailbox: Mailbox) -> None:
    address = f"somebody{next(_fresh)}@example.com"
    planted = {"signed_in": "a-token-that-an-attacker-has-planted-here"}
    with httpx.Client(base_url=house.url, cookies=planted, headers={"Origin": house.url}) as visitor:
        visitor.post("/sign-in", json={"email": address}).raise_for_status()
        answer = visitor.post("/sign-in/verify", json={"email": address, "code": mailbox.code_for(address)})

    given = answer.raise_for_status().headers["set-cookie"]
    assert planted["signed_in"] not in given
    assert "httponly" in given.lower()
    assert "samesite=lax" in given.lower()
    assert httpx.get(f"{house.url}/my-bookings/data", cookies=planted).status_code in (303, 401, 403)
