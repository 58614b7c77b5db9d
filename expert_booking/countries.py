"""Names of countries and zones, and a guess of a browser's country; from the tables of the `tzdata` package."""

import re
from functools import lru_cache
from importlib.resources import files

import phonenumbers

from expert_booking.sentence import Country

_LANGUAGE_REGION = re.compile(r"\b[a-zA-Z]{2,3}-([A-Z]{2})\b")


def country_name(region: str | None) -> Country | None:
    """The English name of a country by its ISO 3166-1 alpha-2 code."""
    return _names().get(region) if region else None


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code in capitals, or none when the text is no country's; "ß" is no SS."""
    code = text.upper()
    return code if text.isascii() and code in _names() else None


def calling_code(region: str) -> int:
    """A country's international calling code, 0 when it has none."""
    return phonenumbers.country_code_for_region(region)


def guess_country(*, time_zone: str | None, accept_language: str | None) -> str | None:
    """The country (ISO 3166-1 alpha-2) of a browser: by its time zone, else by the region of its first language."""
    if time_zone and (region := _by_zone().get(present_name(time_zone))):
        return region
    match = _LANGUAGE_REGION.search(accept_language or "")
    return match.group(1) if match and match.group(1) in _names() else None


def present_name(time_zone: str) -> str:
    """The name that a zone goes by today: browsers still say Asia/Calcutta for Asia/Kolkata."""
    if time_zone in _by_zone():
        return time_zone
    later = _links().get(time_zone, time_zone)
    return later if later in _by_zone() else time_zone


def zones() -> dict[str, str]:
    """The countries (ISO 3166-1 alpha-2) of all zones that somebody lives by, under their names of today."""
    return _by_zone()


@lru_cache(maxsize=1)
def former_names() -> dict[str, list[str]]:
    """What zones were called before, under their names of today."""
    former: dict[str, list[str]] = {}
    for alias, today in _links().items():
        if alias in _by_zone():  # somewhere else, though its clock is the same
            continue
        former.setdefault(today, []).append(alias)
    return former


def _rows(table: str) -> list[list[str]]:
    text = (files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def _names() -> dict[str, Country]:
    return {row[0]: Country(row[1], row[0]) for row in _rows("iso3166.tab")}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    text = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text(encoding="utf-8")
    links = (line.split() for line in text.splitlines() if line.startswith("L "))
    return {alias: target for _, target, alias in links}


@lru_cache(maxsize=1)
def _by_zone() -> dict[str, str]:
    return {row[2]: row[0] for row in _rows("zone.tab")}
