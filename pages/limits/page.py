"""What is shown instead of a page that was asked for too often: plain HTML, for which nothing is kept on the server."""

import random
from functools import lru_cache

from starlette.responses import HTMLResponse, Response

from expert_booking.errors import TooManyRequests
from pages import platform_styles
from pages import theme as look
from pages.icons import icon
from pages.live.markup import fill
from pages.reader import Reader

SPREAD_SECONDS = 5
"""Browsers that were refused at the same moment do not all come again at the same moment."""

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page has styles and nothing else."""

_PAGE = (
    '<!doctype html><html lang="{language}" dir="{direction}"{theme}><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="refresh" content="{seconds}">'
    '<meta name="robots" content="noindex"><title>{title} · {house}</title>'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="{platform}"><link rel="stylesheet" href="{sheet}">'
    "</head><body>"
    '<main class="wrap"><div class="glass notice page-notice"><span class="emblem">{drawing}</span>'
    '<h1 class="title">{title}</h1><p>{what}</p><p>{again}</p><a class="quiet" href="">{now}</a></div></main>'
    "</body></html>"
)
_THEME = ' data-theme="{theme}"'


def too_many_page(error: TooManyRequests, reader: Reader, *, theme: str) -> Response:
    """A page that says what is the matter and looks again by itself; `theme` as the visitor's cookie has it."""
    seconds = error.retry_after_seconds + random.randrange(SPREAD_SECONDS)  # nosec B311 # it spreads those who come again
    headers = {
        "Retry-After": str(error.retry_after_seconds),
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
    }
    page = fill(
        _PAGE,
        language=reader.language,
        direction=reader.direction,
        theme=fill(_THEME, theme=theme) if theme in ("dark", "light") else "",
        seconds=seconds,
        house="Expert Booking",  # not said: a name
        title=reader.say("One moment, please"),
        platform=_address("platform.css"),
        sheet=_address("house.css"),
        drawing=icon("warning"),
        what=reader.say(error.args[0]),
        again=reader.say("This page looks again by itself."),
        now=reader.say("Look again now"),
    )
    return HTMLResponse(page, 429, headers=headers)


@lru_cache
def _address(name: str) -> str:
    return look.address_of(name, look.stylesheet() if name == "house.css" else platform_styles.sheet())
