"""The policy that a page brings for itself: its scripts run by a nonce, which is another one each time, or not at all.

The nonce is put where NiceGUI's template and the house have scripts of their own, and never into a finished page, where
a script may be somebody else's.
"""

import re
import secrets
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import nicegui
from jinja2 import DictLoader, Environment
from nicegui import client
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from pages.armour import no_eval

PLACE = secrets.token_urlsafe(16)
"""Stands where the nonce will be, in what the house adds to all pages; it never leaves the process."""

_TEMPLATE = "index.html"
_THEIR_SCRIPT = "{{ prefix | safe }}/_nicegui/{{version}}/static/nicegui.js"
_OPENINGS = re.compile(r"<(script|style)\b")
_NO_STYLES = "<style></style>"  # what the components that NiceGUI compiles bring: the house has none
_STYLES = " ".join(
    f"'sha256-{b64encode(sha256(style).digest()).decode()}'" for style in (b"min-height:100dvh;", b"display: none")
)
"""The style attributes that NiceGUI and Quasar give to their layout; scripts set styles without attributes."""

_ADDED = ("head_html", "body_html")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


def install() -> None:
    """Have NiceGUI's pages made with nonces from now on.

    Raises:
        RuntimeError: NiceGUI's template is not as it was.
    """
    folder = Path(nicegui.__file__).parent / "templates"
    environment = Environment(
        loader=DictLoader({_TEMPLATE: _with_places((folder / _TEMPLATE).read_text(encoding="utf-8"))}), autoescape=True
    )
    environment.filters["with_nonce"] = lambda html, nonce: html.removeprefix(_NO_STYLES).replace(PLACE, nonce)
    client.templates = Jinja2Templates(env=environment, context_processors=[lambda request: {"nonce": of(request)}])


def of(request: Request) -> str:
    """The nonce of the page that answers this request."""
    if not hasattr(request.state, "nonce"):
        request.state.nonce = secrets.token_urlsafe(16)
    return str(request.state.nonce)


def say_policy(request: Request, response: Response) -> None:
    """Put the page's policy into its headers."""
    frames = "'self'" if getattr(request.state, "has_frames", False) else ""
    response.headers["Content-Security-Policy"] = policy(
        of(request), host=request.headers.get("host", ""), frames=frames
    )


def allow_frames(request: Request) -> None:
    """Let the page that answers this request show others of the house in frames; none may otherwise."""
    request.state.has_frames = True


def policy(nonce: str, *, host: str, frames: str = "") -> str:
    """What a page may do.

    Args:
        nonce: what its own scripts carry.
        host: where its socket goes; "self" does not mean sockets to a Safari before 15.4.
        frames: whose pages it may frame; blank for nobody's.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            f"style-src-attr 'unsafe-hashes' {_STYLES}",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            *([f"frame-src {frames}"] if frames else []),
        )
    )


def _with_places(template: str) -> str:
    if not all(f"{{{{ {name} | safe }}}}" in template for name in _ADDED) or _THEIR_SCRIPT not in template:
        raise RuntimeError("NiceGUI's page has no place for what is added: has its template changed?")
    marked = _OPENINGS.sub(r'<\1 nonce="{{ nonce }}"', template).replace(_THEIR_SCRIPT, no_eval.address())
    for name in _ADDED:
        marked = marked.replace(f"{{{{ {name} | safe }}}}", f"{{{{ {name} | with_nonce(nonce) | safe }}}}")
    return marked
