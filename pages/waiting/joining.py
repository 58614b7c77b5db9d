"""Joining an expert's line: one form, and a request by which it works, with a proof of the address that is typed.

Whoever is signed in with the address joins at once. For anybody else six digits go there first, the same that sign in:
so nobody can put others on a list, and whoever has typed them is signed in from then on.
"""

from datetime import date, timedelta

from fastapi import Request, Response
from nicegui import app, html, ui

from expert_booking import access, clock, customers, experts, limiting, policy, sign_in, waiting
from expert_booking.errors import ExpertNotFound, FieldProblem, InvalidRequest
from expert_booking.limiting import Limit
from expert_booking.people import Person
from expert_booking.roles import Action
from expert_booking.sentence import Sentence
from expert_booking.sign_in import NewSignIn
from expert_booking.waiting import Waiter
from models import Expert
from pages import asked, share, signed_in, times, visitor
from pages.components import session_types
from pages.components.painted_field import PaintedField, draw_field
from pages.components.sign_in_form import CODE, draw_outbox
from pages.icons import icon
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

PATH = "/waiting"
USUAL_DAYS = 13
"""How many days after the first the form suggests as the last."""

NAME = PaintedField(
    name="name",
    label=Sentence("Full name"),
    attributes='autocomplete="name" autocapitalize="words" spellcheck="false" enterkeyhint="next" required',
)
EMAIL = PaintedField(
    name="email",
    label=Sentence("E-mail"),
    attributes='type="email" inputmode="email" autocomplete="email" autocapitalize="none" autocorrect="off"'
    ' spellcheck="false" enterkeyhint="next" required',
)
PHONE = PaintedField(
    name="phone",
    label=Sentence("Phone"),
    attributes='type="tel" inputmode="tel" autocomplete="tel" enterkeyhint="next"',
    is_optional=True,
)
FIRST = PaintedField(name="first_on", label=Sentence("From"), attributes='type="date" required', is_kept=False)
LAST = PaintedField(name="last_on", label=Sentence("To"), attributes='type="date" required', is_kept=False)
TYPE = PaintedField(name="session_type", label=Sentence("Session"), attributes="", tag="select", is_kept=False)

_HEAD = '<h1 class="hero">{heading}</h1><p class="lead">{lead}</p>'
_FORM = (
    '<form class="glass wait" method="post" data-wait data-step="wish" data-expert="{expert}" data-sent-to="{sent_to}"'
    ' data-short="{short}" data-offline="{offline}" data-failed="{failed}" novalidate aria-label="{heading}">'
    '<div class="step" data-at="wish"><div class="stretch">{first}{last}</div>{type}{name}{email}{phone}'
    '<button type="submit" class="cta">{join}</button></div>'
    '<div class="step" data-at="code" hidden><span class="emblem">{letter}</span>'
    '<p class="soft" data-sent role="status"></p>{code}<button type="submit" class="cta">{join}</button>{outbox}'
    '<div class="actions"><button type="button" class="ghost" data-wait-code>{again}</button>'
    '<button type="button" class="ghost" data-wait-other>{other}</button></div></div>'
    '<p class="problem" role="alert" id="problem-wait"></p></form>'
    '<ol class="how">{steps}</ol>'
)
_STEP = "<li>{icon}<span>{words}</span></li>"


@ui.page("/experts/{expert_id}/waiting", response_timeout=10)
async def joining_page(expert_id: str) -> None:
    """Say when one could come, and who one is."""
    reader = visitor.reader()
    with frame(reader.say("Waiting list"), current="/"), html.div().classes("wrap narrow"):
        share.keep_private(reader)
        expert = await experts.shown(experts.parse_id(expert_id, missing=ExpertNotFound))
        html.a(expert.name, href=f"/experts/{expert.id}").classes("back")
        person = (await visitor.caller()).person
        given = ui.context.client.request.query_params
        first, kind = _first(given.get("from", ""), reader), given.get("type", "")
        Fragment("div", lambda: _head(expert, reader))
        Fragment("div", lambda: _form(expert, person, reader, first=first, kind=kind)).classes("wait-box")


def _first(given: str, reader: Reader) -> date:
    today = clock.now().astimezone(reader.zone).date()
    try:
        wanted = date.fromisoformat(given)
    except ValueError:
        return today
    return wanted if today <= wanted <= today + waiting.FURTHEST else today


def _head(expert: Expert, reader: Reader) -> Markup:
    lead = reader.say(
        "Say when you could come to {expert}. As soon as a time opens, we write to you and keep it for you.",
        expert=expert.name,
    )
    return fill(_HEAD, heading=reader.say("Tell me when something opens"), lead=lead)


