"""So many at a time from one address: lines that stay open and would otherwise add up."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from expert_booking import limiting, metrics
from expert_booking.sentence import Sentence

RETRY_SECONDS = 30


class Places:
    """The places that one address may take; `name` is the one in the figures."""

    def __init__(self, name: str, *, most: int, sentence: Sentence) -> None:
        self._name = name
        self._most = most
        self._sentence = sentence
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str | None) -> Iterator[None]:
        """Take a place until the end of the block.

        Raises:
            TooManyRequests: the address has none left.
        """
        self.enter(address)
        try:
            yield
        finally:
            self.leave(address)

    def enter(self, address: str | None) -> None:
        """Take a place, and `leave` it later.

        Raises:
            TooManyRequests: the address has none left.
        """
        who = limiting.one_of(address)
        if limiting.is_on() and self._taken[who] >= self._most:
            metrics.refused(self._name)
            raise limiting.refusal(self._sentence, seconds=RETRY_SECONDS)
        self._taken[who] += 1

    def leave(self, address: str | None) -> None:
        """Give a place back."""
        who = limiting.one_of(address)
        self._taken[who] -= 1
        if self._taken[who] <= 0:
            del self._taken[who]
