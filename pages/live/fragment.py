"""Plain HTML drawn by a function, as one element of a page: cheap to build, cheap to keep, and never out of date."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from pages.live import board
from pages.live.markup import Markup, fill

__all__ = ["Fragment", "Markup", "fill"]

_EMIT_PICKED = "picked(emit)"
_EMIT_SENT = "wordsSent(emit)"
_EMIT_LEFT = "wordsLeft(emit)"


class Fragment(Element):
    """An element whose content is drawn whenever it is sent, so that it is true then, however long ago it was made.

    What changes afterwards is told by `board`. The markup is ours: what comes from people goes through `fill`, which
    escapes it.
    """

    def __init__(self, tag: str, draw: Callable[[], Markup]) -> None:
        super().__init__(tag)
        self._draw = draw
        self._is_painted = False

    @property
    def markup(self) -> Markup:
        """The content as it is now."""
        return self._draw()

    def paint(self) -> Markup:
        """The content for the page itself; what is sent next leaves it out (see `first_paint`)."""
        self._is_painted = True
        return self.markup

    def on_pick(self, handler: Callable[[str], Awaitable[None] | None]) -> Self:
        """Call the handler with the `data-pick` of whatever is clicked inside."""

        def picked(event: GenericEventArguments) -> Awaitable[None] | None:
            return handler(str(event.args))

        return self.on("click", picked, js_handler=_EMIT_PICKED)

    def on_sent(self, handler: Callable[[dict[str, str]], Awaitable[None] | None]) -> Self:
        """Call the handler with all that a form holds, by the names of its fields, and the button that sent it."""

        def sent(event: GenericEventArguments) -> Awaitable[None] | None:
            given: Any = event.args
            return handler({str(name): str(text) for name, text in given.items()} if isinstance(given, dict) else {})

        return self.on("submit", sent, js_handler=_EMIT_SENT)

    def on_left(self, handler: Callable[[str, str], None]) -> Self:
        """Call the handler with the name of a field and what it holds, once somebody has changed it and left it."""

        def left(event: GenericEventArguments) -> None:
            given: Any = event.args
            if isinstance(given, list) and len(given) == 2:
                handler(str(given[0]), str(given[1]))

        return self.on("change", left, js_handler=_EMIT_LEFT)

    def _to_dict(self) -> dict[str, Any]:
        drawn = super()._to_dict()
        props = {**drawn.get("props", {}), "data-version": board.latest_version()}
        if not self._is_painted:
            props["innerHTML"] = self.markup
        self._is_painted = False
        return {**drawn, "props": props}
