"""The application as people run it: `python main.py` with its own database, started, stopped and killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

MAIN = Path(__file__).parents[2] / "main.py"
ADMIN_TOKEN = "the-admin-token-of-these-tests-and-no-other"
PATIENCE_SECONDS = 30
CODE = re.compile(r'value="(\d{6})"')
LETTER = re.compile(r"/dev/outbox/([0-9a-f]+)")
REQUEST = re.compile(r"/requests/[0-9a-f]+/[0-9a-f]+")
# The settings that make it another application, and what tells NiceGUI that a test is running it in its own process.
NOT_INHERITED = {"MONGO_URI", "STORAGE_SECRET", "ENVIRONMENT", "PYTEST_CURRENT_TEST", "NICEGUI_USER_SIMULATION"}


class Application:
    """One application on one port and one data directory, however often it is started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = folder / "data"

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start a process and leave it to itself."""
        settings = {
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "DEMO_EXPERTS": "12",
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "RATE_LIMITS": "off",
            **self._settings,
        }
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        with (self._folder / "log.txt").open("ab") as log:
            # Elsewhere than where the code is, so that no .env of a developer has a say.
            return subprocess.Popen(
                [sys.executable, str(MAIN)],
                cwd=self._folder,
                env={**inherited, **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._process = self.launch()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.05)
        raise AssertionError(f"the application did not start: {self.log()}")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def interrupt(self, *, within_seconds: float) -> int:
        """Press Ctrl-C; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=within_seconds)

    def kill(self) -> None:
        """End it without a chance to say good-bye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=PATIENCE_SECONDS)

    def stop(self) -> None:
        """End it, however it is."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def log(self) -> str:
        """What the processes have written so far."""
        return (self._folder / "log.txt").read_text(encoding="utf-8")

    def get(self, path: str) -> Any:
        """What the API answers."""
        return httpx.get(f"{self.url}{path}").raise_for_status().json()

    def book(self, expert_id: str, slot_id: str, *, email: str, name: str = "Bob") -> Any:
        """Book through the API, as another client would."""
        details = {"userName": name, "userEmail": email, "userPhone": "+44 20 7946 0958", "notes": ""}
        path = f"{self.url}/api/experts/{expert_id}/book"
        return httpx.post(path, json={"slotId": slot_id, **details}).raise_for_status().json()

    def bookings(self, email: str) -> list[Any]:
        """A customer's bookings, newest first, as the house sees them."""
        as_house = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        answer = httpx.get(f"{self.url}/api/bookings", params={"email": email}, headers=as_house)
        found: list[Any] = answer.raise_for_status().json()
        return found

    def address_of(self, expert_id: str, name: str) -> str:
        """The address of an expert, as the house knows it."""
        as_house = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        answer = httpx.get(f"{self.url}/api/admin/experts", params={"search": name}, headers=as_house)
        known = answer.raise_for_status().json()["experts"]
        return next(str(expert["email"]) for expert in known if expert["_id"] == expert_id)

    def waits_for_booking(self, email: str) -> Any:
        """The first booking of a customer, as soon as it is made."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := self.bookings(email):
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"nothing was booked: {self.log()}")

    def code_for(self, email: str) -> str:
        """The newest code that was sent to an address, as soon as it stands in the outbox."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for letter in httpx.get(f"{self.url}/dev/outbox").text.split("<article ")[1:]:
                if f"<bdi>{email}</bdi>" in letter and (code := CODE.search(letter)):
                    return code[1]
            time.sleep(0.05)
        raise AssertionError(f"no code was sent: {self.log()}")

    def request_link(self, customer: str) -> str:
        """The path to answer a customer's request, from the mail to its expert, as soon as it stands in the outbox."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for digest in LETTER.findall(httpx.get(f"{self.url}/dev/outbox").text):
                text = httpx.get(f"{self.url}/dev/outbox/{digest}").text
                if customer in text and (link := REQUEST.search(text)):
                    return link[0]
            time.sleep(0.05)
        raise AssertionError(f"no request was sent: {self.log()}")

    def cancel(self, booked: Any) -> None:
        """Cancel what was booked through the API, as whoever booked it."""
        proof = {"Authorization": f"Bearer {booked['manageToken']}"}
        httpx.post(f"{self.url}/api/bookings/{booked['_id']}/cancel", headers=proof).raise_for_status()

    def complete(self, booking_id: str) -> None:
        """Say, as the house, that a session is over."""
        httpx.patch(
            f"{self.url}/api/bookings/{booking_id}/status",
            json={"status": "Completed"},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        ).raise_for_status()
