"""Starting and stopping the application; no browser is needed for it."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live.application import Application


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """The application, ready, with next to nothing in its database."""
    application = Application(tmp_path, DEMO_EXPERTS="1", DEMO_DAYS="7")
    application.start()
    yield application
    application.stop()


def database_pid(application: Application) -> int:
    return int(json.loads((application.data_dir / "database.json").read_text(encoding="utf-8"))["pid"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_interrupt_ends_the_application_and_its_database(application: Application) -> None:
    database = database_pid(application)
    assert is_alive(database)

    application.interrupt(within_seconds=5)

    assert not is_alive(database)
    assert "Traceback" not in application.log()


def test_second_start_keeps_what_was_there(application: Application) -> None:
    (expert,) = application.get("/api/experts")["experts"]
    slot = application.get(f"/api/experts/{expert['_id']}")["timeSlots"][-1]
    application.book(expert["_id"], slot["id"], email="keeps@example.com")
    application.interrupt(within_seconds=5)

    application.start()

    assert application.get("/api/experts")["total"] == 1
    assert [booking["status"] for booking in application.bookings("keeps@example.com")] == ["Pending"]


def test_acknowledged_booking_survives_a_kill(application: Application) -> None:
    (expert,) = application.get("/api/experts")["experts"]
    slot = application.get(f"/api/experts/{expert['_id']}")["timeSlots"][-1]
    application.book(expert["_id"], slot["id"], email="killed@example.com")

    application.kill()
    application.start()

    assert [booking["status"] for booking in application.bookings("killed@example.com")] == ["Pending"]
    last = application.get(f"/api/experts/{expert['_id']}")["timeSlots"][-1]
    assert (last["id"], last["state"]) == (slot["id"], "booked")


def test_second_application_on_the_same_data_says_why_it_cannot_start(
    application: Application, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = Application(tmp_path_factory.mktemp("second"), DATA_DIR=str(application.data_dir))

    code = second.launch().wait(timeout=20)

    assert code == 1
    assert second.log() == (
        f"The data directory {application.data_dir} is in use by another Expert Booking: "
        "stop that one, or set DATA_DIR or MONGO_URI for this one.\n"
    )
    assert application.get("/readyz") == {"status": "ready"}


def test_port_in_use_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    application = Application(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", application.port))
        other.listen()

        code = application.launch().wait(timeout=20)

    assert code == 1
    assert application.log() == f"Port {application.port} on 127.0.0.1 is in use: stop what uses it, or set PORT.\n"


@pytest.mark.parametrize("host", ["300.1.1.1", "192.0.2.1", "nowhere.invalid", "a..b"])
def test_host_of_another_machine_is_said_and_nothing_is_started(tmp_path: Path, host: str) -> None:
    application = Application(tmp_path, HOST=host)

    code = application.launch().wait(timeout=20)

    assert code == 1
    assert application.log() == f"HOST {host} is not an address of this machine: set HOST.\n"


def test_head_is_get_without_the_body(application: Application) -> None:
    (expert,) = application.get("/api/experts")["experts"]
    one = f"/api/experts/{expert['_id']}"
    plain = {"Accept-Encoding": "identity"}

    for path in ("/", "/my-bookings", "/healthz", "/readyz", "/api/experts", one, "/api/nowhere"):
        got = httpx.get(f"{application.url}{path}", headers=plain)
        head = httpx.head(f"{application.url}{path}", headers=plain)

        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert int(head.headers["content-length"]) > 0

    stream = httpx.head(f"{application.url}{one}/events", timeout=5)
    assert (stream.status_code, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert "Traceback" not in application.log()
