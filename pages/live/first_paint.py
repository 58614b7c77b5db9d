"""The first paint: a page's elements, drawn by the server into the page's own HTML, so that they are there at once.

NiceGUI sends an empty box and the scripts that fill it. Here the box holds from the beginning what the scripts will put
there. Links work at once; without scripts the page can be read. When the scripts have come, `static/js/first_paint.js`
hands over what was typed, clicked and focused meanwhile.

The content of a fragment is in the page once: its element is sent without it, and the script takes it from the page.
"""

import re
from pathlib import Path

import nicegui
from nicegui import Client, ui
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages import visitor
from pages.armour import nonces
from pages.live.markup import Markup, fill
from pages.live.painting import paint
from pages.platform_styles import LAYERS

_NO_ES_MODULES, _BOX, _EMPTY = '<div id="esm-fallback">', '<div id="app"', '<div id="app" ></div>'
_PAINTED = '<div id="app">{noscript}{content}</div>'
_NO_SCRIPT = '<noscript><p class="no-script">{sentence}</p></noscript>'

_UNPAINTED = "unpainted"
_THEIR_STYLES = re.compile(rb'@import url\("[^"]*"\) layer\(\w+\);\s*')
_PURIFY = f"/_nicegui/{nicegui.__version__}/static/dompurify.mjs"  # the last script asks for it, and waits
_MODULE, _LATER = b'<link rel="modulepreload"', b'<link rel="modulepreload" fetchpriority="low"'
_build_response = getattr(Client.build_response, _UNPAINTED, Client.build_response)  # when this is loaded once more


def install() -> None:
    """Have NiceGUI's pages painted from now on."""
    template = (Path(nicegui.__file__).parent / "templates" / "index.html").read_text(encoding="utf-8")
    if _NO_ES_MODULES not in template or _BOX not in template:
        raise RuntimeError("NiceGUI's page has no box to paint in: has its template changed?")
    setattr(_build_painted, _UNPAINTED, _build_response)
    Client.build_response = _build_painted  # type: ignore[method-assign, assignment]  # it is called by position
    ui.add_head_html(f'{_LATER.decode()} href="{_PURIFY}">', shared=True)  # ours: a constant
    start = f'<script type="module" nonce="{nonces.PLACE}">takeOver()</script>'
    ui.add_body_html(start, shared=True)  # ours: by chance, in place of each answer's nonce


def _build_painted(client: Client, request: Request, status_code: int = 200) -> Response:
    painted = fill(_PAINTED, noscript=_noscript(request), content=paint(client))
    response = _build_response(client, request, status_code)
    if isinstance(response, HTMLResponse):
        response.body = _filled(bytes(response.body), painted.encode())
        response.headers["content-length"] = str(len(response.body))
        nonces.say_policy(request, response)
    return response


def _filled(page: bytes, painted: bytes) -> bytes:
    """The page with its box filled, and its head without what the first paint would wait for.

    The style sheets are in the house's own (`platform_styles`), and scripts come after what is to be seen. What says,
    before the scripts come, that they will not come, would hide the box.
    """
    begin = page.index(_NO_ES_MODULES.encode())
    end = page.index(_EMPTY.encode(), begin)
    head = _THEIR_STYLES.sub(b"", page[:begin], count=len(LAYERS)).replace(_MODULE, _LATER)
    return b"".join((head, painted, page[end + len(_EMPTY) :]))


def _noscript(request: Request) -> Markup:
    sentence = visitor.reader_of(request).say("To take a time, please allow this page to run JavaScript.")
    return fill(_NO_SCRIPT, sentence=sentence)
