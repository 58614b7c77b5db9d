"""Every route and every click is named in the table, and every route lets in whom the table says and nobody else."""

import importlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx
import nicegui
import pytest
from nicegui import core
from PIL import Image

from expert_booking import (
    actors,
    answers,
    api_tokens,
    bookings,
    clock,
    doors,
    feeds,
    mail,
    pictures,
    sign_in,
    telling,
    waiting,
    webhooks,
)
from expert_booking.customers import Customer
from expert_booking.roles import MAY, SCOPES, Action, Who
from models import Booking, Expert, Message, Recipient, Scope, TimeSlot, Webhook, Wish
from tests.conftest import MakeExpert, MakeSlot, person
from tests.pages import doors as found
from tests.pages.conftest import Come
from tests.pages.person import code_for

ADMIN_TOKEN, METRICS_TOKEN = "the-admin-token-of-these-tests-only-0000", "the-metrics-token-of-these-tests-only-00"
HOUSE = "house@example.com"
OF_ONES_OWN = frozenset({Action.SIGN_OUT, Action.EXPORT, Action.ERASE})
"""For these whoever is signed in is the one it belongs to; for all others it is the booking of the scene."""

IN_DEVELOPMENT = {Action.DEVELOP}
ABOUT_A_BOOKING = frozenset({Action.SEE, Action.CANCEL, Action.DELETE, Action.MOVE_ON, Action.OPEN, Action.RESCHEDULE})
REFUSALS = (401, 403)
METHODS = {"MOUNT": "GET"}
OTHERS = "the manage token of another booking"
WRONG = "a-token-that-nothing-has-0000000000000000000"
SAMPLES = {
    "manage_token": WRONG,
    "path": "css/base.css",
    "part": "0",
    "language": "en",
    "shape": "maskable",
    "size": "192",
    "version": nicegui.__version__,
    "key": "vue",
    "name": "x",
    "table": "lead-time",
}


def _picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (80, 80)).save(file, "PNG")
    return file.getvalue()


PICTURE = _picture()
AS_BYTES = {
    "POST /workspace/profile/picture": PICTURE,
    "POST /workspace/calendars/file": b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
}


