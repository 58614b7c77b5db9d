"""What keeps other sites, and scripts that are not the house's, from acting on its pages."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from pages.armour import no_eval, nonces, own_origin, sockets
from pages.armour.headers import SecureHeaders
from pages.armour.own_origin import OwnPagesOnly


def install(app: FastAPI, *, public_url: str | None) -> None:
    """Put it on, outside of everything else; doing it again puts on the new one instead of the old.

    Middleware that is added lies within what answers when all else fails, so it would miss those answers.
    """
    own_origin.use(public_url)
    no_eval.install()
    nonces.install()
    sockets.install()
    bare = getattr(app.state, "bare_stack", None) or app.build_middleware_stack
    app.state.bare_stack = bare
    is_tls = bool(public_url and public_url.startswith("https:"))

    def stack() -> ASGIApp:
        return SecureHeaders(OwnPagesOnly(bare()), is_tls=is_tls)

    app.build_middleware_stack = stack  # type: ignore[method-assign]
