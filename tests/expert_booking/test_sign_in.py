"""A code proves an address once, within ten minutes and five tries; nothing else does."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as some

from expert_booking import clock, people, sign_in
from expert_booking.errors import CodeRefused, TooManyRequests
from expert_booking.people import Role
from expert_booking.sign_in import NewSignIn
from models import Message, MessageKind, SignIn, SignInCode
from tests.conftest import MakeExpert

ALICE, BOB = "alice@example.com", "bob@example.com"
# Ahead of the clock on the wall, by which the database forgets sign-ins and codes that are over.
NOON = datetime(2037, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secret() -> Iterator[None]:
    sign_in.use("the secret of these tests")
    yield
    people.use(())


async def codes(email: str) -> list[str]:
    """The codes that were sent to an address, the oldest first."""
    sent = await Message.find({"kind": MessageKind.SIGN_IN_CODE, "to": email}).sort("created_at").to_list()
    return [sign_in.code_of(message.nonce) for message in sent]


async def new_code(email: str) -> str:
    await sign_in.send_code(email)
    return (await codes(email))[-1]


def another(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 10**6:06}"


async def is_refused(email: str, code: str) -> bool:
    try:
        await sign_in.verify(email, code)
    except CodeRefused:
        return True
    return False


async def test_code_begins_a_session(connected: None) -> None:
    with time_machine.travel(NOON, tick=False):
        begun = await sign_in.verify(ALICE, await new_code(ALICE))
        person = await sign_in.person_of(begun.token)

    assert begun.expires_at == NOON + timedelta(days=30)
    assert begun.person == person
    assert (begun.person.email, begun.person.key, begun.person.roles) == (ALICE, ALICE, {Role.CUSTOMER})
    assert begun.person.proved_at == NOON


async def test_neither_code_nor_token_is_stored(connected: None) -> None:
    code = await new_code(ALICE)
    begun = await sign_in.verify(ALICE, code)

    documents = [*await Message.find_all().to_list(), *await SignInCode.find_all().to_list()]
    stored = str([*documents, *await SignIn.find_all().to_list()])

    assert code not in [part.strip("'\"") for part in stored.replace(",", " ").split()]
    assert begun.token not in stored


async def test_expert_and_administrator_differ_in_their_roles_only(connected: None, make_expert: MakeExpert) -> None:
    expert = await make_expert(email="Sarah@Example.com", email_key="sarah@example.com")
    people.use((BOB.upper(),))

    sarah = (await sign_in.verify("sarah@example.com", await new_code("sarah@example.com"))).person
    bob = (await sign_in.verify(BOB, await new_code(BOB))).person

    assert (sarah.roles, sarah.expert_id) == ({Role.CUSTOMER, Role.EXPERT}, expert.id)
    assert (bob.roles, bob.expert_id) == ({Role.CUSTOMER, Role.ADMINISTRATOR}, None)


async def test_roles_end_with_what_they_came_from(connected: None, make_expert: MakeExpert) -> None:
    expert = await make_expert(email=ALICE, email_key=ALICE)
    people.use((ALICE,))
    token = (await sign_in.verify(ALICE, await new_code(ALICE))).token

    await expert.delete()
    people.use(())
    person = await sign_in.person_of(token)

    assert person is not None
    assert (person.roles, person.expert_id) == ({Role.CUSTOMER}, None)


# --- a code opens once, for a while, and only its own address ---


async def test_code_opens_nothing_a_second_time(connected: None) -> None:
    code = await new_code(ALICE)
    await sign_in.verify(ALICE, code)

    assert await is_refused(ALICE, code)
    assert await SignIn.count() == 1


async def test_code_of_another_address_is_refused(connected: None) -> None:
    """Also when both asked at the same moment: every code has a nonce of its own."""
    alices, bobs = await new_code(ALICE), await new_code(BOB)

    assert await is_refused(BOB, alices)
    assert await is_refused(ALICE, bobs)
    assert (await sign_in.verify(BOB, bobs)).person.email == BOB


async def test_address_without_a_code_is_refused(connected: None) -> None:
    assert await is_refused(ALICE, sign_in.code_of(""))
    assert await is_refused(ALICE, "000000")
    assert await SignInCode.count() == 0


@pytest.mark.parametrize(("minutes", "refused"), [(9.9, False), (10, True), (60, True), (60 * 24, True)])
async def test_code_ends_after_ten_minutes(connected: None, minutes: float, refused: bool) -> None:
    with time_machine.travel(NOON, tick=False):
        code = await new_code(ALICE)
    with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
        assert await is_refused(ALICE, code) is refused


async def test_new_code_takes_the_place_of_the_old_one(connected: None) -> None:
    old, new = await new_code(ALICE), await new_code(ALICE)

    assert await is_refused(ALICE, old)
    assert not await is_refused(ALICE, new)


@pytest.mark.parametrize("spelling", ["ALICE@EXAMPLE.COM", " alice@example.com\n", "al\u200bice@example.com"])
async def test_session_is_for_the_spelling_that_got_the_code(connected: None, spelling: str) -> None:
    code = await new_code("Alice@example.com")

    begun = await sign_in.verify(spelling, code)

    assert (begun.person.email, begun.person.key) == ("Alice@example.com", ALICE)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("a@strasse.com", "a@straße.com"),
        ("\u017fmith@example.com", "smith@example.com"),
        ("ａlice@example.com", ALICE),
        ("аlice@example.com", ALICE),  # a Cyrillic letter
        ("alice+1@example.com", ALICE),
        ("alice@example.com.evil.example", ALICE),
    ],
)
async def test_address_that_looks_alike_opens_nothing_of_the_other(connected: None, mine: str, theirs: str) -> None:
    """The one is known by a code, the other is somebody else's."""
    code = await new_code(mine)
    await sign_in.send_code(theirs)

    assert await is_refused(theirs, code)
    assert (await sign_in.verify(mine, code)).person.key != (await people.of_address(theirs)).key


