import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from expert_booking import bookings, sign_in
from expert_booking.customers import Customer
from models import Booking, SignIn, SignInCode, TimeSlot
from pages.sign_in import own_path
from tests.pages.person import Person, code_for

EMAIL = "ada@example.com"
FOREIGN = {"Origin": "https://elsewhere.example"}


async def asks(visitor: Person, path: str, body: object, **headers: str) -> tuple[int, dict[str, str]]:
    sent = {"Content-Type": "application/json", **headers}
    answer = await visitor._user.http_client.post(path, content=json.dumps(body), headers=sent)
    return answer.status_code, answer.json()


async def test_code_from_the_mail_opens_my_bookings_and_only_once(visitor: Person, watcher: Person) -> None:
    assert await asks(visitor, "/sign-in", {"email": "  ada@Example.com "}) == (202, {})
    proof = {"email": EMAIL, "code": await code_for(EMAIL)}

    assert await asks(visitor, "/sign-in/verify", proof) == (200, {})

    await visitor.open("/my-bookings")
    await visitor.sees(f"Signed in as {EMAIL}", "No bookings")
    status, told = await asks(watcher, "/sign-in/verify", proof)
    assert (status, told["error"]) == (401, "code_refused")


@pytest.mark.parametrize("typed", ["{0} {1}", "{0}-{1}", " {0}{1}\n"])
async def test_code_may_be_written_with_blanks(visitor: Person, typed: str) -> None:
    await asks(visitor, "/sign-in", {"email": EMAIL})
    code = await code_for(EMAIL)

    status, _ = await asks(visitor, "/sign-in/verify", {"email": EMAIL, "code": typed.format(code[:3], code[3:])})

    assert status == 200


async def test_code_may_be_written_in_other_digits(visitor: Person) -> None:
    await asks(visitor, "/sign-in", {"email": EMAIL})
    code = (await code_for(EMAIL)).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert (await asks(visitor, "/sign-in/verify", {"email": EMAIL, "code": code}))[0] == 200


async def test_answer_says_nothing_about_who_is_known(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)

    await visitor.get("/sign-in")  # every browser gets a session with its first answer
    known, unknown = [await visitor.post("/sign-in", {"email": email}) for email in (alice.email, "who@example.com")]

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"{}")
    assert dict(known.headers) == dict(unknown.headers)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": ""}, "Your e-mail address is missing."),
        ({"email": "ada"}, "This is not an e-mail address yet. It needs an @, as in name@example.com."),
        ({"email": ["ada@example.com"]}, "Your e-mail address is missing."),
        ([1, 2], "Your e-mail address is missing."),
        ({"email": "a" * 5000 + "@example.com"}, "Your e-mail address is missing."),
    ],
)
async def test_what_is_no_address_is_named_by_its_field(visitor: Person, body: object, message: str) -> None:
    status, told = await asks(visitor, "/sign-in", body)

    assert (status, told) == (422, {"error": "invalid_request", "field": "email", "message": message})
    assert await SignInCode.find().count() == 0


async def test_what_stands_against_it_is_said_in_the_visitors_language(visitor: Person) -> None:
    _, told = await asks(visitor, "/sign-in", {"email": ""}, **{"Accept-Language": "de"})

    assert told["message"] == "Ihre E-Mail-Adresse fehlt noch."


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\ud800"])
async def test_wrong_code_is_refused_and_the_right_one_still_opens(visitor: Person, code: str) -> None:
    await asks(visitor, "/sign-in", {"email": EMAIL})

    status, told = await asks(visitor, "/sign-in/verify", {"email": EMAIL, "code": code})

    assert (status, told["error"]) == (401, "code_refused")
    assert (await asks(visitor, "/sign-in/verify", {"email": EMAIL, "code": await code_for(EMAIL)}))[0] == 200


async def test_who_asks_too_often_is_told_how_long_to_wait(visitor: Person) -> None:
    with time_machine.travel(datetime(2037, 11, 22, 12, tzinfo=UTC), tick=False):
        for _ in range(sign_in.MOST_CODES_AN_HOUR):
            assert (await asks(visitor, "/sign-in", {"email": EMAIL}))[0] == 202

        answer = await visitor.post("/sign-in", {"email": EMAIL})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 90
    minutes = -(-int(answer.headers["Retry-After"]) // 60)
    assert answer.json()["message"] == f"That was a lot at once. Please wait {minutes} minutes and try again."


async def test_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Person) -> None:
    await asks(visitor, "/sign-in", {"email": EMAIL})

    answer = await visitor.post("/sign-in/verify", {"email": EMAIL, "code": await code_for(EMAIL)})

    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("signed_in=")]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", f"max-age={30 * 24 * 3600}"} <= parts
    assert "secure" not in parts
    assert answer.headers["cache-control"] == "no-store"


