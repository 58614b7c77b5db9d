"""How much one address may ask of the pages: requests, pages that nobody connects to, lines, and what comes by them."""

from nicegui import app

from expert_booking.settings import Settings
from pages.limits import lines, unconnected
from pages.limits.lines import ReadableLines
from pages.limits.requests import LimitRequests

__all__ = ["LimitRequests", "ReadableLines", "install", "lines", "unconnected"]


def install(settings: Settings) -> None:
    """Put the limits of lines in place and follow which pages are connected to."""
    lines.install(of_address=settings.sockets_per_address)
    unconnected.install(app)
