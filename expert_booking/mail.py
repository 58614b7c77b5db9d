"""Mail: letters put into their envelopes and handed to the mail server (SMTP, RFC 5321).

`smtps://` speaks TLS from the first byte. `smtp://` goes over to TLS where the server offers it; a password is never
sent without, but to this machine itself. Whoever reads a log learns codes and nothing of the letters.
"""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

from expert_booking.settings import is_loopback

TIMEOUT_SECONDS = 30.0
"""For each step; a server may look for malware in a message before it answers."""
WHOLE_SECONDS = 40.0
"""For all steps of one message together."""
GOODBYE_SECONDS = 2.0
INVITATION = "invite.ics"

_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An .ics file that puts an entry into the recipient's calendar, changes it or takes it out, by its method."""

    file: bytes
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says, in its recipient's language."""

    subject: str
    text: str
    html: str
    language: str = "en"
    invitation: Invitation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail goes, and who it comes from."""

    host: str
    port: int
    has_tls_at_once: bool
    sender: str
    house: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str, *, sender: str, house: str) -> "MailServer":
        """The server of an address such as smtp://user:password@host:587 or smtps://host; checked by the settings.

        Args:
            url: user and password percent-encoded; without a port, 587, or 465 for smtps.
            sender: the address that mail comes from.
            house: the name beside it.
        """
        parts = urlsplit(url)
        has_tls_at_once = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if has_tls_at_once else 587),
            has_tls_at_once=has_tls_at_once,
            sender=sender,
            house=house,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def domain(self) -> str:
        """The sender's own domain, by which this house is known to other servers."""
        return _parts(self.sender)[1]


class NotSent(Exception):
    """The mail server did not take a message; `why` is a code, or a kind of error, and nothing of the message.

    Attributes:
        why: such as "550 5.1.1".
        is_final: whether asking again would get the same answer.
        is_house: whether it is not about this message: no message can be sent as it is.
    """

    def __init__(self, why: str, *, is_final: bool = False, is_house: bool = False) -> None:
        super().__init__(why)
        self.why, self.is_final, self.is_house = why, is_final, is_house


class Line:
    """A connection to the mail server, good for many messages."""

    def __init__(self, smtp: aiosmtplib.SMTP, server: MailServer) -> None:
        self._smtp, self._server = smtp, server

    async def send(self, message: EmailMessage, *, to: str) -> None:
        """Give a message to the server; once this returns, the server has it.

        Raises:
            NotSent
        """
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                await self._smtp.send_message(message, sender=_routed(self._server.sender), recipients=[_routed(to)])
        except TimeoutError as error:
            self._smtp.close()  # it may be in the middle of anything
            raise NotSent(type(error).__name__) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as error:
            raise NotSent(_code(error), is_house=True) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from None
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:  # an address that this server cannot carry
            raise NotSent(type(error).__name__, is_final=True) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(type(error).__name__) from None

    @property
    def is_open(self) -> bool:
        """Whether another message may be sent over it."""
        return self._smtp.is_connected


@asynccontextmanager
async def connected(server: MailServer) -> AsyncIterator[Line]:
    """A line to the mail server, signed in if there is a user.

    Raises:
        NotSent: the server is not there, or does not let us in.
    """
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.has_tls_at_once,
        local_hostname=server.domain,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        await smtp.connect()
        if server.user is not None:
            await _sign_in(smtp, server, server.user)
    except (aiosmtplib.SMTPException, OSError) as error:
        smtp.close()
        raise NotSent(_code(error), is_house=True) from None
    except BaseException:
        smtp.close()
        raise
    try:
        yield Line(smtp, server)
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            if smtp.is_connected:
                await smtp.quit(timeout=GOODBYE_SECONDS)
        smtp.close()


async def _sign_in(smtp: aiosmtplib.SMTP, server: MailServer, user: str) -> None:
    if smtp.get_transport_info("sslcontext") is None and not is_loopback(server.host):
        raise NotSent("no TLS for the password", is_house=True)
    await smtp.ehlo()
    if "plain" in smtp.supported_auth_methods:  # refused once is enough: the other ways would be tried in turn
        await smtp.auth_plain(user, server.password or "")
    else:
        await smtp.login(user, server.password or "")


def _refused(error: aiosmtplib.SMTPResponseException) -> NotSent:
    # 421 says good-bye to whoever it is, whatever they wanted.
    return NotSent(_code(error), is_final=error.code >= 500, is_house=error.code == 421)


def _code(error: Exception) -> str:
    """What a server answered, without its words, which tend to repeat the address."""
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return type(error).__name__
    enhanced = _ENHANCED_CODE.match(str(error.message))
    return f"{error.code} {enhanced.group()}" if enhanced else str(error.code)


def message_digest(message_id: str) -> str:
    """What stands for a message's id in headers and logs: the same always, and nothing can be made of it."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def envelope(letter: Letter, *, server: MailServer, message_id: str, to: str, written_at: datetime) -> EmailMessage:
    """A letter as it goes over the line; made twice, it has the same Message-ID.

    Args:
        letter: what it says.
        server: gives the sender.
        message_id: of the outbox.
        to: an e-mail address.
        written_at: aware UTC; the day of the first attempt and not of the last.
    """
    message = EmailMessage(policy=WIRE)
    message["From"] = _address(server.sender, name=server.house)
    message["To"] = _address(to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{message_digest(message_id)}@{server.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.invitation is not None:
        _invite(message, letter.invitation)
    return message


def _invite(message: EmailMessage, invitation: Invitation) -> None:
    """Beside the text for programs that act upon it, and attached for people whose program does not."""
    file = invitation.file.decode()
    message.add_alternative(file, subtype="calendar", params={"method": invitation.method})
    message.add_attachment(invitation.file, maintype="application", subtype="ics", filename=INVITATION)


def _address(address: str, *, name: str = "") -> Address:
    local, domain = _parts(address)
    return Address(display_name=one_line(name), username=local, domain=domain)


def _routed(address: str) -> str:
    return "@".join(_parts(address))


def _parts(address: str) -> tuple[str, str]:
    """What stands before the @ and behind it, the latter as servers know it (IDNA)."""
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise NotSent("not an address", is_final=True) from error
    return checked.local_part, checked.ascii_domain


def one_line(text: str) -> str:
    """Text that fits into one header: no line breaks, and nothing that turns the direction of what follows."""
    return " ".join("".join(" " if _breaks_out(sign) else sign for sign in text).split())


def _breaks_out(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in "\u202a\u202b\u202c\u202d\u202e"
