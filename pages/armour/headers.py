"""What every answer says about itself, whoever gives it: page, API, picture, error, refused WebSocket.

A page brings its own policy for scripts, with a nonce (`nonces`); whatever is not a page may do nothing at all.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of what is not a page, if a browser should take it for one."""

_OFF = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen gamepad geolocation "
    "gyroscope hid idle-detection local-fonts magnetometer microphone midi payment picture-in-picture "
    "publickey-credentials-get screen-wake-lock serial usb window-management xr-spatial-tracking"
)
_PERMISSIONS = ", ".join([*(f"{name}=()" for name in _OFF.split()), "clipboard-read=()", "clipboard-write=(self)"])

SHARED = "/share/"
"""Pictures that other sites show when somebody shares a link."""

PRIVATE = ("/bookings/", "/waiting/", "/my-bookings", "/sign-in", "/dev/")
"""Where an address says something about a person: it is told to nobody."""

_FOR_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
}
_YEAR_SECONDS = 365 * 24 * 60 * 60
_TLS = f"max-age={_YEAR_SECONDS}"
_FORWARDED_PREFIX = b"x-forwarded-prefix"
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class SecureHeaders:
    """Outside of everything, so that no answer goes past it; what an answer says for itself stays.

    Args:
        app: the whole application.
        is_tls: whether visitors use https, whatever the last piece of the way to here is.
    """

    def __init__(self, app: ASGIApp, *, is_tls: bool) -> None:
        self._app = app
        self._is_tls = is_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and dress what comes back."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        # NiceGUI would begin every address in a page with it, and anybody can send it.
        scope["headers"] = [header for header in scope["headers"] if header[0] != _FORWARDED_PREFIX]
        path, is_tls = scope["path"], self._is_tls or scope["scheme"] in ("https", "wss")

        async def dressed(message: Message) -> None:
            if message["type"] in _STARTS:
                message = {**message, "headers": list(message.get("headers", ()))}
                _dress(MutableHeaders(scope=message), path, is_tls=is_tls)
            await send(message)

        await self._app(scope, receive, dressed)


def _dress(headers: MutableHeaders, path: str, *, is_tls: bool) -> None:
    for name, value in _FOR_ALL.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", NOTHING)
    is_private = path.startswith(PRIVATE)
    headers.setdefault("Referrer-Policy", "no-referrer" if is_private else "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if path.startswith(SHARED) else "same-origin")
    if is_tls:
        headers.setdefault("Strict-Transport-Security", _TLS)
