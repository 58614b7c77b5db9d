"""The database does nothing for eight seconds, answers with errors, or finds no room on its disk.

Whoever asks meanwhile gets a 503 with Retry-After within three seconds; everything goes on by itself afterwards, and a
request that was refused or cut off can be asked again under its key and gives one booking.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient

from benchmarks.kit.processes import free_port
from tests.faults.house import ALICE, Clients, House, Wish, house, lost, until, wishes
from tests.faults.onlooker import onlookers, pages_are_true

ANSWERED_WITHIN_SECONDS = 3.0


async def refusals(here: House, wish: Wish) -> list[tuple[str, int, str | None]]:
    """Ask for all kinds of things at once: address, status and Retry-After of what is not a 503 that says when."""
    paths = ["/", "/my-bookings", f"/experts/{wish.expert_id}", "/api/experts", f"/api/experts/{wish.expert_id}"]
    paths += [f"/api/bookings?email={ALICE['userEmail']}", "/readyz"]
    signed_in = {"Authorization": "Bearer of-a-sign-in-that-nobody-can-look-up"}
    async with httpx.AsyncClient(base_url=here.url, timeout=ANSWERED_WITHIN_SECONDS, headers=signed_in) as http:
        hold = http.post(f"/api/experts/{wish.expert_id}/slots/{wish.slot_id}/hold")
        answers = await asyncio.gather(*(http.get(path) for path in paths), hold)
    return [
        (answer.url.path, answer.status_code, answer.headers.get("Retry-After"))
        for answer in answers
        if (answer.status_code, answer.headers.get("Retry-After")) != (503, "3")
    ]


@pytest.mark.faults
@pytest.mark.parametrize("seconds", [3.5, 8])
async def test_stalled_database_is_a_refusal_in_time(tmp_path: Path, seconds: float) -> None:
    async with house(tmp_path) as here:
        first, *wanted = wishes(here, 13, soonest=True)
        expert_ids = [wish.expert_id for wish in wanted[:3]]
        clients = Clients(here)
        async with onlookers(here.port, expert_ids) as looking:
            load = asyncio.create_task(clients.book_all(wanted))
            await until(lambda: asyncio.sleep(0, len(clients.ledger.acknowledged) >= 4))
            here.stall_database()
            woken = asyncio.get_running_loop().call_later(seconds, here.wake_database)
            try:
                assert await refusals(here, first) == []
            finally:
                await until(lambda: asyncio.sleep(0, woken.when() < asyncio.get_running_loop().time()))
            async with asyncio.timeout(60):
                await load
            await pages_are_true(here, looking, expert_ids)

        assert clients.ledger.statuses <= {201, 503}
        assert lost(here, clients.ledger) == []
        assert await here.audited() == ""


# --- errors, once ---


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a database server that fails when it is told to."""
    folder, port = tmp_path_factory.mktemp("fragile"), free_port()
    command = [sys.executable, "-P", "-m", "secantus", "--host=127.0.0.1", f"--port={port}", "--enable-test-commands"]
    command += [f"--storage-path={folder / 'files'}", "--log-level=WARNING", "--sync-on-commit"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


@asynccontextmanager
async def fragile_house(folder: Path, port: int) -> AsyncIterator[tuple[House, "MongoClient[dict[str, object]]"]]:
    """A house on that server, and a way to tell the server to fail."""
    uri = f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"
    with MongoClient[dict[str, object]](uri) as door:
        door.drop_database("expert_booking")
        async with house(folder, MONGO_URI=uri) as here:
            yield here, door


FAILURES = {
    "hangs up": {"closeConnection": True},
    "steps down": {"errorCode": 189},
    "shuts down": {"errorCode": 91},
    "is out of time": {"errorCode": 50},
    "fails inside": {"errorCode": 1},
    "has no room": {"errorCode": 14031},
    "is slow": {"blockConnection": True, "blockTimeMS": 2700},
}


EVERY_CASE = [(failure, command) for failure in FAILURES for command in ("find", "update", "insert")]


@pytest.mark.faults
async def test_database_that_fails_once_is_asked_again(tmp_path: Path, fragile: int) -> None:
    async with fragile_house(tmp_path, fragile) as (here, door):
        clients = Clients(here)
        for (failure, command), wish in zip(EVERY_CASE, wishes(here, len(EVERY_CASE)), strict=True):
            fail = {"configureFailPoint": "failCommand", "mode": {"times": 1}}
            data = {"failCommands": [command], "appName": "expert-booking", **FAILURES[failure]}
            door.admin.command({**fail, "data": data})
            async with asyncio.timeout(30):
                await clients.book_all([wish], at_once=1)
            door.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

        assert clients.ledger.statuses <= {201, 503}
        assert clients.ledger.unanswered == 0
        assert lost(here, clients.ledger) == []
        assert len(set(clients.ledger.acknowledged.values())) == len(EVERY_CASE)
        await until(lambda: _is_sound(here, fragile))


async def _is_sound(here: House, port: int) -> bool:
    """Whether the audit beside the running application finds nothing; recovery may still be under way."""
    environment = {**os.environ, "MONGO_URI": f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"}
    command = [sys.executable, "-m", "expert_booking.audit"]
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "RECOVERY_INTERVAL_SECONDS": "1"}
    ended = await asyncio.to_thread(subprocess.run, command, cwd=here.data_dir, env=environment, capture_output=True)
    return ended.returncode == 0


# --- no room ---

DISK_MEGABYTES = 48


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a disk of its own takes Linux, root and mount")
    options = ["-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room; the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            return filler


@pytest.mark.faults
@pytest.mark.parametrize("comes_back_by", ["itself", "restart"])
async def test_full_disk_is_a_refusal_and_loses_nothing(tmp_path: Path, small_disk: Path, comes_back_by: str) -> None:
    async with house(tmp_path, DATA_DIR=str(small_disk / "data"), DEMO_EXPERTS="6") as here:
        here.data_dir = small_disk / "data"
        first, *wanted = wishes(here, 60)
        clients = Clients(here)
        await clients.book_all(wanted[:10])
        filler = fill(small_disk)
        load = asyncio.create_task(_write_until_refused(here, clients, first))
        async with asyncio.timeout(120):
            refused_with = await load
        assert (refused_with.status_code, refused_with.headers["Retry-After"]) == (503, "3")
        assert await refusals(here, first) == []

        filler.unlink()
        if comes_back_by == "restart":
            await asyncio.to_thread(here.stop)
            await here.open()
        await here.is_ready()
        await clients.book_all(wanted)

        assert clients.ledger.statuses <= {201, 503}
        assert lost(here, clients.ledger) == []
        assert await here.audited() == ""
        assert "Traceback" not in here.log()


async def _write_until_refused(here: House, clients: Clients, wish: Wish) -> httpx.Response:
    """The database has room in its own files for a while."""
    async with httpx.AsyncClient(base_url=here.url, timeout=10) as http:
        path, proof = f"/api/experts/{wish.expert_id}/slots/{wish.slot_id}/hold", {}
        while True:
            answer = await http.post(path, headers=proof)
            if answer.status_code >= 500:
                return answer
            proof = {"Hold-Token": answer.json()["holdToken"]}
