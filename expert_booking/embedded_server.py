"""The MongoDB-compatible server that runs beside the application when no MONGO_URI is given.

It is a process of its own: it dies with the application, even with one that is killed, and comes back on the
same port when it dies alone. An exclusive lock on a file in the data directory says which application it belongs
to; the kernel takes the lock back from a dead one, so that nothing is ever left locked.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import json
import logging
import os
import signal
from pathlib import Path
from typing import IO, Self

from expert_booking.embedded_process import HOST, POLL_SECONDS, LaunchFailed, ServerProcess, answers, serves

logger = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
# A server that lived this long did not die of how it was started, so the next pause is short again.
SETTLED_SECONDS = 60.0


class EmbeddedServerError(RuntimeError):
    """The text can be shown as it is: one sentence that says why, and what to do."""


class EmbeddedServerMissing(EmbeddedServerError):
    """The optional package is not installed."""


class DataDirectoryInUse(EmbeddedServerError):
    """Another application, or a server started by hand, works on the same files."""


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
        if importlib.util.find_spec("secantus") is None:
            raise EmbeddedServerMissing(
                "The embedded database is not installed: run pip install 'expert-booking[embedded]' or set MONGO_URI."
            )
        data_dir = data_dir.resolve()
        server = cls(data_dir, _lock(data_dir))
        try:
            await _end_left_over(data_dir)
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
        _record_path(self._data_dir).unlink(missing_ok=True)
        self._lock.close()

    async def _launch(self, port: int = 0) -> ServerProcess:
        try:
            self._process = await ServerProcess.launch(_storage(self._data_dir), port=port)
        except LaunchFailed as failure:
            if "resource busy" in str(failure).lower():
                raise _in_use(self._data_dir) from failure
            raise EmbeddedServerError(
                f"The embedded database did not start ({failure}): put that right or set MONGO_URI."
            ) from failure
        _write_record(self._data_dir, self._process)
        return self._process

    async def _keep_running(self, process: ServerProcess) -> None:
        now = asyncio.get_running_loop().time
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            started = now()
            code = await process.wait()
            if now() - started > SETTLED_SECONDS:
                pause = SHORTEST_PAUSE_SECONDS
            logger.warning("The embedded database ended by itself (exit code %s) and is started again", code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                process = await self._launch(process.port)
            except (EmbeddedServerError, OSError) as error:
                logger.error("%s", error)


async def running(data_dir: Path) -> str | None:
    """The address of the server that another process runs on this data directory, if it answers."""
    data_dir = data_dir.resolve()
    recorded = _read_record(data_dir)
    if recorded is None:
        return None
    pid, port = recorded
    return _uri(port) if serves(pid, _storage(data_dir)) and await answers(port) else None


def _uri(port: int) -> str:
    return f"mongodb://{HOST}:{port}/?directConnection=true&retryWrites=false&maxPoolSize=10"


def _storage(data_dir: Path) -> Path:
    return data_dir / "database"


def _lock(data_dir: Path) -> IO[str]:
    try:
        _storage(data_dir).mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "database.lock").open("a")
    except OSError as error:
        raise EmbeddedServerError(
            f"The data directory {data_dir} cannot be used ({error.strerror}): make it writable or set DATA_DIR."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise _in_use(data_dir) from None
    return lock


def _in_use(data_dir: Path) -> DataDirectoryInUse:
    return DataDirectoryInUse(
        f"The data directory {data_dir} is in use by another Expert Booking: "
        "stop that one, or set DATA_DIR or MONGO_URI for this one."
    )


async def _end_left_over(data_dir: Path) -> None:
    # Whoever has the lock owns the directory, so a server that still runs here has lost its application.
    # Linux ends it with the application; elsewhere it is ended here.
    recorded = _read_record(data_dir)
    while recorded and serves(recorded[0], _storage(data_dir)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(recorded[0], signal.SIGKILL)
        await asyncio.sleep(POLL_SECONDS)


def _record_path(data_dir: Path) -> Path:
    return data_dir / "database.json"


def _write_record(data_dir: Path, process: ServerProcess) -> None:
    whole = _record_path(data_dir).with_suffix(".new")
    whole.write_text(json.dumps({"pid": process.pid, "port": process.port}), encoding="utf-8")
    whole.replace(_record_path(data_dir))


def _read_record(data_dir: Path) -> tuple[int, int] | None:
    try:
        record = json.loads(_record_path(data_dir).read_text(encoding="utf-8"))
        return int(record["pid"]), int(record["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
