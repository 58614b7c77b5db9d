"""A real mail server in the test's own event loop, which answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from warnings import catch_warnings, simplefilter

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

ACCEPTED = "250 2.0.0 I have it"
HANG_UP = ""
"""Take the message, and say nothing about it."""


class Post:
    """What a mail server has received, and how it answers.

    Attributes:
        received: the messages that it took, by whom they are for.
        recipients: its next answers to RCPT, then 250.
        data: its next answers to DATA, then 250.
        connections: how often somebody connected.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, EmailMessage]] = []
        self.recipients: list[str] = []
        self.data: list[str] = []
        self.connections = 0
        self.port = 0
        self.users: dict[str, str] = {}
        self.signed_in: list[str] = []
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def message_ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.received]

    async def start(self) -> None:
        """Listen on the port that it had before, or on any."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._answerer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _answerer(self) -> SMTP:
        self.connections += 1
        with_users: dict[str, Any] = {"auth_required": True, "auth_require_tls": False, "authenticator": self._knows}
        with catch_warnings():
            simplefilter("ignore")  # that it asks for passwords without TLS is what is tried
            return SMTP(self, enable_SMTPUTF8=True, **(with_users if self.users else {}))

    def _knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        user, password = login.login.decode(), login.password.decode()
        is_known = self.users.get(user) == password
        self.signed_in += [user] if is_known else []
        return AuthResult(success=is_known, handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipients.pop(0) if self.recipients else "250 2.1.5 go on"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.data.pop(0) if self.data else ACCEPTED
        assert isinstance(envelope.content, bytes)
        if answer in (ACCEPTED, HANG_UP):
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.received += [(recipient, message) for recipient in envelope.rcpt_tos]
        if answer == HANG_UP:
            server.transport.abort()
        return answer


@asynccontextmanager
async def open_post() -> AsyncIterator[Post]:
    """A mail server that takes everything until it is told otherwise."""
    post = Post()
    await post.start()
    try:
        yield post
    finally:
        await post.stop()
