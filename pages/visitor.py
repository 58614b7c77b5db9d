"""Who is looking, as far as their browser tells: an opaque id, what they have proved, how they read, their country."""

from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import app, ui

from expert_booking import countries, limiting, policy, sign_in
from expert_booking.access import Caller
from expert_booking.limiting import Limit
from models.expert import ZONE_NAMES
from pages import languages, managed, signed_in
from pages.reader import Reader


def visitor_id() -> str:
    """Opaque and the same for all tabs of one browser; it comes from the signed cookie."""
    return str(app.storage.browser["id"])


async def caller_of(request: Request) -> Caller:
    """Who sends a request, as far as they have proved it: by signing in, and by the bookings that their browser made.

    Ask again before anything is done: a session may have ended elsewhere meanwhile.
    """
    token = signed_in.token_of(request)
    person = await sign_in.person_of(token) if token else None
    return Caller(person=person, manage_tokens=managed.tokens(request))


async def caller() -> Caller:
    """Whoever looks at this page."""
    return await caller_of(ui.context.client.request)


def reader() -> Reader:
    """How the visitor of this page reads: as they chose or, failing that, as their browser says."""
    return reader_of(ui.context.client.request)


def reader_of(request: Request) -> Reader:
    """How the sender of a request reads."""
    cookies = request.cookies
    return _reader(
        zone=cookies.get("zone", ""),
        language=cookies.get("language", ""),
        clock=cookies.get("clock", ""),
        accept_language=request.headers.get("accept-language", "")[:200],
    )


@lru_cache(maxsize=4096)
def _reader(*, zone: str, language: str, clock: str, accept_language: str) -> Reader:
    chosen = countries.present_name(unquote(zone).removeprefix("set:").removeprefix("auto:"))
    spoken = languages.choose(chosen=language, accept_language=accept_language)
    return Reader(
        zone=ZoneInfo(chosen) if chosen in ZONE_NAMES else ZoneInfo("UTC"),
        language=spoken,
        has_24_hours=clock == "24" or (clock != "12" and languages.counts_to_24(accept_language, spoken)),
    )


def follows_device() -> bool:
    """Whether times are shown in the zone of the device, and in none that somebody chose."""
    return unquote(ui.context.client.request.cookies.get("zone", "")).startswith("auto:")


def country() -> str:
    """Where national phone numbers are read (ISO 3166-1 alpha-2): by the device's zone, the language, the house."""
    request = ui.context.client.request
    device = unquote(request.cookies.get("zone", "")).removeprefix("auto:")
    language = request.headers.get("accept-language")
    return countries.guess_country(time_zone=device, accept_language=language) or policy.current().default_country


def address_of(request: Request) -> str | None:
    """Where a request comes from, as the limits count; none where that is not known."""
    return request.client.host if request.client else None


async def count(limit: Limit) -> None:
    """Count what the visitor of this page does by its line against a limit.

    Raises:
        TooManyRequests
    """
    await limiting.hit(limit, address_of(ui.context.client.request))


def theme() -> str:
    """The theme that the visitor chose: "dark", "light", or nothing for that of their system."""
    chosen = ui.context.client.request.cookies.get("theme", "")
    return chosen if chosen in ("dark", "light") else ""
