"""Whatever people are called and whatever they write: nothing of it runs, and no page breaks. In a real browser.

The browser is told to leave the pages' policy (CSP) aside, so that the first line of defence holds alone: text is drawn
as text. Beside it a page that keeps the policy must not even report an attempt.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest
from beanie import PydanticObjectId
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect

from expert_booking import clock, database
from models import Booking, Expert, TimeSlot
from tests.live.application import Application
from tests.live.conftest import PATIENCE_MILLISECONDS
from tests.live.looking import is_live
from tests.security import payloads

pytestmark = pytest.mark.browser

NAMES = payloads.in_bundles(longest=118)
NOTES = payloads.in_bundles(longest=1900)
MARK = "mark"
"""Begins every name, so that it can be seen that they are shown."""
CUSTOMER = "alice@example.com"
TRAP = """
window.struck = []; window.attempts = []; window.strike = (number) => window.struck.push(number);
document.addEventListener("securitypolicyviolation", (event) => window.attempts.push(event.violatedDirective));
"""
with_and_without_policy = pytest.mark.parametrize(
    "context", [True, False], ids=["without-policy", "with-policy"], indirect=True
)


@pytest.fixture(scope="module")
def stored(database_uri: str) -> dict[str, Any]:
    """A house in which everybody is called by what would run, and has written it everywhere."""
    name = "text_stays_text"
    with ThreadPoolExecutor() as thread:  # the browser has a loop running in this one
        made = thread.submit(asyncio.run, _store(database_uri, name)).result()
    return {"name": name, "uri": database_uri, **made}


async def _store(uri: str, name: str) -> dict[str, Any]:
    await database.connect(uri, name=name, timeout_seconds=10)
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    tokens, experts = [], []
    for number, text in enumerate(NAMES):
        expert = await Expert(
            name=f"{MARK} {text}"[:120],
            category=text[:60],
            headline=text,
            bio="\n".join(payloads.ALL)[:4000],
            avatar=f"/{text}" if number % 2 else f"javascript:strike(200) {text}",
            experience_years=3,
            rating=4.0,
            created_at=clock.now(),
        ).insert()
        experts.append(str(expert.id))
        times = [start + timedelta(hours=hour) for hour in range(3)]
        slots = [TimeSlot(expert_id=expert.id, starts_at=at, ends_at=at + timedelta(hours=1)) for at in times]
        tokens.append(f"token-{number:02}-of-what-would-run")
        slots[0].booking_id = PydanticObjectId()
        await TimeSlot.insert_many(slots)
        await _booking(expert, slots[0], text, NOTES[number % len(NOTES)], tokens[-1]).insert()
    await database.disconnect()
    return {"tokens": tokens, "experts": experts}


def _booking(expert: Expert, slot: TimeSlot, text: str, notes: str, token: str) -> Booking:
    return Booking(
        id=slot.booking_id,
        expert_id=expert.id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        customer_name=f"{MARK} {text}",
        customer_email=CUSTOMER,
        customer_key=CUSTOMER,
        customer_phone="+442079460958",  # digits, whatever was typed
        notes=notes,
        settled=True,
        idempotency_key=token,
        request_digest="",
        manage_token=token,
        created_at=clock.now(),
    )


@pytest.fixture(scope="module")
def house(stored: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application on that database."""
    settings = {"MONGO_URI": stored["uri"], "DATABASE_NAME": stored["name"], "CHANGE_STREAMS": "off"}
    application = Application(
        tmp_path_factory.mktemp("house"), **settings, EMAIL_VERIFICATION="off", RATE_LIMITS="off", DEMO_EXPERTS="0"
    )
    application.start()
    yield application
    application.stop()


@pytest.fixture
def context(chromium: Browser, house: Application, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A visitor whose browser tells of every script that got through."""
    context = chromium.new_context(
        base_url=house.url, bypass_csp=getattr(request, "param", True), reduced_motion="reduce"
    )
    context.add_cookies([{"name": "zone", "value": "auto:Europe/London", "url": house.url}])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.add_init_script(TRAP)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of theirs; nothing has run when it is closed."""
    page = context.new_page()
    dialogs: list[str] = []
    stumbles: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: stumbles.append(str(error)))
    yield page
    unharmed(page)
    assert dialogs == []
    assert stumbles == []


