"""Addresses that somebody typed are asked within limits, and none leads into the house's own network."""

import asyncio
import gzip
import logging
import shutil
import socket
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from expert_booking import fetching
from expert_booking.errors import FetchRefused
from expert_booking.fetching import Address, Fetcher
from expert_booking.sentence import Sentence
from tests.web_server import Site, answer, serving


def _this_machine(address: Address) -> bool:
    return address.is_loopback


@pytest.fixture
def fetcher() -> Fetcher:
    """One that may ask this machine, and only this machine."""
    return Fetcher(allows=_this_machine)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


async def _refusal(fetcher: Fetcher, address: str, **asked: int) -> Sentence:
    with pytest.raises(FetchRefused) as refused:
        await fetcher.fetch(address, **asked)
    assert isinstance(refused.value.args[0], Sentence)
    return refused.value.args[0]


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.9.1", "169.254.169.254", "172.16.0.1", "192.0.0.192",
        "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "168.63.129.16", "192.88.99.1",
        "::", "::1", "::127.0.0.1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:808:808::", "2001::1", "3fff::1", "5f00::1", "100::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_none(address: str) -> None:
    assert not fetching.is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_one(address: str) -> None:
    assert fetching.is_public(ip_address(address))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://example.com/me.ics?key=a%20b#top", "https://example.com/me.ics?key=a%20b"),
        (" webcal://example.com/me.ics ", "https://example.com/me.ics"),
        ("WEBCAL://example.com/me.ics", "https://example.com/me.ics"),
        ("http://Bücher.example:8080/", "http://xn--bcher-kva.example:8080/"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, read: str) -> None:
    assert fetching.check(typed) == read


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", fetching.NOT_AN_ADDRESS),
        ("example.com/me.ics", fetching.NOT_AN_ADDRESS),
        ("ftp://example.com/", fetching.NOT_AN_ADDRESS),
        ("file:///etc/passwd", fetching.NOT_AN_ADDRESS),
        ("javascript:alert(1)", fetching.NOT_AN_ADDRESS),
        ("https://", fetching.NOT_AN_ADDRESS),
        ("https://example.com:0/", fetching.NOT_AN_ADDRESS),
        ("https://example.com:http/", fetching.NOT_AN_ADDRESS),
        ("https://example.com/\r\nHost: inside", fetching.NOT_AN_ADDRESS),
        ("https://[::1/", fetching.NOT_AN_ADDRESS),
        ("https://example.com/" + 2000 * "a", fetching.NOT_AN_ADDRESS),
        ("https://me@example.com/", fetching.HAS_PASSWORD),
        ("https://me:secret@example.com/", fetching.HAS_PASSWORD),
    ],
)
def test_what_is_no_address_on_the_web_is_refused(typed: str, why: Sentence) -> None:
    with pytest.raises(FetchRefused) as refused:
        fetching.check(typed)

    assert refused.value.args[0] == why


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
async def test_this_machine_is_not_asked_by_any_of_its_names(site: Site, host: str) -> None:
    assert await _refusal(fetching.PUBLIC, site.at("/", host)) == fetching.NOT_PUBLIC
    assert site.asked == []


async def test_a_name_is_refused_when_one_of_its_addresses_is_not_public(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)

    assert await _refusal(fetching.PUBLIC, "https://example.com/") == fetching.NOT_PUBLIC


