"""What somebody sends who means harm: it is refused in order, and the house goes on."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.application import ADMIN_TOKEN, Application
from tests.security.mailbox import Mailbox
from tests.security.unescaped import ROOT, sources

OPERATORS: list[Any] = [
    {"$gt": ""},
    {"$ne": None},
    {"$regex": ".*"},
    {"$where": "while (true) {}"},
    {"$in": ["a"]},
    ["alice@example.com"],
    {"toString": "x"},
    True,
    None,
    1e308,
]
BOOKING = {"userName": "Eve", "userEmail": "eve@example.com", "userPhone": "+44 20 7946 0958", "notes": ""}
LINES = (
    "Eve\r\nBcc: victim@example.com",
    "Eve\nBcc: victim@example.com",
    "Eve\rX-Spam: no",
    "Eve\x00",
    "Eve\u2028Bcc: victim@example.com",
    "E\x0bve\x0c.",
)
SURROGATES = ("\ud800", "a\udfff", "\udc00\ud800")
SECRETS = ("root:", "storage_secret", "class Settings", "def main")


@pytest.fixture(scope="module")
def client(house: Application) -> Iterator[httpx.Client]:
    """Somebody at the API, and at the pages."""
    with httpx.Client(base_url=house.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def offered(client: httpx.Client) -> tuple[str, list[str]]:
    """An expert with many open slots."""
    listed = client.get("/api/experts?limit=50").json()["experts"]
    expert = max(listed, key=lambda each: each["openSlots"])["_id"]
    slots = client.get(f"/api/experts/{expert}").json()["timeSlots"]
    return expert, [slot["id"] for slot in slots if slot["state"] == "open"][5:]


def send_json(client: httpx.Client, method: str, path: str, body: Any, **headers: str) -> httpx.Response:
    """JSON in ASCII, in which half a surrogate pair can be sent."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.request(method, path, content=content, headers={"Content-Type": "application/json", **headers})


def is_refused(response: httpx.Response) -> None:
    """A refusal in the API's own words."""
    assert 400 <= response.status_code < 500, response.text
    assert response.json()["error"]


def test_operators_in_bodies_are_no_values(client: httpx.Client, offered: tuple[str, list[str]]) -> None:
    expert, slots = offered
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"/api/experts/{expert}/book", {"slotId": slots[0], **BOOKING, "holdToken": "a" * 20}),
        ("POST", "/api/sign-in", {"email": "eve@example.com", "language": "en"}),
        ("POST", "/api/sign-in/verify", {"email": "eve@example.com", "code": "123456"}),
    ]
    for method, path, body in requests:
        for field in body:
            for operator in OPERATORS:
                if not (operator is None and field == "holdToken"):
                    is_refused(send_json(client, method, path, {**body, field: operator}))
        is_refused(send_json(client, method, path, {**body, "$where": "1", "__proto__": {"admin": True}}))
    assert client.get(f"/api/experts/{expert}").json()["openSlots"] > 0


def test_operators_in_page_requests_are_no_values(client: httpx.Client, house: Application) -> None:
    for path in ("/sign-in", "/sign-in/verify"):
        for operator in OPERATORS:
            sent = send_json(client, "POST", path, {"email": operator, "code": operator}, Origin=house.url)
            assert 400 <= sent.status_code < 500, sent.text


@pytest.mark.parametrize(
    "query",
    [
        "email[$ne]=x",
        "email[$gt]=",
        "email=%7B%22%24ne%22%3A1%7D",
        "email=a@example.com&email=b@example.com",
        "$where=sleep(1)",
    ],
)
def test_operators_in_queries_open_nothing(client: httpx.Client, query: str) -> None:
    is_refused(client.get(f"/api/bookings?{query}"))


