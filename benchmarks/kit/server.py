"""A server under measurement: a process of its own on 127.0.0.1, in a folder that goes with it."""

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import httpx

from benchmarks.kit.processes import HOST, child, free_port, wait_until_ready
from expert_booking.settings import Settings

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server, and a client that asks it; `ready_after` is the seconds from its start to its first answer."""

    port: int
    pid: int
    folder: Path
    http: httpx.AsyncClient
    ready_after: float

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *arguments: str | Path,
        ready: str = "/ready",
        settings: Mapping[str, object] | None = None,
        folder: Path | None = None,
    ) -> AsyncIterator[Self]:
        """This Python with these arguments, which finds its port and folder in the environment as the application does.

        Args:
            arguments: a module or a file, and what it takes.
            ready: the path that gives a good answer from the moment on at which it can be used.
            settings: beside HOST, PORT and DATA_DIR; all other settings are as they are by default.
            folder: where it works, a temporary one when absent.
        """
        port = free_port()
        place = nullcontext(str(folder)) if folder else TemporaryDirectory(prefix="expert-booking-")
        with place as name:
            log, environment = Path(name) / "server.log", environment_of({"PORT": port, **(settings or {})})
            began = time.monotonic()
            async with (
                child(*arguments, folder=Path(name), environment=environment, log=log) as process,
                httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=ANSWER_SECONDS) as http,
            ):
                await wait_until_ready(process, http, ready, log)
                after = time.monotonic() - began
                yield cls(port=port, pid=process.pid, folder=Path(name), http=http, ready_after=after)


def environment_of(settings: Mapping[str, object]) -> dict[str, str]:
    """No setting of whoever measures gets through, least of all the address of a database."""
    known = {name.upper() for name in Settings.model_fields}
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in known}
    own = {"HOST": HOST, "DATA_DIR": "data", "LOG_LEVEL": "WARNING", "PYTHONPATH": ROOT, "RATE_LIMITS": "off"}
    return {**inherited, **{name: str(value) for name, value in {**own, **settings}.items()}}