def unharmed(page: Page) -> None:
    """Nothing has run, nothing has tried to, and no element has come in with a text."""
    found = page.evaluate("[window.struck, window.attempts, document.querySelectorAll('[data-hurt]').length]")
    assert found == [[], [], 0], page.url


def looks_at(page: Page, path: str) -> None:
    """Open a page, and see that it lives and is unharmed."""
    page.goto(path)
    is_live(page)
    unharmed(page)


@with_and_without_policy
def test_list(page: Page, stored: dict[str, Any]) -> None:
    looks_at(page, "/")
    shown = set(page.locator(".card h3, .card h2").all_inner_texts())
    for number in range(2, len(NAMES) // 12 + 2):  # the next pages come over the line, not with the page
        page.locator(f'nav [data-pick*="page={number}"]').first.click()
        expect(page).to_have_url(re.compile(f"page={number}"))
        expect(page.locator(".card")).to_have_count(min(12, len(NAMES) - 12 * (number - 1)))
        shown |= set(page.locator(".card h3, .card h2").all_inner_texts())
        unharmed(page)

    assert len(shown) == len(stored["experts"])
    assert all(name.startswith(MARK) for name in shown)


@with_and_without_policy
def test_experts_and_form(page: Page, stored: dict[str, Any]) -> None:
    for expert in stored["experts"][::5]:
        looks_at(page, f"/experts/{expert}")
        expect(page.locator("h1")).to_contain_text(MARK)
    page.locator('.slot[data-state="open"]').first.click()
    expect(page.get_by_label("Full name")).to_be_visible()
    for label in ("Full name", "E-mail", "Phone", "What is it about? (optional)"):
        page.get_by_label(label).fill(payloads.CODE[2])
    page.locator("button.cta[type=submit]").click()
    expect(page.locator('[data-live="problem-email"]')).not_to_be_empty()


@with_and_without_policy
def test_bookings(page: Page, stored: dict[str, Any]) -> None:
    for token in stored["tokens"][::5]:
        looks_at(page, f"/bookings/{token}")
        expect(page.locator("main")).to_contain_text(MARK)
    looks_at(page, "/my-bookings")
    page.get_by_label("E-mail").fill(CUSTOMER)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text(MARK)


ADDRESSES = ("/?search={}", "/?category={}", "/?sort={}&open={}&page={}", "/my-bookings?email={}", "/sign-in?next={}")


def test_addresses(page: Page) -> None:
    for address in ADDRESSES:
        for text in (" ".join(payloads.CODE[:6]), payloads.CODE[12] + payloads.CODE[13] + payloads.CODE[8]):
            looks_at(page, address.replace("{}", quote(text)))


def test_address_that_leads_nowhere(page: Page) -> None:
    for place in ("", "experts/", "bookings/"):
        page.goto(f"/{place}{quote(payloads.CODE[2] + payloads.CODE[13], safe='')}")
        expect(page.locator("h1")).to_be_visible()
        unharmed(page)


def test_cookies(page: Page, house: Application) -> None:
    for text in (payloads.CODE[1], payloads.CODE[3], payloads.CODE[13]):
        for said in (quote(text), f"set:{quote(text)}"):
            names = ("zone", "language", "theme", "clock")
            page.context.add_cookies([{"name": name, "value": said, "url": house.url} for name in names])
            looks_at(page, "/")


def test_mails(page: Page, house: Application, stored: dict[str, Any]) -> None:
    booked = [_booked(house, expert, text) for expert, text in zip(stored["experts"], NAMES, strict=True)]
    assert booked.count(201) > len(NAMES) // 2  # the others hide something, and are refused

    looks_at(page, "/dev/outbox")
    expect(page.locator(".letter iframe")).to_have_count(booked.count(201))
    digests = page.locator("[data-message]").evaluate_all("all => all.map((each) => each.dataset.message)")
    for digest in digests:
        mail = page.request.get(f"/dev/outbox/{digest}")
        assert mail.status == 200
        assert Elements(mail.text()).hurt == []
    page.goto(f"/dev/outbox/{digests[0]}")
    expect(page.locator("body")).to_contain_text(MARK)
    unharmed(page)


def _booked(house: Application, expert: str, text: str) -> int:
    slots = house.get(f"/api/experts/{expert}")["timeSlots"]
    slot = next(slot["id"] for slot in reversed(slots) if slot["state"] == "open")
    who = {"userName": f"{MARK} {text}", "userEmail": "mallory@example.com", "userPhone": "+44 20 7946 0958"}
    asked = {"slotId": slot, **who, "notes": text}
    return httpx.post(f"{house.url}/api/experts/{expert}/book", json=asked).status_code


class Elements(HTMLParser):
    """What a browser would make elements and attributes of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hurt: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        runs = [name for name, value in attrs if name.startswith("on") and "strike" in (value or "")]
        leads = [name for name in ("href", "src", "action", "formaction") if _is_script(attributes.get(name))]
        if "data-hurt" in attributes or runs or leads:
            self.hurt.append(f"<{tag} {attrs}>")


def _is_script(address: str | None) -> bool:
    return (address or "").strip().lower().startswith(("javascript:", "data:text"))


def test_every_page_as_it_is_sent(house: Application, stored: dict[str, Any]) -> None:
    paths = [f"/experts/{expert}" for expert in stored["experts"]]
    paths += [f"/bookings/{token}" for token in stored["tokens"]]
    paths += [f"/?page={number}" for number in range(1, 5)]
    paths += [f"/?search={quote(text)}" for text in payloads.ALL]
    with httpx.Client(base_url=house.url) as visitor:
        for path in paths:
            sent = visitor.get(path)
            assert sent.status_code == 200, path
            assert Elements(sent.text).hurt == [], path
            _scripts_hold_no_text(sent.text)


def _scripts_hold_no_text(text: str) -> None:
    """Described data is JSON that ends where it should; no script of a page has a person's text as code."""
    for kind, script in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        if "ld+json" in kind:
            json.loads(script)
        assert "strike(0)</script" not in script


@pytest.mark.parametrize("header", ["Accept-Language", "Host", "User-Agent", "Referer", "X-Forwarded-Host"])
def test_headers(house: Application, header: str) -> None:
    for text in (*payloads.CODE[:12], payloads.CODE[13]):
        sent = httpx.get(f"{house.url}/my-bookings", headers={header: text.encode()})

        assert sent.status_code < 500
        assert Elements(sent.text).hurt == []


def test_files_keep_their_form(house: Application, stored: dict[str, Any]) -> None:
    with httpx.Client(base_url=house.url) as visitor:
        ElementTree.fromstring(visitor.get("/sitemap.xml").content)
        for token, expert in zip(stored["tokens"], stored["experts"], strict=True):
            page = visitor.get(f"/experts/{expert}").text
            picture = re.search(r'property="og:image" content="([^"]*)"', page)
            assert picture is not None
            drawn = visitor.get(picture[1])
            assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
            _is_one_entry(visitor.get(f"/bookings/{token}/calendar.ics"))


def _is_one_entry(file: httpx.Response) -> None:
    """A calendar file with one event, and nothing that a text has added to it."""
    assert file.status_code == 200
    parts = [part.name for part in Calendar.from_ical(file.content).walk()]
    assert (parts.count("VEVENT"), parts.count("VALARM")) == (1, 1)
    lines = file.content.replace(b"\r\n ", b"").split(b"\r\n")
    assert not [line for line in lines if line.startswith(b"ATTENDEE:mailto:x@")]


def test_api_answers_are_no_pages(house: Application, stored: dict[str, Any]) -> None:
    for path in ("/api/experts?limit=50", f"/api/experts/{stored['experts'][0]}", f"/api/bookings?email={CUSTOMER}"):
        sent = httpx.get(f"{house.url}{path}")

        assert sent.headers["content-type"] == "application/json"
        assert sent.headers["x-content-type-options"] == "nosniff"