@pytest.mark.parametrize("form", ["{} ", " {}", "{}\n", "-{}"])
async def test_code_is_read_kindly(connected: None, form: str) -> None:
    code = await new_code(ALICE)

    assert not await is_refused(ALICE, form.format(f"{code[:3]} {code[3:]}"))


async def test_code_is_read_in_other_digits(connected: None) -> None:
    code = await new_code(ALICE)

    assert not await is_refused(ALICE, code.translate({ord("0") + digit: 0x0660 + digit for digit in range(10)}))


@pytest.mark.parametrize("code", ["", "0", "\0", "\ud800", "½²", "9" * 100_000, "{'$gt': ''}", "123456789"])
async def test_what_is_no_code_is_refused(connected: None, code: str) -> None:
    await sign_in.send_code(ALICE)

    assert await is_refused(ALICE, code)


# --- guessing ---


@pytest.mark.parametrize(("wrong", "refused"), [(4, False), (5, True)])
async def test_five_tries_are_all(connected: None, wrong: int, refused: bool) -> None:
    code = await new_code(ALICE)
    for _ in range(wrong):
        assert await is_refused(ALICE, another(code))

    assert await is_refused(ALICE, code) is refused


async def test_twenty_verifications_at_once_are_one_session(connected: None) -> None:
    for _ in range(5):
        code = await new_code(ALICE)
        before = await SignIn.count()

        answers = await asyncio.gather(*(sign_in.verify(ALICE, code) for _ in range(20)), return_exceptions=True)

        assert sum(isinstance(answer, NewSignIn) for answer in answers) == 1
        assert sum(isinstance(answer, CodeRefused) for answer in answers) == 19
        assert await SignIn.count() == before + 1


async def test_wrong_codes_at_once_are_five_tries(connected: None) -> None:
    """The right one comes last and finds the tries used up, however many came at the same moment."""
    code = await new_code(ALICE)

    assert all(await asyncio.gather(*(is_refused(ALICE, another(code)) for _ in range(30))))

    stored = await SignInCode.find_one({"_id": ALICE})
    assert stored is not None
    assert stored.tries == sign_in.MOST_TRIES
    assert await is_refused(ALICE, code)


async def test_address_gets_six_codes_an_hour(connected: None) -> None:
    with time_machine.travel(NOON + timedelta(minutes=20), tick=False):
        sent = [await new_code(ALICE) for _ in range(sign_in.MOST_CODES_AN_HOUR)]
        with pytest.raises(TooManyRequests) as refused:
            await sign_in.send_code("ALICE@example.com")
        assert len(await Message.find_all().to_list()) == len(sent)
        assert not await is_refused(ALICE, sent[-1])  # the last one still stands
        assert await new_code(BOB)
    with time_machine.travel(NOON + timedelta(minutes=60), tick=False):
        assert await new_code(ALICE)

    assert refused.value.retry_after_seconds == 40 * 60 + 1


