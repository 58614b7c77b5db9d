"""Has a file of somebody's read by a process of its own, so that one which keeps its reader busy stops nobody else.

The reader is a script that takes the file from its input and writes JSON. It has so much time and memory, and knows
nothing of the house. Run as a script itself, `apart.py SECONDS BYTES READER ...` is that process: it sets its limits,
which hold also when whoever started it is gone, and becomes the reader.
"""

import asyncio
import json
import os
import runpy
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WHAT_SYSTEMS_NEED = ("SYSTEMROOT",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reader may use: seconds by the clock and of the processor, and bytes of memory."""

    seconds: float
    processor_seconds: int
    memory_bytes: int


async def ask(reader: Path, *asked: str, file: bytes, limits: Limits) -> dict[str, Any]:
    """What the reader says of a file; nothing if it had to be ended, or ended without a word."""
    most = [str(limits.processor_seconds), str(limits.memory_bytes)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", __file__, *most, str(reader), *asked,
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment(),
    )  # fmt: skip
    said = await _said(process, file, limits.seconds)
    answer: dict[str, Any] = json.loads(said) if said and process.returncode == 0 else {}
    return answer


def _environment() -> dict[str, str]:
    """Nothing that the house knows."""
    return {name: os.environ[name] for name in _WHAT_SYSTEMS_NEED if name in os.environ}


async def _said(process: Process, file: bytes, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate(file)
            return said
    except TimeoutError:
        return b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def main() -> None:
    """Become the reader that is named, within the limits that are."""
    processor_seconds, memory_bytes, reader, *asked = sys.argv[1:]
    _limit(int(processor_seconds), int(memory_bytes))
    sys.argv = [reader, *asked]
    runpy.run_path(reader, run_name="__main__")


def _limit(processor_seconds: int, memory_bytes: int) -> None:
    """So much and no more. Systems that cannot limit it have the clock."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main()
