"""A real mail server that keeps what it is given: where the house's mail goes in these tests."""

import email
import re
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

import httpx
from aiosmtpd.controller import Controller

PATIENCE_SECONDS = 30
CODE = re.compile(r"(\d{6}) is your sign-in code")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(port: int) -> dict[str, str]:
    """How the application is told of a mail server on this port."""
    return {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "house@example.com"}


class Mailbox:
    """Everybody's mailbox, on 127.0.0.1."""

    def __init__(self, port: int | None = None) -> None:
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self._arrived = threading.Condition()
        self.port = port or free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self.settings = settings(self.port)

    def __enter__(self) -> "Mailbox":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """What aiosmtpd calls when a mail has come in."""
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.received.append(message)
            self.raw.append(envelope.content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
            self._arrived.notify_all()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What has come for an address so far."""
        pairs = zip(self.received, self.envelopes, strict=True)
        return [message for message, (_sender, recipients) in pairs if address in recipients]

    def codes(self, address: str) -> list[str]:
        """The sign-in codes that have come for an address, oldest first."""
        return [found[1] for message in self.to(address) if (found := CODE.match(message["subject"]))]

    def wait_for(self, address: str, *, many: int = 1) -> list[EmailMessage]:
        """What has come for an address, as soon as there is so much."""
        self._wait(lambda: len(self.to(address)) >= many)
        return self.to(address)

    def code_for(self, address: str, *, nth: int = 1) -> str:
        """The nth code that was sent to an address, as soon as it is there."""
        self._wait(lambda: len(self.codes(address)) >= nth)
        return self.codes(address)[nth - 1]

    def sign_in(self, url: str, address: str) -> str:
        """Prove an address through the API; the token of the sign-in."""
        before = len(self.codes(address))
        httpx.post(f"{url}/api/sign-in", json={"email": address}).raise_for_status()
        code = self.code_for(address, nth=before + 1)
        proved = httpx.post(f"{url}/api/sign-in/verify", json={"email": address, "code": code})
        return str(proved.raise_for_status().json()["token"])

    def _wait(self, is_so: Callable[[], bool]) -> None:
        with self._arrived:
            if not self._arrived.wait_for(is_so, timeout=PATIENCE_SECONDS):
                raise AssertionError(f"this came: {[message['subject'] for message in self.received]}")
