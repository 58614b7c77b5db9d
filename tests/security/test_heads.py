"""The head of a request has to be complete in time and small; what comes in order is answered in order."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from pages.armour.heads import BoundedHeads

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PATIENCE_SECONDS = 10


class Impatient(BoundedHeads):
    seconds = 0.3
    most_bytes = 10_000


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("well")(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a server that bounds heads, in the test's own loop."""
    server = uvicorn.Server(uvicorn.Config(answer, port=0, http=Impatient, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def exchange(port: int, *parts: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    async with asyncio.timeout(PATIENCE_SECONDS):
        answered = await reader.read()
    writer.close()
    return answered


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_head_that_does_not_come_ends_the_connection(port: int, begun: bytes) -> None:
    assert await exchange(port, begun) == b""


async def test_a_second_head_that_does_not_come_ends_it_too(port: int) -> None:
    answered = await exchange(port, REQUEST, b"GET / HT")

    assert answered.count(b"HTTP/1.1 200") == 1


async def test_a_head_without_end_is_refused(port: int) -> None:
    answered = await exchange(port, b"GET /?" + b"a" * 20_000)

    assert answered.startswith(b"HTTP/1.1 400")


async def test_requests_in_order_are_answered(port: int) -> None:
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + b"b" * 9000
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    answered = await exchange(port, REQUEST, body, REQUEST, last)

    assert answered.count(b"HTTP/1.1 200") == 4
