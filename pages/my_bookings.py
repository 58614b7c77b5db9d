"""A customer's bookings, live: those of the address that they have proved, or else those that this browser made."""

from fastapi import Request
from nicegui import html, ui
from nicegui.events import GenericEventArguments

from expert_booking import access, customers, database
from expert_booking.access import Caller
from expert_booking.errors import DatabaseUnavailable, TooManyRequests
from expert_booking.limiting import Limit
from expert_booking.people import Person, Role
from expert_booking.sentence import Sentence
from models import Booking
from pages import focus, managed, share, visitor
from pages.components import my_data, timeline
from pages.components.booking_list import BookingList, Claim
from pages.components.painted_field import draw_field
from pages.components.sign_in_form import EMAIL, sign_in_form
from pages.components.wishes import WishList
from pages.icons import icon
from pages.layout import frame
from pages.live.board import Change, viewer
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

PATH = "/my-bookings"
LONGEST_SENT = 1000

TOLD = {
    "signed-out": Sentence("You are signed out."),
    "erased": Sentence("Your data are erased. What was ahead is cancelled, and you are signed out everywhere."),
}
"""What is said once, to whoever comes from there."""

_HEAD = '<h1 class="hero">{heading}</h1><p class="lead">{lead}</p>{told}'
_TOLD = '<p class="told-once" role="status">{icon}<span>{words}</span></p>'
_ACCOUNT = (
    '<p class="account" data-offline="{offline}" data-failed="{failed}"><span>{words}</span>{rooms}'
    '<button type="button" class="ghost" data-sign-out>{sign_out}</button>'
    '<span class="problem" role="alert" data-account-problem></span></p>'
)
_ROOMS = {
    Role.EXPERT: ("/workspace", Sentence("Your workspace")),
    Role.ADMINISTRATOR: ("/admin", Sentence("Administration")),
}
_ROOM = '<a class="ghost" href="{path}">{text}</a>'
_INVITATION = (
    '<section class="glass also"><div class="told"><h2 class="section">{heading}</h2><p>{words}</p></div>'
    '<div class="actions"><a class="quiet" href="/sign-in?next=/my-bookings">{sign_in}</a></div></section>'
)
_DEMO = '<p class="demo-note">{icon}<span>{words}</span></p>'
_LOOK_UP = '{field}<button type="submit" class="cta">{show}</button>'


@ui.page(PATH, response_timeout=10)
async def my_bookings_page(told: str = "") -> None:
    """Follow, cancel and delete; whoever has proved nothing yet is asked to sign in."""
    reader = visitor.reader()
    with frame(reader.say("My bookings"), current=PATH), html.div().classes("wrap narrow").props("data-mine"):
        share.keep_private(reader)
        if not await database.is_reachable():  # an open house reads nothing before somebody asks, and then it is late
            raise DatabaseUnavailable
        request = ui.context.client.request
        caller = await visitor.caller()
        if caller.person is not None:
            await _signed_in(caller.person, request, reader, told)
        elif access.is_open():
            _open_look_up(request, reader, told)
        elif await _made_here(caller, request):
            await _of_this_browser(request, reader, told)
        else:
            _signed_out(reader, told)


def _head(reader: Reader, lead: Sentence, told: str) -> None:
    words = TOLD.get(told)
    note = fill(_TOLD, icon=icon("check"), words=reader.say(words)) if words is not None else Markup("")
    heading = reader.say("My bookings")
    Fragment("div", lambda: fill(_HEAD, heading=heading, lead=reader.say(lead), told=note))


async def _signed_in(person: Person, request: Request, reader: Reader, told: str) -> None:
    _head(reader, Sentence("Everything that is booked with your address. What changes shows here at once."), told)
    Fragment("div", lambda: _draw_account(person, reader))
    claim = Claim(request=request, key=person.key)
    await BookingList(reader=reader).show(claim, nothing=timeline.NOTHING_YET)
    await WishList(claim, reader=reader).load()
    Fragment("div", lambda: my_data.draw(reader, is_fresh=person.is_fresh))


