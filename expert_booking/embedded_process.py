"""One process of the embedded server: how it is launched, when it is ready, how it ends."""

import asyncio
import os
import re
import struct
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Self

import bson
from bson.errors import BSONError

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 5.0
PING_SECONDS = 2.0
POLL_SECONDS = 0.02
LONGEST_LAST_WORDS = 4000
LISTENING = re.compile(rf"listening on {re.escape(HOST)}:(\d+)")
OP_MSG = 2013

OPTIONS = (
    "--log-level=INFO",
    "--cache-size=256M",
    "--noop-heartbeat-seconds=10",
    "--oplog-retention-seconds=86400",
)
JOURNALED = ("--sync-on-commit",)  # without it a killed server forgets bookings that were acknowledged
UNJOURNALED = ("--standalone",)  # keeps no log of changes for other servers either

# Linux kills the child when its parent dies, but only if the child asks for it before it becomes the server.
# The parent may have died in between, hence the comparison.
DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class LaunchFailed(RuntimeError):
    """The text is the last thing that the process said."""


class ServerProcess:
    """A process that answers from `launch` on until it dies or is ended."""

    def __init__(self, process: Process, port: int) -> None:
        self.port = port
        self._process = process
        self._last_words = ""
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def launch(cls, storage: Path, *, port: int = 0, is_journaled: bool = True) -> Self:
        """Start a server and wait until it answers.

        Args:
            storage: the directory that it has to itself.
            port: 0 for any free one.
            is_journaled: whether what it acknowledges survives a kill; a clean stop keeps everything either way.

        Raises:
            LaunchFailed: it ended, or did not answer within a minute.
        """
        server = cls(await _spawn(storage, port, is_journaled=is_journaled), port)
        try:
            async with asyncio.timeout(START_SECONDS):
                await server._wait_until_it_answers()
        except BaseException as error:
            await server.end()
            if isinstance(error, TimeoutError):
                raise LaunchFailed(f"no answer within {START_SECONDS:.0f} seconds") from None
            raise
        return server

    @property
    def pid(self) -> int:
        """The process id, also after its end."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait until it ends, and tell its exit code, negative for a signal."""
        return await self._process.wait()

    async def end(self, *, within_seconds: float = STOP_SECONDS) -> int:
        """Ask it to end, make it end when it takes longer, and tell its exit code: 0 only for a clean end."""
        if self._process.returncode is None:
            self._process.terminate()
        try:
            # It takes two seconds when no client is connected. Connecting to wake it made it hang in 8 of 25 tries.
            async with asyncio.timeout(within_seconds):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    async def _listen(self) -> None:
        # A full pipe would stop the server. What it says is kept only to explain a failed start.
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(8192):
            self._last_words = (self._last_words + chunk.decode(errors="replace"))[-LONGEST_LAST_WORDS:]
            if not self.port and (found := LISTENING.search(self._last_words)):
                self.port = int(found[1])

    async def _wait_until_it_answers(self) -> None:
        while not (self.port and await answers(self.port)):
            if self._process.returncode is not None:
                await self._listener
                raise LaunchFailed((self._last_words.strip().splitlines() or ["it said nothing"])[-1])
            await asyncio.sleep(POLL_SECONDS)


async def _spawn(storage: Path, port: int, *, is_journaled: bool) -> Process:
    # A configuration file of its own, or it would take one from the home directory of whoever starts it.
    config = storage / "secantusd.toml"
    config.touch()
    server = [sys.executable, "-P", "-m", "secantus", f"--config={config}", f"--host={HOST}", f"--port={port}"]
    server += [_storage_option(storage), *OPTIONS, *(JOURNALED if is_journaled else UNJOURNALED)]
    launcher = [sys.executable, "-P", "-c", DIE_WITH_PARENT, str(os.getpid())] if sys.platform == "linux" else []
    return await asyncio.create_subprocess_exec(
        *launcher,
        *server,
        cwd=storage,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        # Ctrl-C goes to the whole process group of the terminal; the server has to outlive the last write.
        start_new_session=True,
    )


def _storage_option(storage: Path) -> str:
    return f"--storage-path={storage}"


def serves(pid: int, storage: Path) -> bool:
    """Whether that process is a server on this storage; ids are given out again, so the command line decides."""
    return _storage_option(storage) in _command_line(pid)


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except OSError:
            return ""
    asked = ["ps", "-o", "args=", "-p", str(pid)]
    # No shell, a number for an argument, and ps stands elsewhere on every system.
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # nosec B603 # see above


async def answers(port: int) -> bool:
    """Whether a server on this port can read what it has stored; that something listens there is not enough."""
    return await _can_read(port) is True


async def is_broken(port: int) -> bool:
    """Whether a server on this port answers that it cannot read any more, as it does for ever after a full disk."""
    return await _can_read(port) is False


async def _can_read(port: int) -> bool | None:
    try:
        async with asyncio.timeout(PING_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                return await _read_nothing(reader, writer)
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError, BSONError):
        return None


async def _read_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool | None:
    # A server whose storage has failed still answers a ping; only looking something up tells.
    command = {"find": "nothing", "filter": {"_id": 0}, "limit": 1, "$db": "admin"}
    # A message of the wire protocol: length, id, the id it answers, opcode; then flags, and one section of kind 0.
    section = struct.pack("<iB", 0, 0) + bson.encode(command)
    writer.write(struct.pack("<iiii", 16 + len(section), 1, 0, OP_MSG) + section)
    length, _, answer_to, opcode = struct.unpack("<iiii", await reader.readexactly(16))
    if (answer_to, opcode) != (1, OP_MSG):
        return None
    section = await reader.readexactly(length - 16)
    return bool(bson.decode(section[5:]).get("ok"))
