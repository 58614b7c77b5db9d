"""Notice boards: what many pages show alike, and who is looking at it.

A page looks at boards. What changes on a board is told once: one message, encoded once, is written to the line of every
page that looks at it. The message names what has changed by a key, which the script of the pages finds by `data-live`.

Every change has a version, which counts up through the whole process, and the script drops what is older than what it
shows. So it does not matter which way a message takes. What a page missed before its line stood, or while it was down,
it is told as soon as the line stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any, Self

from nicegui import Client, json, ui

from expert_booking import metrics
from pages.live.wire import Wire, frame, wire_of

_versions = count(1)
_latest = 0


def latest_version() -> int:
    """The version of the last change; what is drawn now is at least as new."""
    return _latest


def _next_version() -> int:
    global _latest
    _latest = next(_versions)
    return _latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the element with a `data-live` of `key` looks now; what is none stays as it is.

    Attributes that are none are taken away. `said` is for screen readers, where the element is on the page.
    """

    key: str
    attributes: dict[str, str | None]
    text: str | None = None
    said: str | None = None

    def in_message(self, version: int) -> list[Any]:
        """As the script of the pages takes it."""
        return [self.key, version, self.attributes, self.text, self.said]


class Viewer:
    """One open page: its line to the browser, the boards it looks at, and what it shows in its own way."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._wire: Wire | None = None
        self._boards: set[Board] = set()
        self._drawn_at = latest_version()
        self.own: set[str] = set()
        """Keys that this page shows differently from all others, so that changes of boards pass it by."""
        client.on_connect(self._connected)
        client.on_delete(self._leave)

    def look_at(self, board: "Board") -> None:
        """Be told what changes on a board from now on; a page that was closed meanwhile keeps no board open."""
        if not self._client.is_deleted:
            self._boards.add(board)
            board.viewers.add(self)
        elif not board.viewers:
            board.close()

    def look_away(self, board: "Board") -> None:
        """Be told no more."""
        if board not in self._boards:
            return
        self._boards.remove(board)
        board.viewers.remove(self)
        if not board.viewers:
            board.close()

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell this page alone."""
        version = _next_version()
        self._send([change.in_message(version) for change in changes])

    def push(self, data: bytes, messages: list[list[Any]]) -> None:
        """Hand on what is told to everybody, as a frame that is ready or, on other lines, as a message."""
        if self.own and any(message[0] in self.own for message in messages):
            self._send(self._of_others(messages))
        elif self._wire is not None:
            self._wire.push(data)
        elif self._client.has_socket_connection:
            self._send(messages)

    def _send(self, messages: list[list[Any]]) -> None:
        if messages:
            self._client.run_javascript(f"told({json.dumps(messages)})")

    def _connected(self) -> None:
        self._wire = wire_of(self._client.environ)
        for board in self._boards:
            self._send(self._of_others(board.since(self._drawn_at)))

    def _of_others(self, messages: list[list[Any]]) -> list[list[Any]]:
        return [message for message in messages if message[0] not in self.own]

    def _leave(self) -> None:
        for board in list(self._boards):
            self.look_away(board)
        del _viewers[self._client.id]


_viewers: dict[str, Viewer] = {}


def viewer() -> Viewer:
    """The page that is being built, or in whose context this runs."""
    client = ui.context.client
    if client.id not in _viewers:
        _viewers[client.id] = Viewer(client)
    return _viewers[client.id]


class Board:
    """Something that many pages show alike; made when the first page looks at it, closed when the last one leaves."""

    def __init__(self, *name: Any) -> None:
        self.viewers: set[Viewer] = set()
        self._name = name
        self._told: dict[str, list[Any]] = {}

    @classmethod
    def of(cls, *key: Any) -> Self:
        """The one board of this kind and key; look at it at once, or it is never closed."""
        name = (cls, *key)
        if name not in _boards:
            _boards[name] = cls(*key)
            _boards[name].open()
        board: Self = _boards[name]
        return board

    def open(self) -> None:
        """Begin to follow what is shown here."""

    def close(self) -> None:
        """Nobody looks any more."""
        del _boards[(type(self), *self._name)]

    def since(self, version: int) -> list[list[Any]]:
        """The last change of each key that came after a version; nothing of it is read out any more."""
        return [[*message[:4], None] for message in self._told.values() if message[1] > version]

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell every page that looks at this board."""
        began = perf_counter()
        version = _next_version()
        messages = [change.in_message(version) for change in changes]
        if not messages:
            return
        self._told |= {message[0]: message for message in messages}
        data = frame(f'42["told",{json.dumps(messages)}]')
        for each in tuple(self.viewers):
            each.push(data, messages)
        metrics.fan_out(perf_counter() - began, len(self.viewers))


_boards: dict[tuple[Any, ...], Any] = {}
