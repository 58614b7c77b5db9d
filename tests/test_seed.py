"""The command line of seed.py, as a process of its own against a real server."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import seed
from expert_booking import clock
from expert_booking.embedded_server import EmbeddedServer
from models import Booking, Expert, TimeSlot
from tests.conftest import MakeExpert, MakeSlot

ROOT = Path(__file__).parent.parent
REAL_EXPORT = ROOT / "tests" / "data" / "original_export.json"


class Seeding:
    """Runs seed.py in an empty folder, with nothing but these settings."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings

    def __call__(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH")}
        return subprocess.run(
            [sys.executable, str(ROOT / "seed.py"), *arguments],
            cwd=self._folder,
            env={**kept, **self._settings, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def seeding(tmp_path: Path, database_uri: str, database_name: str, connected: None) -> Seeding:
    return Seeding(tmp_path, MONGO_URI=database_uri, DATABASE_NAME=database_name)


def row(output: str, kind: str) -> list[int]:
    """The numbers in a line of the table: made, already there."""
    line = next(line for line in output.splitlines() if kind in line)
    return [int(word.replace(",", "")) for word in line.split() if word.replace(",", "").isdigit()]


async def test_seed_makes_the_experts_asked_for(seeding: Seeding) -> None:
    done = seeding("--experts", "5", "--days", "7")

    assert (done.returncode, done.stderr) == (0, "")
    assert row(done.stdout, "Experts") == [5, 0]
    assert await Expert.find_all().count() == 5
    assert row(done.stdout, "Time slots") == [await TimeSlot.find_all().count(), 0]


async def test_seed_twice_makes_nothing_more(seeding: Seeding) -> None:
    first = seeding("--experts", "3", "--days", "7")

    second = seeding("--experts", "3", "--days", "7")

    assert row(second.stdout, "Experts") == [0, 3]
    # A slot that begins between the two runs is not counted by the second.
    assert row(second.stdout, "Time slots")[0] == 0
    assert await TimeSlot.find_all().count() == row(first.stdout, "Time slots")[0]


async def test_seed_imports_the_real_export(seeding: Seeding) -> None:
    done = seeding("--import", str(REAL_EXPORT), "--zone", "Europe/Berlin", "--shift-to-future")

    assert (done.returncode, done.stderr) == (0, "")
    assert row(done.stdout, "Experts") == [10, 0]
    assert row(done.stdout, "Time slots") == [80, 0]
    assert "Skipped 1:\n  expert 6 (Robert Brown), 2026-02-21 09:00: booked in the original" in done.stdout
    assert await TimeSlot.find({"starts_at": {"$gt": clock.now()}}).count() == 80


async def test_seed_fails_when_nobody_in_the_file_can_be_imported(seeding: Seeding, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text('[{"name": "Alice"}]')

    done = seeding("--import", "export.json")

    assert done.returncode == 1
    assert "expert 1 (Alice): it has no _id" in done.stdout
    assert done.stderr == "No expert in this file could be imported.\n"


async def test_seed_says_what_is_wrong_with_a_file(seeding: Seeding, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("[{]")

    done = seeding("--import", "export.json")

    assert done.returncode == 1
    assert done.stderr.startswith("export.json is not JSON at line 1, column 3")
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
async def one_booking(make_expert: MakeExpert, make_slot: MakeSlot) -> Booking:
    """A booking of alice's, stored with its expert and slot."""
    slot = await make_slot(await make_expert())
    booking = Booking(
        expert_id=slot.expert_id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        customer_name="Alice",
        customer_email="alice@example.com",
        customer_key="alice@example.com",
        customer_phone="+442079460958",
        idempotency_key="key",
        request_digest="digest",
        manage_token="token",
        created_at=clock.now(),
    )
    return await booking.insert()


async def test_reset_refuses_when_nobody_can_be_asked(
    seeding: Seeding, one_booking: Booking, database_name: str
) -> None:
    done = seeding("--reset")

    assert done.returncode == 1
    assert done.stderr == (
        f"This removes 1 time slots, 1 bookings, 1 experts from the database '{database_name}', for good. "
        "Nothing was done, because nobody can be asked here: add --yes to go ahead.\n"
    )
    assert [await model.find_all().count() for model in (Expert, TimeSlot, Booking)] == [1, 1, 1]


async def test_reset_with_yes_removes_everything_and_fills_again(seeding: Seeding, one_booking: Booking) -> None:
    done = seeding("--reset", "--yes", "--experts", "2", "--days", "7")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Removed 1 time slots, 1 bookings, 1 experts." in done.stdout
    assert "alice" not in done.stdout.casefold()
    assert await Expert.find_all().count() == 2
    assert await Booking.find_all().count() == 0
    assert await TimeSlot.find({"_id": one_booking.slot_id}).count() == 0


async def test_reset_with_no_experts_leaves_an_empty_database(seeding: Seeding, one_booking: Booking) -> None:
    done = seeding("--reset", "--yes", "--experts", "0")

    assert done.returncode == 0
    assert [await model.find_all().count() for model in (Expert, TimeSlot, Booking)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--experts", "many"], "'many' is not a whole number from 0 to 1000000"),
        (["--days", "0"], "'0' is not a whole number from 1 to 366"),
        (["--zone", "Mars/Base"], "'Mars/Base' is not an IANA time zone such as Europe/Berlin"),
        (["--zone", "UTC"], "--zone needs --import FILE"),
        (["--shift-to-future"], "--shift-to-future needs --import FILE"),
        (["--import", "x.json", "--days", "3"], "--days is for demo experts and --import makes none"),
        (["--yes"], "--yes answers the question of --reset, which is not given"),
        (["--experts", "0"], "--experts 0 makes nothing; with --reset it empties the database"),
    ],
)
def test_seed_refuses_what_makes_no_sense(
    capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        seed.main(arguments)

    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


def test_seed_says_in_one_sentence_that_the_database_is_down(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"mongodb://alice:secret@127.0.0.1:{probe.getsockname()[1]}/"

    done = Seeding(tmp_path, MONGO_URI=nobody, DATABASE_TIMEOUT_SECONDS="0.5")()

    assert done.returncode == 1
    assert done.stderr == (
        "The database could not be used (ServerSelectionTimeoutError): is it running, and is MONGO_URI right?\n"
    )


def test_seed_says_which_setting_is_wrong(tmp_path: Path) -> None:
    done = Seeding(tmp_path, MONGO_URI="postgres://somewhere")()

    assert done.returncode == 1
    assert "MONGO_URI must begin with mongodb://" in done.stderr


def test_seed_starts_the_embedded_server_when_nothing_runs(tmp_path: Path) -> None:
    seeding = Seeding(tmp_path, DATA_DIR=str(tmp_path / "data"))

    done = seeding("--experts", "1", "--days", "7")
    again = seeding("--experts", "1", "--days", "7")

    assert (done.returncode, done.stderr) == (0, "")
    assert row(done.stdout, "Experts") == [1, 0]
    assert row(again.stdout, "Experts") == [0, 1]


def test_seed_loads_many_slots_on_a_copy_and_resets_there(tmp_path: Path) -> None:
    seeding = Seeding(tmp_path, DATA_DIR=str(tmp_path / "data"))

    few = seeding("--experts", "2", "--days", "7")
    many = seeding("--experts", "30", "--days", "300")
    reset = seeding("--reset", "--yes", "--experts", "1", "--days", "7")

    assert [done.stderr for done in (few, many, reset)] == ["", "", ""]
    assert row(many.stdout, "Experts") == [28, 2]
    assert row(many.stdout, "Time slots")[1] == row(few.stdout, "Time slots")[0]
    assert "Removed" in reset.stdout
    assert row(reset.stdout, "Experts") == [1, 0]


async def test_seed_uses_the_embedded_server_of_a_running_application(tmp_path: Path) -> None:
    server = await EmbeddedServer.start(tmp_path / "data")
    try:
        done = Seeding(tmp_path, DATA_DIR=str(tmp_path / "data"))("--experts", "1", "--days", "7")
    finally:
        await server.stop()

    assert (done.returncode, done.stderr) == (0, "")
    assert row(done.stdout, "Experts") == [1, 0]
