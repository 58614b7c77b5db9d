"""What goes over the line to a real mail server, and what its answers come to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from expert_booking import mail
from expert_booking.mail import Invitation, Letter, MailServer, NotSent
from tests.mail_server import HANG_UP, Post, open_post

WRITTEN_AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
LETTER = Letter(subject="Bestätigt: Zoë", text="Grüße\n" * 3, html="<p>Grüße</p>", language="de")
HOSTILE = [
    "Alice\r\nBcc: eve@example.com",
    "Alice\nSubject: other",
    "Alice\u2028Bcc: eve@example.com",
    "\u202egnp.ecilA",
    'Alice" <eve@example.com>, "',
    "\x00\x1b[2J Alice",
]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as post:
        yield post


def server(post: Post, **details: object) -> MailServer:
    return MailServer.of(str(details.get("url", post.url)), sender="booking@example.org", house="Expert Booking")


def envelope(letter: Letter = LETTER, *, to: str = "alice@example.com", message_id: str = "one") -> EmailMessage:
    of = MailServer.of("smtp://h", sender="booking@example.org", house="Expert Booking")
    return mail.envelope(letter, server=of, message_id=message_id, to=to, written_at=WRITTEN_AT)


async def send(post: Post, *messages: EmailMessage, to: str = "alice@example.com") -> None:
    async with mail.connected(server(post)) as line:
        for message in messages:
            await line.send(message, to=to)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "user", "password"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, False, None, None),
        ("smtps://mail.example.org", "mail.example.org", 465, True, None, None),
        ("smtp://a%40b:p%3A%2Fw@mail.example.org:25", "mail.example.org", 25, False, "a@b", "p:/w"),
    ],
)
def test_address_of_the_server_is_read(
    url: str, host: str, port: int, tls: bool, user: str | None, password: str | None
) -> None:
    read = MailServer.of(url, sender="booking@example.org", house="House")

    assert (read.host, read.port, read.has_tls_at_once, read.user, read.password) == (host, port, tls, user, password)
    assert "p:/w" not in repr(read)


async def test_message_arrives_with_both_forms_and_the_invitation(post: Post) -> None:
    invitation = Invitation(
        file=b"BEGIN:VCALENDAR\r\nSUMMARY:Gr\xc3\xbc\xc3\x9fe\r\nEND:VCALENDAR\r\n", method="REQUEST"
    )
    letter = Letter(subject="Bestätigt: Zoë", text="Grüße", html="<p>Grüße</p>", invitation=invitation)

    await send(post, envelope(letter))

    [(recipient, message)] = post.received
    assert recipient == "alice@example.com"
    assert str(message["Subject"]) == "Bestätigt: Zoë"
    assert str(message["From"]) == "Expert Booking <booking@example.org>"
    assert (message["Auto-Submitted"], message["Date"].datetime) == ("auto-generated", WRITTEN_AT)
    alternative, attached = message.iter_parts()
    parts = list(alternative.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[0].get_content().strip() == "Grüße"
    assert parts[2].get_param("method") == "REQUEST"
    assert "SUMMARY:Grüße" in parts[2].get_content()
    assert (attached.get_filename(), attached.get_content()) == ("invite.ics", invitation.file)


def test_message_id_is_the_same_each_time_and_tells_nothing() -> None:
    first, again, other = envelope(), envelope(), envelope(message_id="two")

    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")
    assert "one" not in first["Message-ID"]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_words_of_others_stay_in_their_header(post: Post, hostile: str) -> None:
    of = MailServer.of(post.url, sender="booking@example.org", house=hostile)
    letter = Letter(subject=hostile, text=hostile.replace("\x00", ""), html="<p></p>")
    message = mail.envelope(letter, server=of, message_id="x", to="alice@example.com", written_at=WRITTEN_AT)

    async with mail.connected(of) as line:
        await line.send(message, to="alice@example.com")

    [(recipient, arrived)] = post.received
    assert recipient == "alice@example.com"
    assert set(arrived.keys()) == set(envelope().keys())
    assert arrived["From"].addresses[0].addr_spec == "booking@example.org"
    assert len(arrived["From"].addresses) == 1
    assert arrived["To"].addresses[0].addr_spec == "alice@example.com"
    assert not set("\r\n\u2028\u202e\x00\x1b") & set(str(arrived["Subject"]))


@pytest.mark.parametrize("address", ["alice@example.com\r\nRCPT TO:<eve@example.com>", "not an address", ""])
async def test_what_is_no_address_is_refused_for_good(post: Post, address: str) -> None:
    with pytest.raises(NotSent) as refused:
        envelope(to=address)

    assert refused.value.is_final
    assert post.received == []


async def test_domain_of_other_letters_goes_as_servers_know_it(post: Post) -> None:
    await send(post, envelope(to="alice@exämple.com"), to="alice@exämple.com")

    assert [recipient for recipient, _ in post.received] == ["alice@xn--exmple-cua.com"]


async def test_one_line_carries_many(post: Post) -> None:
    await send(post, envelope(), envelope(message_id="two"), envelope(message_id="three"))

    assert (len(set(post.message_ids())), post.connections) == (3, 1)


async def test_user_signs_in_on_this_machine_without_tls(post: Post) -> None:
    post.users = {"a@b": "p:/w"}
    of = server(post, url=f"smtp://a%40b:p%3A%2Fw@127.0.0.1:{post.port}")

    async with mail.connected(of) as line:
        await line.send(envelope(), to="alice@example.com")

    assert (post.signed_in, len(post.received)) == (["a@b"], 1)


async def test_password_does_not_leave_this_machine_without_tls(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.users = {"a": "secret"}
    monkeypatch.setattr(mail, "is_loopback", lambda host: False)

    with pytest.raises(NotSent, match="no TLS for the password"):
        async with mail.connected(server(post, url=f"smtp://a:secret@127.0.0.1:{post.port}")):
            pytest.fail("it is connected")
    assert post.signed_in == []


async def test_wrong_password_is_the_houses_trouble(post: Post) -> None:
    post.users = {"a": "secret"}

    with pytest.raises(NotSent) as refused:
        async with mail.connected(server(post, url=f"smtp://a:wrong@127.0.0.1:{post.port}")):
            pytest.fail("it is connected")

    assert (refused.value.is_house, refused.value.why) == (True, "535 5.7.8")
    assert post.signed_in == []


async def test_server_that_is_not_there_is_the_houses_trouble(unused_tcp_port: int) -> None:
    of = MailServer.of(f"smtp://127.0.0.1:{unused_tcp_port}", sender="booking@example.org", house="House")

    with pytest.raises(NotSent) as refused:
        async with mail.connected(of):
            pytest.fail("it is connected")

    assert refused.value.is_house


@pytest.mark.parametrize(
    ("answer", "why", "is_final", "is_house"),
    [
        ("451 4.7.1 <alice@example.com> come back later", "451 4.7.1", False, False),
        ("452 too much", "452", False, False),
        ("550 5.1.1 <alice@example.com> is nobody here", "550 5.1.1", True, False),
        ("421 4.3.2 closing", "421 4.3.2", False, True),
    ],
)
@pytest.mark.parametrize("at", ["recipients", "data"])
async def test_answers_come_to_what_can_be_done(
    post: Post, at: str, answer: str, why: str, is_final: bool, is_house: bool
) -> None:
    getattr(post, at).append(answer)

    with pytest.raises(NotSent) as refused:
        await send(post, envelope())

    told = refused.value
    assert (told.why, told.is_final, told.is_house) == (why, is_final, is_house)
    assert post.received == []


async def test_line_that_breaks_may_be_tried_again(post: Post) -> None:
    post.data.append(HANG_UP)

    with pytest.raises(NotSent) as refused:
        await send(post, envelope())

    assert (refused.value.is_final, refused.value.is_house) == (False, False)
    assert len(post.received) == 1  # it has it, and nobody here knows
