"""Page numbers."""

from babel.numbers import format_decimal

from pages.icons import icon
from pages.live.markup import Markup, fill
from pages.reader import Reader

_NAV = '<nav class="pager" aria-label="{name}">{content}</nav>'
_BUTTON = '<button type="button" data-pick="page={to}" aria-label="{name}"{is_current}{disabled}>{sign}</button>'
_GAP = Markup('<span aria-hidden="true">…</span>')


def pager(page: int, pages: int, reader: Reader) -> Markup:
    """Previous, the first, the last and those around the current page, next; nothing when there is one page only."""
    if pages == 1:
        return Markup("")
    before = _button(icon("back"), reader.say("Previous page"), page - 1, is_possible=page > 1)
    after = _button(icon("onward"), reader.say("Next page"), page + 1, is_possible=page < pages)
    numbers = [_GAP if number is None else _number(number, page, reader) for number in _shown(page, pages)]
    return fill(_NAV, name=reader.say("Pages"), content=Markup("").join([before, *numbers, after]))


def _number(number: int, page: int, reader: Reader) -> Markup:
    return _button(
        format_decimal(number, locale=reader.locale),
        reader.say("Page {number}", number=number),
        number,
        is_current=number == page,
    )


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
