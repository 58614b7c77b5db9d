"""Who has received what everybody waits for, and when."""

import asyncio


class Watch:
    """When the message that everybody waits for reached whom."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.message = b""
        self._marks: tuple[bytes, ...] = ()
        self._seen: set[object] = set()
        self._expected = 0
        self._everybody = asyncio.Event()

    def expect(self, viewers: int, *marks: str) -> None:
        """From now on wait for a message that contains all marks."""
        self._marks = tuple(mark.encode() for mark in marks)
        self._expected, self.arrivals, self._seen = viewers, [], set()
        self._everybody.clear()

    def note(self, viewer: object, message: bytes, at: float) -> None:
        """A message reached a viewer; the first that fits counts."""
        if not self._expected or viewer in self._seen or not all(mark in message for mark in self._marks):
            return
        self._seen.add(viewer)
        self.arrivals.append(at)
        self.message = message
        if len(self.arrivals) == self._expected:
            self._everybody.set()

    async def missed(self, *, within_seconds: float) -> int:
        """Wait until everybody has it; how many have not when the time is up."""
        try:
            async with asyncio.timeout(within_seconds):
                await self._everybody.wait()
        except TimeoutError:
            pass
        return self._expected - len(self.arrivals)
