"""Asking an address that somebody typed, wherever it leads, without letting it lead into this house's own network.

The name is resolved once, every address that it has must be one of the public internet, and the connection goes to the
very address that was looked at: a name that answers otherwise a moment later changes nothing. That holds for every
redirect again. What comes back is limited in size, unpacked too, and all of it together in time.

The address may be a secret, and what is asked for may be anything: neither stands in an error or in a log.
"""

import asyncio
import logging
import socket
import ssl
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from expert_booking.errors import FetchRefused
from expert_booking.sentence import Sentence

LONGEST_ADDRESS = 2000
MOST_BYTES = 2_000_000
MOST_SECONDS = 10.0
MOST_REDIRECTS = 3
MOST_TRIED = 3
"""Of the addresses of one name, in the order of the system."""

NOT_AN_ADDRESS = Sentence("This is not an address on the web. It begins with https:// and names a server.")
HAS_PASSWORD = Sentence("A name or a password in an address is not supported. Use an address without them.")
NOT_PUBLIC = Sentence("There is no public server at this address. Please check it.")
NO_ANSWER = Sentence("The server at this address does not answer. Please check it, or try again later.")
NOT_TRUSTED = Sentence("The server at this address cannot prove who it is: its certificate is not good.")
TOO_SLOW = Sentence("The server at this address is too slow. Please try again later.")
TOO_LARGE = Sentence("What is at this address is too large.")
TOO_MANY_REDIRECTS = Sentence("This address only leads on to others. Use the one where it ends.")
UNSAFE_REDIRECT = Sentence("This address leads from a safe connection to an unsafe one. Use another one.")
NOT_READABLE = Sentence("What is at this address is packed in a way that cannot be read here.")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNPACKED = "identity"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS

_MAPPED = ip_network("::ffff:0:0/96")
_NAT64 = ip_network("64:ff9b::/96")
_UNICAST = ip_network("2000::/3")
_NOT_FOR_ALL = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32",  # protocols, 6to4 relays, one provider's metadata
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",  # protocols with Teredo, examples, 6to4
    )
)  # fmt: skip
"""What `is_global` lets pass, in some versions of Python or in all."""

_resolving = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolve")
"""Not the threads of all: a name may take as long as its server likes."""

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below that they write addresses down

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also where an IPv6 address stands for one of IPv4."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return is_public(IPv4Address(address.packed[-4:]))
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    if any(address in network for network in _NOT_FOR_ALL):
        return False
    return address.is_global and not address.is_multicast


def check(typed: str) -> str:
    """An address as it will be asked, webcal:// as https://; whether anybody answers there is not looked at.

    Raises:
        FetchRefused: it is no address on the web, or has a name or password in it.
    """
    return str(_url(typed.strip()))