@pytest.fixture
def development(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_TOKEN", ADMIN_TOKEN)
    environment.setenv("METRICS_TOKEN", METRICS_TOKEN)
    environment.setenv("ADMIN_EMAILS", HOUSE)
    environment.setenv("RATE_LIMITS", "off")


@pytest.fixture
def production(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ENVIRONMENT", "production")
    environment.setenv("RATE_LIMITS", "on")
    environment.setenv("PUBLIC_URL", "https://booking.test")
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:9")
    environment.setenv("MAIL_FROM", "booking@example.com")


async def test_table_names_every_route_in_development(development: None, come: Come) -> None:
    come()

    assert set(found.routes(core.app.router)) == set(doors.ROUTES)


async def test_table_names_every_route_in_production(production: None, come: Come) -> None:
    """What is there for development is not there at all."""
    come()

    open_to_world = {route for route, action in doors.ROUTES.items() if action not in IN_DEVELOPMENT}
    assert set(found.routes(core.app.router)) == open_to_world


async def test_table_names_every_click(come: Come) -> None:
    come()
    listed = importlib.import_module("pages.components.booking_list")
    alone = importlib.import_module("pages.booking")

    assert set(found.clicks()) == set(doors.CLICKS)
    assert set(listed.ACTIONS.values()) == set(doors.CLICKS["components.session_card pick {verb}:{key}"])
    assert set(alone.ACTIONS.values()) == set(doors.CLICKS["booking pick {pick}"])


def test_everything_that_can_be_done_is_done_somewhere() -> None:
    done = {*doors.ROUTES.values(), *itertools.chain.from_iterable(doors.CLICKS.values())}

    assert done == set(Action) == set(MAY)
    assert all(MAY.values())


# --- going to every route as everybody ---


@dataclass
class Caller:
    """Somebody who comes to every door; `is_what` to the booking of the scene, and with which proof."""

    name: str
    is_what: frozenset[Who] = frozenset()
    email: str | None = None
    works_here: bool = False
    bearer: str | None = None
    knows_manage_token: bool = False
    has_hold_token: bool = False
    scopes: tuple[Scope, ...] = ()
    token: str = field(default="", repr=False)

    def may(self, route: str, action: Action) -> bool:
        own = {Who.CUSTOMER} if self.email is not None and action in OF_ONES_OWN else set()
        own |= {Who.EXPERT} if self.works_here and action is Action.WORK else set()
        no_page_is_for = {Who.OPERATOR} if action is Action.RUN and "/api/" not in route else set()
        return bool(MAY[action] & ((self.is_what - no_page_is_for) | own | {Who.ANYBODY}))

    async def come_in(self) -> None:
        """Sign in, unless that has been done and still holds."""
        if self.scopes and self.bearer is None:
            made_by = actors.administrator(HOUSE)
            self.bearer = (await api_tokens.make(name=self.name, scopes=self.scopes, days=None, by=made_by)).secret
        if self.email is not None and (not self.token or await sign_in.person_of(self.token) is None):
            await sign_in.send_code(self.email)
            self.token = (await sign_in.verify(self.email, await code_for(self.email))).token


def callers() -> list[Caller]:
    return [
        Caller("nobody"),
        Caller("somebody with a wrong token", bearer=WRONG),
        Caller("manager of another booking", bearer=OTHERS),
        Caller("manager", frozenset({Who.MANAGER}), knows_manage_token=True),
        Caller("holder", frozenset({Who.HOLDER}), has_hold_token=True),
        Caller("alice, whose it is", frozenset({Who.CUSTOMER}), email="alice@example.com"),
        Caller("bob, another customer", email="bob@example.com"),
        Caller("sarah, its expert", frozenset({Who.EXPERT}), email="sarah@example.com"),
        Caller("tom, another expert", email="tom@example.com", works_here=True),
        Caller("administrator", frozenset({Who.ADMINISTRATOR}), email=HOUSE),
        Caller("operator", frozenset({Who.OPERATOR}), bearer=ADMIN_TOKEN),
        Caller("program", frozenset({Who.PROGRAM}), scopes=tuple(Scope)),
        Caller("watcher", frozenset({Who.WATCHER}), bearer=METRICS_TOKEN),
    ]


@pytest.fixture
async def client(development: None, come: Come) -> AsyncIterator[httpx.AsyncClient]:
    come()
    transport = httpx.ASGITransport(core.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_every_route_lets_in_whom_the_table_says(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    sarah = await make_expert("Sarah", email="sarah@example.com", email_key="sarah@example.com")
    await make_expert("Tom", email="tom@example.com", email_key="tom@example.com")
    visit = Visit(client, sarah, make_slot)
    visit.other = await visit.book(person("bob"))
    wrong: dict[str, int] = {}
    everybody = callers()
    asked = [
        (route, action, caller)
        for route, action in doors.ROUTES.items()
        # What anybody may, some of them ask for; everything else, all of them.
        for caller in (everybody[::4] if Who.ANYBODY in MAY[action] else everybody)
    ]
    for route, action, caller in asked:
        await caller.come_in()
        answer = await visit.go(route, action, caller)
        if _is_let_in(route, answer) is not caller.may(route, action):
            wrong[f"{caller.name}: {route}"] = answer.status_code

    assert wrong == {}
    assert visit.cases == len(asked) > 600


async def test_token_opens_what_its_scopes_say_and_nothing_else(
    client: httpx.AsyncClient, make_expert: MakeExpert, make_slot: MakeSlot
) -> None:
    visit = Visit(client, await make_expert("Sarah"), make_slot)
    wrong: dict[str, int] = {}
    needing = {route: action for route, action in doors.ROUTES.items() if action in SCOPES and "/api/" in route}
    programs = [Caller(scope, scopes=(scope,)) for scope in Scope]
    for (route, action), program in itertools.product(needing.items(), programs):
        await program.come_in()
        answer = await visit.go(route, action, program)
        if _is_let_in(route, answer) is not (SCOPES[action] in program.scopes):
            wrong[f"{program.name}: {route}"] = answer.status_code

    assert wrong == {}
    assert visit.cases == len(needing) * len(Scope) > 100


def _is_let_in(route: str, answer: httpx.Response) -> bool:
    if answer.status_code == 303:  # to the form
        assert answer.headers["location"].startswith("/sign-in")
        return False
    if "_nicegui" in route:  # which of its files there are is its own business
        return answer.status_code not in REFUSALS
    assert answer.status_code < 500, f"{route}: {answer.status_code}"
    return answer.status_code < 400


class Visit:
    """Goes through doors, each time to a booking of Alice's with Sarah that is as the door needs it."""

    def __init__(self, client: httpx.AsyncClient, expert: Expert, make_slot: MakeSlot) -> None:
        self._client = client
        self._expert = expert
        self._make_slot = make_slot
        self._hours = itertools.count(24)
        self.other: Booking | None = None
        self.cases = 0

    async def book(self, customer: Customer) -> Booking:
        slot = await self._slot()
        return await bookings.book(expert_id=slot.expert_id, slot_id=slot.id, visitor="somebody", customer=customer)

    async def _slot(self) -> TimeSlot:
        return await self._make_slot(self._expert, hours=next(self._hours))

    async def go(self, route: str, action: Action, caller: Caller) -> httpx.Response:
        """Send what somebody who wants to get in would send, with every proof they have."""
        self.cases += 1
        method, path = route.split()
        sent = await self._sent(action, caller)
        headers = {"Authorization": f"Bearer {sent.bearer}"} if sent.bearer else {}
        headers |= {"Cookie": f"signed_in={caller.token}"} if caller.token else {}
        headers |= {"Hold-Token": sent.hold_token} if sent.hold_token else {}
        if path.startswith("/pictures/"):
            sent.values |= await self._picture()
        self._client.cookies.clear()  # what an answer gave to the one before
        return await self._client.request(
            "HEAD" if route.endswith("/events") else METHODS.get(method, method),  # the stream itself never ends
            path.replace(":path}", "}").format(**sent.values),
            headers=headers,
            params={"email": "alice@example.com"} if action is Action.LIST else {},
            **await self._content(route, sent.values, headers),
        )

    async def _content(self, route: str, values: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        if route not in AS_BYTES:
            return {"json": await self._body(route, values)}
        headers["Content-Type"] = "application/octet-stream"
        return {"content": AS_BYTES[route]}

    async def _picture(self) -> dict[str, str]:
        address = await pictures.put(self._expert.id, PICTURE, by=actors.EXPERT)
        return {"digest": address.removeprefix("/pictures/").partition("-")[0], "size": "512"}

    async def _sent(self, action: Action, caller: Caller) -> "Sent":
        values = {"expert_id": f"{self._expert.id}", **SAMPLES}
        bearer, hold_token = caller.token or caller.bearer, ""
        if caller.bearer == OTHERS and self.other is not None:
            bearer = self.other.manage_token
        if action in ABOUT_A_BOOKING:
            booking = await self.book(person("alice"))
            if action is Action.DELETE:
                await bookings.complete(booking.id)
            if action is Action.RESCHEDULE:
                values["slot_id"] = f"{(await self._slot()).id}"
            values["booking_id"] = f"{booking.id}"
            if caller.knows_manage_token:
                bearer = values["manage_token"] = booking.manage_token
        elif action in (Action.HOLD, Action.LET_GO, Action.BOOK):
            values["slot_id"] = f"{(await self._slot()).id}"
        elif action is Action.DEVELOP:
            booking = await self.book(person("ann"))
            await telling.tell_left()
            message = await Message.find_one({"booking_id": booking.id, "recipient": Recipient.CUSTOMER})
            assert message is not None
            values["digest"] = mail.message_digest(message.id)
        elif action is Action.CHANGE_WEBHOOKS:
            await Webhook.delete_all()  # there are only so many
            wanted = webhooks.Wanted(name="CRM", url="https://crm.example.com", events=("booking.made",))
            values["webhook_id"] = f"{(await webhooks.make(wanted, by=actors.HOUSE)).id}"
        elif action is Action.ANSWER:
            request = await self.book(person("alice"))
            values |= {"booking_id": f"{request.id}", "token": answers.token(request.id)}
        elif action is Action.WAIT:
            values["token"] = waiting.token_of(await self._wish())
        elif action is Action.RUN and self.other is not None:
            values["booking_id"] = f"{self.other.id}"
        elif action is Action.FEED:
            values["feed"] = feeds.token_of(self._expert)
        if action is Action.LET_GO:
            held = await self._client.post("/api/experts/{expert_id}/slots/{slot_id}/hold".format(**values))
            hold_token = held.json()["holdToken"] if caller.has_hold_token else f"{WRONG}.{WRONG}"
        return Sent(values, bearer, hold_token)

    async def _wish(self) -> Wish:
        waiter = waiting.Waiter(name="Ann", email=f"waiter-{self.cases}@example.com")
        today = clock.now().date()
        return await waiting.join(expert_id=self._expert.id, waiter=waiter, first_on=today, last_on=today)

    async def _body(self, route: str, values: dict[str, str]) -> dict[str, Any] | None:
        email = f"visitor-{self.cases}@example.com"
        if route == "POST /waiting":
            today = f"{clock.now().date()}"
            return {"expert": f"{self._expert.id}", "name": "Ann", "email": email, "first_on": today, "last_on": today}
        if route == "POST /api/admin/experts":
            return {"name": "Ann", "category": "Technology", "email": email}
        if route.startswith("PATCH /api/admin/experts"):
            return {"isHidden": False}
        if route == "POST /api/admin/webhooks":
            return {"name": "CRM", "url": "https://crm.example.com", "events": ["booking.made"]}
        if route.endswith("/book"):
            return {"slotId": values["slot_id"], "userName": "Ann", "userEmail": email, "userPhone": "+442079460958"}
        if route.endswith("/sign-in/verify"):
            await sign_in.send_code(email)
            return {"email": email, "code": await code_for(email)}
        if route.endswith("/sign-in"):
            return {"email": email} if route.startswith("POST") else None
        if route.endswith("/reschedule"):
            return {"slotId": values["slot_id"]}
        if route.endswith("/status"):
            return {"status": "Confirmed"}
        return {} if route in ("POST /my-bookings/erase", "POST /sign-out") else None


@dataclass
class Sent:
    """What goes into the address and the headers."""

    values: dict[str, str]
    bearer: str | None
    hold_token: str
