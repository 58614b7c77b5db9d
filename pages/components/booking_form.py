"""The form: name, e-mail, phone, notes. It checks what was typed when a field is left, not before, and says so there.

It is drawn once for a page and never again: what was typed stands in it, whatever becomes of the slot it was typed for.
What changes is told to the elements that it is about; what was typed comes with each event and is not kept here.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from nicegui import json, ui
from nicegui.events import GenericEventArguments

from expert_booking import countries, customers
from expert_booking.customers import Customer
from expert_booking.errors import InvalidRequest
from expert_booking.sentence import Sentence
from pages.components import phones, typing_slips
from pages.components.painted_field import PaintedField, draw_field
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

LONGEST_SENT = 20_000
"""What is longer than this is cut before it is checked, which is far beyond what any field may hold."""

FIELDS = (
    PaintedField(
        name="name",
        label=Sentence("Full name"),
        attributes='autocomplete="name" autocapitalize="words" spellcheck="false" enterkeyhint="next" required',
    ),
    PaintedField(
        name="email",
        label=Sentence("E-mail"),
        attributes='type="email" inputmode="email" autocomplete="email" autocapitalize="none" autocorrect="off"'
        ' spellcheck="false" enterkeyhint="next" required',
    ),
    PaintedField(
        name="phone",
        label=Sentence("Phone"),
        attributes='type="tel" inputmode="tel" autocomplete="tel" enterkeyhint="done" required',
    ),
    PaintedField(
        name="notes",
        label=Sentence("What is it about?"),
        attributes='rows="3" autocapitalize="sentences"',
        tag="textarea",
        is_optional=True,
    ),
)
NAMES = [field.name for field in FIELDS]

_FORM = (
    '<div class="fields">{fields}</div><div class="finish">'
    '<input type="hidden" name="slot" data-live="to-book" value="{slot}"><button type="submit" class="cta">'
    '<span data-live="book">{button}</span><span class="working">{working}</span></button>'
    '<button type="button" class="quiet" data-pick="let-go">{other}</button><p class="faint">{promise}</p></div>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a browser sent, as text; nothing of it is believed."""

    slot: str
    attempt: str
    typed: dict[str, str]

    @classmethod
    def read(cls, arguments: Any) -> "Sent":
        """Whatever came, by its names."""
        given = arguments if isinstance(arguments, dict) else {}
        text = {name: str(given.get(name) or "")[:LONGEST_SENT] for name in ("slot", "attempt", *NAMES)}
        return cls(slot=text["slot"], attempt=text["attempt"], typed={name: text[name] for name in NAMES})


Submit = Callable[[Customer, Sent], Awaitable[bool]]


