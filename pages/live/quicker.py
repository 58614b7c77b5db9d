"""Two things that take NiceGUI most of the time of building a page, done in another way with the same result.

It asks three times for each element what one of its own methods expects; here the answer is remembered. And it escapes
the content of a page sign by sign; here sign after sign is replaced, which is thirty times as fast.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import ismethod
from types import FunctionType, MethodType
from typing import Any

from nicegui import client, helpers, json

_ask: Callable[[Any], bool] = helpers.expects_arguments


@lru_cache(maxsize=1024)
def _expected_by(function: FunctionType) -> bool:
    return _ask(MethodType(function, object()))


def expects_arguments(handler: Any) -> bool:
    """Whether a handler has to be called with an argument; what is not a method is asked anew."""
    if ismethod(handler) and isinstance(handler.__func__, FunctionType):
        return _expected_by(handler.__func__)
    return _ask(handler)


class Content(str):
    """The content of a page, on its way into the page's HTML."""

    def translate(self, table: Mapping[int, str]) -> str:  # type: ignore[override]  # NiceGUI gives whole entities
        """Put entities for signs, in the order of the table, which has the sign of entities first."""
        text = str(self)
        for sign, entity in table.items():
            text = text.replace(chr(sign), entity)
        return text


class Json:
    """NiceGUI's own, for contents."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(value: Any) -> Content:
        """As JSON, to be escaped quickly."""
        return Content(json.dumps(value))


def install() -> None:
    """Have NiceGUI ask and escape here."""
    client.json = Json  # type: ignore[assignment, attr-defined]  # it uses these two
    helpers.expects_arguments = expects_arguments  # type: ignore[assignment]  # another name for its argument
