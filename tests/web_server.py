"""A real web server in the test's own event loop, which answers each path as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"", *, status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer; underscores in names of headers stand for hyphens."""
    given = {"content-length": str(len(body)), "connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


class Site:
    """What a server answers, and what it was asked.

    Attributes:
        paths: the answers; a function writes its own, little by little perhaps.
        asked: the heads of all requests, in small letters, and their bodies.
    """

    def __init__(self) -> None:
        self.paths: dict[str, Answer] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.port = 0
        self.scheme = "http"

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line[15:]) for line in head.splitlines() if line.startswith("content-length:")), 0)
            self.asked.append((head, await reader.readexactly(length)))
            answering = self.paths.get(head.split()[1], answer(status="404 Not Found"))
            if isinstance(answering, bytes):
                writer.write(answering)
                await writer.drain()
            else:
                await answering(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has heard enough
        finally:
            writer.close()


@asynccontextmanager
async def serving(*, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """A server on a free port, until the end of the block."""
    site = Site()
    server = await asyncio.start_server(site.serve, host, 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    site.scheme = "http" if tls is None else "https"
    try:
        yield site
    finally:
        server.close()
