"""The cookie of a browser in which somebody has signed in; its token opens the session that the database has."""

from fastapi import Request, Response

from expert_booking.sign_in import SIGN_IN_LASTS, NewSignIn
from pages.share import place

NAME = "signed_in"


def token_of(request: Request) -> str | None:
    """The token that a browser has sent, which may not be good any more."""
    return request.cookies.get(_name(request))


def give(response: Response, request: Request, new: NewSignIn) -> None:
    """Have the browser keep the token for as long as the session lasts, out of reach of scripts and other sites."""
    is_secure = _is_secure(request)
    response.set_cookie(
        _name(request),
        new.token,
        max_age=round(SIGN_IN_LASTS.total_seconds()),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def take(response: Response, request: Request) -> None:
    """Have the browser forget the token."""
    response.delete_cookie(_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def _name(request: Request) -> str:
    """With the prefix that no page of a neighbouring host can set a cookie under, where browsers allow it."""
    return f"__Host-{NAME}" if _is_secure(request) else NAME


def _is_secure(request: Request) -> bool:
    return place.base(request).startswith("https:")
