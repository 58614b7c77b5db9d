"""A field's problem, beside it for the eye and tied to it for a screen reader."""

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

Field = ui.input | ui.textarea


class Problem:
    """The sentence below one field; the field says that it is wrong, and why."""

    def __init__(self, field: Field, name: str) -> None:
        self._field = field
        with field.add_slot("error"):
            self._sentence = TextElement(tag="div", text="").props("role=alert")
        self._sentence.props["id"] = f"problem-{name}"
        field.props["aria-describedby"] = f"problem-{name}"

    def show(self, sentence: str | None) -> None:
        """Say what is wrong with the field, or nothing."""
        self._field.error = sentence
        self._field.props["error-message"] = None  # Quasar's own sentence has no id to refer to
        self._field.props["aria-invalid"] = "true" if sentence else "false"
        self._sentence.text = sentence or ""
