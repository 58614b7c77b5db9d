"""A person at a simulated browser: reads what a page says, clicks and types by the names that a screen reader says."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.functions.navigate import Navigate
from nicegui.outbox import Message
from nicegui.testing import User, UserInteraction
from nicegui.testing.user_navigate import UserNavigate
from nicegui.testing.user_notify import UserNotify

from expert_booking import customers, sign_in
from models import SignInCode, TimeSlot
from tests.pages.markup import Node, nodes

PATIENCE_SECONDS = 10
TOLD = re.compile(r"told\((.*)\)")


class SlotShown(NamedTuple):
    """A slot's button as it is on the page; `word` is what a screen reader says after the time."""

    word: str
    is_disabled: bool


class CardShown(NamedTuple):
    """An expert's card: rating and years; the next open time, what to do about it, and where that leads.

    `word` is how many times are open, and `how_many` is the same by the style.
    """

    meta: str
    next: str
    word: str
    how_many: str
    action: str
    leads_to: str


FREE = SlotShown("available", False)
MINE = SlotShown("held for you", False)
HELD = SlotShown("being booked", True)
BOOKED = SlotShown("booked", True)


class Way(Navigate):
    """Leads on the person whose page asks for it; NiceGUI's own leads whoever was looked at last."""

    def __init__(self, users: list[User]) -> None:
        super().__init__()
        self._users = users

    def to(self, target: Any, new_tab: bool = False) -> None:
        client = ui.context.client
        (user,) = (user for user in self._users if user.client is client)
        UserNavigate(user).to(target, new_tab)


class Notes(UserNotify):
    """Shows a notification on the page that it is meant for, in the same way."""

    def __init__(self) -> None:
        super().__init__()
        self.by_client: dict[str, list[str]] = {}

    def __call__(self, message: str, **_: Any) -> None:
        self.by_client.setdefault(ui.context.client.id, []).append(message)


