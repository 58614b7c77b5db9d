"""Whether a request comes from the house's own pages, or some other site's page sends it in a visitor's name.

A browser says in `Origin`, and newer ones in `Sec-Fetch-Site`, whose page asks; no page can make it say something else.
Programs say neither, and act in nobody's name: the cookie is in the browser.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})
API = "/api/"
"""It takes tokens and no cookie, and may be open to other sites."""

AS_BYTES = frozenset({"/workspace/profile/picture", "/workspace/calendars/file"})
"""Where a file is sent as it is: as bytes, which no form can send either."""

LINE = "/_nicegui_ws/"
"""Where the line between page and server begins, as a WebSocket or as polling, which also reads and is never JSON."""

_NOT_OURS = "Only a page of this house may ask for this."  # not said: for programs
_NOT_JSON = "The body must be JSON, sent as application/json."  # not said: for programs
_FOREIGN = {"error": "foreign_origin", "message": _NOT_OURS, "details": []}
_NO_JSON = {"error": "json_needed", "message": _NOT_JSON, "details": []}

_AS_SCRIPT = re.compile(rb"(^|&)j=")
"""Asks for news as a script (JSONP), which other sites could load, and which counts as the house's own."""

_public_origin: str | None = None


def use(public_url: str | None) -> None:
    """The address that visitors use, as it is set; none for whatever host a request asked."""
    global _public_origin
    _public_origin = _origin_of(public_url) if public_url else None


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a page of the house asks, or a program.

    Without `PUBLIC_URL` the host decides and the scheme does not: a proxy that is not trusted cannot tell it.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") not in FOREIGN_SITES
    if _public_origin is not None:
        return origin.lower() == _public_origin
    host = headers.get("host", "").lower()
    return bool(host) and origin.lower().partition("://")[2] == host


class OwnPagesOnly:
    """Refuses a line, and whatever would change something, unless a page of the house asks, by JSON if with a body.

    A form of another site can be sent in a visitor's name, but neither with this house's origin nor as JSON.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403."""
        refusal = _refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
            await JSONResponse(refusal, 403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


def _refusal(scope: Scope) -> dict[str, Any] | None:
    is_line = scope["type"] == "websocket" or scope["path"].startswith(LINE)
    if not is_line and (scope["method"] in SAFE_METHODS or scope["path"].startswith(API)):
        return None
    headers = Headers(scope=scope)
    if not is_own(headers) or (is_line and _AS_SCRIPT.search(scope["query_string"])):
        return _FOREIGN
    if is_line:
        return None
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = "application/octet-stream" if scope["path"] in AS_BYTES else "application/json"
    return _NO_JSON if has_body and media_type != wanted else None


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")
