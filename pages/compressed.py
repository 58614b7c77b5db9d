"""Files that stay the same are compressed once, and not for every browser that comes for the first time.

A first visit takes a megabyte of scripts; to compress them takes many times as long as to build the page.
"""

import asyncio
import gzip

import nicegui
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_FILES = 64
LEAST_BYTES, MOST_BYTES = 500, 2_000_000
UNCHANGING = "immutable"
THEIRS, CHANGING = f"/_nicegui/{nicegui.__version__}/", "/dynamic_resources/"
WORTH_IT = ("text/", "application/json", "application/manifest", "image/svg")


class CompressOnce:
    """Keeps what is sent as unchanging, compressed as well as can be, by its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is kept, or pass on and keep the answer."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _takes_gzip(scope):
            await self._app(scope, receive, send)
        elif (kept := self._kept.get(scope["path"])) is not None:
            start, body = kept
            await send(start)
            await send({"type": "http.response.body", "body": body})
        else:
            await self._app(scope, receive, _Keeper(scope["path"], self._kept, send))


class _Keeper:
    """Sends an answer on; one that is unchanging is gathered, compressed and kept first."""

    def __init__(self, path: str, kept: dict[str, tuple[Message, bytes]], send: Send) -> None:
        self._path = path
        self._kept = kept
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_to_keep(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._keep(self._start)

    def _is_to_keep(self, start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        size = int(headers.get("content-length", 0))
        return (
            start["status"] == 200
            and (UNCHANGING in headers.get("cache-control", "") or self._is_theirs())
            and headers.get("content-type", "").startswith(WORTH_IT)
            and not {"content-encoding", "set-cookie"} & {*headers}
            and LEAST_BYTES <= size <= MOST_BYTES
            and len(self._kept) < MOST_FILES
        )

    def _is_theirs(self) -> bool:
        return self._path.startswith(THEIRS) and CHANGING not in self._path

    async def _keep(self, start: Message) -> None:
        body = await asyncio.to_thread(gzip.compress, bytes(self._body), 9, mtime=0)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        headers.add_vary_header("Accept-Encoding")
        kept = {**start, "headers": headers.raw}
        self._kept[self._path] = kept, body
        await self._send(kept)
        await self._send({"type": "http.response.body", "body": body})


def _takes_gzip(scope: Scope) -> bool:
    return "gzip" in Headers(scope=scope).get("accept-encoding", "")
