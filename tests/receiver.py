"""A real HTTP server in the test's own event loop that takes messages to webhooks, and answers as it is told."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

SILENCE = 0
"""Take the request, and never answer."""


@dataclass(frozen=True)
class Received:
    """One request; names of headers are in small letters."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    def is_signed_with(self, secret: str) -> bool:
        """As a receiver checks it, written down once more after the specification."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


class Receiver:
    """What came, and what is answered: `answers` are the next statuses, then 200."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.head = ""
        self.body = b"thank you"
        self.came = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?from=booking"

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    @property
    def events(self) -> list[str]:
        return [each.told["type"] for each in self.received]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.splitlines()[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(Received(headers, body))
        self.came.set()
        status = self.answers.pop(0) if self.answers else 200
        if status == SILENCE:
            await reader.read()  # until the other side has had enough
        else:
            said = f"HTTP/1.1 {status} So\r\n{self.head}Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
            writer.write(said.encode() + self.body)
        writer.close()


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """On a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
