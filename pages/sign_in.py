"""Signing in: the page with the form, and the requests by which it works, before a line stands and without one."""

from urllib.parse import urlsplit

from fastapi import Request, Response
from nicegui import app, html, ui

from expert_booking import customers, limiting, sign_in
from expert_booking.errors import FieldProblem, InvalidRequest
from expert_booking.limiting import Limit
from pages import asked, managed, share, signed_in, visitor
from pages.components.sign_in_form import sign_in_form
from pages.layout import frame
from pages.live.fragment import Fragment
from pages.reader import Reader

PATH = "/sign-in"
VERIFY = "/sign-in/verify"
SIGN_OUT = "/sign-out"
ONWARD = "/my-bookings"


@ui.page(PATH, response_timeout=10)
async def sign_in_page(next: str = ONWARD) -> None:
    """An address, a code, and on to where one wanted to go."""
    reader = visitor.reader()
    with frame(reader.say("Sign in")), html.div().classes("wrap narrow").props("data-mine"):
        share.keep_private(reader)
        Fragment("div", lambda: sign_in_form(reader, onward=own_path(next), is_page=True)).classes("sign-in-box")


def own_path(given: str) -> str:
    """Where to go on: a page of the house and never another site, however the address was written."""
    try:
        address = urlsplit(given)
    except ValueError:
        return ONWARD
    is_plain = given.isascii() and given.isprintable() and "\\" not in given
    is_own = not address.scheme and not address.netloc and given.startswith("/") and not given.startswith("//")
    return given if is_plain and is_own else ONWARD


async def send(request: Request, sent: asked.Sent, reader: Reader) -> Response:
    """Send a code; the answer is the same for every address."""
    await limiting.hit(Limit.CODES, visitor.address_of(request))
    await sign_in.send_code(_email(sent), language=reader.language)
    return asked.answer({}, 202)


async def verify(request: Request, sent: asked.Sent, reader: Reader) -> Response:
    """Begin a session for whoever has the code, and end the one that this browser had."""
    await limiting.hit(Limit.VERIFYING, visitor.address_of(request))
    new = await sign_in.verify(_email(sent), sent.get("code", ""))
    if (before := signed_in.token_of(request)) is not None:
        await sign_in.sign_out(before)
    response = asked.answer({})
    signed_in.give(response, request, new)
    return response


async def sign_out(request: Request, sent: asked.Sent, reader: Reader) -> Response:
    """End the session, and have the browser forget it and what was booked in it."""
    if (token := signed_in.token_of(request)) is not None:
        await sign_in.sign_out(token)
    managed.forget(request)
    response = asked.answer({})
    signed_in.take(response, request)
    return response


def _email(sent: asked.Sent) -> str:
    try:
        return customers.check_email(sent.get("email", ""))
    except ValueError as error:
        raise InvalidRequest([FieldProblem(field="email", message=error.args[0])]) from None


app.remove_route(VERIFY)
app.remove_route(SIGN_OUT)
for _path, _handler in {PATH: send, VERIFY: verify, SIGN_OUT: sign_out}.items():
    app.post(_path, include_in_schema=False)(asked.answered(_handler))
