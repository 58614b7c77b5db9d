"""Page numbers."""

from pages.live.markup import Markup, fill

_BUTTON = '<button type="button" data-pick="{to}" aria-label="{name}"{is_current}{disabled}>{sign}</button>'


def pager(page: int, pages: int) -> Markup:
    """Previous, the first, the last and those around the current page, next; nothing when there is one page only."""
    if pages == 1:
        return Markup("")
    numbers = (_number(number, page) for number in _shown(page, pages))
    before = _button("‹", "Previous page", page - 1, is_possible=page > 1)
    after = _button("›", "Next page", page + 1, is_possible=page < pages)
    return Markup("").join([before, *numbers, after])


def _number(number: int | None, page: int) -> Markup:
    if number is None:
        return Markup('<span aria-hidden="true">…</span>')
    return _button(str(number), f"Page {number}", number, is_current=number == page)


def _button(sign: str, name: str, to: int, *, is_possible: bool = True, is_current: bool = False) -> Markup:
    return fill(
        _BUTTON,
        to=to,
        name=name,
        sign=sign,
        is_current=Markup(' aria-current="page"') if is_current else Markup(""),
        disabled=Markup("") if is_possible else Markup(" disabled"),
    )


def _shown(page: int, pages: int) -> list[int | None]:
    near = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    shown: list[int | None] = []
    for number in near:
        last = shown[-1] if shown else None
        if last is not None and number - last > 1:
            shown.append(None)
        shown.append(number)
    return shown
