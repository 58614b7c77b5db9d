"""Who calls: by the one token that a request may carry, whichever kind it is."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from expert_booking import access, api_tokens, sign_in
from expert_booking.access import NOBODY, Caller
from expert_booking.errors import SignInNeeded
from expert_booking.people import Person
from expert_booking.settings import Settings

_bearer = HTTPBearer(
    auto_error=False, description="of a sign-in; a booking's manage token; an API token; or the admin token"
)


def _token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    return credentials.credentials if credentials else None


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SentToken = Annotated[str | None, Depends(_token)]
HouseSettings = Annotated[Settings, Depends(_settings)]


async def _caller(token: SentToken, settings: HouseSettings) -> Caller:
    """What the token says about whoever sent it; one that says nothing may still be some booking's."""
    if token is None:
        return NOBODY
    if access.is_same_token(token, settings.admin_token):
        return Caller(is_operator=True)
    if token.startswith(api_tokens.PREFIX):
        return Caller(program=await api_tokens.program_of(token), manage_tokens=(token,))
    return Caller(person=await sign_in.person_of(token), manage_tokens=(token,))


AnyCaller = Annotated[Caller, Depends(_caller)]


def _signed_in(caller: AnyCaller) -> Person:
    if caller.person is None:
        raise SignInNeeded
    return caller.person


SignedIn = Annotated[Person, Depends(_signed_in)]
