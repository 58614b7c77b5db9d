"""A WebSocket client that does no more than it must, so that a thousand of them cost less than what they measure."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Self, cast

FINAL_TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
MASK = 0x80


class WebSocket(asyncio.Protocol):
    """Text messages without extensions (RFC 6455); subclasses say what happens with a message."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_open = False
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    async def open(self, *, host: str, port: int, target: str, headers: Mapping[str, str]) -> Self:
        """Connect and shake hands.

        Raises:
            ConnectionError: the server answered anything but 101.
        """
        await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._opened
        return self

    def take(self, text: bytes, at: float) -> None:
        """A message that arrived `at` (by `time.monotonic`)."""
        raise NotImplementedError

    def lost(self) -> None:
        """The connection is gone."""

    def send(self, text: bytes) -> None:
        """Send a text message."""
        self._send(FINAL_TEXT, text)

    def close(self) -> None:
        """Leave without waiting for an answer, unless the server has hung up already."""
        if self._transport.is_closing():
            return
        self._send(CLOSE, struct.pack(">H", 1001))
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionError("the server hung up"))
        self.lost()

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        self._buffer += data
        if not self._is_open and not self._shake_hands():
            return
        for opcode, content in self._frames():
            if opcode == FINAL_TEXT:
                self.take(content, at)
            elif opcode == PING:
                self._send(PONG, content)
            elif opcode == CLOSE:
                self._transport.close()

    def _shake_hands(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        status = head.split(b"\r\n", 1)[0].decode(errors="replace")
        if " 101" not in status:
            self._opened.set_exception(ConnectionError(f"the server said {status}"))
            self._transport.close()
            return False
        self._buffer, self._is_open = rest, True
        self._opened.set_result(None)
        return True

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while len(self._buffer) >= 2:
            begin, length = 2, self._buffer[1]
            if length >= 126:
                begin, form = (4, ">H") if length == 126 else (10, ">Q")
                if len(self._buffer) < begin:
                    return
                (length,) = struct.unpack_from(form, self._buffer, 2)
            if len(self._buffer) < begin + length:
                return
            opcode, content = self._buffer[0], bytes(self._buffer[begin : begin + length])
            del self._buffer[: begin + length]
            yield opcode, content

    def _send(self, opcode: int, content: bytes) -> None:
        """Every frame of a client is masked; the mask that changes nothing will do here."""
        length = len(content)
        if length < 126:
            head = struct.pack(">BB", opcode, MASK | length)
        else:
            head = struct.pack(">BBH", opcode, MASK | 126, length)
        self._transport.write(head + bytes(4) + content)
