"""The head of a request has to come soon and be small: the server under us bounds neither, and gathers it in memory."""

from asyncio import TimerHandle, Transport
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TOO_LARGE = "The head of the request is too large."  # not said: as the server says what it cannot read


class BoundedHeads(HttpToolsProtocol):
    """Closes a connection whose next head is not complete in time, or is larger than anybody's.

    What follows the head is bounded where it is read, and the pause between two requests by the server itself.
    """

    seconds: ClassVar[float] = 20.0
    most_bytes: ClassVar[int] = 256 * 1024
    """As much as is read from a connection at once, so that what follows a small head does not count against it."""

    _received = 0
    _is_in_head = True
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in what it extends
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._wait()
            self._received += len(data)
            if self._received > self.most_bytes:
                self.send_400_response(TOO_LARGE)
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_head, self._received = True, 0

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
