"""The bookings that a browser has made: their manage tokens, in its signed session, newest last.

That a browser has typed an address, or has been shown a link, proves nothing: a token is remembered only where the
booking itself says that this browser made it.
"""

from collections.abc import Iterable

from fastapi import Request

from expert_booking import bookings
from models import Booking

MOST = 20
"""More would make the cookie large, which is sent with every request: these are less than 2 kB."""

_KEY = "made"


def remember(booking: Booking, request: Request, *, visitor: str) -> None:
    """Call it while a booking's own page is built; another browser that has the link gets nothing out of it."""
    if not is_of(booking, visitor):
        return
    kept = [token for token in tokens(request) if token != booking.manage_token]
    _keep([*kept, booking.manage_token], request)


def tokens(request: Request) -> tuple[str, ...]:
    """What the browser has."""
    kept = request.session.get(_KEY)
    return tuple(str(token) for token in kept) if isinstance(kept, list) else ()


def keep_only(found: Iterable[Booking], request: Request) -> None:
    """Call it while a page is built: drop what opens nothing any more."""
    good = {booking.manage_token for booking in found}
    _keep([token for token in tokens(request) if token in good], request)


def forget(request: Request) -> None:
    """Leave nothing behind in a browser that others may use."""
    request.session.pop(_KEY, None)


def is_of(booking: Booking, visitor: str) -> bool:
    """Whether this browser made the booking."""
    return bool(booking.made_by) and booking.made_by == bookings.made_by_digest(visitor)


def _keep(kept: list[str], request: Request) -> None:
    if tuple(kept[-MOST:]) != tokens(request):
        request.session[_KEY] = kept[-MOST:]