async def test_a_name_that_changes_its_mind_leads_where_it_was_looked_at(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is 127.0.0.1 the first time, and 127.0.0.9, where nobody may go, ever after."""
    real, given = socket.getaddrinfo, iter(["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *asked, **more: real(_of(host, given), *asked, **more))
    site.paths["/"] = answer(b"here")
    fetcher = Fetcher(allows=lambda address: str(address) == "127.0.0.1")

    assert (await fetcher.fetch(site.at("/", "rebinding.example"))).body == b"here"
    assert f"host: rebinding.example:{site.port}\r\n" in site.asked[0][0]
    assert await _refusal(fetcher, site.at("/", "rebinding.example")) == fetching.NOT_PUBLIC


def _of(host: str | bytes, given: "iter[str]") -> str:
    return next(given, "127.0.0.9") if "rebinding" in str(host) else str(host)


async def test_an_answer_is_had_with_its_status_headers_and_body(site: Site, fetcher: Fetcher) -> None:
    site.paths["/a?key=1"] = answer(b"hello", ETag='"7"')

    found = await fetcher.fetch(site.at("/a?key=1"), headers={"If-None-Match": '"6"'})

    assert (found.status, found.headers["etag"], found.body) == (200, '"7"', b"hello")
    assert 'if-none-match: "6"' in site.asked[0][0]
    assert (await fetcher.fetch(site.at("/nothing"))).status == 404


async def test_something_can_be_posted_and_a_redirect_be_an_answer(site: Site, fetcher: Fetcher) -> None:
    site.paths["/hook"] = answer(status="302 Found", location="/elsewhere")

    found = await fetcher.fetch(site.at("/hook"), method="POST", content=b"{}", redirects=0)

    assert found.status == 302
    assert [(head.split()[0], body) for head, body in site.asked] == [("post", b"{}")]


async def test_the_second_address_of_a_name_is_tried(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(2, 1, 6, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(fetching, "_resolve", lambda *asked: [ip_address(where[0]) for *_, where in found])
    site.paths["/"] = answer(b"here")

    assert (await fetcher.fetch(site.at("/"))).body == b"here"


@pytest.mark.parametrize("has_length", [True, False])
async def test_what_is_too_large_is_not_read_to_its_end(site: Site, fetcher: Fetcher, has_length: bool) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"content-length: 99999999\r\n\r\n" if has_length else b"\r\n"))
        while True:
            writer.write(bytes(50_000))
            sent += 50_000
            await writer.drain()

    site.paths["/"] = endless

    assert await _refusal(fetcher, site.at("/"), most_bytes=100_000) == fetching.TOO_LARGE
    assert sent < 20_000_000


async def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(site: Site, fetcher: Fetcher) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    site.paths["/bomb"] = answer(bomb, content_encoding="gzip")
    site.paths["/fine"] = answer(gzip.compress(b"hello", mtime=0), content_encoding="gzip")
    site.paths["/zlib"] = answer(zlib.compress(b"hello"), content_encoding="deflate")

    assert len(bomb) < 100_000
    assert await _refusal(fetcher, site.at("/bomb")) == fetching.TOO_LARGE
    assert (await fetcher.fetch(site.at("/fine"))).body == b"hello"
    assert (await fetcher.fetch(site.at("/zlib"))).body == b"hello"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"no gzip", "gzip"), (gzip.compress(b"hello", mtime=0)[:-9], "gzip"), (b"x", "br"), (b"x", "zstd")],
)
async def test_what_is_packed_otherwise_is_not_read(site: Site, fetcher: Fetcher, body: bytes, encoding: str) -> None:
    site.paths["/"] = answer(body, content_encoding=encoding)

    assert await _refusal(fetcher, site.at("/")) == fetching.NOT_READABLE


async def test_a_server_that_says_nothing_or_little_by_little_is_too_slow(site: Site) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def trickling(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    site.paths |= {"/silent": silent, "/trickling": trickling}
    fetcher = Fetcher(allows=_this_machine, within_seconds=0.3)

    assert await _refusal(fetcher, site.at("/silent")) == fetching.TOO_SLOW
    assert await _refusal(fetcher, site.at("/trickling")) == fetching.TOO_SLOW


async def test_three_redirects_are_followed_and_no_more(site: Site, fetcher: Fetcher) -> None:
    site.paths |= {f"/{left}": answer(status="302 Found", location=str(left - 1)) for left in range(1, 9)}
    site.paths["/0"] = answer(b"here")
    site.paths["/loop"] = answer(status="307 Temporary Redirect", location=site.at("/loop"))

    assert (await fetcher.fetch(site.at("/3"))).body == b"here"
    assert await _refusal(fetcher, site.at("/4")) == fetching.TOO_MANY_REDIRECTS
    site.asked.clear()
    assert await _refusal(fetcher, site.at("/loop")) == fetching.TOO_MANY_REDIRECTS
    assert len(site.asked) == 1 + fetching.MOST_REDIRECTS


async def test_where_a_redirect_leads_is_looked_at_too(site: Site) -> None:
    """127.0.0.1 stands for the public internet here, 127.0.0.2 for what is not of it."""
    fetcher = Fetcher(allows=lambda address: str(address) == "127.0.0.1")
    site.paths |= {
        "/private": answer(status="302 Found", location=site.at("/secret", "127.0.0.2")),
        "/file": answer(status="302 Found", location="file:///etc/passwd"),
        "/password": answer(status="302 Found", location="http://me:secret@127.0.0.1/"),
    }

    assert await _refusal(fetcher, site.at("/private")) == fetching.NOT_PUBLIC
    assert await _refusal(fetcher, site.at("/file")) == fetching.NOT_AN_ADDRESS
    assert await _refusal(fetcher, site.at("/password")) == fetching.HAS_PASSWORD
    assert len(site.asked) == 3


@pytest.mark.parametrize("said", [b"", b"\x00\x01\x02 nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + 200_000 * b"x"])
async def test_what_is_no_answer_is_told_as_none(site: Site, fetcher: Fetcher, said: bytes) -> None:
    site.paths["/"] = said

    assert await _refusal(fetcher, site.at("/")) == fetching.NO_ANSWER


async def test_nobody_there_is_told(fetcher: Fetcher, unused_tcp_port: int) -> None:
    assert await _refusal(fetcher, f"http://127.0.0.1:{unused_tcp_port}/") == fetching.NO_ANSWER


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own for calendar.example, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "calendar.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=calendar"]
    command += ["-addext", "subjectAltName=DNS:calendar.example", "-keyout", "-", "-out", "-"]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return file


async def test_a_server_proves_the_name_that_was_typed(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an address; the certificate is for the name."""
    monkeypatch.setattr(fetching, "_resolve", lambda *asked: [ip_address("127.0.0.1")])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    names: list[str | None] = []
    tls.sni_callback = lambda connection, name, context: names.append(name)
    trusting, wary = Fetcher(allows=_this_machine), Fetcher(allows=_this_machine)
    trusting._trust = httpx.create_ssl_context(verify=ssl.create_default_context(cafile=str(certificate)))

    async with serving(tls=tls) as site:
        site.paths |= {"/": answer(b"here"), "/down": answer(status="302 Found", location="http://calendar.example/")}

        assert (await trusting.fetch(site.at("/", "calendar.example"))).body == b"here"
        assert await _refusal(trusting, site.at("/", "other.example")) == fetching.NOT_TRUSTED
        assert await _refusal(wary, site.at("/", "calendar.example")) == fetching.NOT_TRUSTED
        assert await _refusal(trusting, site.at("/down", "calendar.example")) == fetching.UNSAFE_REDIRECT
    assert names == ["calendar.example", "other.example", "calendar.example", "calendar.example"]


async def test_an_address_is_never_written_down(site: Site, fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site.paths |= {"/k1y": answer(b"s3cret"), "/k2y": answer(status="302 Found", location="/k1y")}

    await fetcher.fetch(site.at("/k2y"))
    with pytest.raises(FetchRefused) as refused:
        await fetcher.fetch(site.at("/k1y"), most_bytes=1)

    written = f"{caplog.text} {refused.value!r} {refused.value.__cause__!r}"
    assert not any(word in written for word in ("k1y", "k2y", "s3cret"))
