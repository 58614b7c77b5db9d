"""Limits: how often one address may ask for something, and what it is told when that was too often.

Every process counts in its own memory. What matters is counted in the database as well when several processes run, so
that they count together; the overall limit is not, as it would cost a round trip with every request. A database that
is away changes nothing but that: each process counts for itself until it is back.
"""

import logging
import time
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.strategies import MovingWindowRateLimiter

from expert_booking import database, metrics
from expert_booking.errors import TooManyRequests
from expert_booking.limit_storage import InDatabase, InMemory
from expert_booking.sentence import Sentence

log = logging.getLogger(__name__)

NOBODY_KNOWS = "unknown"
"""All whose address is not known count as one."""

LONGEST_ADDRESS = 64
IPV6_NETWORK_BITS = 64
"""One customer of a provider has a network of this size, or a larger one."""

AWAY_SECONDS = 10.0
"""After the database did not answer, each process counts for itself for so long before it asks again."""


class Limit(StrEnum):
    """What is counted; the value is its name in the figures."""

    OVERALL = "overall"
    BOOKING = "booking"
    CHANGES = "changes"
    LOOK_UPS = "look-ups"
    HOLDS = "holds"
    CODES = "codes"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many a minute are let through in a moving window, and what is said instead of one more.

    `is_shared` says that all processes count together.
    """

    a_minute: RateLimitItem
    sentence: Sentence
    is_shared: bool = True


def _rule(limit: Limit, number: int, sentence: Sentence, *, is_shared: bool = True) -> Rule:
    return Rule(a_minute=RateLimitItemPerMinute(number, namespace=limit), sentence=sentence, is_shared=is_shared)


RULES = {
    Limit.OVERALL: _rule(
        Limit.OVERALL, 120, Sentence("A lot was asked from your connection in a short time."), is_shared=False
    ),
    Limit.BOOKING: _rule(Limit.BOOKING, 10, Sentence("That was a lot of bookings in a short time.")),
    Limit.CHANGES: _rule(Limit.CHANGES, 30, Sentence("That was a lot of changes in a short time.")),
    Limit.LOOK_UPS: _rule(Limit.LOOK_UPS, 20, Sentence("Bookings were looked up many times in a short time.")),
    Limit.HOLDS: _rule(Limit.HOLDS, 60, Sentence("Many times were chosen from your connection in a short time.")),
    Limit.CODES: _rule(Limit.CODES, 5, Sentence("Codes were asked for many times in a short time.")),
    Limit.VERIFYING: _rule(Limit.VERIFYING, 20, Sentence("Codes were tried many times in a short time.")),
}
"""Each counts by the client's address."""


class _Counting:
    """One process's limits: its own counting, and that of all processes where there are several."""

    def __init__(self, shared: InDatabase | None) -> None:
        self._own = MovingWindowRateLimiter(InMemory())
        self._shared = MovingWindowRateLimiter(shared) if shared is not None else None
        self._asks_again_at = 0.0

    async def hit(self, limit: Limit, who: str) -> None:
        """Count one, or refuse it; in the process first, so that a flood does not reach the database."""
        rule = RULES[limit]
        await _take(self._own, rule, who)
        if self._shared is None or not rule.is_shared or time.monotonic() < self._asks_again_at:
            return
        try:
            await _take(self._shared, rule, who)
        except database.UNUSABLE_ERRORS as error:
            log.warning("limits count in this process alone for a while (%s)", type(error).__name__)
            self._asks_again_at = time.monotonic() + AWAY_SECONDS


_counting: _Counting | None = None


def use(*, is_on: bool, secret: str = "", is_shared: bool = False) -> None:
    """Begin to count from nothing, or stop.

    Args:
        is_on: off lets everything pass.
        secret: the house's, for digests of addresses; the same in all processes.
        is_shared: whether to count in the database together with other processes.
    """
    global _counting
    _counting = _Counting(InDatabase(secret) if is_shared else None) if is_on else None


def is_on() -> bool:
    """Whether anything is limited."""
    return _counting is not None


async def hit(limit: Limit, address: str | None) -> None:
    """Count one request of an address.

    Args:
        limit: what is asked for.
        address: the client's, as text; none where it is not known.

    Raises:
        TooManyRequests: this is one more than the limit lets through.
    """
    if _counting is None:
        return
    try:
        await _counting.hit(limit, one_of(address))
    except TooManyRequests:
        metrics.refused(limit)
        raise


def one_of(address: str | None) -> str:
    """Who counts as one: an IPv4 address, or a network of IPv6 addresses."""
    try:
        known = ip_address((address or "").partition("%")[0])
    except ValueError:
        return (address or NOBODY_KNOWS)[:LONGEST_ADDRESS]
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known, IPV6_NETWORK_BITS), strict=False))


def refusal(sentence: Sentence, *, seconds: int) -> TooManyRequests:
    """What happened, and when to come again."""
    told = Sentence("{what} Please wait {seconds}\u00a0s, then try again.", what=sentence, seconds=seconds)
    return TooManyRequests(told, retry_after_seconds=seconds)


async def _take(limiter: MovingWindowRateLimiter, rule: Rule, who: str) -> None:
    if await limiter.hit(rule.a_minute, who):
        return
    window = await limiter.get_window_stats(rule.a_minute, who)
    raise refusal(rule.sentence, seconds=max(1, ceil(window.reset_time - time.time())))