class BookingForm:
    """Fields, each with what is wrong beside it, and the button that books."""

    def __init__(
        self, *, reader: Reader, country: str, on_submit: Submit, on_let_go: Callable[[], Awaitable[None]]
    ) -> None:
        self._reader = reader
        self._country = country
        self._on_submit = on_submit
        self._on_let_go = on_let_go
        self._slot = self._button = ""
        self._problems = dict.fromkeys(NAMES, "")
        self._phone_hint = self._how_phones_are_read()
        self._suggestion = ("", "")
        self._viewer = viewer()
        form = Fragment("form", self._draw).classes("form").props("novalidate aria-labelledby=pane-heading")
        form.on("focusout", self._left, js_handler="fieldLeft(emit)")
        form.on("input", self._mended, js_handler="fieldTyped(emit)", throttle=0.12)
        form.on("submit", self._sent, js_handler="formSent(emit)")
        form.on("click", self._let_go, js_handler="picked(emit)")

    def aim(self, slot_id: str, *, button: str) -> None:
        """Book this slot from now on; `button` says so."""
        self._slot, self._button = slot_id, button
        self._viewer.tell(
            [
                Change(key="to-book", attributes={"value": slot_id}),
                Change(key="book", attributes={}, text=button),
            ]
        )

    def _draw(self) -> Markup:
        say = self._reader.say
        fields = Markup("").join(map(self._draw_field, FIELDS))
        return fill(
            _FORM,
            fields=fields,
            slot=self._slot,
            button=self._button,
            working=say("Booking"),
            other=say("Choose another time"),
            promise=say("No account needed. You can cancel under My bookings."),
        )

    def _draw_field(self, field: PaintedField) -> Markup:
        name = field.name
        return draw_field(
            field,
            self._reader,
            problem=self._problems[name],
            hint=self._phone_hint if name == "phone" else "",
            suggestion=self._suggestion if name == "email" else None,
        )

    def _how_phones_are_read(self) -> str:
        country, code = countries.country_name(self._country), countries.calling_code(self._country)
        # The code is no quantity: it takes no separators and no other digits.
        return self._reader.say("Numbers without + are read as {country}, +{code}.", country=country, code=str(code))

    def _left(self, event: GenericEventArguments) -> None:
        name, text = _of_field(event.args)
        if name and text.strip():
            self._judge(name, text)
            self._help(name, text)

    def _mended(self, event: GenericEventArguments) -> None:
        name, text = _of_field(event.args)
        if name and self._problems[name]:
            self._judge(name, text)

    def _judge(self, name: str, text: str) -> None:
        try:
            self._check(name, text)
        except ValueError as error:
            self._show({name: self._reader.say(error.args[0])})
        else:
            self._show({name: ""}, good={name})

    def _check(self, name: str, text: str) -> str:
        checks: dict[str, Callable[[str], str]] = {
            "name": customers.check_name,
            "email": customers.check_email,
            "phone": lambda text: customers.check_phone(text, country=self._country),
            "notes": customers.check_notes,
        }
        return checks[name](text)

    def _show(self, problems: dict[str, str], *, good: Collection[str] = ()) -> None:
        """Say what is wrong with these fields, or nothing, and which of them are good as they are."""
        self._problems |= problems
        changes = []
        for name, problem in problems.items():
            changes += [
                Change(key=f"problem-{name}", attributes={}, text=problem),
                Change(key=f"field-{name}", attributes={"aria-invalid": "true" if problem else "false"}),
                Change(key=f"box-{name}", attributes={"data-good": "yes" if name in good else None}),
            ]
        self._viewer.tell(changes)

    def _help(self, name: str, text: str) -> None:
        """Write a phone number as its country does, and ask about an address that looks like a slip of the fingers."""
        if name == "email":
            self._ask("" if self._problems[name] else typing_slips.meant_address(text))
        if name == "phone" and not self._problems[name]:
            self._read_back(text, self._check(name, text))

    def _ask(self, meant: str) -> None:
        """Ask whether this address was meant, or nothing; one that is asked about is not called good."""
        question = self._reader.say("Did you mean {address}?", address=meant) if meant else ""
        self._suggestion = (meant, question)
        changes = [
            Change(key="meant", attributes={"data-meant": meant, "hidden": None if meant else ""}, text=question)
        ]
        if meant:
            changes.append(Change(key="box-email", attributes={"data-good": None}))
        self._viewer.tell(changes)

    def _read_back(self, typed: str, number: str) -> None:
        if country := phones.country_of(number):
            self._phone_hint = self._reader.say("Read as a number in {country}.", country=country)
            self._viewer.tell([Change(key="hint-phone", attributes={}, text=self._phone_hint)])
        ui.run_javascript(f"fieldTidied({json.dumps(['phone', typed, phones.in_groups(number)])})")

    async def _sent(self, event: GenericEventArguments) -> None:
        """Check every field and hand the customer on; the first wrong field gets the focus."""
        sent = Sent.read(event.args)
        try:
            checked = customers.check(**sent.typed, country=self._country)
        except InvalidRequest as error:
            wrong = {each.field: self._reader.say(each.message) for each in error.problems}
            good = [name for name, text in sent.typed.items() if text.strip() and name not in wrong]
            self._show(dict.fromkeys(NAMES, "") | wrong, good=good)
            self._help("email", sent.typed["email"])
            self._answered(error.problems[0].field)
            return
        self._show(dict.fromkeys(NAMES, ""))
        customer = replace(checked, language=self._reader.language, time_zone=self._reader.zone.key)
        is_leaving = False
        try:
            is_leaving = await self._on_submit(customer, sent)
        finally:
            if not is_leaving:
                self._answered()

    def _answered(self, wrong: str = "") -> None:
        ui.run_javascript(f"formAnswered({json.dumps(wrong)})")

    async def _let_go(self, _: GenericEventArguments) -> None:
        await self._on_let_go()


def _of_field(arguments: Any) -> tuple[str, str]:
    """A field's name, none when there is no such field, and what was typed into it."""
    match arguments:
        case [str(name), str(text)] if name in NAMES:
            return name, text[:LONGEST_SENT]
    return "", ""