@pytest.fixture
def mails(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    environment.setenv("MAIL_FROM", "booking@example.org")


@pytest.fixture
def served_by_tls(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PUBLIC_URL", "https://booking.test")


async def test_cookie_of_a_house_with_tls_is_secure_and_of_this_host_alone(
    served_by_tls: None, visitor: Person
) -> None:
    await asks(visitor, "/sign-in", {"email": EMAIL})

    answer = await visitor.post("/sign-in/verify", {"email": EMAIL, "code": await code_for(EMAIL)})

    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "signed_in=" in each]
    assert cookie.startswith("__Host-signed_in=")
    assert "secure" in cookie.lower().split("; ")
    assert "domain=" not in cookie.lower()


async def test_new_sign_in_ends_the_one_before(visitor: Person) -> None:
    await visitor.sign_in(EMAIL)
    before = visitor._user.http_client.cookies["signed_in"]

    await visitor.sign_in("grace@example.com")

    assert await sign_in.person_of(before) is None
    assert await SignIn.find().count() == 1


async def test_signing_out_ends_the_session_and_not_only_the_cookie(visitor: Person) -> None:
    await visitor.sign_in(EMAIL)
    token = visitor._user.http_client.cookies["signed_in"]

    assert await asks(visitor, "/sign-out", {}) == (200, {})

    assert await sign_in.person_of(token) is None
    assert "signed_in" not in visitor._user.http_client.cookies
    await visitor.open("/my-bookings")
    await visitor.sees("Send me a code")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/verify", "/sign-out", "/my-bookings/erase"])
async def test_other_sites_cannot_ask_in_a_visitors_name(visitor: Person, path: str) -> None:
    await visitor.sign_in(EMAIL)
    client = visitor._user.http_client

    foreign = await client.post(path, json={"email": EMAIL}, headers=FOREIGN)
    form = await client.post(path, data={"email": EMAIL})

    assert (foreign.status_code, form.status_code) == (403, 403)
    assert await sign_in.person_of(client.cookies["signed_in"]) is not None


@pytest.mark.parametrize("given", ["/my-bookings", "/experts/6998151da2703c790995027d?time=1", "/sign-in", "/"])
def test_pages_of_the_house_are_gone_on_to(given: str) -> None:
    assert own_path(given) == given


@pytest.mark.parametrize(
    "given",
    [
        *("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "", "x"),
        *("///x", "/\t/elsewhere.example", "/ä", "http://[", "\\\\elsewhere.example", "/x\r\nSet-Cookie: a=b"),
    ],
)
def test_other_sites_are_not_gone_on_to(given: str) -> None:
    assert own_path(given) == "/my-bookings"


async def test_form_says_where_the_code_is_while_no_mail_leaves_the_machine(visitor: Person) -> None:
    await visitor.open("/sign-in")

    await visitor.sees("No mail leaves this machine: the code is in the outbox.")


async def test_form_of_a_house_with_mail_knows_no_outbox(mails: None, visitor: Person) -> None:
    await visitor.open("/sign-in")

    assert "/dev/outbox" not in (await visitor.get("/sign-in")).text


async def test_page_of_another_site_is_not_in_the_form(visitor: Person) -> None:
    await visitor.open("/sign-in?next=https://elsewhere.example/")

    page = (await visitor.get("/sign-in?next=//elsewhere.example/")).text
    assert 'data-onward="/my-bookings"' in page
    assert 'data-onward="//' not in page


async def test_own_data_are_a_file_for_whoever_proved_the_address(
    visitor: Person, slot: TimeSlot, alice: Customer
) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    refused = await visitor.get("/my-bookings/data")
    await visitor.sign_in(alice.email)

    answer = await visitor.get("/my-bookings/data")

    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in?next=/my-bookings")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    data = json.loads(answer.content)
    assert (data["email"], [each["id"] for each in data["bookings"]]) == (alice.email, [str(booking.id)])
    assert booking.manage_token not in answer.text


async def test_erasing_cancels_what_is_ahead_and_signs_out(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    booking = await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="alice", customer=alice)
    assert (await asks(visitor, "/my-bookings/erase", {}))[0] == 401
    await visitor.sign_in(alice.email)

    assert await asks(visitor, "/my-bookings/erase", {}) == (200, {})

    kept = await Booking.get(booking.id)
    assert kept is not None
    assert (kept.status, kept.customer_email, kept.customer_phone) == ("Cancelled", "", "")
    await visitor.open("/my-bookings?told=erased")
    await visitor.sees("Your data are erased.", "Send me a code")
    assert await SignIn.find().count() == 0


async def test_erasing_needs_a_proof_that_is_young(visitor: Person, slot: TimeSlot, alice: Customer) -> None:
    await visitor.sign_in(alice.email)
    await SignIn.find_one({"customer_key": alice.key}).update(
        {"$set": {"created_at": datetime.now(UTC) - timedelta(hours=1)}}
    )

    status, told = await asks(visitor, "/my-bookings/erase", {})

    assert (status, told["error"]) == (401, "sign_in_needed")
    await visitor.open("/my-bookings")
    await visitor.sees("Sign in once more")
    assert "Erase everything" not in visitor.texts
