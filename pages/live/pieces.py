"""A list that is drawn as text and changes piece by piece; what stays the same keeps its place and the focus."""

from collections.abc import Callable
from hashlib import blake2b

from nicegui import json

from pages.live.fragment import Fragment
from pages.live.markup import Markup

Pieces = dict[str, Markup]
"""The markup of each piece by its key, in their order; each is one element that carries the key as `data-key`."""


class PieceList(Fragment):
    """Sends a piece when it changes, and where it stands; `pieces.js` puts it there.

    Once it is on the page, tell it by `redraw` alone: setting a class or a property would send all of it anew.
    """

    def __init__(self, tag: str, draw: Callable[[], Pieces]) -> None:
        super().__init__(tag, lambda: Markup("").join(draw().values()))
        self._draw_pieces = draw
        self._sent: dict[str, bytes] = {}

    def paint(self) -> Markup:
        """The pieces for the page itself, which need not be sent again while they stay the same."""
        self._sent = _marks(self._draw_pieces())
        return super().paint()

    def redraw(self) -> None:
        """Show the pieces as they are now."""
        pieces = self._draw_pieces()
        marks = _marks(pieces)
        changed = {key: piece for key, piece in pieces.items() if self._sent.get(key) != marks[key]}
        if changed or list(marks) != list(self._sent):
            self._sent = marks
            self.client.run_javascript(f"arranged({json.dumps([self.html_id, list(pieces), changed])})")


def _marks(pieces: Pieces) -> dict[str, bytes]:
    return {key: blake2b(piece.encode(), digest_size=8).digest() for key, piece in pieces.items()}
