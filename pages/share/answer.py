"""Answers that a browser or a crawler may keep, and asks for again by their tag."""

from hashlib import sha256

from fastapi import Request, Response

from pages.theme import UNCHANGING

AN_HOUR = "public, max-age=3600"


def tag(content: bytes) -> str:
    """What changes when the content does, in twelve letters."""
    return sha256(content).hexdigest()[:12]


def kept(
    request: Request, content: bytes, media_type: str, *, version: str | None = None, vary: str | None = None
) -> Response:
    """The content, or only that it has not changed; for ever when the address names the version, else for an hour.

    Args:
        version: what the address may name behind the question mark; left out, the tag of the content.
        vary: the header of the request on which the content depends.
    """
    mark = version or tag(content)
    headers = {"ETag": f'W/"{mark}"', "Cache-Control": UNCHANGING if request.url.query == mark else AN_HOUR}
    if vary:
        headers["Vary"] = vary  # not said: a header
    if f'"{mark}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def later(seconds: int) -> Response:
    """That it cannot be answered now."""
    return Response(status_code=503, headers={"Retry-After": str(seconds), "Cache-Control": "no-store"})


def nothing() -> Response:
    """That there is nothing at this address; those who ask are programs, which read no page."""
    return Response(status_code=404)