async def test_codes_asked_for_at_once_are_six(connected: None) -> None:
    async def ask() -> bool:
        try:
            await sign_in.send_code(ALICE)
        except TooManyRequests:
            return False
        return True

    with time_machine.travel(NOON, tick=False):
        got = await asyncio.gather(*(ask() for _ in range(20)))

    assert sum(got) == sign_in.MOST_CODES_AN_HOUR == await Message.count()


async def test_using_a_code_or_setting_the_clock_back_makes_no_room_for_more(connected: None) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(sign_in.MOST_CODES_AN_HOUR):
            await sign_in.verify(ALICE, await new_code(ALICE))
    for hours in (0, -1, -5):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False), pytest.raises(TooManyRequests):
            await sign_in.send_code(ALICE)


async def test_codes_asked_for_between_the_tries_are_no_more_tries(connected: None) -> None:
    """Somebody who asks and guesses at the same time, as fast as they can, gets thirty guesses an hour."""

    async def ask() -> None:
        try:
            await sign_in.send_code(ALICE)
        except TooManyRequests:
            return

    tries = 0
    with time_machine.travel(NOON, tick=False):
        for _ in range(sign_in.MOST_CODES_AN_HOUR):
            await asyncio.gather(ask(), *(is_refused(ALICE, "no code") for _ in range(12)))
            stored = await SignInCode.find_one({"_id": ALICE})
            assert stored is not None
            assert stored.tries <= sign_in.MOST_TRIES
            tries += stored.tries
        assert stored.sent == sign_in.MOST_CODES_AN_HOUR
    assert tries <= sign_in.MOST_CODES_AN_HOUR * sign_in.MOST_TRIES


@given(some.text(alphabet=some.characters(categories=["L", "N", "P"]), min_size=1, max_size=40))
def test_code_is_six_digits_that_only_the_secret_tells(nonce: str) -> None:
    code = sign_in.code_of(nonce)

    assert len(code) == 6
    assert code.isascii()
    assert code.isdecimal()
    assert sign_in.code_of(nonce) == code


def test_codes_are_others_under_another_secret() -> None:
    nonces = [f"nonce {number}" for number in range(50)]
    before = [sign_in.code_of(nonce) for nonce in nonces]

    sign_in.use("another secret")

    assert [sign_in.code_of(nonce) for nonce in nonces] != before
    assert len(set(before)) > 45


# --- sessions ---


async def test_every_sign_in_is_a_session_of_its_own(connected: None) -> None:
    first, second = [(await sign_in.verify(ALICE, await new_code(ALICE))).token for _ in range(2)]

    await sign_in.sign_out(first)
    await sign_in.sign_out(first)

    assert await sign_in.person_of(first) is None
    assert await sign_in.person_of(second) is not None


async def test_session_ends_after_thirty_days(connected: None) -> None:
    with time_machine.travel(NOON, tick=False):
        token = (await sign_in.verify(ALICE, await new_code(ALICE))).token
    with time_machine.travel(NOON + timedelta(days=29, hours=23), tick=False):
        assert await sign_in.person_of(token) is not None
    with time_machine.travel(NOON + timedelta(days=30), tick=False):
        assert await sign_in.person_of(token) is None


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "é" * 1000])
async def test_unknown_token_is_nobodys(connected: None, token: str) -> None:
    await sign_in.verify(ALICE, await new_code(ALICE))

    assert await sign_in.person_of(token) is None


async def test_signing_out_everywhere_ends_nobody_elses_session(connected: None) -> None:
    alices = [(await sign_in.verify(ALICE, await new_code(ALICE))).token for _ in range(2)]
    bobs = (await sign_in.verify(BOB, await new_code(BOB))).token

    await sign_in.sign_out_everywhere(ALICE)

    assert [await sign_in.person_of(token) for token in alices] == [None, None]
    assert await sign_in.person_of(bobs) is not None


async def test_proof_is_fresh_for_a_quarter_of_an_hour(connected: None) -> None:
    person = (await sign_in.verify(ALICE, await new_code(ALICE))).person

    assert person.is_fresh
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        assert not person.is_fresh
    assert not (await people.of_address(ALICE)).is_fresh
