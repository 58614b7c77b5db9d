"""Who is looking, as far as their browser tells: an opaque id, how they read, a guess of the country."""

from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import app, ui

from expert_booking import countries, policy
from models.expert import ZONE_NAMES
from pages import languages
from pages.reader import Reader


def visitor_id() -> str:
    """Opaque and the same for all tabs of one browser; it comes from the signed cookie."""
    return str(app.storage.browser["id"])


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


def theme() -> str:
    """The theme that the visitor chose: "dark", "light", or nothing for that of their system."""
    chosen = ui.context.client.request.cookies.get("theme", "")
    return chosen if chosen in ("dark", "light") else ""
