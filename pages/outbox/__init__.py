"""What the house would send: every message as it is, in development and on this machine only.

A mail is shown in a frame of its own, under a policy that lets nothing run and nothing be fetched.
"""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from nicegui import app, html, ui

from expert_booking import letters, mail, outbox
from expert_booking.mail import Letter
from expert_booking.settings import Settings, is_loopback
from models import Message
from pages import times, visitor
from pages.armour import nonces
from pages.icons import icon
from pages.layout import frame
from pages.live.fragment import Fragment, Markup, fill
from pages.reader import Reader

PATH = "/dev/outbox"
LETTER = PATH + "/{digest}"
INVITATION = PATH + "/{digest}/invite.ics"
MOST_SHOWN = 30
LOOK_SECONDS = 2.0

_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
OF_A_MAIL = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox " + _SANDBOX
"""Nothing runs, nothing is fetched, the house's own page may frame it, and links open a page of their own."""

_LIST = '<div class="letters">{letters}</div>'
_LETTER = (
    '<article class="glass letter" data-message="{digest}" data-state="{state}"><header><div>'
    '<h2 class="section"><bdi>{subject}</bdi></h2>'
    '<p class="soft">to <bdi>{to}</bdi> · {recipient} · {language} · {at}</p></div>'
    '<span class="status" data-status="{look}">{state}{attempts}{refusal}</span></header>{code}{content}</article>'
)
_CODE = (
    '<div class="address"><input readonly id="code-{digest}" dir="ltr" value="{code}" aria-label="the code">'
    '<button type="button" class="quiet" data-copy="code-{digest}" data-copied="copied"'
    ' data-by-hand="copy it yourself">{icon}<span>copy</span></button></div>'
)
_CONTENT = (
    '<details data-fold="{digest}"><summary>the mail</summary>'
    '<iframe src="/dev/outbox/{digest}" sandbox="{sandbox}" title="{subject}" loading="lazy"></iframe></details>'
    "<details><summary>in plain text</summary><pre><bdi>{text}</bdi></pre></details>{invitation}"
)
_INVITATION = (
    '<details><summary>for the calendar: {method}</summary><pre dir="ltr">{file}</pre>'
    '<a class="quiet" href="/dev/outbox/{digest}/invite.ics" download>{icon}invite.ics</a></details>'
)
_NONE = '<p class="glass notice soft">no messages yet</p>'
_LOOKS = {"sent": "Confirmed", "kept": "Confirmed", "failed": "Cancelled", "overtaken": "Cancelled"}
"""Which of the bookings' looks a state has; the others look like what is pending."""


def install(settings: Settings) -> None:
    """Put the page in its place, or see to it that there is none."""
    for path in (PATH, LETTER, INVITATION):
        app.remove_route(path)
    if not settings.is_production:
        ui.page(PATH, response_timeout=10)(outbox_page)
        app.get(LETTER, include_in_schema=False)(mail_alone)
        app.get(INVITATION, include_in_schema=False)(invitation_alone)


async def outbox_page() -> None:
    """The newest messages, looked at again every two seconds."""
    request = ui.context.client.request
    _require_here(request)
    nonces.allow_frames(request)
    reader = visitor.reader()
    with frame("Outbox"):
        ui.add_head_html('<link rel="stylesheet" href="/static/css/outbox.css">')
        html.h1("Outbox").classes("hero")  # not said: for those who build it
        html.p("What the house would send; nothing leaves this machine without SMTP_URL.").classes("lead")  # not said
        html.p().classes("faint").props("role=status id=copied")
        shown = Shown(reader)
        await shown.look()
        ui.timer(LOOK_SECONDS, shown.look, immediate=False)


class Shown:
    """The messages that one page shows."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seen: object = None
        self._letters: list[tuple[Message, Letter | None, str]] = []
        self._list = Fragment("section", self._draw)

    async def look(self) -> None:
        """Read again; what is unfolded stays so while nothing has changed."""
        messages = await outbox.newest(MOST_SHOWN)
        seen = [(message.id, message.state, message.attempts) for message in messages]
        if seen != self._seen:
            self._seen, self._letters = seen, await _written(messages)
            self._list.update()

    def _draw(self) -> Markup:
        drawn = Markup("").join(_message(*each, self._reader) for each in self._letters)
        return fill(_LIST, letters=drawn or Markup(_NONE))


async def _written(messages: list[Message]) -> list[tuple[Message, Letter | None, str]]:
    """Each message with its letter, none when it was overtaken, and its code, blank when it has none."""
    matters = await letters.look_up(messages)
    return [
        (message, await letters.write(matter), matter.code)
        if (matter := matters.get(message.id))
        else (message, None, "")
        for message in messages
    ]


def _message(message: Message, letter: Letter | None, code: str, reader: Reader) -> Markup:
    digest = mail.message_digest(message.id)
    return fill(
        _LETTER,
        digest=digest,
        subject=letter.subject if letter is not None else f"{message.kind}, which has been overtaken",
        to=message.to or "nobody",
        recipient=message.recipient,
        language=message.language,
        at=times.day_and_time(message.created_at, reader),
        state=message.state,
        look=_LOOKS.get(message.state, "Pending"),
        attempts=f", {message.attempts} attempts" if message.attempts else "",
        refusal=f", {message.refusal}" if message.refusal else "",
        code=fill(_CODE, digest=digest, code=code, icon=icon("copy")) if code else "",
        content=_content(digest, letter) if letter is not None else "",
    )


def _content(digest: str, letter: Letter) -> Markup:
    invitation = letter.invitation
    file = (
        fill(
            _INVITATION,
            digest=digest,
            method=invitation.method,
            file=invitation.file.decode(),
            icon=icon("download"),
        )
        if invitation is not None
        else ""
    )
    return fill(_CONTENT, digest=digest, sandbox=_SANDBOX, subject=letter.subject, text=letter.text, invitation=file)


async def mail_alone(digest: str, request: Request) -> Response:
    """A mail as a mail program would show it."""
    letter = await _letter_of(digest, request)
    headers = {"Content-Security-Policy": OF_A_MAIL, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"}
    return Response(letter.html, media_type="text/html", headers=headers)


async def invitation_alone(digest: str, request: Request) -> Response:
    """The file that a mail brings for the calendar."""
    letter = await _letter_of(digest, request)
    if letter.invitation is None:
        raise HTTPException(404)
    media_type = f"text/calendar; charset=utf-8; method={letter.invitation.method}"
    return Response(letter.invitation.file, media_type=media_type, headers={"Cache-Control": "no-store"})


async def _letter_of(digest: str, request: Request) -> Letter:
    _require_here(request)
    known = [message for message in await outbox.newest(MOST_SHOWN) if mail.message_digest(message.id) == digest]
    for _, letter, _ in await _written(known):
        if letter is not None:
            return letter
    raise HTTPException(404)


def _require_here(request: Request) -> None:
    """Codes are read here: by whoever sits at this machine, and by no page that a name was made to lead here."""
    asked, asks = urlsplit(f"//{request.headers.get('host', '')}").hostname, request.client
    if asks is None or not is_loopback(asks.host) or not is_loopback(asked or ""):
        raise HTTPException(404)
