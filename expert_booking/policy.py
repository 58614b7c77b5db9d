"""The house rules of booking, set once at start from the settings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from expert_booking import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingPolicy:
    """How long a hold lasts, how long before its start a slot closes, and where numbers without + are read.

    Attributes:
        hold: while the form is filled in.
        minimum_notice: before its start, a slot cannot be booked any more.
        default_country: where phone numbers without + are read (ISO 3166-1 alpha-2).
        request_lapses: after so long without an answer, and at the latest when its session begins, a Pending booking
            is cancelled and its slot is free.
        change_notice: nearer to the session than this, its customer may neither cancel nor move it; nor once it begins.
        offer: how long a slot that has opened is kept for whoever waits for it.
    """

    hold: timedelta = timedelta(minutes=5)
    minimum_notice: timedelta = timedelta(0)
    default_country: str = "US"
    request_lapses: timedelta = timedelta(hours=48)
    change_notice: timedelta = timedelta(0)
    offer: timedelta = timedelta(minutes=30)


PROOF = timedelta(seconds=30)
"""How long a hold is kept while its booking is being written, when less than half of that is left."""

CLOCKS_APART = timedelta(minutes=5)
"""How far the clocks of several machines may be apart, or one clock be set back, before holds suffer."""

_policy = BookingPolicy()


def current() -> BookingPolicy:
    """The rules in force in this process."""
    return _policy


def use(policy: BookingPolicy) -> None:
    """Put other rules in force for this process."""
    global _policy
    _policy = policy


def earliest_start() -> datetime:
    """A slot must start after this moment (aware UTC) to be held or booked."""
    return clock.now() + _policy.minimum_notice


def latest_end_of_hold() -> datetime:
    """No hold ends after this moment (aware UTC), however it came about."""
    return clock.now() + max(_policy.hold, _policy.offer, PROOF) + CLOCKS_APART
