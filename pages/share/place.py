"""Where the house stands on the web, so that what leaves it can name whole addresses."""

from fastapi import Request

LONGEST = 300
"""More than any address of a host can have (RFC 1035); what is longer would be written many times into a sitemap."""

_public_url: str | None = None


def use(public_url: str | None) -> None:
    """The address that visitors use, as it is set; none for whatever a request asked."""
    global _public_url
    _public_url = public_url


def base(request: Request) -> str:
    """The beginning of every whole address, such as "https://booking.example.org", without a slash at its end."""
    asked = _public_url or str(request.base_url).rstrip("/")
    return asked if len(asked) <= LONGEST else ""
