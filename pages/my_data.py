"""Taking one's own data along, and having them erased; both for whoever has proved an address, and for it alone."""

import json

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import app

from expert_booking import access, limiting, privacy
from expert_booking.errors import BookingError, SignInNeeded
from expert_booking.limiting import Limit
from expert_booking.people import Person
from expert_booking.roles import Action
from pages import asked, managed, problems, signed_in, visitor
from pages.components.my_data import FILE
from pages.reader import Reader

ERASE = "/my-bookings/erase"


async def export(request: Request) -> Response:
    """Everything as a file of JSON; whoever is not signed in is asked to."""
    reader = visitor.reader_of(request)
    try:
        await limiting.hit(Limit.LOOK_UPS, visitor.address_of(request))
        data = await privacy.export(await _whoever_may(Action.EXPORT, request))
    except Exception as error:
        return _instead(problems.as_booking_error(error), reader)
    headers = {
        "Content-Disposition": 'attachment; filename="my-data.json"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return Response(text.encode(errors="backslashreplace"), media_type="application/json", headers=headers)


def _instead(error: BookingError, reader: Reader) -> Response:
    if isinstance(error, SignInNeeded):
        return RedirectResponse("/sign-in?next=/my-bookings", 303, headers={"Cache-Control": "no-store"})
    return asked.refusal(error, reader)


async def erase(request: Request, sent: asked.Sent, reader: Reader) -> Response:
    """Have everything erased; this browser keeps nothing either."""
    await limiting.hit(Limit.CHANGES, visitor.address_of(request))
    await privacy.erase(await _whoever_may(Action.ERASE, request))
    managed.forget(request)
    response = asked.answer({})
    signed_in.take(response, request)
    return response


async def _whoever_may(action: Action, request: Request) -> Person:
    """Who asks, if they may do this.

    Raises:
        SignInNeeded
    """
    caller = await visitor.caller_of(request)
    access.require(caller, action)
    if caller.person is None:
        raise SignInNeeded
    return caller.person


app.remove_route(FILE)
app.get(FILE, include_in_schema=False)(export)
app.remove_route(ERASE)
app.post(ERASE, include_in_schema=False)(asked.answered(erase))
