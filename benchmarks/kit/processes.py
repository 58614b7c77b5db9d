"""Child processes that end with the benchmark, whatever happens to it."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from expert_booking.embedded_process import DIE_WITH_PARENT

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02


@asynccontextmanager
async def child(
    *arguments: str | Path, folder: Path, environment: Mapping[str, str], log: Path
) -> AsyncIterator[Process]:
    """This Python with these arguments, working in `folder` and complaining to `log`; ended on the way out."""
    command = [*_launcher(), sys.executable, *map(str, arguments)]
    with log.open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=dict(environment), stdin=DEVNULL, stdout=complaints, stderr=complaints
        )
    try:
        yield process
    finally:
        await _end(process)


def _launcher() -> Sequence[str]:
    return [sys.executable, "-P", "-c", DIE_WITH_PARENT, str(os.getpid())] if sys.platform == "linux" else []


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def wait_until_ready(process: Process, door: httpx.AsyncClient, path: str, log: Path) -> None:
    """Ask until the answer is good; the benchmark ends here with what the process said when it ends first."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if process.returncode is not None:
                sys.exit(f"It did not start:\n{log.read_text(errors='replace')[-2000:]}")
            with suppress(httpx.TransportError):
                if (await door.get(path)).is_success:
                    return
            await asyncio.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port on which nothing listened a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
