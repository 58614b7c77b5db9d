"""The line between visitors and the application, which can be cut, or carry nothing without anybody being told."""

import asyncio
from contextlib import suppress


class Line:
    """A port that leads to another one."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._open: set[asyncio.StreamWriter] = set()
        self._carries = asyncio.Event()
        self._carries.set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def mend(self) -> None:
        """Take connections, and carry what was held up."""
        self._carries.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def cut(self) -> None:
        """Break every connection, and take no other one."""
        self._carries.set()
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def swallow(self) -> None:
        """Carry nothing more, and let both ends believe that the line stands: a half-open connection."""
        self._carries.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, behind_writer}
        await asyncio.gather(self._carry(reader, behind_writer), self._carry(behind_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                await self._carries.wait()
                writer.write(chunk)
                await writer.drain()
            await self._carries.wait()
        writer.close()
