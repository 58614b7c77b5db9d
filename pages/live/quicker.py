"""NiceGUI asks three times for each element what one of its own methods expects; here the answer is remembered.

Nothing else changes. Without it, a third of the time in which a page is built goes into asking.
"""

from collections.abc import Callable
from functools import lru_cache
from inspect import ismethod
from types import FunctionType, MethodType
from typing import Any

from nicegui import helpers

_ask: Callable[[Any], bool] = helpers.expects_arguments


@lru_cache(maxsize=1024)
def _expected_by(function: FunctionType) -> bool:
    return _ask(MethodType(function, object()))


def expects_arguments(handler: Any) -> bool:
    """Whether a handler has to be called with an argument; what is not a method is asked anew."""
    if ismethod(handler) and isinstance(handler.__func__, FunctionType):
        return _expected_by(handler.__func__)
    return _ask(handler)


def install() -> None:
    """Have NiceGUI ask here."""
    helpers.expects_arguments = expects_arguments  # type: ignore[assignment]  # another name for its argument
