"""The MongoDB-compatible server that runs beside the application when no MONGO_URI is given.

It is a process of its own: it dies with the application, even with one that is killed, and comes back on the
same port when it dies alone. An exclusive lock on a file in the data directory says which application it belongs
to; the kernel takes the lock back from a dead one, so that nothing is ever left locked.
"""

import asyncio
import contextlib
import importlib.util
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Self

from expert_booking import embedded_files as files
from expert_booking.embedded_files import DataDirectoryInUse, EmbeddedServerError
from expert_booking.embedded_process import HOST, POLL_SECONDS, LaunchFailed, ServerProcess, answers, is_broken, serves

__all__ = [
    "DataDirectoryInUse",
    "EmbeddedServer",
    "EmbeddedServerError",
    "EmbeddedServerMissing",
    "on_a_copy",
    "running",
]

logger = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
# A server that lived this long did not die of how it was started, so the next pause is short again.
SETTLED_SECONDS = 60.0
# How soon it shows that the server cannot read any more.
WATCH_SECONDS = 2.0
# Half a million slots that are nowhere but in memory yet took it 3 seconds to write down.
COPY_STOP_SECONDS = 300.0


class EmbeddedServerMissing(EmbeddedServerError):
    """The optional package is not installed."""


class EmbeddedServer:
    """A server that is kept running from `start` to `stop`, and the data directory that it has to itself."""

    def __init__(self, data_dir: Path, lock: IO[str]) -> None:
        self._data_dir = data_dir
        self._lock = lock
        self._process: ServerProcess | None = None
        self._revival: asyncio.Task[None] | None = None
        self.uri = ""

    @classmethod
    async def start(cls, data_dir: Path) -> Self:
        """Start the server on a free port and wait until it answers at `uri`, which stays the same until `stop`.

        Call it on the main thread: Linux ends the server with the thread that started it.

        Raises:
            EmbeddedServerError: with a sentence that says why it cannot start.
        """
        data_dir = data_dir.resolve()
        server = cls(data_dir, await _take(data_dir))
        try:
            process = await server._launch()
        except BaseException:
            await server.stop()
            raise
        server.uri = _uri(process.port)
        server._revival = asyncio.create_task(server._keep_running(process))
        return server

    async def stop(self) -> None:
        """End the server, by force if it takes longer than a few seconds, and free the data directory."""
        if self._lock.closed:
            return
        if self._revival is not None:
            self._revival.cancel()
            await asyncio.wait([self._revival])
        if self._process is not None:
            await self._process.end()
        files.remove_record(self._data_dir)
        self._lock.close()

    async def _launch(self, port: int = 0) -> ServerProcess:
        self._process = await _launch(self._data_dir, files.storage(self._data_dir), port=port)
        return self._process

    async def _keep_running(self, process: ServerProcess) -> None:
        now = asyncio.get_running_loop().time
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            started = now()
            code = await _end_of(process)
            if now() - started > SETTLED_SECONDS:
                pause = SHORTEST_PAUSE_SECONDS
            logger.warning("The embedded database ended by itself (exit code %s) and is started again", code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                process = await self._launch(process.port)
            except (EmbeddedServerError, OSError) as error:
                logger.error("%s", error)


async def _end_of(process: ServerProcess) -> int:
    """Wait until the server ends; make it end once its storage has failed, since a new one can read what is stored."""
    watch = asyncio.create_task(_end_when_broken(process))
    try:
        return await process.wait()
    finally:
        watch.cancel()


async def _end_when_broken(process: ServerProcess) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if await is_broken(process.port):
            break
    logger.error("The embedded database cannot read or write any more; is there room on the disk?")
    await process.end()


@asynccontextmanager
async def on_a_copy(data_dir: Path) -> AsyncIterator[str]:
    """The address of a server for loading in bulk; what is stored counts when this ends well, and only then.

    The server does not journal, which makes it several times faster and means that killing it would lose what it
    acknowledged, or leave an index half built. So it works on a copy of the database, which takes the
    place of the original after a clean stop. An error, Ctrl-C, `kill -9` or a power cut leaves the original as it was.

    Raises:
        EmbeddedServerError: with a sentence that says why it cannot start, or why the copy cannot be used.
    """
    data_dir = data_dir.resolve()
    with await _take(data_dir):
        try:
            files.make_copy(data_dir)
            process = await _launch(data_dir, files.copy(data_dir), is_journaled=False)
            try:
                yield _uri(process.port)
            finally:
                code = await process.end(within_seconds=COPY_STOP_SECONDS)
            if code != 0:
                raise EmbeddedServerError(
                    f"The embedded database ended early (exit code {code}): nothing was changed, try again."
                )
            files.put_copy_in_place(data_dir)
        finally:
            files.remove_record(data_dir)
            files.make_ready(data_dir)


async def running(data_dir: Path) -> str | None:
    """The address of the server that another process runs on this data directory, if it answers."""
    data_dir = data_dir.resolve()
    recorded = files.read_record(data_dir)
    if recorded is None:
        return None
    pid, port = recorded
    return _uri(port) if serves(pid, files.storage(data_dir)) and await answers(port) else None


def _uri(port: int) -> str:
    return f"mongodb://{HOST}:{port}/?directConnection=true&retryWrites=false&maxPoolSize=10"


async def _take(data_dir: Path) -> IO[str]:
    """The lock on a data directory that is ready for a server."""
    if importlib.util.find_spec("secantus") is None:
        raise EmbeddedServerMissing(
            "The embedded database is not installed: run pip install 'expert-booking[embedded]' or set MONGO_URI."
        )
    lock = files.lock(data_dir)
    try:
        await _end_left_over(data_dir)
        files.make_ready(data_dir)
    except BaseException:
        lock.close()
        raise
    return lock


async def _launch(data_dir: Path, storage: Path, *, port: int = 0, is_journaled: bool = True) -> ServerProcess:
    try:
        process = await ServerProcess.launch(storage, port=port, is_journaled=is_journaled)
    except LaunchFailed as failure:
        if "resource busy" in str(failure).lower():
            raise files.in_use(data_dir) from failure
        raise EmbeddedServerError(
            f"The embedded database did not start ({failure}): put that right or set MONGO_URI."
        ) from failure
    try:
        files.write_record(data_dir, pid=process.pid, port=process.port)
    except OSError:
        await process.end()
        raise
    return process


async def _end_left_over(data_dir: Path) -> None:
    # Whoever has the lock owns the directory, so a server that still runs here has lost its application.
    # Linux ends it with the application; elsewhere it is ended here.
    recorded = files.read_record(data_dir)
    while recorded and (serves(recorded[0], files.storage(data_dir)) or serves(recorded[0], files.copy(data_dir))):
        with contextlib.suppress(ProcessLookupError):
            os.kill(recorded[0], signal.SIGKILL)
        await asyncio.sleep(POLL_SECONDS)
