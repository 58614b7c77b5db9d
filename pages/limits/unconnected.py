"""Pages that were built and that no browser has connected to, as those of robots: each keeps some 200 kB for a minute.

A browser connects within a second or two. When an address, or all together, have as many of them as they may have, the
one that has waited longest goes, unless it is so young that its browser may still be on its way; then whoever asks is
told to come again. A browser that comes for a page that is gone loads it again by itself.
"""

import time
from collections import OrderedDict

from nicegui import App, Client

from expert_booking import limiting, metrics
from expert_booking.sentence import Sentence

MOST_OF_ADDRESS = 30
MOST = 500
"""So many take 100 MB."""

PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 5
NAME = "unconnected pages"

CROWDED = Sentence("Many pages are being opened just now.")

_Pages = OrderedDict[str, float]
"""Ids of pages, and since when they wait (by `time.monotonic`), longest first."""


class Waiting:
    """Who waits, all together and by address."""

    def __init__(self) -> None:
        self.all: _Pages = OrderedDict()
        self.by_address: dict[str, _Pages] = {}
        self._addresses: dict[str, str] = {}

    def add(self, page_id: str, address: str) -> None:
        """A page was built."""
        now = time.monotonic()
        self.all[page_id] = self.by_address.setdefault(address, OrderedDict())[page_id] = now
        self._addresses[page_id] = address

    def remove(self, page_id: str) -> None:
        """A browser has connected to a page, or it is gone."""
        address = self._addresses.pop(page_id, None)
        if address is None:
            return
        del self.all[page_id]
        del self.by_address[address][page_id]
        if not self.by_address[address]:
            del self.by_address[address]


_waiting = Waiting()


def install(app: App) -> None:
    """Follow who connects and who leaves."""
    app.on_connect(_forget)
    app.on_delete(_forget)


def note(client: Client) -> None:
    """A page is being built."""
    if limiting.is_on() and not client.has_socket_connection:
        _waiting.add(client.id, limiting.one_of(client.ip or None))


def _forget(client: Client) -> None:
    _waiting.remove(client.id)


def make_room(address: str | None) -> None:
    """See to it that one more page may be built.

    Raises:
        TooManyRequests: too many wait that may still be wanted.
    """
    own = _waiting.by_address.get(limiting.one_of(address), OrderedDict())
    for pages, most in ((own, MOST_OF_ADDRESS), (_waiting.all, MOST)):
        if len(pages) >= most and not _drop_first(pages):
            metrics.refused(NAME)
            raise limiting.refusal(CROWDED, seconds=RETRY_SECONDS)


def _drop_first(pages: _Pages) -> bool:
    page_id, since = next(iter(pages.items()))
    if time.monotonic() - since < PATIENCE_SECONDS:
        return False
    client = Client.instances.get(page_id)
    if client is not None:
        client.delete()
    _waiting.remove(page_id)
    return True