def _draw_account(person: Person, reader: Reader) -> Markup:
    return fill(
        _ACCOUNT,
        words=reader.say("Signed in as {address}", address=person.email),
        rooms=_draw_rooms(person, reader),
        sign_out=reader.say("Sign out"),
        offline=reader.say("We cannot be reached just now. Please try again in a moment."),
        failed=reader.say("That did not work. Please try again."),
    )


def _draw_rooms(person: Person, reader: Reader) -> Markup:
    """The ways to where somebody works, for who does."""
    rooms = [room for role, room in _ROOMS.items() if role in person.roles]
    return Markup("").join(fill(_ROOM, path=path, text=reader.say(text)) for path, text in rooms)


async def _made_here(caller: Caller, request: Request) -> list[Booking]:
    """What this browser made and still is its own; the rest is dropped from what it has."""
    found = await access.bookings_of(caller)
    own = [booking for booking in found if managed.is_of(booking, visitor.visitor_id())]
    managed.keep_only(own, request)
    return own


async def _of_this_browser(request: Request, reader: Reader, told: str) -> None:
    _head(reader, Sentence("What was booked in this browser. What changes shows here at once."), told)
    await BookingList(reader=reader).show(Claim(request=request), nothing=timeline.NOTHING_HERE)
    Fragment("div", lambda: _draw_invitation(reader))


def _draw_invitation(reader: Reader) -> Markup:
    return fill(
        _INVITATION,
        heading=reader.say("Booked with another device?"),
        words=reader.say("Sign in with your address to see all your bookings."),
        sign_in=reader.say("Sign in"),
    )


def _signed_out(reader: Reader, told: str) -> None:
    _head(reader, Sentence("Show us that an address is yours, and see everything that is booked with it."), told)
    Fragment("div", lambda: sign_in_form(reader, onward=PATH)).classes("sign-in-box")


def _open_look_up(request: Request, reader: Reader, told: str) -> None:
    _head(reader, Sentence("Type the e-mail address you booked with. What changes shows here at once."), told)
    demo = reader.say("This is a demo on this machine: whoever types an address sees its bookings, without any proof.")
    Fragment("div", lambda: fill(_DEMO, icon=icon("warning"), words=demo))
    OpenLookUp(request=request, reader=reader)


class OpenLookUp:
    """The field, and the bookings of the address that was looked up last; in an open house only."""

    def __init__(self, *, request: Request, reader: Reader) -> None:
        self._request = request
        self._reader = reader
        self._viewer = viewer()
        self._problem = ""
        form = Fragment("form", self._draw).classes("glass lookup").props("novalidate")
        # The submission brings the address itself: before the line stands, two events may overtake each other.
        form.on("submit", self._sent, js_handler="lookedUp(emit)")
        self._list = BookingList(reader=reader)
        ui.run_javascript("restoreDrafts(); lookUpAgain()")

    def _draw(self) -> Markup:
        field = draw_field(EMAIL, self._reader, problem=self._problem)
        return fill(_LOOK_UP, field=field, show=self._reader.say("Show my bookings"))

    async def _sent(self, event: GenericEventArguments) -> None:
        await self.look_up(str(event.args or "")[:LONGEST_SENT])

    async def look_up(self, address: str) -> None:
        """Find the bookings of an address."""
        try:
            email = customers.check_email(address)
            await visitor.count(Limit.LOOK_UPS)
        except (ValueError, TooManyRequests) as error:
            self._complain(self._reader.say(error.args[0]))
            focus.move("#field-email")
            return
        self._complain("")
        ui.run_javascript("keepLookingUp()")
        claim = Claim(request=self._request, key=customers.customer_key(email), typed_email=email)
        await self._list.look_up(claim)

    def _complain(self, problem: str) -> None:
        self._problem = problem
        self._viewer.tell(
            [
                Change(key="problem-email", attributes={}, text=problem),
                Change(key="field-email", attributes={"aria-invalid": "true" if problem else "false"}),
            ]
        )
