"""The form: name, e-mail, phone, notes. It checks as one types, but does not shout before a field was left."""

from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass

from nicegui import html, ui
from nicegui.elements.mixins.text_element import TextElement

from expert_booking import countries, customers
from expert_booking.customers import Customer
from expert_booking.errors import InvalidRequest
from pages.components.field import Field, Problem


@dataclass(slots=True)
class Typed:
    """What was typed so far; it outlives the form, so that a lost race costs nobody their words."""

    name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""

    @property
    def kept(self) -> str:
        """The sentence that says so, when there is anything to keep."""
        return "What you typed is kept." if any(astuple(self)) else ""


class BookingForm:
    """Fields, each with what is wrong beside it, and the button that books."""

    def __init__(
        self, typed: Typed, *, country: str, button: str, on_submit: Callable[[Customer], Awaitable[None]]
    ) -> None:
        self._typed = typed
        self._country = country
        self._on_submit = on_submit
        self._is_busy = False
        self._fields: dict[str, Field] = {}
        self._problems: dict[str, Problem] = {}
        with html.form().classes("form").props("novalidate") as form:
            self._draw_fields()
            self._button = TextElement(tag="button", text=button).classes("cta").props("type=submit")
            html.p("No account needed. You can cancel under My bookings.").classes("faint")
        form.on("submit.prevent", self.submit)
        ui.run_javascript("restoreDrafts()")

    def _draw_fields(self) -> None:
        self._add("name", ui.input("Full name"), "autocomplete=name autocapitalize=words")
        self._add("email", ui.input("E-mail"), "type=email autocomplete=email")
        phone = self._add("phone", ui.input("Phone"), "type=tel autocomplete=tel")
        phone.props["hint"] = self._phone_hint()
        self._add("notes", ui.textarea("What is it about? (optional)"), "autogrow")

    def _add(self, name: str, field: Field, props: str) -> Field:
        field.value = getattr(self._typed, name)
        field.without_auto_validation()
        field.validation = lambda value: self._problem(name, value or "")
        field.error = None
        field.props(f"outlined no-error-icon {props}")
        field.props["data-draft"] = name
        field.on_value_change(lambda change: self._changed(name, change.value or ""))
        field.on("blur", lambda: self._left(name))
        self._fields[name] = field
        self._problems[name] = Problem(field, name)
        return field

    def _phone_hint(self) -> str:
        name, code = countries.country_name(self._country), countries.calling_code(self._country)
        return f"Numbers without + are read as {name}, +{code}."

    def _problem(self, name: str, value: str) -> str | None:
        checks = {
            "name": customers.check_name,
            "email": customers.check_email,
            "phone": lambda text: customers.check_phone(text, country=self._country),
            "notes": customers.check_notes,
        }
        try:
            checks[name](value)
        except ValueError as error:
            return str(error)
        return None

    def _changed(self, name: str, value: str) -> None:
        setattr(self._typed, name, value)
        if self._fields[name].error:
            self._check(name)

    def _left(self, name: str) -> None:
        if self._fields[name].value:
            self._check(name)

    def _check(self, name: str) -> None:
        self._problems[name].show(self._problem(name, self._fields[name].value or ""))

    async def submit(self) -> None:
        """Check every field and hand the customer on, once at a time; the first wrong field gets the focus."""
        if self._is_busy:
            return
        typed = self._typed
        try:
            customer = customers.check(
                name=typed.name, email=typed.email, phone=typed.phone, notes=typed.notes, country=self._country
            )
        except InvalidRequest as error:
            self._show(error)
            return
        self._set_busy(True)
        try:
            await self._on_submit(customer)
        finally:
            if not self._button.is_deleted:
                self._set_busy(False)

    def _show(self, error: InvalidRequest) -> None:
        problems = {problem.field: problem.message for problem in error.problems}
        for name, problem in self._problems.items():
            problem.show(problems.get(name))
        first = next(field for name, field in self._fields.items() if name in problems)
        first.run_method("focus")

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._button.classes(add="busy" if is_busy else None, remove=None if is_busy else "busy")
        self._button.props.set_bool("disabled", is_busy)