def _form(expert: Expert, person: Person | None, reader: Reader, *, first: date, kind: str) -> Markup:
    say = reader.say
    last = min(first + timedelta(days=USUAL_DAYS), clock.now().astimezone(reader.zone).date() + waiting.FURTHEST)
    zone = say("Days in {zone}.", zone=times.zone_in_words(reader))
    return fill(
        _FORM,
        expert=expert.id,
        heading=say("Tell me when something opens"),
        first=draw_field(FIRST, reader, content=f"{first}"),
        last=draw_field(LAST, reader, content=f"{last}", hint=zone),
        type=_type(expert, reader, kind),
        name=draw_field(NAME, reader),
        email=draw_field(EMAIL, reader, content=person.email if person is not None else ""),
        phone=draw_field(PHONE, reader),
        join=say("Put me in line"),
        letter=icon("letter"),
        sent_to=say("Is {address} yours? We sent six digits there, good for ten minutes.", address="{address}"),
        code=draw_field(CODE, reader),
        outbox=draw_outbox(reader),
        again=say("Send a new code"),
        other=say("Change what I typed"),
        short=say("The code has six digits. Please type all of them."),
        offline=say("We cannot be reached just now. What you typed is still here; please try again in a moment."),
        failed=say("That did not work. Please try again."),
        steps=_steps(reader),
    )


def _type(expert: Expert, reader: Reader, kind: str) -> Markup:
    if not session_types.has_several(expert):
        return Markup("")
    choices = [("", reader.say("Any session")), *((each.key, each.name) for each in expert.session_types)]
    return draw_field(TYPE, reader, content=kind, choices=choices)


def _steps(reader: Reader) -> Markup:
    minutes = max(1, round(policy.current().offer / timedelta(minutes=1)))
    kept = reader.say_many(
        "When a time opens, it is kept for you alone for {number} minute, and we write to you.",
        "When a time opens, it is kept for you alone for {number} minutes, and we write to you.",
        minutes,
    )
    told = (
        ("person", reader.say("Whoever came first is asked first.")),
        ("clock", kept),
        ("check", reader.say("You take it, or it goes to the next in line. You can stop waiting at any moment.")),
    )
    return Markup("").join(fill(_STEP, icon=icon(drawing), words=words) for drawing, words in told)


async def join(request: Request, sent: asked.Sent, reader: Reader) -> Response:
    """Stand in line, or learn what is missing: 422 for fields, 202 for the code that was sent to the address."""
    caller, address = await visitor.caller_of(request), visitor.address_of(request)
    access.require(caller, Action.WAIT)
    await limiting.hit(Limit.CHANGES, address)
    expert = await experts.shown(experts.parse_id(sent.get("expert", ""), missing=ExpertNotFound))
    try:
        waiter = _checked(sent, reader)
        first_on, last_on = waiting.check_days(sent.get("first_on", ""), sent.get("last_on", ""), zone=reader.zone)
    except InvalidRequest as error:
        problems = {problem.field: reader.say(problem.message) for problem in error.problems}
        return asked.answer({"error": error.code, "problems": problems}, 422)
    is_proved = access.is_open() or _is_theirs(caller.person, waiter)
    if not is_proved and not sent.get("code"):
        await limiting.hit(Limit.CODES, address)
        await sign_in.send_code(waiter.email, language=reader.language)
        return asked.answer({"sent_to": waiter.email}, 202)
    new = None if is_proved else await _prove(waiter, sent["code"], request)
    kind = sent.get("session_type", "")
    known = kind if any(each.key == kind for each in expert.session_types) else ""
    wish = await waiting.join(
        expert_id=expert.id, waiter=waiter, first_on=first_on, last_on=last_on, session_type=known
    )
    response = asked.answer({"address": f"{PATH}/{waiting.token_of(wish)}"})
    if new is not None:
        signed_in.give(response, request, new)
    return response


async def _prove(waiter: Waiter, code: str, request: Request) -> NewSignIn:
    """Sign in with the code, in place of whoever this browser was."""
    await limiting.hit(Limit.VERIFYING, visitor.address_of(request))
    new = await sign_in.verify(waiter.email, code)
    if (before := signed_in.token_of(request)) is not None:
        await sign_in.sign_out(before)
    return new


def _is_theirs(person: Person | None, waiter: Waiter) -> bool:
    return person is not None and person.key == customers.customer_key(waiter.email)


def _checked(sent: asked.Sent, reader: Reader) -> Waiter:
    """Who waits, every field checked.

    Raises:
        InvalidRequest: names every field that is wrong.
    """
    checks = {"name": customers.check_name, "email": customers.check_email, "phone": _check_phone}
    checked, problems = {}, []
    for field, check in checks.items():
        try:
            checked[field] = check(sent.get(field, ""))
        except ValueError as error:
            problems.append(FieldProblem(field=field, message=error.args[0]))
    if problems:
        raise InvalidRequest(problems)
    return Waiter(**checked, language=reader.language, time_zone=reader.zone.key)


def _check_phone(text: str) -> str:
    return customers.check_phone(text) if text.strip() else ""


app.remove_route(PATH)
app.post(PATH, include_in_schema=False)(asked.answered(join))
