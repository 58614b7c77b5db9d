"""What search engines read: where they may go, and every page that there is to be found."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape  # nosec B406 # it writes, and parses nothing

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from expert_booking import catalogue
from expert_booking.catalogue import Catalogue
from pages.share import answer, place

router = APIRouter(include_in_schema=False)

PER_FILE = 10_000
"""Fewer than the 50,000 that the protocol allows: pages wait while whole addresses are put in, and not for long."""

XML = "application/xml"
RETRY_SECONDS = 10
CLOSED = (
    "/bookings/", "/waiting/", "/experts/*/waiting", "/my-bookings", "/sign-in", "/api/", "/styleguide", "/*?*search=",
)  # fmt: skip

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_BASE = b"\0"
_drawn: WeakKeyDictionary[Catalogue, dict[int, bytes]] = WeakKeyDictionary()


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Pages about experts are for everybody; pages about customers, and what is not a page, are not."""
    closed = "".join(f"Disallow: {path}\n" for path in CLOSED)
    text = f"User-agent: *\n{closed}\nSitemap: {place.base(request)}/sitemap.xml\n"
    return answer.kept(request, text.encode(), "text/plain; charset=utf-8")


@router.get("/sitemap.xml")
async def sitemap(request: Request) -> Response:
    """Every page, or where the files are that name them when one cannot hold them all."""
    known = catalogue.current()
    if known is None:  # the process has just begun, or the database is away
        return answer.later(RETRY_SECONDS)
    if len(known) <= PER_FILE:
        return await _part(request, known, 0)
    parts = range(-(-len(known) // PER_FILE))
    listed = "".join(f"<sitemap><loc>\0/sitemap/{part}.xml</loc></sitemap>" for part in parts)  # not said: an address
    return _finished(request, f"{_HEAD}<sitemapindex {_SCHEMA}>{listed}</sitemapindex>".encode())


@router.get("/sitemap/{part}.xml")
async def sitemap_part(request: Request, part: str) -> Response:
    """One of several files."""
    known = catalogue.current()
    if known is None:
        return answer.later(RETRY_SECONDS)
    if not (part.isascii() and part.isdigit() and len(part) < 8 and int(part) * PER_FILE < len(known)):
        return answer.nothing()
    return await _part(request, known, int(part))


async def _part(request: Request, known: Catalogue, part: int) -> Response:
    drawn = _drawn.setdefault(known, {})
    if part not in drawn:
        drawn[part] = await run_in_threadpool(_draw, known, part)
    return _finished(request, drawn[part])


def _draw(known: Catalogue, part: int) -> bytes:
    listed = "".join(f"<url><loc>\0{path}</loc></url>" for path in _paths(known, part))
    return f"{_HEAD}<urlset {_SCHEMA}>{listed}</urlset>".encode()


def _paths(known: Catalogue, part: int) -> Iterator[str]:
    if part == 0:
        yield "/"
    for key in known.keys[part * PER_FILE : (part + 1) * PER_FILE]:
        yield f"/experts/{key.hex()}"


def _finished(request: Request, drawn: bytes) -> Response:
    """Whole addresses: a file is drawn once, whatever name the house is asked by."""
    base = escape(place.base(request)).encode()
    return answer.kept(request, drawn.replace(_BASE, base), XML)
