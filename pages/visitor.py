"""Who is looking, as far as their browser tells: an opaque id, a time zone, a guess of the country."""

from urllib.parse import unquote
from zoneinfo import ZoneInfo

from nicegui import app, ui

from expert_booking import countries, policy
from models.expert import ZONE_NAMES


def visitor_id() -> str:
    """Opaque and the same for all tabs of one browser; it comes from the signed cookie."""
    return str(app.storage.browser["id"])


def zone() -> ZoneInfo:
    """The zone the visitor chose or, failing that, the browser's; UTC for a browser that does not say."""
    chosen = countries.present_name(unquote(_cookie("zone")).removeprefix("set:").removeprefix("auto:"))
    return ZoneInfo(chosen) if chosen in ZONE_NAMES else ZoneInfo("UTC")


def country() -> str:
    """Where national phone numbers are read (ISO 3166-1 alpha-2): by the device's zone, the language, the house."""
    device = unquote(_cookie("zone")).removeprefix("auto:")
    language = ui.context.client.request.headers.get("accept-language")
    return countries.guess_country(time_zone=device, accept_language=language) or policy.current().default_country


def _cookie(name: str) -> str:
    return ui.context.client.request.cookies.get(name, "")