def _url(address: str) -> httpx.URL:
    scheme, found, rest = address.partition("://")
    if found and scheme.lower() in ("webcal", "webcals"):
        address = f"https://{rest}"
    try:
        url = httpx.URL(address)
        port = url.port
    except (httpx.InvalidURL, ValueError):
        raise FetchRefused(NOT_AN_ADDRESS) from None
    if url.userinfo:
        raise FetchRefused(HAS_PASSWORD)
    if len(address) > LONGEST_ADDRESS or url.scheme not in ("http", "https") or not url.host or port == 0:
        raise FetchRefused(NOT_AN_ADDRESS)
    return url.copy_with(fragment=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server answered, whatever it was; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked of each server on the way."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    most_bytes: int


class Fetcher:
    """Asks addresses that somebody typed, within limits.

    Args:
        allows: which addresses of the network may be asked. Only tests, whose servers are on this very machine, have
            a reason to give another answer than `is_public`.
        within_seconds: all together: the name, every redirect, the whole answer.
    """

    def __init__(self, *, allows: Callable[[Address], bool] = is_public, within_seconds: float = MOST_SECONDS) -> None:
        self._allows, self._within_seconds = allows, within_seconds

    async def fetch(
        self,
        address: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        redirects: int = MOST_REDIRECTS,
        most_bytes: int = MOST_BYTES,
    ) -> Fetched:
        """Ask, and follow where the answer leads; every answer of a server is one, also 404 and 500.

        Args:
            address: as typed; see `check`.
            method: GET or POST.
            headers: of the request, besides Host and what a client needs.
            content: the request's body.
            redirects: how many are followed. With 0, a redirect is an answer like others.
            most_bytes: of the answer's body, also when it is unpacked. With 0, nobody reads it.

        Raises:
            FetchRefused: there was no whole answer; says why, for the person who typed the address.
        """
        asked = _Asked(method=method, headers=headers or {}, content=content, most_bytes=most_bytes)
        try:
            async with asyncio.timeout(self._within_seconds):
                return await self._follow(_url(address.strip()), asked, redirects)
        except (TimeoutError, httpx.TimeoutException):
            raise FetchRefused(TOO_SLOW) from None
        except httpx.HTTPError as error:
            raise FetchRefused(NOT_TRUSTED if _is_about_certificate(error) else NO_ANSWER) from None

    async def _follow(self, url: httpx.URL, asked: _Asked, redirects: int) -> Fetched:
        for left in range(redirects, -1, -1):
            found = await self._ask(url, asked)
            if found.status not in _REDIRECTS or "location" not in found.headers or not redirects:
                return found
            if left:
                url = _leads_to(found.headers["location"], url)
        raise FetchRefused(TOO_MANY_REDIRECTS)

    async def _ask(self, url: httpx.URL, asked: _Asked) -> Fetched:
        *others, last = await self._addresses_of(url)
        for address in others:
            try:
                return await self._ask_at(address, url, asked)
            except httpx.ConnectError as error:
                if _is_about_certificate(error):
                    raise
        return await self._ask_at(last, url, asked)

    async def _addresses_of(self, url: httpx.URL) -> list[Address]:
        """Where the name leads, all of it allowed.

        What leads nowhere and what leads to a place that is not public are told alike: names within this house's
        network are not to be found out here.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await asyncio.get_running_loop().run_in_executor(_resolving, _resolve, url.raw_host, port)
        if not addresses or not all(map(self._allows, addresses)):
            raise FetchRefused(NOT_PUBLIC)
        return addresses[:MOST_TRIED]

    async def _ask_at(self, address: Address, url: httpx.URL, asked: _Asked) -> Fetched:
        """Ask the server at an address by the name that it is known by."""
        own = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": _UNPACKED, "User-Agent": "expert-booking"}
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, follow_redirects=False, timeout=self._within_seconds
        ) as client:
            request = client.build_request(
                asked.method,
                url.copy_with(host=str(address)),
                headers={**asked.headers, **own},
                content=asked.content or None,
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            response = await client.send(request, stream=True)
            try:
                body = await _body(response, asked.most_bytes) if asked.most_bytes else b""
            finally:
                await response.aclose()
        return Fetched(status=response.status_code, headers=dict(response.headers), body=body)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=False)


def _resolve(host: bytes, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ip_address(str(where[0]).partition("%")[0]) for *_, where in found))


def _leads_to(location: str, url: httpx.URL) -> httpx.URL:
    try:
        target = _url(str(url.join(location)))
    except httpx.InvalidURL:
        raise FetchRefused(NOT_AN_ADDRESS) from None
    if url.scheme == "https" and target.scheme != "https":
        raise FetchRefused(UNSAFE_REDIRECT)
    return target


async def _body(response: httpx.Response, most_bytes: int) -> bytes:
    """The body, unpacked little by little, so that a small one which unpacks to a large one never does."""
    encoding = response.headers.get("content-encoding", _UNPACKED).strip().lower()
    if encoding not in (_UNPACKED, "gzip", "x-gzip", "deflate", ""):
        raise FetchRefused(NOT_READABLE)
    unpacking = None if encoding in (_UNPACKED, "") else zlib.decompressobj(_GZIP_OR_ZLIB)
    body, received = bytearray(), 0
    async for part in response.aiter_raw():
        received += len(part)
        try:
            body += part if unpacking is None else unpacking.decompress(part, most_bytes + 1 - len(body))
        except zlib.error:
            raise FetchRefused(NOT_READABLE) from None
        if len(body) > most_bytes or received > most_bytes:
            raise FetchRefused(TOO_LARGE)
    if body and unpacking is not None and not unpacking.eof:
        raise FetchRefused(NOT_READABLE)
    return bytes(body)


def _is_about_certificate(error: httpx.HTTPError) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


PUBLIC = Fetcher()
"""For everything but tests."""