def test_what_is_searched_for_is_compared_and_never_run(client: httpx.Client) -> None:
    for text in ("$where", '{"$ne": 1}', ".*", "(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "[", "\\", "a" * 120, "%"):
        for name in ("search", "category"):
            found = client.get("/api/experts", params={name: text[:60]})
            assert found.status_code == 200
            assert found.json()["total"] == 0
            assert client.get("/", params={name: text}).status_code == 200


def test_no_query_is_made_of_a_pattern_or_a_program() -> None:
    code = {path: path.read_text(encoding="utf-8") for path in sources() if path.suffix == ".py"}

    for operator in ("$regex", "$where", "$function", "$accumulator", "mapReduce"):
        assert [path.relative_to(ROOT) for path, text in code.items() if operator in text] == []


@pytest.mark.parametrize("text", [*LINES, *SURROGATES])
def test_text_that_hides_something_is_refused(
    client: httpx.Client, offered: tuple[str, list[str]], mailbox: Mailbox, text: str
) -> None:
    expert, slots = offered
    before = len(mailbox.received)

    for field in ("userName", "userEmail", "userPhone"):
        hidden = f"eve@example.com{text}" if field == "userEmail" else text
        is_refused(
            send_json(client, "POST", f"/api/experts/{expert}/book", {"slotId": slots[0], **BOOKING, field: hidden})
        )
    is_refused(send_json(client, "POST", "/api/sign-in", {"email": f"eve@example.com{text}"}))
    is_refused(send_json(client, "POST", "/api/sign-in", {"email": f'"{text}"@example.com'}))
    assert len(mailbox.received) == before


def test_no_mail_says_more_than_the_house_does(
    client: httpx.Client, offered: tuple[str, list[str]], mailbox: Mailbox
) -> None:
    expert, slots = offered
    name = "Eve =?utf-8?q?=0D=0ABcc:_victim=40example.com?= <victim@example.com>, victim2@example.com;"
    notes = "Hello\n.\nMAIL FROM:<x@example.com>\nRCPT TO:<victim@example.com>\n\nSubject: other\n--=_boundary--"
    body = {"slotId": slots[1], **BOOKING, "userName": name, "notes": notes, "userEmail": "mallory@example.com"}

    assert send_json(client, "POST", f"/api/experts/{expert}/book", body).status_code == 201

    (mail,) = mailbox.wait_for("mallory@example.com")
    assert mail["to"].addresses[0].addr_spec == "mallory@example.com"
    assert len(mail["to"].addresses) == 1
    assert not any(mail[header] for header in ("bcc", "cc", "x-spam"))
    assert mail.get_all("subject") is not None
    assert len(mail.get_all("subject", [])) == 1
    assert not any("victim" in recipient for _sender, to in mailbox.envelopes for recipient in to)


def test_what_is_too_large_is_refused_before_it_is_read(house: Application) -> None:
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as line:
        head = b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        line.sendall(head + b"Content-Length: 10485760\r\n\r\n")  # and not one byte of the ten megabytes

        assert line.recv(64).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("path", ["/api/sign-in", "/sign-in", "/api/sign-in/verify"])
def test_ten_megabytes_in_pieces_are_refused(client: httpx.Client, house: Application, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(160):
            yield b" " * 65536

    headers = {"Content-Type": "application/json", "Origin": house.url}
    try:
        status = client.post(path, content=pieces(), headers=headers).status_code
    except httpx.WriteError:  # the answer came, and the line was closed, before all was sent
        status = 413

    assert 400 <= status < 500


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"email": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
        b"\x00" * 1000,
        b"NaN",
        b'{"email": Infinity}',
        b'{"email": "a@example.com", "email": {"$ne": 1}}',
        b"",
        b"null",
    ],
)
def test_json_that_is_none_is_refused(client: httpx.Client, house: Application, body: bytes) -> None:
    for path in ("/api/sign-in", "/api/sign-in/verify", "/sign-in", "/sign-in/verify"):
        sent = send_json(client, "POST", path, body, Origin=house.url)
        assert 400 <= sent.status_code < 500, sent.text


@pytest.mark.parametrize("number", ["1e9", "1000000000", "-1", "0", "9" * 4000, "1.5", "NaN", "0x10", "١٢", "1_000"])
def test_numbers_out_of_reach(client: httpx.Client, number: str) -> None:
    assert client.get("/api/experts", params={"page": number}).status_code in (200, 422)
    is_refused(client.get("/api/experts", params={"limit": number}))
    assert client.get("/", params={"page": number}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "*"],
)
def test_only_json_is_json(client: httpx.Client, house: Application, kind: str) -> None:
    content = b'{"email": "eve@example.com"}'

    is_refused(client.post("/api/sign-in", content=content, headers={"Content-Type": kind}))
    page = client.post("/sign-in", content=content, headers={"Content-Type": kind, "Origin": house.url})
    assert 400 <= page.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2f..%2fetc/passwd",
        "/static/%2e%2e/%2e%2e/expert_booking/settings.py",
        "/static/css/..%5c..%5c..%5cmain.py",
        "/static/%2fetc/passwd",
        "/static//etc/passwd",
        "/static/css/base.css%00.png",
        "/_nicegui/3.18.0/static/..%2f..%2f..%2f..%2fetc/passwd",
        "/_nicegui/3.18.0/libraries/..%2f..%2fmain.py",
        "/_nicegui/3.18.0/components/..%2f..%2fmain.py",
        "/_nicegui/3.18.0/resources/x/..%2f..%2f..%2fmain.py",
        "/_nicegui/3.18.0/esm/x/..%2f..%2fmain.py",
        "/share/experts/..%2f..%2fmain.py.png",
        "/share/house/..%2f..%2fmain.png",
        "/sitemap/..%2f..%2fmain.xml",
        "/dev/outbox/..%2f..%2fmain.py",
        "/bookings/..%2f..%2fdata%2fstorage_secret/calendar.ics",
        "/languages/de.po",
        "/main.py",
        "/.env",
        "/.git/config",
        "/data/storage_secret",
    ],
)
def test_no_address_leads_out_of_what_is_served(house: Application, path: str) -> None:
    answer = exchange(house, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert answer.split(b" ")[1] in (b"400", b"404"), answer[:200]
    assert not any(secret.encode() in answer.partition(b"\r\n\r\n")[2] for secret in SECRETS)


def exchange(house: Application, sent: bytes) -> bytes:
    """What comes back for bytes, until the line is closed."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as line:
        line.sendall(sent)
        answer = b""
        while part := line.recv(65536):
            answer += part
        return answer


SMUGGLED = b"GET /api/bookings HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nContent-Length: 60",
        b"Content-Length: +5",
        b"Content-Length: 5\r\nTransfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding : chunked",
        b"Content-Length: -1",
    ],
)
def test_a_request_with_two_lengths_is_not_two_requests(house: Application, headers: bytes) -> None:
    head = b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + b"\r\n\r\n"

    answer = exchange(house, head + b"0\r\n\r\n" + SMUGGLED)

    assert answer.split(b" ")[1] == b"400", answer[:300]
    assert answer.count(b"HTTP/1.1 ") == 1


def test_an_overlong_address_is_no_load(client: httpx.Client) -> None:
    sent = client.get(f"/?search={'a' * 60_000}")

    assert sent.status_code == 200
    assert "a" * 121 not in sent.text


def test_a_head_without_end_is_refused(house: Application) -> None:
    try:
        answer = exchange(house, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 2_000_000)
    except (ConnectionResetError, BrokenPipeError):  # closed while still being told
        answer = b""

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_headers_said_twice_open_nothing(client: httpx.Client) -> None:
    tokens = [("Authorization", "Bearer x"), ("Authorization", f"Bearer {ADMIN_TOKEN}")]
    both = client.get("/api/bookings?email=alice@example.com", headers=httpx.Headers(tokens))

    is_refused(both)


def test_the_house_goes_on(client: httpx.Client, house: Application) -> None:
    assert client.get("/readyz").status_code == 200
    assert " ERROR " not in house.log()
    assert "Traceback" not in house.log()
