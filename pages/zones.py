"""Time zones as people look for them: by city, country, abbreviation or distance, in their language or in English."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from expert_booking import clock, countries
from models.expert import search_words
from pages import languages, times
from pages.reader import Reader

WELL_KNOWN = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
"""Where many live, from west to east; what is found among others comes first."""

_ALSO_CALLED = {"GB": ("UK",), "US": ("USA",), "AE": ("UAE",)}
_DISTANCE = re.compile(r"(?:gmt|utc)?\s*([+\-\u2212])\s*(\d{1,2})(?::?(\d{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A zone by its city and country, in somebody's language, and the words by which it is found, as they compare."""

    zone: ZoneInfo
    city: str
    country: str
    short: frozenset[str]
    """Abbreviations of the zone and its country, found when they are complete."""
    words: tuple[frozenset[str], ...]
    """Those of the city, of the country and all others, found by how they begin."""


def matching(typed: str, reader: Reader, *, limit: int) -> list[Place]:
    """The places that somebody means who has typed so much, the best known first among those that fit as well."""
    distance = _distance(typed)
    if distance is not None:
        now = clock.now()
        return [place for place in known(reader.language) if now.astimezone(place.zone).utcoffset() == distance][:limit]
    wanted = search_words(typed)
    if typed.strip() and not wanted:
        return []
    ranked = [(rank, place) for place in known(reader.language) if (rank := _rank(place, wanted)) is not None]
    return [place for _, place in sorted(ranked, key=lambda each: each[0])[:limit]]


def _rank(place: Place, wanted: list[str]) -> int | None:
    """How well all the words that were typed fit, 0 best; none when one of them does not."""
    ranks = [_rank_of_word(place, word) for word in wanted]
    return None if None in ranks else max((rank for rank in ranks if rank is not None), default=0)


def _rank_of_word(place: Place, word: str) -> int | None:
    if word in place.short:
        return 0
    return next((at for at, own in enumerate(place.words) if any(each.startswith(word) for each in own)), None)


def _distance(typed: str) -> timedelta | None:
    found = _DISTANCE.fullmatch(typed.strip().casefold())
    if found is None:
        return None
    distance = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return distance if found[1] == "+" else -distance


@lru_cache(maxsize=8)
def known(language: str) -> tuple[Place, ...]:
    """All places, the well known first, then by city; the first call for a language takes a third of a second."""
    reader = Reader(zone=ZoneInfo("UTC"), language=language)
    rest = (_place(name, reader) for name in countries.zones() if name not in WELL_KNOWN)
    return (*(_place(name, reader) for name in WELL_KNOWN), *sorted(rest, key=lambda place: place.city))


def place_of(zone: ZoneInfo, reader: Reader) -> Place:
    """One zone, whatever it is called."""
    return _place(zone.key, reader)


def _place(name: str, reader: Reader) -> Place:
    zone, region = ZoneInfo(name), countries.zones().get(name, "")
    city, country = times.place(zone, reader), str(reader.locale.territories.get(region, ""))
    before = countries.former_names().get(name, ())
    short, long = _names_of_zone(zone, reader.locale)
    return Place(
        zone=zone,
        city=city,
        country=country,
        short=_words(region, *_ALSO_CALLED.get(region, ()), *short),
        words=(
            _words(city, _last(name)),
            _words(country, countries.country_name(region) or ""),
            _words(name, *long, *map(_last, before)),
        ),
    )


def _words(*texts: str) -> frozenset[str]:
    return frozenset(search_words(" ".join(texts)))


def _last(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


def _names_of_zone(zone: ZoneInfo, locale: Locale) -> tuple[list[str], list[str]]:
    """Such as "EST" and "EDT", or "MEZ" and "MESZ", and what they stand for."""
    year = clock.now().year
    own = (datetime(year, month, 1, tzinfo=UTC).astimezone(zone).tzname() or "" for month in (1, 7))
    short, long = [name for name in own if name.isalpha()], list[str]()
    meta = get_global("meta_zones").get(zone.key, "")
    for each in (locale, languages.locale(languages.FALLBACK)):
        names = each.meta_zones.get(meta, {})
        short += names.get("short", {}).values()
        long += names.get("long", {}).values()
    return short, long
