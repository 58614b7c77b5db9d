from collections.abc import Callable
from typing import Any

import pytest
from nicegui import client, helpers, observables
from nicegui.client import HTML_ESCAPE_TABLE

from pages.live import quicker
from tests.pages.person import Person


class Handlers:
    def none(self) -> None: ...

    def one(self, event: object) -> None: ...

    def perhaps(self, event: object = None) -> None: ...

    def any_number(self, *events: object, **details: object) -> None: ...

    @classmethod
    def of_the_class(cls, event: object) -> None: ...


@pytest.mark.parametrize(
    ("handler", "expects"),
    [
        (Handlers().none, False),
        (Handlers().one, True),
        (Handlers().perhaps, False),
        (Handlers().any_number, False),
        (Handlers.of_the_class, True),
        (lambda: None, False),
        (lambda event: None, True),
        (print, False),
        ([].append, True),
    ],
)
def test_handlers_are_asked_as_nicegui_asks(handler: Callable[..., Any], expects: bool) -> None:
    assert quicker.expects_arguments(handler) == quicker._ask(handler) == expects
    assert quicker.expects_arguments(handler) == expects, "the second time it is remembered"


@pytest.mark.parametrize("text", ["", "plain", "<b>&lt;</b> `a` $1", "·‹›…", "&amp;&", "x" * 10_000 + "<"])
def test_contents_are_escaped_as_nicegui_escapes(text: str) -> None:
    assert quicker.Content(text).translate(HTML_ESCAPE_TABLE) == text.translate(HTML_ESCAPE_TABLE)


async def test_nicegui_asks_and_escapes_here(visitor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    escaped: list[int] = []
    ask, translate = helpers.expects_arguments, client.json.dumps("").__class__.translate
    monkeypatch.setattr(helpers, "expects_arguments", lambda handler: (asked.append(handler), ask(handler))[1])
    monkeypatch.setattr(
        client.json.dumps("").__class__,
        "translate",
        lambda text, table: (escaped.append(len(text)), translate(text, table))[1],
    )

    await visitor.open("/my-bookings")

    assert observables.helpers is helpers
    assert len(asked) > 20
    assert len(escaped) == 1
    assert escaped[0] > 1000
