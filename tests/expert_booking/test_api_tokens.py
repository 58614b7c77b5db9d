"""Tokens of programs: shown once, compared by digest, good for their scopes and as long as they are."""

from datetime import timedelta

import pytest
import time_machine

from expert_booking import access, actors, api_tokens, clock, database
from expert_booking.access import Caller
from expert_booking.errors import InvalidRequest, NotAllowed, ScopeMissing, TokenNotFound
from expert_booking.roles import MAY, SCOPES, Action, Who
from models import ApiToken, JournalEntry, Scope

ADMIN = actors.administrator("house@example.com")


async def make(*scopes: Scope, name: str = "Reports", days: int | None = None) -> api_tokens.NewToken:
    return await api_tokens.make(name=name, scopes=scopes or tuple(Scope), days=days, by=ADMIN)


async def test_token_opens_until_it_is_revoked(connected: None) -> None:
    new = await make(Scope.JOURNAL_READ)
    found = await api_tokens.program_of(new.secret)

    await api_tokens.revoke(new.token.id, by=ADMIN)
    await api_tokens.revoke(new.token.id, by=ADMIN)

    assert found is not None
    assert (found.name, found.scopes) == ("Reports", [Scope.JOURNAL_READ])
    assert await api_tokens.program_of(new.secret) is None
    assert [entry.what for entry in await JournalEntry.find_all().sort("at").to_list()] == [
        "token.made",
        "token.revoked",
    ]


async def test_token_opens_until_it_expires(connected: None) -> None:
    new = await make(days=30)

    with time_machine.travel(clock.now() + timedelta(days=29)):
        assert await api_tokens.program_of(new.secret) is not None
    with time_machine.travel(clock.now() + timedelta(days=31)):
        assert await api_tokens.program_of(new.secret) is None


async def test_token_itself_is_not_stored(connected: None) -> None:
    new = await make()

    stored = str(await database.collection(ApiToken).find_one({}))

    assert new.secret.startswith(api_tokens.PREFIX)
    assert new.secret not in stored
    assert new.secret[len(api_tokens.PREFIX) + 4 :] not in stored


async def test_use_is_noted_once_an_hour(connected: None) -> None:
    new, began = await make(), clock.now()
    with time_machine.travel(began, tick=False) as time:
        for minutes in (0, 59, 2):
            time.shift(timedelta(minutes=minutes))
            await api_tokens.program_of(new.secret)
            (kept,) = await api_tokens.find_all()
            assert kept.last_used_at == (began if minutes != 2 else clock.now())


@pytest.mark.parametrize("wrong", ["", "expertbooking_", "expertbooking_nothing", "something else", "\ud800"])
async def test_anything_else_is_nobody(connected: None, wrong: str) -> None:
    await make()

    assert await api_tokens.program_of(wrong) is None


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 61}),
        ("scopes", {"scopes": ()}),
        ("scopes", {"scopes": ("journal:read", "house:burn")}),
        ("days", {"days": 0}),
    ],
)
async def test_token_that_cannot_be_is_not_made(connected: None, field: str, given: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await api_tokens.make(**{"name": "x", "scopes": tuple(Scope), "days": None, "by": ADMIN, **given})  # type: ignore[arg-type]  # on purpose

    assert [problem.field for problem in refused.value.problems] == [field]
    assert await ApiToken.count() == 0


async def test_what_is_not_there_cannot_be_revoked(connected: None) -> None:
    with pytest.raises(TokenNotFound):
        await api_tokens.revoke("nothing", by=ADMIN)


@pytest.mark.parametrize("scope", Scope)
async def test_scope_opens_what_needs_it_and_nothing_else(connected: None, scope: Scope) -> None:
    caller = Caller(program=(await make(scope)).token)

    let = {action for action in Action if is_let(caller, action)}

    assert let == {action for action, may in MAY.items() if Who.ANYBODY in may or SCOPES.get(action) is scope}


async def test_every_scope_opens_something_and_nothing_of_a_persons_own(connected: None) -> None:
    caller = Caller(program=(await make()).token)

    assert set(SCOPES.values()) == set(Scope)
    assert all(Who.PROGRAM in MAY[action] for action in SCOPES)
    assert {action for action, may in MAY.items() if Who.PROGRAM in may} == set(SCOPES)
    assert not any(is_let(caller, action) for action in (Action.RUN, Action.WORK, Action.EXPORT, Action.ERASE))


async def test_refusal_says_which_scope_is_missing(connected: None) -> None:
    caller = Caller(program=(await make(Scope.FIGURES_READ)).token)

    with pytest.raises(ScopeMissing, match="journal:read"):
        access.require(caller, Action.READ_JOURNAL)


async def test_journal_knows_a_program_by_its_name(connected: None) -> None:
    caller = Caller(program=(await make(name="CRM")).token)

    assert access.actor_for_house(caller) == actors.program("CRM")
    assert access.actor_for_house(Caller(is_operator=True)) == actors.program("operator")


def is_let(caller: Caller, action: Action) -> bool:
    try:
        access.require(caller, action)
    except NotAllowed:
        return False
    return True
