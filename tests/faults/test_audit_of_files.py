"""The audit of an embedded database's files: with the application open, with it closed, and after a killed build."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from beanie import PydanticObjectId

from expert_booking import audit, bulk, clock, database
from expert_booking.embedded_files import in_use, read_record
from expert_booking.embedded_server import EmbeddedServer
from models import TimeSlot

ROOT = Path(__file__).parents[2]
SLOTS = 6000


async def run(folder: Path) -> tuple[int, str]:
    """The command's exit code and all that it says."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "expert_booking.audit"]
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    return ended.returncode, ended.stdout + ended.stderr


async def test_audit_of_files_that_the_application_has_open_says_so(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path / "data")
    try:
        await database.connect(server.uri, name="expert_booking", timeout_seconds=10)
        said_when_open = await run(tmp_path)
    finally:
        await database.disconnect()
        await server.stop()

    assert said_when_open == (2, f"{in_use((tmp_path / 'data').resolve())}\n")
    assert await run(tmp_path) == (
        0,
        "0 slots and 0 bookings were read.\nThey tell the same story: nothing is wrong.\n",
    )


@pytest.mark.faults
async def test_audit_finds_the_index_that_a_killed_server_was_building(tmp_path: Path) -> None:
    """The catalogue has it, and it is short of entries; nothing else tells."""
    said = ""
    for seconds in (1.5, 3, 6):  # when it is under way, only the machine knows: while it is, nothing can be asked
        await _kill_while_building(tmp_path, after_seconds=seconds)
        code, said = await run(tmp_path)
        if code == 1 and audit.MEANINGS[audit.Kind.INDEX_INCOMPLETE] in said:
            break

    assert f"{SLOTS} slots" in said
    assert f"{audit.MEANINGS[audit.Kind.INDEX_INCOMPLETE]}:\n  time_slots" in said


async def _kill_while_building(folder: Path, *, after_seconds: float) -> None:
    server = await EmbeddedServer.start(folder / "data")
    try:
        await database.connect(server.uri, name="expert_booking", timeout_seconds=30)
        await database.collection(TimeSlot).drop()
        await _fill()
        building = asyncio.create_task(database.make_indexes(TimeSlot))
        await asyncio.wait([building], timeout=after_seconds)
        pid, _ = read_record(folder / "data") or (0, 0)
        os.kill(pid, signal.SIGKILL)
        with suppress(*database.CONNECTION_ERRORS):
            await building
    finally:
        await database.disconnect()
        await server.stop()


async def _fill() -> None:
    expert_id, first = PydanticObjectId(), clock.now()
    hours = [first + timedelta(hours=hour) for hour in range(SLOTS)]
    slots = [bulk.open_slot(expert_id=expert_id, starts_at=at, ends_at=at + timedelta(hours=1)) for at in hours]
    await database.collection(TimeSlot).insert_many(slots)
