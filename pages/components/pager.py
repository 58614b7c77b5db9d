"""Page numbers."""

from collections.abc import Awaitable, Callable

from nicegui import html


def pager(page: int, pages: int, *, on_turn: Callable[[int], Awaitable[None]]) -> None:
    """Previous, the first, the last and those around the current page, next; nothing when there is one page only."""
    if pages == 1:
        return
    _step("‹", "Previous page", page - 1, page > 1, on_turn)
    for number in _shown(page, pages):
        if number is None:
            html.span("…").props("aria-hidden=true")
            continue
        button = html.button(str(number)).props("type=button")
        button.props["aria-label"] = f"Page {number}"
        if number == page:
            button.props("aria-current=page")
        button.on("click", lambda number=number: on_turn(number))
    _step("›", "Next page", page + 1, page < pages, on_turn)


def _step(sign: str, name: str, to: int, is_possible: bool, on_turn: Callable[[int], Awaitable[None]]) -> None:
    button = html.button(sign).props("type=button")
    button.props["aria-label"] = name
    button.props.set_bool("disabled", not is_possible)
    button.on("click", lambda: on_turn(to))


def _shown(page: int, pages: int) -> list[int | None]:
    near = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    shown: list[int | None] = []
    for number in near:
        last = shown[-1] if shown else None
        if last is not None and number - last > 1:
            shown.append(None)
        shown.append(number)
    return shown
