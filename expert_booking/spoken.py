"""The languages that the house speaks, and which of them somebody wants."""

FALLBACK = "en"
LANGUAGES = (FALLBACK, "de", "fr", "es", "ar")
"""By their codes (ISO 639-1); `pages/languages` has a catalogue for each but the first."""


def accepted(accept_language: str | None) -> list[str]:
    """The locales of an Accept-Language header (RFC 9110, section 12.5.4), the best liked first."""
    ranked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameter = part.partition(";")
        quality = parameter.strip().removeprefix("q=") or "1"
        try:
            ranked.append((-float(quality), tag.strip()))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(ranked, key=lambda each: each[0]) if tag and quality < 0]


def choose(*, chosen: str, accept_language: str | None) -> str:
    """The language to speak: the one that was chosen, else the first of those accepted that the house speaks."""
    wanted = [chosen, *(tag.partition("-")[0].lower() for tag in accepted(accept_language))]
    return next((language for language in wanted if language in LANGUAGES), FALLBACK)