class Person:
    """NiceGUI's simulated user does not look into plain HTML elements, of which these pages are made."""

    def __init__(self, user: User, way: Way, notes: Notes) -> None:
        user.navigate, user.notify = way, notes
        self._user = user
        self._notes = notes
        self._said: list[str] = []
        self._told: list[tuple[str, str]] = []
        self._written: dict[tuple[int, str], str] = {}  # by the form's element and the field's name, as in a browser
        self._drawn: set[int] = set()
        self.asked: list[str] = []
        """The functions that the server had this page call, with what they were given."""

        self.attempts: dict[str, str] = {}
        """What this browser has called its attempts to book, by the slots."""

    def _listen(self) -> None:
        """Hear what is told to this page alone or, as no socket is there, to every page."""
        emit = self.client.outbox._emit

        async def hear(message: Message) -> None:
            await emit(message)
            _, kind, data = message
            if kind == "update":  # what is drawn anew in a browser holds nothing that was typed
                sent = {key: each.get("props", {}) for key, each in data.items() if isinstance(each, dict)}
                drawn = {key for key, props in sent.items() if "innerHTML" in props}
                anew, self._drawn = drawn & self._drawn, drawn | self._drawn
                self._written = {key: text for key, text in self._written.items() if key[0] not in anew}
            if code := data.get("code"):
                self.asked.append(code)
            if told := TOLD.match(data.get("code", "")):
                self._said += [said for *_, said in json.loads(told[1]) if said]
                self._told += [(key, text) for key, _, _, text, _ in json.loads(told[1]) if text is not None]

        self.client.outbox._emit = hear  # type: ignore[method-assign]

    async def open(self, path: str) -> None:
        """Go to a page, which has to be there."""
        await self._user.open(path)
        self._written.clear()
        self._drawn.clear()
        self._listen()
        self._arrive()

    def _arrive(self) -> None:
        """Like the script of an expert's page, say which time the address names once the line stands."""
        time = parse_qs(urlsplit(self.address).query).get("time")
        layout = self.client.layout
        if time and any(listener.type == "arrived" for listener in layout._event_listeners.values()):
            self.bring({"time": time[0], "attempts": {}})
            self._user.back_history[-1] = urlsplit(self.address).path

    def bring(self, arrived: object) -> None:
        """Tell the page what the address and the tab have for it, as its script does."""
        self._on(self.client.layout).trigger("arrived", arrived)

    async def get(self, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for an address; whatever comes back is the answer."""
        return await self._user.http_client.get(path, headers=headers)

    async def post(self, path: str, body: object) -> httpx.Response:
        """Send JSON."""
        return await self._user.http_client.post(path, json=body)

    async def gets(self, path: str, status: int) -> None:
        """Ask for an address until the answer has a status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await self.get(path)).status_code != status:
                await asyncio.sleep(0.1)

    def comes_from(self, zone: str) -> None:
        """Have a browser whose device is set to a time zone."""
        self.has_cookie("zone", f"auto:{zone}")

    def has_cookie(self, name: str, value: str) -> None:
        """Have a browser with a cookie."""
        self._user.http_client.cookies.set(name, value)

    async def reload(self) -> None:
        """Open the page that is open once more."""
        await self.open(self.address)

    def leave(self) -> None:
        """Close the tab, and let the time pass in which it could come back."""
        self.client.delete()

    @property
    def address(self) -> str:
        """The page that is open, with its query."""
        return self._user.back_history[-1]

    @property
    def client(self) -> Client:
        """NiceGUI's side of the page that is open."""
        assert self._user.client is not None
        return self._user.client

    @property
    def texts(self) -> list[str]:
        """Everything that is written on the page, from the top."""
        written = [(element, element._text) for element in self._elements()]
        return [text for _, text in written if text] + self._notes.by_client.get(self.client.id, []) + self._said

    def errors(self) -> dict[str, str]:
        """What is wrong with the fields, by their labels."""
        told: dict[str, str] = {}
        for label, field in self._painted_fields().items():
            problem = self._by_id()[f"problem-{field.props['name']}"]._text
            assert field.props["aria-invalid"] == ("true" if problem else "false")
            told |= {label: problem} if problem else {}
        return told

    def hint(self, label: str) -> str:
        """What stands below a field as long as nothing is wrong with it."""
        return str(self._by_id()[f"hint-{self._field(label).props['name']}"]._text)

    def typed(self) -> dict[str, str]:
        """What the fields hold, by their labels."""
        return {label: self._text_in(field) for label, field in self._painted_fields().items()}

    def slot(self, slot: TimeSlot) -> SlotShown | None:
        """A slot as it is shown, or none when it is not."""
        buttons = [element for element in self._elements() if element.props.get("data-slot") == str(slot.id)]
        if not buttons:
            return None
        (button,) = buttons
        return SlotShown(button.props["aria-label"].rpartition(", ")[2], bool(button.props.get("disabled")))

    def cards(self) -> dict[str, CardShown]:
        """The experts' cards by the names on them, in their order."""
        return dict(map(_card, self._all("card")))

    def chips(self) -> dict[str, str]:
        """The categories with their counts."""
        return {_name(chip): chip.props["data-count"] for chip in self._all("chip")}

    def names(self, css_class: str) -> list[str]:
        """The accessible names of the elements of a class, from the top."""
        return [_name(element) for element in self._all(css_class)]

    def names_within(self, css_class: str) -> list[str]:
        """The accessible names of what stands in an element of a class."""
        return [_name(part) for element in self._all(css_class) for part in _children(element)]

    def marks(self) -> list[str]:
        """What is marked in the names on the cards."""
        return [part.whole for part in self._elements() if part.tag == "mark"]

    def pressed(self) -> list[str]:
        """The names of the toggles that are on, those of the preferences apart."""
        pressed = (element for element in self._elements() if element.props.get("aria-pressed") == "true")
        return [_name(element) for element in pressed if "data-choose" not in element.props]

    async def sees(self, *texts: str) -> None:
        """Wait until each text stands somewhere on the page."""
        for text in texts:
            await self._wait(lambda text=text: any(text in written for written in self.texts), f"{text!r} to appear")

    async def misses(self, text: str) -> None:
        """Wait until a text stands nowhere on the page."""
        await self._wait(lambda: not any(text in written for written in self.texts), f"{text!r} to go")

    async def is_told(self, key: str, text: str) -> None:
        """Wait until the part of the page with this `data-live` was given a text after it was drawn."""
        await self._wait(lambda: (key, text) in self._told, lambda: f"{text!r} in {self._told}")

    async def sees_many(self, text: str, times: int) -> None:
        """Wait until a text stands on the page so many times."""
        await self._wait(lambda: self.texts.count(text) == times, f"{text!r} to appear {times} times")

    async def shows_errors(self, errors: dict[str, str]) -> None:
        """Wait until exactly these fields are found fault with, by their labels."""
        await self._wait(lambda: self.errors() == errors, lambda: f"{errors} instead of {self.errors()}")

    async def sees_slot(self, slot: TimeSlot, shown: SlotShown) -> None:
        """Wait until a slot is shown like this."""
        await self._wait(lambda: self.slot(slot) == shown, lambda: f"{shown} instead of {self.slot(slot)}")

    async def sees_cards(self, *names: str) -> None:
        """Wait until the list shows these experts in this order."""
        await self._wait(lambda: list(self.cards()) == list(names), f"the cards of {names}")

    async def sees_open(self, name: str, word: str) -> None:
        """Wait until an expert's card says how many times are open."""
        await self._wait(lambda: self.cards()[name].word == word, f"{word!r} on the card of {name}")

    async def click(self, name: str) -> None:
        """Click what has this name, as soon as it is there; a link leads to its page."""
        await self._wait(lambda: self._named(name) is not None, f"something to click with the name {name!r}")
        element = self._named(name)
        assert element is not None
        if element.tag == "a":
            await self.open(element.props["href"])
        else:
            self._click(element)

    async def answer(self, name: str) -> None:
        """Click a button of the question that is open, perhaps over another dialog."""
        await self._wait(lambda: self._button_of_question(name) is not None, f"a question with the answer {name!r}")
        self._on(self._button_of_question(name)).click()

    def _button_of_question(self, name: str) -> Any:
        parts = (part for dialog in self._dialogs() for part in dialog.descendants())
        return next((part for part in parts if part.tag == "button" and _name(part) == name), None)

    def pick(self, slot: TimeSlot) -> None:
        """Click a slot."""
        (button,) = (element for element in self._elements() if element.props.get("data-slot") == str(slot.id))
        self._click(button)

    def type(self, label: str, text: str) -> None:
        """Replace what a field holds."""
        field = self._field(label)
        if "data-zone-search" in field.props:
            self._on(field.home).trigger("input", text)
            return
        name = str(field.props["name"])
        self._written[field.home.id, name] = text
        if field.props["aria-invalid"] == "true":
            self._on(field.home).trigger("input", [name, text])

    def search(self, text: str) -> None:
        """Type into the search of the list, and rest."""
        (field,) = (part for part in self._elements() if "data-search" in part.props)
        self._on(field.home).trigger("input", text)

    def leave_field(self, label: str) -> None:
        """Go on to the next field."""
        field = self._field(label)
        self._on(field.home).trigger("focusout", [field.props["name"], self._text_in(field)])

    def fill_in(self, **fields: str) -> None:
        """Type into the booking form; what is not given is Alice's."""
        alice = {"name": "Alice", "email": "alice@example.com", "phone": "+44 20 7946 0958", "notes": ""}
        labels = {"name": "Full name", "email": "E-mail", "phone": "Phone", "notes": "What is it about? (optional)"}
        for field, text in {**alice, **fields}.items():
            self.type(labels[field], text)

    def submit(self) -> None:
        """Send the form that is on the page; like a browser's, the submission brings what its first field holds."""
        (form,) = (element for element in self._elements() if element.tag == "form" and not isinstance(element, Node))
        fields = self._painted_fields().values()
        slots = [node for node in nodes(form)[1].descendants() if node.props.get("name") == "slot"]
        if not slots:
            (field,) = fields
            self._on(form).trigger("submit", self._text_in(field))
            return
        (slot,) = slots
        sent = {field.props["name"]: self._text_in(field) for field in fields}
        attempt = self.attempts.setdefault(slot.props["value"], "an attempt that this browser has named")
        self._on(form).trigger("submit", {**sent, "slot": slot.props["value"], "attempt": attempt})

    def send_parts(self, event: str, values: object) -> None:
        """Send a form of many parts as its script does: with "input" while one types, with "submit" at the end."""
        (form,) = (element for element in self._elements() if element.props.get("data-parts"))
        self._on(form).trigger(event, values)

    async def until(self, condition: Callable[[], bool], wanted: str) -> None:
        """Wait until something is true."""
        await self._wait(condition, wanted)

    async def is_asked(self, call: str) -> None:
        """Wait until the server has had this page call a function."""
        await self._wait(lambda: call in self.asked, lambda: f"{call} in {self.asked}")

    async def send_form(self, css_class: str, **fields: str) -> None:
        """Send the form of a class as soon as it is there, with what it holds and the button that was pressed."""
        await self._wait(lambda: bool(self._all(css_class)), f"a form of the class {css_class!r}")
        (form,) = self._all(css_class)
        self._on(form).trigger("submit", fields)

    async def sign_in(self, email: str) -> None:
        """Prove an address, as the form does it: ask for a code, find it in the mail, and send it."""
        assert (await self.post("/sign-in", {"email": email})).status_code == 202
        assert (await self.post("/sign-in/verify", {"email": email, "code": await code_for(email)})).status_code == 200

    def _elements(self) -> list[Any]:
        """NiceGUI's elements and, after each fragment, the nodes in it."""
        present = [element for element in self.client.layout.descendants() if element.visible]
        closed = [element for element in present if isinstance(element, ui.dialog) and not element.value]
        unseen = {part.id for dialog in closed for part in dialog.descendants()}
        return [part for element in present if element.id not in unseen for part in (element, *_inside(element))]

    def _painted_fields(self) -> dict[str, Node]:
        """The fields that stand in fragments and can be seen, by their labels."""
        parts = self._by_id()
        labels = (part for part in self._elements() if isinstance(part, Node) and part.tag == "label")
        return {_name(label): parts[label.props["for"]] for label in labels if "for" in label.props}

    def _by_id(self) -> dict[str, Node]:
        return {part.props["id"]: part for part in self._elements() if isinstance(part, Node) and "id" in part.props}

    def _text_in(self, field: Node) -> str:
        return self._written.get((field.home.id, str(field.props["name"])), "")

    def _dialogs(self) -> list[Element]:
        return [element for element in self._elements() if isinstance(element, ui.dialog) and element.value]

    def _all(self, css_class: str) -> list[Any]:
        return [element for element in self._elements() if css_class in element.classes]

    def _named(self, name: str) -> Any:
        clickable = (element for element in self._elements() if element.tag in ("a", "button"))
        return next((element for element in clickable if _name(element) == name), None)

    def _field(self, label: str) -> Node:
        if label in (painted := self._painted_fields()):
            return painted[label]
        fields = (part for part in self._elements() if part.tag == "input")
        return next(field for field in fields if field.props.get("aria-label") == label)

    def _click(self, element: Any) -> None:
        if isinstance(element, Node):
            self._on(element.home).trigger("click", element.props["data-pick"])
        else:
            self._on(element).click()

    def _on(self, element: Element) -> UserInteraction[Element]:
        return UserInteraction(self._user, {element}, None)

    async def _wait(self, condition: Callable[[], bool], wanted: str | Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            described = wanted if isinstance(wanted, str) else wanted()
            raise AssertionError(f"waited for {described}; the page says: {self.texts}") from None


async def code_for(email: str) -> str:
    """The code that was sent to an address last, for whoever can read its mail."""
    asked = await SignInCode.get(customers.customer_key(email))
    assert asked is not None
    return sign_in.code_of(asked.nonce)


def _children(element: Any) -> list[Any]:
    if isinstance(element, Node):
        return element.children
    return [*element.default_slot.children, *nodes(element)]


def _inside(element: Any) -> list[Node]:
    """Everything that stands in a fragment, from the top."""
    return [part for node in nodes(element) for part in (node, *node.descendants())]


def _card(card: Node) -> tuple[str, CardShown]:
    parts = list(card.descendants())
    (name,) = (part for part in parts if part.tag == "h2")
    (meta,) = (part for part in parts if "meta" in part.classes)
    (soonest,) = (part for part in parts if "next" in part.classes)
    about = [str(soonest.props[name]) for name in ("data-word", "data-open", "data-do", "href")]
    return name.whole, CardShown(meta.whole, soonest.whole, *about)


def _name(element: Any) -> str:
    if isinstance(element, Node):
        return str(element.props.get("aria-label") or element.whole)
    inner = [element, *element.descendants(), *_inside(element)]
    return str(element.props.get("aria-label") or "".join(part._text or "" for part in inner))
